//! The process table. A process is identified by its ID and its start time, so that a signal never reaches another process
//! with a reused ID.

use std::fs;
use std::path::PathBuf;

use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions};

/// A process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Process {
    /// Its ID.
    pub id: u32,
    /// The ID of its parent.
    pub parent: u32,
    /// The ID of its process group.
    #[serde(skip)]
    pub group: u32,
    /// The ID of its session.
    pub session: u32,
    /// Its start time, in ticks since the boot.
    pub start: u64,
    /// Whether it is a zombie.
    pub is_over: bool,
    /// The beginning of its name.
    #[serde(skip)]
    name: [u8; LONGEST_NAME],
}

/// The kernel stores this much of the name of a program.
const LONGEST_NAME: usize = 15;

impl Process {
    /// The process with this ID.
    #[must_use]
    pub fn of(id: u32) -> Option<Self> {
        let line = read(&format!("/proc/{id}/stat"))?;
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

    /// The first 15 bytes of the name of its program. Empty if they are not UTF-8.
    #[must_use]
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.name).unwrap_or_default().trim_end_matches('\0')
    }

    #[cfg(test)]
    pub(in crate::launch) fn named(name: &str, id: u32, parent: u32, group: u32) -> Self {
        let name = short_name(name.as_bytes());
        Self { id, parent, group, session: 1, start: u64::from(id) * 10, is_over: false, name }
    }

    fn pid(self) -> Option<Pid> {
        Pid::from_raw(self.id.cast_signed())
    }
}

fn short_name(name: &[u8]) -> [u8; LONGEST_NAME] {
    let mut short = [0; LONGEST_NAME];
    for (to, from) in short.iter_mut().zip(name) {
        *to = *from;
    }
    short
}

fn read(path: &str) -> Option<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::with_capacity(512);
    fs::File::open(path).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// All processes.
#[must_use]
pub fn table() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| Process::of(entry.ok()?.file_name().to_str()?.parse().ok()?)).collect()
}

/// The running descendants of `ancestor`, parents before their children.
#[must_use]
pub fn descendants(ancestor: u32) -> Vec<Process> {
    let mut found: Vec<Process> = Vec::new();
    let mut all: Option<Vec<Process>> = None;
    let mut next = ancestor;
    let mut index = 0;
    loop {
        let listed = if all.is_none() { listed_children(next) } else { None };
        let children: Vec<Process> = if let Some(listed) = listed {
            listed.into_iter().filter_map(Process::of).collect()
        } else {
            let all = all.get_or_insert_with(table);
            all.iter().copied().filter(|process| process.parent == next).collect()
        };
        let is_new =
            |process: &Process| process.parent == next && !found.iter().any(|known| known.id == process.id);
        let children: Vec<Process> = children.into_iter().filter(is_new).collect();
        found.extend(children);
        let Some(process) = found.get(index) else { break };
        next = process.id;
        index += 1;
    }
    found.retain(|process| !process.is_over);
    found
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
    fs::read_link(format!("/proc/{}/cwd", process.id)).ok()
}

/// Whether an argument of the process is `text`, or an option that ends with it.
#[must_use]
pub fn has_argument(process: Process, text: &str) -> bool {
    let Some(line) = read(&format!("/proc/{}/cmdline", process.id)) else { return false };
    let text = text.as_bytes();
    let names = |argument: &[u8]| {
        argument == text
            || (argument.starts_with(b"-") && argument.ends_with(text) && argument.len() <= text.len() + 4)
    };
    !text.is_empty() && line.split(|byte| *byte == 0).any(names)
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
    let Some(pid) = process.pid() else { return };
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
    let children = listed_children(own).unwrap_or_default();
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
        let mut child = super::super::command("sleep").arg("60").current_dir("/").spawn().unwrap();
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
