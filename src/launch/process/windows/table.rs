//! The process table.

use std::ffi::OsStr;
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::io::OwnedHandle;
use std::path::PathBuf;

use super::super::{Process, command_line, short_name};
use super::api::{self, Access};

impl Process {
    /// The process with this ID.
    #[must_use]
    pub fn of(id: u32) -> Option<Self> {
        Self::listed(id, None)
    }

    /// The process with this ID. `listed` is what the list of the system contains about it.
    fn listed(id: u32, listed: Option<&api::Listed>) -> Option<Self> {
        let handle = api::open_process(id, Access::Look).ok()?;
        let start = api::start_time(&handle).ok()?;
        let is_over = api::wait_for_process(
            std::os::windows::io::AsHandle::as_handle(&handle),
            std::time::Duration::ZERO,
        );
        let (parent, name) = match listed {
            Some(listed) => (listed.parent, listed.name.clone()),
            None => {
                (api::parent_of(&handle).unwrap_or_default(), api::program_of(&handle).unwrap_or_default())
            }
        };
        // Without its ending, as on other systems.
        let name = name.to_string_lossy().to_ascii_lowercase();
        let name = short_name(name.strip_suffix(".exe").unwrap_or(&name).as_bytes());
        Some(Self { id, parent, group: 0, session: 0, start, is_over, name })
    }
}

/// When the process with this ID started, in milliseconds since 1970.
#[must_use]
pub fn started(id: u32) -> Option<u64> {
    // Between 1601 and 1970.
    const EPOCH: u64 = 11_644_473_600_000;
    (Process::of(id)?.start / 10_000).checked_sub(EPOCH)
}

/// The ID of the parent of this process; 0 if the system does not tell it.
#[must_use]
pub fn parent_id() -> u32 {
    let own = api::open_process(std::process::id(), Access::Look);
    own.ok().and_then(|own| api::parent_of(&own)).unwrap_or_default()
}

/// The environment with which a process was started: `NAME=VALUE`. `None` if it is a process of another user.
#[must_use]
pub fn environment_of(id: u32) -> Option<Vec<String>> {
    let handle = api::open_process(id, Access::Read).ok()?;
    api::environment_of(&handle)
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

/// Lists the children of processes, from one list of the system.
#[derive(Debug, Default)]
pub(in crate::launch::process) struct Listing(Option<Vec<api::Listed>>);

impl Listing {
    /// The children of a process, without the hosts of consoles.
    pub(in crate::launch::process) fn children(&mut self, parent: u32) -> Vec<Process> {
        let Some(first) = Process::of(parent) else { return Vec::new() };
        let all = self.0.get_or_insert_with(api::processes);
        let children = all.iter().filter(|listed| listed.parent == parent && !is_console_host(&listed.name));
        let children = children.filter_map(|listed| Process::listed(listed.id, Some(listed)));
        // The parent may have ended, and its ID may belong to a younger process.
        children.filter(|process| process.start >= first.start).collect()
    }
}

/// What the tool of this launcher has left: the other running processes of its job, also those whose parent has ended.
#[must_use]
pub fn left_by_tool() -> Vec<Process> {
    let mut left = compilers_of_session();
    left.retain(|process| !process.is_over);
    left
}

/// The other processes in the job of this process.
#[must_use]
pub fn compilers_of_session() -> Vec<Process> {
    let own = std::process::id();
    let all = api::processes();
    let of_job = super::job().map(api::Job::processes).unwrap_or_default();
    let listed = all.iter().filter(|listed| listed.id != own && of_job.contains(&listed.id));
    let programs = listed.filter(|listed| !is_console_host(&listed.name));
    programs.filter_map(|listed| Process::listed(listed.id, Some(listed))).collect()
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
    use super::super::super::descendants;
    use super::*;

    #[test]
    fn a_descendant_is_found_and_killed_only_if_its_start_time_matches() {
        let mut command = crate::launch::process::command("ping");
        command.args(["-n", "60", "127.0.0.1"]).current_dir(super::super::root_folder());
        command.env("TOOLCHAINKIT_SAMPLE", "\u{e4} b");
        let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        let find = || descendants(std::process::id()).into_iter().find(|process| process.id == child.id());
        let found = find().unwrap();
        assert_eq!((found.parent, found.name()), (std::process::id(), "ping"));
        assert_eq!(Process::of(found.id), Some(found));
        assert_eq!(parent_id(), Process::of(std::process::id()).unwrap().parent);
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
        assert!(u128::from(started(found.id).unwrap()).abs_diff(since) < 10_000);
        let environment = environment_of(found.id).unwrap();
        assert!(environment.contains(&"TOOLCHAINKIT_SAMPLE=\u{e4} b".to_owned()), "{environment:?}");
        assert!(has_argument(found, "127.0.0.1") && has_argument(found, "60") && !has_argument(found, "6"));
        assert_eq!(folder_of(found).unwrap(), super::super::root_folder());
        kill(Process { start: found.start + 1, ..found });
        assert!(child.try_wait().unwrap().is_none(), "it is another process");
        kill(found);
        assert!(!child.wait().unwrap().success());
    }
}
