//! Checks that the CMake module is assembled from its parts.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::Run;

#[cfg_attr(windows, ignore = "needs a shell of Unix")]
#[test]
fn the_module_is_assembled_from_its_parts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cmake");
    let assembled = Command::new("sh").arg(folder.join("parts/assemble.sh")).run().stdout;
    let committed = fs::read_to_string(folder.join("ToolchainKit.cmake")).expect("the module");
    assert!(assembled == committed, "run: cmake/parts/assemble.sh >cmake/ToolchainKit.cmake");
}

/// Whether this is the name of a variable of a function. They are in lower case.
fn is_variable(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A word of a CMake command.
#[derive(PartialEq)]
enum Word {
    Bare(String),
    Quoted(String),
}

impl Word {
    /// The text, if the word is the bare name of a variable.
    fn variable(&self) -> Option<&str> {
        let Self::Bare(text) = self else { return None };
        is_variable(text).then_some(text)
    }

    /// The variables in `${…}`.
    fn references(&self) -> Vec<&str> {
        let (Self::Bare(text) | Self::Quoted(text)) = self;
        let starts = text.match_indices("${").filter(|(at, _)| !text[..*at].ends_with('\\'));
        let names = starts.filter_map(|(at, _)| text[at + 2..].split_once('}').map(|(name, _)| name));
        names.filter(|name| is_variable(name)).collect()
    }
}

/// The commands of a file, with their words. Bracket arguments, which are files to write, are left out.
fn commands(text: &str) -> Vec<(String, Vec<Word>)> {
    let (mut commands, mut name, mut depth) = (Vec::new(), String::new(), 0_usize);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let bracket = rest.trim_start_matches('#');
        let equals = bracket.strip_prefix('[').map(|rest| rest.len() - rest.trim_start_matches('=').len());
        let level =
            equals.filter(|equals| bracket[1 + equals..].starts_with('[')).map(|equals| "=".repeat(equals));
        let end = match (first, level) {
            ('#' | '[', Some(level)) => {
                rest.find(&format!("]{level}]")).expect("a closing bracket") + level.len() + 2
            }
            ('#', None) => rest.find('\n').unwrap_or(rest.len()),
            ('"', _) => {
                let ends = rest[1..].match_indices('"').map(|(at, _)| at + 1);
                let is_escaped =
                    |at: &usize| (rest[..*at].len() - rest[..*at].trim_end_matches('\\').len()) % 2 == 1;
                let end = ends.into_iter().find(|at| !is_escaped(at)).expect("a closing quote") + 1;
                let (_, words): &mut (String, Vec<Word>) = commands.last_mut().expect("a command");
                words.push(Word::Quoted(rest[1..end - 1].to_owned()));
                end
            }
            ('(', _) => {
                if depth == 0 {
                    commands.push((std::mem::take(&mut name), Vec::new()));
                }
                depth += 1;
                1
            }
            (')', _) => {
                depth -= 1;
                1
            }
            _ if first.is_whitespace() => first.len_utf8(),
            _ => {
                let end = rest.find(|letter: char| letter.is_whitespace() || "()\"".contains(letter));
                let end = end.unwrap_or(rest.len());
                match commands.last_mut() {
                    Some((_, words)) if depth > 0 => words.push(Word::Bare(rest[..end].to_owned())),
                    _ => rest[..end].clone_into(&mut name),
                }
                end
            }
        };
        rest = &rest[end..];
    }
    commands
}

/// CMake looks up a name in the callers of a function, too. The private functions do not use this: they get arguments, and
/// store results in the variables whose names they get.
#[test]
fn a_private_function_uses_only_its_arguments_and_constant_variables() {
    /// Set by `_toolchainkit_decide` before everything that reads them.
    const CONSTANT: [&str; 12] = [
        "folder",
        "user_folder",
        "launch",
        "launch_file",
        "launcher_path",
        "executable_suffix",
        "null_device",
        "tool",
        "version",
        "program",
        "direct_mode",
        "distribution",
    ];
    /// Set by files that the module writes and includes.
    const INCLUDED: [&str; 2] = ["failure", "enclosing_"];
    /// Part of `toolchainkit_enable_cache`, which sets variables of the project.
    const MACROS: [&str; 6] = [
        "_toolchainkit_configure_msvc_debug_information",
        "_toolchainkit_derived",
        "_toolchainkit_expect_unset",
        "_toolchainkit_expect_unset_names",
        "_toolchainkit_set_visual_studio_globals",
        "_toolchainkit_set_xcode_attributes",
    ];
    let parts = Path::new(env!("CARGO_MANIFEST_DIR")).join("cmake/parts");
    let parts = fs::read_dir(parts).expect("the parts").map(|entry| entry.expect("a part").path());
    let parts = parts.filter(|path| path.extension().is_some_and(|extension| extension == "cmake"));
    let commands: Vec<_> =
        parts.flat_map(|path| commands(&fs::read_to_string(path).expect("a part"))).collect();
    let derived = Word::Bare("_toolchainkit_derived".to_owned());
    let derived = commands.iter().skip_while(|(_, words)| words.first() != Some(&derived)).skip(1);
    let derived = derived.take_while(|(name, _)| name == "set");
    let derived: Vec<&str> = derived.filter_map(|(_, words)| words[0].variable()).collect();
    let mut macros = Vec::new();
    let (mut function, mut known, mut wrong, mut functions) = ("", Vec::new(), Vec::new(), 0);
    for (command, words) in &commands {
        let names = words.iter().filter_map(Word::variable);
        match command.as_str() {
            "macro" | "function" => {
                let Word::Bare(name) = &words[0] else { panic!("a name") };
                function = if command == "function" && name.starts_with('_') { name } else { "" };
                functions += usize::from(!function.is_empty());
                known = names.collect();
                if command == "macro" {
                    macros.push(name.as_str());
                }
                continue;
            }
            _ if function.is_empty() => continue,
            _ => {}
        }
        let mut reads: Vec<&str> = words.iter().flat_map(Word::references).collect();
        let is_parent = words.contains(&Word::Bare("PARENT_SCOPE".to_owned()));
        match (command.as_str(), &words[..]) {
            ("if" | "elseif" | "while", _) => reads.extend(names),
            ("foreach", [variable, rest @ ..]) => {
                if rest.contains(&Word::Bare("LISTS".to_owned())) {
                    reads.extend(rest.iter().filter_map(Word::variable));
                } else {
                    // The items may be names of results.
                    known.extend(names);
                }
                known.extend(variable.variable());
            }
            ("list", [_, list, rest @ ..]) => {
                reads.extend(list.variable());
                known.extend(rest.iter().filter_map(Word::variable));
            }
            ("set", [Word::Quoted(name), ..]) if is_parent && name.starts_with("${out_") => {}
            ("set", [Word::Bare(name) | Word::Quoted(name), ..]) if is_parent => {
                wrong.push(format!("{function} sets {name} of its caller"));
            }
            _ => known.extend(names),
        }
        let is_known = |name: &str| {
            known.contains(&name)
                || CONSTANT.contains(&name)
                || derived.contains(&name)
                || name.starts_with("arg_")
                || INCLUDED.iter().any(|start| name.starts_with(start))
        };
        let unknown = reads.into_iter().filter(|name| !is_known(name));
        wrong.extend(unknown.map(|name| format!("{function} reads {name} of its caller")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    macros.sort_unstable();
    assert_eq!(macros, MACROS);
    assert!(functions > 50, "{functions}");
}
