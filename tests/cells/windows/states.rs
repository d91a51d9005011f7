//! Files and folders of the launcher are missing, full, read-only or owned by another user at build time: the build on Windows
//! works. Wine shows another owner, another mode and a full disk of this machine to the programs of Windows.

use std::fs;
use std::time::Duration;

use super::programs::with_programs;
use super::project::{Project, call};
use crate::list::{self, pairs, tests};
use crate::support::checkout::CACHES;
use crate::support::{Run, Tool};

tests![
    trial in pairs(&STATES, CACHES),
];

/// A build takes some seconds. A build that takes this much longer has waited for a timeout.
const LIMIT: Duration = Duration::from_secs(90);

/// Root ignores the mode of files. Without these capabilities, it does not.
const AS_ANY_USER: &str = "exec setpriv --bounding-set=-dac_override,-dac_read_search,-fowner -- \"$@\"";

/// A problem at build time. The scripts get the folders `$RUN`, `$CACHE`, `$BUILD` and `$DATA`, and the tool as `$TOOL`.
struct State {
    name: &'static str,
    /// The change of the folders, as a shell script.
    before: &'static str,
    /// The shell script that runs the build; its command is `"$@"`.
    around: &'static str,
}

const STATES: [State; 12] = [
    state("run folder missing", "rm -rf \"$RUN\"", ""),
    state("run folder cannot be written", "rm -rf \"$RUN\"; mkdir -m 500 \"$RUN\"", AS_ANY_USER),
    state("run folder is a file", "rm -rf \"$RUN\"; : >\"$RUN\"", ""),
    state(
        "run folder on a read-only file system",
        "mkdir -p \"$RUN\"",
        "mount -t tmpfs -o ro none \"$RUN\"; exec \"$@\"",
    ),
    state(
        "run folder on a full disk",
        "mkdir -p \"$RUN\"",
        "mount -t tmpfs -o size=4k,nr_inodes=1 none \"$RUN\"; exec \"$@\"",
    ),
    state(
        "run folder of another user",
        "mkdir -p \"$RUN\"; chown -R 1234 \"$RUN\"; chmod -R 777 \"$RUN\"",
        "exec \"$@\"",
    ),
    state("user's folder for data removed", "rm -rf \"$DATA\"", ""),
    state("cache folder removed", "rm -rf \"$CACHE\"", ""),
    state(
        "cache folder on a read-only file system",
        "mkdir -p \"$CACHE\"",
        "mount --bind \"$CACHE\" \"$CACHE\"; mount -o remount,bind,ro \"$CACHE\"; exec \"$@\"",
    ),
    state(
        "cache folder on a full disk",
        "mkdir -p \"$CACHE\"",
        "mount -t tmpfs -o size=4k,nr_inodes=1 none \"$CACHE\"; exec \"$@\"",
    ),
    state("tool removed", "rm \"$TOOL\"", ""),
    state(
        "state files damaged, with times in the future",
        "find \"$RUN\" \"$BUILD/toolchainkit\" -type f ! -name '*.exe' | while read -r file; do
           printf '\\377 { damaged\\n' >\"$file\"; touch -d 2100-01-01 \"$file\"
         done",
        "",
    ),
];

const fn state(name: &'static str, before: &'static str, around: &'static str) -> State {
    State { name, before, around }
}

impl list::Cell for &'static State {
    fn name(&self) -> String {
        list::plain(self.name)
    }
}

fn trial((state, tool): (&'static State, Tool)) -> Result<String, String> {
    let Some(wine) = with_programs() else { return Ok("skipped".to_owned()) };
    let image = if matches!(tool, Tool::Sccache(_)) { "sccache.exe" } else { "ccache.exe" };
    let program = wine.path("t/tool").join(image);
    fs::create_dir(wine.path("t/tool")).expect("a folder");
    fs::copy(wine.path("../dosdevices/w:/bin").join(image), &program).expect("the tool");
    let project = Project::of_c(&wine, "t/project", &call(tool, ""))
        .option(&format!("-DTOOLCHAINKIT_CACHE_TOOL=C:/t/tool/{image}"));
    project.configure();
    project.build();
    // The programs in a mount namespace need their own server of Wine.
    wine.end_all();
    let data = wine.local_data().join("toolchainkit");
    let variables = [
        ("RUN", data.join("run")),
        ("CACHE", data.join("cache")),
        ("DATA", data),
        ("BUILD", project.path("build")),
        ("TOOL", program),
    ];
    wine.shell(state.before, &variables).run();
    project.write("shared.h", "#define SHARED 2\n");
    let around = if state.around.is_empty() { "exec \"$@\"" } else { state.around };
    let around = format!("cd ../t/project; {around}");
    let mut build = if around.contains("mount ") {
        let mut command = wine.shell("exec unshare --mount sh -e -c \"$@\"", &variables);
        command.arg(&around).arg("sh");
        command
    } else {
        wine.shell(&around, &variables)
    };
    let finished = build.args(["wine", "cmake", "--build", "build"]).run_within(LIMIT * 2);
    wine.end_all();
    if finished.code() != Some(0) {
        return Err(format!("the build fails\n{finished}"));
    }
    let text = finished.text();
    if text.contains("ccache: error") || text.contains("FAILED") || text.contains("panicked") {
        return Err(format!("an error of the tool is shown\n{finished}"));
    }
    let warnings = text.matches("toolchainkit:").count();
    if warnings > 1 {
        return Err(format!("{warnings} lines of warning\n{finished}"));
    }
    if finished.elapsed > LIMIT {
        return Err(format!("it takes too long\n{finished}"));
    }
    let printed = project.output();
    if !printed.starts_with("4 ") {
        return Err(format!("the program prints {printed}\n{finished}"));
    }
    Ok(format!("{:.1} s", finished.elapsed.as_secs_f64()))
}
