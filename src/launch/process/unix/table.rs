//! The process table.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::sync::OnceLock;

#[cfg(target_os = "linux")]
use rustix::process::PidfdFlags;
use rustix::process::{Pid, Signal, WaitOptions};

use super::super::{Process, descendants, short_name};
use super::listing;

/// Whether the system tells about processes in `/proc`.
fn has_proc() -> bool {
    static HAS_PROC: OnceLock<bool> = OnceLock::new();
    *HAS_PROC.get_or_init(|| fs::exists("/proc/self/stat").unwrap_or(false))
}

/// The longest line of `/proc/ID/stat`: 52 numbers and a name.
const LONGEST_LINE: usize = 2048;

impl Process {
    /// The process with this ID.
    #[must_use]
    pub fn of(id: u32) -> Option<Self> {
        if !has_proc() {
            return listing::of(id);
        }
        let mut line = [0; LONGEST_LINE];
        // The kernel writes the whole line at once.
        let length = fs::File::open(format!("/proc/{id}/stat")).ok()?.read(&mut line).ok()?;
        let line = line.get(..length)?;
        // The name is in brackets, and may contain any character.
        let end = line.iter().rposition(|byte| *byte == b')')?;
        let begin = line.iter().position(|byte| *byte == b'(')? + 1;
        let rest = line.get(end + 2..)?;
        let words: Vec<&[u8]> = rest.split(|byte| *byte == b' ').collect();
        let number = |index: usize| std::str::from_utf8(words.get(index)?).ok()?.trim().parse::<u64>().ok();
        Some(Self {
            id,
            parent: number(1)?.try_into().ok()?,
            group: number(2)?.try_into().ok()?,
            session: number(3)?.try_into().ok()?,
            start: number(19)?,
            is_over: matches!(words.first(), Some(&(b"Z" | b"X"))),
            name: short_name(line.get(begin..end)?),
        })
    }
}

/// When the process with this ID started, in milliseconds since 1970.
#[must_use]
pub fn started(id: u32) -> Option<u64> {
    // The unit of times in `/proc`.
    const MILLISECONDS_PER_TICK: u64 = 10;
    if !has_proc() {
        return listing::started(id);
    }
    let system = read("/proc/stat")?;
    let system = String::from_utf8_lossy(&system);
    let boot: u64 = system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(boot * 1000 + Process::of(id)?.start * MILLISECONDS_PER_TICK)
}

/// The ID of the parent of this process.
#[must_use]
pub fn parent_id() -> u32 {
    std::os::unix::process::parent_id()
}

/// The environment with which a process was started: `NAME=VALUE`. `None` if the system does not tell it.
#[must_use]
pub fn environment_of(id: u32) -> Option<Vec<String>> {
    const LARGEST: u64 = 4 << 20;
    let mut bytes = Vec::new();
    fs::File::open(format!("/proc/{id}/environ")).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes.split(|byte| *byte == 0).map(|entry| String::from_utf8_lossy(entry).into_owned()).collect())
}

fn read(path: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(512);
    fs::File::open(path).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// All processes.
#[must_use]
pub fn table() -> Vec<Process> {
    if !has_proc() {
        return listing::all();
    }
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| Process::of(entry.ok()?.file_name().to_str()?.parse().ok()?)).collect()
}

/// Lists the children of processes. The whole table is read only if the kernel does not list them.
#[derive(Debug, Default)]
pub(in crate::launch::process) struct Listing(Option<Vec<Process>>);

impl Listing {
    /// The children of a process.
    pub(in crate::launch::process) fn children(&mut self, parent: u32) -> Vec<Process> {
        let listed = if self.0.is_none() { listed_children(parent) } else { None };
        let mut children: Vec<Process> = match listed {
            Some(listed) => listed.into_iter().filter_map(Process::of).collect(),
            None => self.0.get_or_insert_with(table).clone(),
        };
        children.retain(|process| process.parent == parent);
        children
    }
}

/// What the tool of this launcher has left, after [`adopt_orphans`](super::adopt_orphans).
#[must_use]
pub fn left_by_tool() -> Vec<Process> {
    descendants(std::process::id())
}

/// The programs below the supervisor of this session. A process in another session is not a compiler, and must not be killed.
#[must_use]
pub fn compilers_of_session() -> Vec<Process> {
    let own = std::process::id();
    let mut programs = descendants(own);
    programs.retain(|process| process.session == own);
    programs
}

/// The children, if the kernel lists them.
fn listed_children(parent: u32) -> Option<Vec<u32>> {
    let mut children = Vec::new();
    for thread in fs::read_dir(format!("/proc/{parent}/task")).ok()? {
        let path = thread.ok()?.path().join("children");
        let listed = read(path.to_str()?)?;
        children.extend(
            listed
                .split(|byte| *byte == b' ')
                .filter_map(|word| std::str::from_utf8(word).ok()?.parse::<u32>().ok()),
        );
    }
    Some(children)
}

/// The working directory of a process.
#[must_use]
pub fn folder_of(process: Process) -> Option<PathBuf> {
    if has_proc() {
        fs::read_link(format!("/proc/{}/cwd", process.id)).ok()
    } else {
        listing::folder_of(process.id)
    }
}

/// Whether an argument of the process is `text`, or an option that ends with it.
#[must_use]
pub fn has_argument(process: Process, text: &str) -> bool {
    let (line, end) = if has_proc() {
        (read(&format!("/proc/{}/cmdline", process.id)).unwrap_or_default(), 0)
    } else {
        (listing::command_line(process.id), b' ')
    };
    let text = text.as_bytes();
    let names = |argument: &[u8]| {
        argument == text
            || (argument.starts_with(b"-") && argument.ends_with(text) && argument.len() <= text.len() + 4)
    };
    !text.is_empty() && line.trim_ascii_end().split(|byte| *byte == end).any(names)
}

/// Kills the process, unless its ID was reused.
pub fn kill(process: Process) {
    signal(process, Signal::KILL);
}

/// Stops the process (SIGSTOP).
pub fn stop(process: Process) {
    signal(process, Signal::STOP);
}

fn signal(process: Process, signal: Signal) {
    let Some(pid) = Pid::from_raw(process.id.cast_signed()) else { return };
    let is_the_same = || Process::of(process.id).is_some_and(|now| now.start == process.start);
    #[cfg(target_os = "linux")]
    match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
        Ok(handle) if is_the_same() => {
            let _ = rustix::process::pidfd_send_signal(&handle, signal);
            return;
        }
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::MFILE | rustix::io::Errno::NFILE) => {}
        _ => return,
    }
    if is_the_same() {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Reaps zombies that this process inherited from its descendants.
pub fn reap_orphans(known: &[u32]) {
    let own = std::process::id();
    let children = listed_children(own).unwrap_or_else(|| {
        table().into_iter().filter(|process| process.parent == own).map(|process| process.id).collect()
    });
    for id in children.into_iter().filter(|id| !known.contains(id)) {
        let is_over = Process::of(id).is_some_and(|child| child.is_over && child.parent == own);
        if is_over && let Some(pid) = Pid::from_raw(id.cast_signed()) {
            let _ = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descendant_is_found_and_killed_only_if_its_start_time_matches() {
        let mut child = crate::launch::process::command("sleep").arg("60").current_dir("/").spawn().unwrap();
        let find = || descendants(std::process::id()).into_iter().find(|process| process.id == child.id());
        let found = find().unwrap();
        assert_eq!(found.parent, std::process::id());
        // Between fork and exec, it has our command line.
        while !has_argument(found, "60") {
            std::thread::yield_now();
        }
        assert!(!has_argument(found, "6"));
        assert_eq!(folder_of(found).unwrap(), PathBuf::from("/"));
        kill(Process { start: found.start + 1, ..found });
        assert!(child.try_wait().unwrap().is_none(), "it is another process");
        kill(found);
        assert!(!child.wait().unwrap().success());
        assert_eq!(Process::of(child.id()), None);
    }
}
