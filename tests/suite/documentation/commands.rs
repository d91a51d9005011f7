//! The commands in the documentation: the real command line accepts each call of toolchainkit, and other programs are known.

use std::process::Command;

use super::{Page, blocks, pages_for_users, prose, root};

/// Other programs in the documentation. Tests run those of the tutorial and of the examples.
const PROGRAMS: &[&str] = &[
    "apt-get", "cargo", "cat", "cd", "chgrp", "chmod", "cmake", "colcon", "conan", "ctest", "echo", "exec",
    "export", "git", "lipo", "mkdir", "ninja", "rm",
];

/// The words of a shell command. Redirections are omitted.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut is_word = false;
    let mut quote = None;
    for letter in command.chars() {
        match quote {
            Some(mark) if letter == mark => quote = None,
            None if letter == '"' || letter == '\'' => (quote, is_word) = (Some(letter), true),
            None if letter.is_whitespace() => {
                if is_word {
                    words.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            _ => {
                word.push(letter);
                is_word = true;
            }
        }
    }
    if is_word {
        words.push(word);
    }
    let mut is_target = false;
    words.retain(|word| {
        let is_redirection = word.starts_with(['>', '<']) || word.starts_with("2>");
        let is_kept = !is_redirection && !is_target;
        is_target = is_redirection && word.trim_start_matches(['>', '<', '2']).is_empty();
        is_kept
    });
    words
}

/// The single commands of a line of a shell, without comments.
fn split(line: &str) -> Vec<String> {
    let line = line.split(" #").next().unwrap_or_default();
    if line.trim_start().starts_with('#') {
        return Vec::new();
    }
    // A command in a command: eval "$(toolchainkit env)"
    let line = line.replace("eval \"$(", "").replace(")\"", "");
    let mut quote = None;
    let mut parts = vec![String::new()];
    for letter in line.chars() {
        match quote {
            Some(mark) if letter == mark => quote = None,
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            _ => {}
        }
        if quote.is_none()
            && ['&', '|', ';'].contains(&letter)
            && !parts.last().is_some_and(|part| part.ends_with('>'))
        {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The commands of a page, each with its place.
fn commands(page: &Page) -> Vec<(String, String)> {
    let mut commands = Vec::new();
    for block in blocks(page) {
        let is_console = block.language == "console";
        if block.language != "sh" && !is_console {
            continue;
        }
        let mut end = None;
        for (number, line) in block.text.lines().enumerate() {
            if let Some(mark) = &end {
                if line == mark {
                    end = None;
                }
                continue;
            }
            end = line.split_once("<<").map(|(_, mark)| mark.trim_matches(['\'', '"']).to_owned());
            let line = match line.strip_prefix("$ ") {
                Some(command) => command,
                None if is_console => continue,
                None => line,
            };
            let place = format!("{}:{}", page.path, block.line + number);
            commands.extend(split(line).into_iter().map(|command| (place.clone(), command)));
        }
    }
    // Code in a sentence.
    let text = prose(page).replace('\n', " ");
    let spans = text.split('`').skip(1).step_by(2).filter(|span| span.starts_with("toolchainkit "));
    commands.extend(spans.flat_map(split).map(|command| (page.path.clone(), command)));
    commands
}

/// Whether the command line accepts these arguments. `--help` at their end prevents the command from running.
fn parse(arguments: &[String]) -> Result<(), String> {
    let options = arguments.iter().take_while(|argument| *argument != "--");
    let mut command = Command::new(env!("CARGO_BIN_EXE_toolchainkit"));
    let result = command.args(options).arg("--help").output().unwrap();
    if result.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&result.stderr).into_owned()) }
}

#[test]
fn the_command_line_accepts_every_call_in_the_documentation() {
    let mut count = 0;
    let mut faults = Vec::new();
    for page in pages_for_users() {
        for (place, command) in commands(&page) {
            let words = words(&command.replace("\\|", "|"));
            let is_assignment = |word: &&String| {
                word.split_once('=').is_some_and(|(name, _)| {
                    name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
                })
            };
            let mut words = words.iter().skip_while(is_assignment);
            let Some(program) = words.next() else { continue };
            if program == "toolchainkit" {
                count += 1;
                let result = parse(&words.cloned().collect::<Vec<_>>());
                faults.extend(result.err().map(|error| format!("{place}: {command}\n{error}")));
            } else if program.starts_with("./") || program.contains(".sh") {
                if !root().join(program).exists() {
                    faults.push(format!("{place}: {program} does not exist"));
                }
            } else if !PROGRAMS.contains(&&**program) {
                faults.push(format!("{place}: the program of `{command}` is not known"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 80, "only {count} commands");
}

/// Otherwise, the test above could not fail.
#[test]
fn the_command_line_refuses_what_it_does_not_have() {
    for wrong in
        ["stats --fail-undr 80", "statistics", "stats --format yaml", "server stop --al", "env --shell tcsh"]
    {
        let arguments = words(wrong);
        assert!(parse(&arguments).is_err(), "{wrong}");
    }
    assert!(parse(&words("run --profile ci -- cmake --no-option")).is_ok());
}

#[test]
fn commands_are_found_in_lines_of_a_shell() {
    let line = "X=1 toolchainkit schema >a.json && eval \"$(toolchainkit env)\" | cat  # comment";
    assert_eq!(split(line), ["X=1 toolchainkit schema >a.json", "toolchainkit env", "cat"]);
    assert_eq!(split("a 'b; c' >>d 2>&1; e || f"), ["a 'b; c' >>d 2>&1", "e", "f"]);
    assert_eq!(words("a 'b c' \"d\" >e > f 2>&1 g"), ["a", "b c", "d", "g"]);
}
