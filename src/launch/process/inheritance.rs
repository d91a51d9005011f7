//! What a process gets from the one that starts it, and what is to happen when that one ends.
#![expect(unsafe_code, reason = "descriptors that somebody left open have no owner in Rust")]

use std::fs;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

#[cfg(target_os = "linux")]
use rustix::process::Signal;
use rustix::process::{Resource, Rlimit};

/// Makes a daemon of this process: nothing of whoever started it remains but the three standard streams.
///
/// To be called first of all, as it closes all other descriptors.
pub fn become_daemon() {
    close_inherited_descriptors();
    // Fails where the process leads a group, which a child that was just started does not.
    let _ = rustix::process::setsid();
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    reset_limits();
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

fn close_inherited_descriptors() {
    const STANDARD: RawFd = 2;
    const MOST: RawFd = 1024;
    let of_entry = |entry: io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse::<RawFd>().ok();
    let open: Vec<RawFd> = match fs::read_dir("/dev/fd") {
        Ok(entries) => entries.filter_map(of_entry).collect(),
        Err(_) => (STANDARD + 1..MOST).collect(),
    };
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > STANDARD) {
        // SAFETY: nobody closes it meanwhile; if it is closed already, the call says so.
        let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
        if rustix::io::fcntl_getfd(borrowed).is_ok() {
            // SAFETY: it is open, and nothing in this process uses it: it has only just begun, with one thread.
            drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
        }
    }
}

/// Someone may have started us under limits that are for a single command.
fn reset_limits() {
    const STACK: u64 = 8 << 20;
    const DESCRIPTORS: u64 = 1 << 16;
    let raise = |resource: Resource, most: Option<u64>| {
        let Rlimit { current, maximum } = rustix::process::getrlimit(resource);
        let wanted = match (maximum, most) {
            (Some(maximum), Some(most)) => Some(maximum.min(most)),
            (maximum, most) => maximum.or(most),
        };
        let is_lower = current.is_some_and(|current| wanted.is_none_or(|wanted| current < wanted));
        if is_lower {
            let _ = rustix::process::setrlimit(resource, Rlimit { current: wanted, maximum });
        }
    };
    raise(Resource::Nofile, Some(DESCRIPTORS));
    raise(Resource::Stack, Some(STACK));
    for resource in [Resource::Cpu, Resource::Fsize, Resource::Data, Resource::As] {
        raise(resource, None);
    }
    let maximum = rustix::process::getrlimit(Resource::Core).maximum;
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
}

/// Sees to it that this process, and the program that takes its place, ends when `parent` does. False if it is too late.
#[must_use]
pub fn end_with_parent(parent: u32) -> bool {
    #[cfg(target_os = "linux")]
    if rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).is_err() {
        return false;
    }
    // What the programs that it runs write is what people compile, so not as private as the supervisor's own files.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().cast_unsigned()) == Some(parent)
}
