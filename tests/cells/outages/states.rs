//! Files and folders of the launcher are missing, full, read-only or owned by another user at build time: the build
//! works, with the program and with the script.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::cmake_module::{CACHES, Checkout, tools_for};
use crate::list::{self, pairs, tests};
use crate::support::{Project, Run, Sandbox, Tool, Tools};

tests![
    trial in cells(),
    the_launcher_works_with_as_few_descriptors_as_the_compiler in pairs(CACHES, ["program", "script"]),
];

/// A build of this project takes a second. A build that takes this much longer has waited for a timeout.
const LIMIT: Duration = Duration::from_secs(16);

/// Root ignores the mode of files. Without these capabilities, it does not.
const AS_ANY_USER: &str = "exec setpriv --bounding-set=-dac_override,-dac_read_search,-fowner -- \"$@\"";

/// A problem at build time. The scripts get the folders `$RUN` and `$CACHE`, and the tool as `$TOOL`.
struct State {
    name: &'static str,
    /// Whether the daemon of sccache was stopped before.
    is_stopped: bool,
    /// The change of the folders, as a shell script.
    before: &'static str,
    /// The shell script that runs the build; its command is `"$@"`.
    around: &'static str,
}

const STATES: [State; 17] = [
    state("run folder missing", true, "rm -rf \"$RUN\"", ""),
    state("run folder removed while the daemon runs", false, "rm -rf \"$RUN\"", ""),
    state("run folder cannot be written", true, "rm -rf \"$RUN\"; mkdir -m 500 \"$RUN\"", AS_ANY_USER),
    state("run folder is a file", true, "rm -rf \"$RUN\"; : >\"$RUN\"", ""),
    state(
        "run folder on a read-only file system",
        true,
        "mkdir -p \"$RUN\"",
        "mount -t tmpfs -o ro none \"$RUN\"; exec \"$@\"",
    ),
    state(
        "run folder on a full disk",
        true,
        "mkdir -p \"$RUN\"",
        "mount -t tmpfs -o size=4k,nr_inodes=1 none \"$RUN\"; exec \"$@\"",
    ),
    state(
        "run folder of another user",
        true,
        "mkdir -p \"$RUN\"; chown -R 1234 \"$RUN\"; chmod -R 700 \"$RUN\"",
        AS_ANY_USER,
    ),
    state("home removed", true, "rm -rf \"$HOME\" \"$XDG_CACHE_HOME\"", ""),
    state("home cannot be written", true, "chmod 500 \"$HOME\" \"$XDG_CACHE_HOME\"", AS_ANY_USER),
    state("user's cache folder removed while the daemon runs", false, "rm -rf \"$XDG_CACHE_HOME\"", ""),
    state("cache folder removed", false, "rm -rf \"$CACHE\"", ""),
    state(
        "cache folder on a read-only file system",
        true,
        "mkdir -p \"$CACHE\"",
        "mount --bind \"$CACHE\" \"$CACHE\"; mount -o remount,bind,ro \"$CACHE\"; exec \"$@\"",
    ),
    state(
        "cache folder on a full disk",
        true,
        "mkdir -p \"$CACHE\"",
        "mount -t tmpfs -o size=4k,nr_inodes=1 none \"$CACHE\"; exec \"$@\"",
    ),
    state(
        "cache folder of another user",
        true,
        "mkdir -p \"$CACHE\"; chown -R 1234 \"$CACHE\"; chmod -R go-rwx \"$CACHE\"",
        AS_ANY_USER,
    ),
    state("tool removed", false, "rm \"$TOOL\"", ""),
    state("tool cannot be executed", false, "chmod 644 \"$TOOL\"", ""),
    state(
        "state files damaged, with times in the future",
        true,
        "find \"$RUN\" \"$BUILD/toolchainkit\" -type f ! -name launcher | while read -r file; do
           printf '\\377 { damaged\\n' >\"$file\"; touch -d 2100-01-01 \"$file\"
         done
         printf x >\"$BUILD/toolchainkit/broken\"; touch -d 2100-01-01 \"$BUILD/toolchainkit/broken\"
         printf x >\"$BUILD/toolchainkit/warned\"; touch -d 2100-01-01 \"$BUILD/toolchainkit/warned\"",
        "",
    ),
];

const fn state(name: &'static str, is_stopped: bool, before: &'static str, around: &'static str) -> State {
    State { name, is_stopped, before, around }
}

#[derive(Clone, Copy)]
struct Cell {
    state: &'static State,
    cache: Tool,
    is_script: bool,
}

impl list::Cell for Cell {
    fn name(&self) -> String {
        (self.state.name, self.cache, if self.is_script { "script" } else { "program" }).name()
    }
}

/// All combinations, or a subset with each pair of state, tool and launcher. ccache has no run folder, so the states of that
/// folder are tested with sccache and both launchers.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (index, state) in STATES.iter().enumerate() {
        for (column, cache) in CACHES.into_iter().enumerate() {
            let is_chosen = |is_script: &bool| {
                Tools::full()
                    || (column == 0 && state.name.starts_with("run folder"))
                    || (index + column + usize::from(*is_script)).is_multiple_of(2)
            };
            let launchers = [false, true].into_iter().filter(is_chosen);
            cells.extend(launchers.map(|is_script| Cell { state, cache, is_script }));
        }
    }
    cells
}

fn trial(cell: Cell) -> Result<String, String> {
    let needs = [cell.cache, Tool::System("setpriv"), Tool::System("unshare"), Tool::System("mount")];
    let Some(tools) = &tools_for(&needs) else { return Ok("skipped".to_owned()) };
    let sandbox = Sandbox::new("state").on_path(&tools.ninja());
    let tool = sandbox.dir("tool").join(if cell.cache == CACHES[0] { "sccache" } else { "ccache" });
    fs::copy(tools.path(cell.cache), &tool).expect("the tool");
    let checkout = Checkout::sample(&sandbox, tools, "project", "toolchainkit_enable_cache()")
        .option(&format!("-DTOOLCHAINKIT_CACHE_TOOL={}", tool.display()));
    let checkout = if cell.is_script { checkout.with_fallback() } else { checkout };
    let project = Project::write(&checkout.source, 2, 3);
    checkout.configure();
    checkout.build();
    if cell.state.is_stopped {
        checkout.launcher().arg("--stop-server").run_to_any_end();
    }
    let scene = Scene { checkout: &checkout, tool: &tool, directory: checkout.status_field("dir") };
    scene.shell(cell.state.before, &[]).run();

    project.set_shared_value(2);
    let folder = checkout.build_folder();
    let ninja = ["ninja", "-C", folder.to_str().expect("a plain path")];
    let built = scene.shell(cell.state.around, &ninja).run_to_any_end();
    let verdict = check(&built.text(), built.code(), built.elapsed);
    verdict.map_err(|error| format!("{error}\n{built}"))?;
    let printed = checkout.command(folder.join("sample")).run().stdout;
    if printed != project.output(2) {
        return Err(format!("the program prints {printed}\n{built}"));
    }
    Ok(format!("{:.1} s", built.elapsed.as_secs_f64()))
}

fn check(text: &str, code: Option<i32>, elapsed: Duration) -> Result<(), String> {
    if code != Some(0) {
        return Err("the build fails".to_owned());
    }
    if text.contains("ccache: error") || text.contains("FAILED") || text.contains("panicked") {
        return Err("an error of the tool is shown".to_owned());
    }
    let warnings = text.matches("toolchainkit:").count();
    if warnings > 1 {
        return Err(format!("{warnings} lines of warning"));
    }
    if elapsed > LIMIT {
        return Err(format!("it takes {:.1} s", elapsed.as_secs_f64()));
    }
    Ok(())
}

struct Scene<'a> {
    checkout: &'a Checkout<'a>,
    tool: &'a Path,
    directory: String,
}

impl Scene<'_> {
    /// Runs `text` in sh, in its own mount namespace if it mounts something.
    fn shell(&self, text: &str, arguments: &[&str]) -> Command {
        let text = if text.is_empty() { "exec \"$@\"" } else { text };
        let mut command = if text.contains("mount ") {
            let mut command = self.checkout.command("unshare");
            command.args(["--mount", "sh"]);
            command
        } else {
            self.checkout.command("sh")
        };
        let run: PathBuf = self.checkout.sandbox.cache_home().join("toolchainkit/run");
        command.args(["-e", "-c", text, "sh"]).args(arguments);
        command.env("RUN", run).env("CACHE", &self.directory).env("TOOL", self.tool);
        command.env("BUILD", self.checkout.build_folder());
        command
    }
}

/// If the compiler itself works with this few descriptors, it also works with the launcher. The script needs a shell,
/// which needs more descriptors.
fn the_launcher_works_with_as_few_descriptors_as_the_compiler((cache, kind): (Tool, &'static str)) {
    let Some(tools) = tools_for(&CACHES) else { return };
    let sandbox = Sandbox::new("few").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    let checkout = if kind == "script" { checkout.with_fallback() } else { checkout };
    checkout.configure();
    let program = checkout.build_folder().join("toolchainkit/launcher");
    let mut compiled = 0;
    // dash copies redirected descriptors to descriptor 10 and higher.
    let least = if kind == "script" { 16 } else { 3 };
    for limit in least..=24 {
        let text = format!("ulimit -n {limit}; exec \"$@\"");
        let compile = ["/usr/bin/cc", "-c", "c_0.c", "-o", "few.o"];
        let bare = checkout.command("sh").args(["-c", &text, "sh"]).args(compile).run_to_any_end();
        let mut launched = checkout.command("sh");
        launched.args(["-c", &text, "sh"]).arg(&program).args(compile);
        let launched = launched.run_to_any_end();
        if bare.code() == Some(0) {
            assert!(launched.code() == Some(0), "{cache}, {kind}, {limit}: {launched}");
            compiled += 1;
        }
    }
    assert!(compiled > 4, "{cache}: the limits are too low for the compiler");
}
