//! Inherited descriptors and limits, and the end of a process together with its parent.
#![expect(unsafe_code, reason = "inherited descriptors have no owner in Rust")]

use std::fs;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

#[cfg(target_os = "linux")]
use rustix::process::Signal;
use rustix::process::{Resource, Rlimit};

/// Makes this process a daemon. It keeps only the three standard streams of the process that started it.
///
/// Must be called first, because it closes all other descriptors.
pub fn become_daemon() {
    close_inherited_descriptors();
    // This fails only for the leader of a process group. A new child process is not one.
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
        // SAFETY: this process has one thread, so the descriptor is not closed meanwhile. For a closed descriptor, the
        // call fails.
        let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
        if rustix::io::fcntl_getfd(borrowed).is_ok() {
            // SAFETY: the descriptor is open, and no code uses it, because this process has just started, with one
            // thread.
            drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
        }
    }
}

/// Resets inherited limits, which may be set for a single command.
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

/// Asks the kernel to kill this process, and the program that replaces it, when `parent` ends. False if `parent` has already
/// ended.
#[must_use]
pub fn end_with_parent(parent: u32) -> bool {
    #[cfg(target_os = "linux")]
    if rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).is_err() {
        return false;
    }
    // Compilers of the daemon write objects, which other users may read.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().cast_unsigned()) == Some(parent)
}
