//! The process table.

use std::ffi::OsStr;
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::io::OwnedHandle;
use std::path::PathBuf;

use super::super::{Name, Process, command_line};
use super::api::{self, Access};

impl Process {
    /// The process with this ID.
    #[must_use]
    pub fn of(id: u32) -> Option<Self> {
        Self::with_parent(id, 0)
    }

    fn with_parent(id: u32, parent: u32) -> Option<Self> {
        let handle = api::open_process(id, Access::Look).ok()?;
        let start = api::start_time(&handle).ok()?;
        let is_over = api::wait_for_process(
            std::os::windows::io::AsHandle::as_handle(&handle),
            std::time::Duration::ZERO,
        );
        Some(Self { id, parent, group: 0, session: 0, start, is_over, name: Name::default() })
    }
}

/// Opens a process, if it is still the same.
fn open(process: Process, access: Access) -> Option<OwnedHandle> {
    let handle = api::open_process(process.id, access).ok()?;
    api::start_time(&handle).is_ok_and(|start| start == process.start).then_some(handle)
}

/// Whether the program is the host of a console, which the system starts for each program with a console of its own.
fn is_console_host(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case("conhost.exe")
}

/// The processes of other users' sessions are of no interest: there are no sessions by which orphans could be found, and the job of
/// a supervisor ends its compilers together with it.
#[must_use]
pub const fn table() -> Vec<Process> {
    Vec::new()
}

/// The running descendants of `ancestor`, parents before their children.
#[must_use]
pub fn descendants(ancestor: u32) -> Vec<Process> {
    let all = api::processes();
    let mut found: Vec<Process> = Vec::new();
    let Some(first) = Process::of(ancestor) else { return found };
    let mut next = first;
    let mut index = 0;
    loop {
        let children = all.iter().filter(|listed| listed.parent == next.id && !is_console_host(&listed.name));
        let children = children.filter_map(|listed| Process::with_parent(listed.id, listed.parent));
        // The parent may have ended, and its ID may belong to a younger process.
        let is_child = |process: &Process| {
            process.start >= next.start
                && process.id != ancestor
                && !found.iter().any(|known| known.id == process.id)
        };
        let children: Vec<Process> = children.filter(is_child).collect();
        found.extend(children);
        let Some(process) = found.get(index) else { break };
        next = *process;
        index += 1;
    }
    found.retain(|process| !process.is_over);
    found
}

/// The other processes in the job of this supervisor.
#[must_use]
pub fn compilers_of_session() -> Vec<Process> {
    let own = std::process::id();
    let all = api::processes();
    let of_job = super::job().map(api::Job::processes).unwrap_or_default();
    let listed = all.iter().filter(|listed| listed.id != own && of_job.contains(&listed.id));
    let programs = listed.filter(|listed| !is_console_host(&listed.name));
    programs.filter_map(|listed| Process::with_parent(listed.id, listed.parent)).collect()
}

/// The working directory of a process.
#[must_use]
pub fn folder_of(process: Process) -> Option<PathBuf> {
    let handle = api::open_process(process.id, Access::Read).ok()?;
    let mut folder = api::directory_of(&handle)?.into_encoded_bytes();
    // Windows adds a backslash.
    if folder.len() > 3 && folder.ends_with(b"\\") {
        folder.pop();
    }
    String::from_utf8(folder).ok().map(PathBuf::from)
}

/// Whether an argument of the process is `text`, or an option that ends with it.
#[must_use]
pub fn has_argument(process: Process, text: &str) -> bool {
    let line = open(process, Access::Read).and_then(|handle| api::command_line_of(&handle));
    let units: Vec<u16> = line.unwrap_or_default().encode_wide().collect();
    let text: Vec<u16> = text.encode_utf16().collect();
    let is_option = |argument: &[u16]| matches!(argument.first(), Some(&first) if [b'-', b'/'].map(u16::from).contains(&first));
    let names = |argument: &Vec<u16>| {
        *argument == text
            || (is_option(argument) && argument.ends_with(&text) && argument.len() <= text.len() + 4)
    };
    !text.is_empty() && command_line::words(&units).iter().any(names)
}

/// Kills the process, unless its ID was reused.
pub fn kill(process: Process) {
    if let Some(handle) = open(process, Access::Terminate) {
        api::terminate(&handle);
    }
}

/// Stops all threads of the process.
pub fn stop(process: Process) {
    if let Some(handle) = open(process, Access::Suspend) {
        api::suspend(&handle);
    }
}

/// Windows has no zombies.
pub const fn reap_orphans(_known: &[u32]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descendant_is_found_and_killed_only_if_its_start_time_matches() {
        let mut command = crate::launch::process::command("ping");
        command.args(["-n", "60", "127.0.0.1"]).current_dir(super::super::root_folder());
        let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        let find = || descendants(std::process::id()).into_iter().find(|process| process.id == child.id());
        let found = find().unwrap();
        assert_eq!(found.parent, std::process::id());
        assert!(has_argument(found, "127.0.0.1") && has_argument(found, "60") && !has_argument(found, "6"));
        assert_eq!(folder_of(found).unwrap(), super::super::root_folder());
        kill(Process { start: found.start + 1, ..found });
        assert!(child.try_wait().unwrap().is_none(), "it is another process");
        kill(found);
        assert!(!child.wait().unwrap().success());
    }
}
