//! The cost of the launcher itself, with a tool that does nothing. It is compared with a C program that only starts the
//! tool, waits, and returns its exit code.

use std::fs;
use std::path::{Path, PathBuf};

use super::{costs, millis};
use crate::support::checkout::{Checkout, tools_for};
use crate::support::{Run, Sandbox, Tool};

/// The number of runs of each command.
const ROUNDS: usize = 400;

/// A stand-in for ccache that only supports the calls at configure time.
const TOOL: &str = r#"#include <stdio.h>
#include <string.h>
int main(int count, char **words) {
  if (count > 1 && !strcmp(words[1], "--version")) puts("ccache version 4.14.2");
  return 0;
}
"#;

const STARTER: &str = r"#include <spawn.h>
#include <sys/wait.h>
extern char **environ;
int main(int count, char **words) {
  pid_t child;
  int status;
  if (count < 2 || posix_spawn(&child, words[1], 0, 0, words + 1, environ)) return 125;
  if (waitpid(child, &status, 0) < 0) return 125;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
";

fn compile(sandbox: &Sandbox, name: &str, text: &str) -> PathBuf {
    let folder = sandbox.dir("made");
    let source = folder.join(format!("{name}.c"));
    fs::write(&source, text).expect("a source file");
    let program = folder.join(name);
    sandbox.command("gcc").args(["-O2", "-static", "-o"]).arg(&program).arg(&source).run();
    program
}

#[test]
fn the_launcher_takes_little_more_than_a_program_in_c() {
    let Some(tools) = tools_for(&[Tool::Released]) else { return };
    let sandbox = Sandbox::new("starter").on_path(&tools.ninja());
    let tool = compile(&sandbox, "ccache", TOOL);
    let in_c = compile(&sandbox, "starter", STARTER);
    let released = tools.released_launcher();
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()")
        .option(&format!("-DTOOLCHAINKIT_CACHE_TOOL={}", tool.display()))
        .env("TOOLCHAINKIT_LAUNCH", path(&released));
    checkout.configure();
    assert_eq!(checkout.status_field("launch"), "program");

    let words = ["/usr/bin/cc", "-O2", "-Iinclude", "-DVALUE=1", "-c", "c_0.c", "-o", "c_0.o"];
    let mut launched = checkout.launcher();
    launched.args(words).run();
    let mut started = checkout.command(&in_c);
    started.arg(&tool).args(words).run();
    let [launched, started] = costs(ROUNDS, [&mut launched, &mut started]);
    let figures = format!(
        "a tool that does nothing: {:.2} ms started by a static program in C, {:.2} ms by the launcher (best {:.2} and {:.2} ms)",
        millis(started.median),
        millis(launched.median),
        millis(started.best),
        millis(launched.best),
    );
    println!("{figures}");
    assert!(launched.median <= started.median.mul_f64(1.5), "{figures}");
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}
