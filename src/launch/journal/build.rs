//! Identifies a build by the topmost build tool above the launcher.

use super::super::process::Process;

/// The largest number of processes above the launcher that are looked at.
const MOST: usize = 16;

/// Build tools that run the commands of a build.
const TOOLS: &[&str] = &["ninja", "ninja-build", "samu", "make", "gmake", "gnumake", "bmake"];
/// Programs between two build tools, or between a build tool and the launcher.
const BETWEEN: &[&str] =
    &["sh", "dash", "bash", "ash", "busybox", "ksh", "mksh", "zsh", "env", "nice", "time"];

/// The ID of the build of the process `parent`, the parent of the launcher: its process ID and its start time. The topmost
/// build tool counts, because a make runs others. Another program, such as CMake, ends the search.
pub(super) fn of(parent: u32, process: impl Fn(u32) -> Option<Process>) -> String {
    let mut top = None;
    let mut below: Option<Process> = None;
    let mut id = parent;
    for _ in 0..MOST {
        let Some(found) = process(id) else { break };
        if TOOLS.contains(&found.name()) {
            top = Some(found);
        } else if !BETWEEN.contains(&found.name()) || is_interactive(found, below) {
            break;
        }
        below = Some(found);
        id = found.parent;
    }
    // Without a build tool, the parent is the build.
    match top.or_else(|| process(parent)) {
        Some(top) => format!("{}-{}", top.id, top.start),
        None => format!("{parent}-0"),
    }
}

/// Whether this is a shell with job control, in which a user has started the program below.
fn is_interactive(shell: Process, below: Option<Process>) -> bool {
    below.is_some_and(|below| below.group != shell.group)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process with this name, ID, parent, and process group.
    fn process(name: &str, id: u32, parent: u32, group: u32) -> Process {
        Process::named(name, id, parent, group)
    }

    fn build(all: &[Process]) -> String {
        of(all[0].id, |id| all.iter().find(|process| process.id == id).copied())
    }

    #[test]
    fn the_topmost_build_tool_counts() {
        // ninja in an interactive shell
        let all = [
            process("sh", 9, 8, 9),
            process("ninja", 8, 7, 8),
            process("bash", 7, 6, 7),
            process("make", 6, 1, 6),
        ];
        assert_eq!(build(&all), "8-80");
        // A make that runs others, also through a shell.
        let all = [
            process("make", 9, 8, 5),
            process("sh", 8, 7, 5),
            process("gmake", 7, 6, 5),
            process("cmake", 6, 5, 5),
            process("make", 5, 1, 5),
        ];
        assert_eq!(build(&all), "7-70");
        // A make below ninja, which gives each command its own group.
        let all = [process("make", 9, 8, 9), process("ninja", 8, 1, 8)];
        assert_eq!(build(&all), "8-80");
        assert_eq!(build(&[process("python3", 4, 1, 4)]), "4-40");
        assert_eq!(of(3, |_| None), "3-0");
    }
}
