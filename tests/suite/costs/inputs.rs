//! The costs of inputs that are far too large, in the release build. Each is refused or read within half a second of processor
//! time and 100 MB of memory.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use crate::support::{Run, Sandbox, Tool, Tools};

/// The largest configuration.
const LARGEST: usize = 64 * 1024;
const LIMIT_SECONDS: f64 = 0.5;
const LIMIT_KILOBYTES: u64 = 100 * 1000;

/// Runs commands in each folder, and prints the processor time in seconds, the peak of the memory in KB, and the exit code.
const MEASURE: &str = r#"
import os, subprocess, sys
program, folder = sys.argv[1:]
for name in sorted(os.listdir(folder)):
    for arguments in (["validate"], ["validate", "--format", "json"], ["generate"], ["generate", "--check"], ["plan"]):
        started = subprocess.Popen([program, *arguments], cwd=os.path.join(folder, name), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        print(name, "-".join(arguments), usage.ru_utime + usage.ru_stime, usage.ru_maxrss, started.returncode)
"#;

/// Lines from `line` until the configuration is full, after `head`.
fn full(head: &str, line: impl Fn(usize) -> String) -> String {
    let mut text = head.to_owned();
    for number in 0.. {
        let line = line(number);
        if text.len() + line.len() > LARGEST - 2 {
            break;
        }
        text += &line;
    }
    text
}

fn lines(number: usize, line: impl Fn(usize) -> String) -> String {
    (0..number).map(line).collect()
}

/// Toolchains and profiles without settings.
fn variants(toolchains: usize, profiles: usize) -> String {
    let toolchains = lines(toolchains, |number| format!("  t{number}: {{}}\n"));
    let profiles = lines(profiles, |number| format!("  p{number}: {{}}\n"));
    format!("toolchains:\n{toolchains}profiles:\n{profiles}")
}

fn texts() -> Vec<(&'static str, String)> {
    let one = "presets: { build_types: [Debug] }\n";
    let kept = "presets: { build_types: [Debug], matrix: { include: [{ toolchain: default }] } }\n";
    let defines =
        |number| format!("toolchain:\n  defines: [{}]\n", lines(number, |number| format!("D{number}, ")));
    vec![
        ("duplicate-keys", full("", |_| "a:\n".to_owned())),
        ("unknown-keys", full("", |number| format!("k{number}:\n"))),
        ("unknown-keys-in-a-line", full("{", |number| format!("k{number}: ,")) + "}"),
        (
            "unknown-keys-of-a-storage",
            full("cache: { remote: { type: s3, ", |number| format!("k{number}: x, ")) + "}}",
        ),
        (
            "names-in-the-matrix",
            full("presets: { matrix: { exclude: [", |number| format!("{{ profile: p{number} }}, ")) + "]}}",
        ),
        (
            "errors-in-profiles",
            full(&full("cache: { ", |number| format!("k{number}: ,"))[..LARGEST / 3], |number| {
                format!("}}\n#{number}")
            }),
        ),
        ("profiles", full("profiles:\n", |number| format!("  p{number}:\n"))),
        ("toolchains", full("toolchains:\n", |number| format!("  t{number}:\n"))),
        ("400-x-400-presets", format!("{one}{}", variants(400, 400))),
        ("961-presets", format!("{one}{}", variants(30, 30))),
        ("9640-combinations", format!("{kept}{}", variants(39, 240))),
        ("249-profiles", variants(0, 249)),
        ("249-toolchains", variants(249, 0)),
        ("defines-by-toolchain", format!("{}{}", defines(4500), variants(20, 0))),
        ("defines-by-profile", format!("{}{}", defines(4500), variants(0, 9))),
        ("defines-by-both", format!("{}{one}{}", defines(90), variants(29, 29))),
        ("variables", full("toolchain:\n  variables:\n", |number| format!("    V{number}: 1\n"))),
        ("build-types", full("presets: { build_types: [", |number| format!("b{number}, ")) + "]}"),
        ("aliases", full("a: &a [x]\n", |number| format!("b{number}: [*a, *a]\n"))),
        ("brackets", "[".repeat(LARGEST)),
        ("secrets-in-a-line", format!("password: {}", "$".repeat(LARGEST - 100))),
        ("colons", format!("password: {}", "a:{".repeat(LARGEST / 3 - 10))),
        ("a-long-text", format!("project: {{ name: \"{}\" }}\n", "x".repeat(LARGEST - 100))),
        (
            "a-long-text-by-both",
            format!("toolchain: {{ flags: {{ c: \"{}\" }} }}\n{one}{}", "x".repeat(3000), variants(30, 30)),
        ),
    ]
}

/// 100 MB of `line`, without keeping it in memory: a child process can report the memory of its parent.
fn write_100_mb(path: &Path, line: &str) {
    let part = line.repeat((1 << 20) / line.len());
    let mut file = File::create(path).expect("a file");
    for _ in 0..100 {
        file.write_all(part.as_bytes()).expect("space");
    }
}

#[test]
fn no_input_takes_more_than_half_a_second_and_100_mb() {
    let Some(tools) = Tools::require(&[Tool::Released, Tool::System("python3")]) else { return };
    let sandbox = Sandbox::new("inputs");
    let folders = sandbox.dir("inputs");
    let folder = |name: &str| {
        let folder = folders.join(name);
        fs::create_dir(&folder).expect("a new name");
        folder
    };
    for (name, text) in texts() {
        assert!(text.len() <= LARGEST, "{name} has {} bytes", text.len());
        fs::write(folder(name).join("toolchainkit.yaml"), text).expect("a file");
    }
    write_100_mb(&folder("100-mb-of-keys").join("toolchainkit.yaml"), "password: value\n");
    write_100_mb(&folder("100-mb-in-a-line").join("toolchainkit.yaml"), "x");
    let of_files = folder("large-files");
    fs::write(of_files.join("toolchainkit.yaml"), "cache: { tool: ccache }\n").expect("a file");
    write_100_mb(&of_files.join("CMakePresets.json"), "[{}],\n");
    let of_templates = folder("large-templates");
    fs::write(of_templates.join("toolchainkit.yaml"), "templates: templates\n").expect("a file");
    fs::create_dir(of_templates.join("templates")).expect("a folder");
    write_100_mb(&of_templates.join("templates/toolchain.cmake.j2"), "{{ x }}\n");

    let mut measure = sandbox.command("python3");
    let finished = measure.args(["-c", MEASURE]).arg(tools.path(Tool::Released)).arg(&folders).run();
    let mut failed = Vec::new();
    for line in finished.stdout.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [_, _, seconds, kilobytes, code] = words[..] else { panic!("{finished}") };
        let (seconds, kilobytes): (f64, u64) = (seconds.parse().unwrap(), kilobytes.parse().unwrap());
        println!("{line}");
        if seconds >= LIMIT_SECONDS || kilobytes >= LIMIT_KILOBYTES || code.starts_with('-') || code == "101"
        {
            failed.push(line);
        }
    }
    assert!(finished.stdout.lines().count() > 100, "{finished}");
    assert!(failed.is_empty(), "{failed:#?}");
}
