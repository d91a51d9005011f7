//! The process table of a system without `/proc`, such as macOS and the BSDs: by `ps` and `lsof`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use super::super::{Name, Process, command, digest};

/// The columns: ID, parent, process group, state, and the time of the start, which consists of several words. A supervisor leads
/// its session and its process group, which the daemon and the compilers do not leave; macOS prints no number of a session.
const COLUMNS: [&str; 10] = ["-o", "pid=", "-o", "ppid=", "-o", "pgid=", "-o", "stat=", "-o", "lstart="];

/// The output of the first of these programs that there is.
fn output(programs: [&str; 2], arguments: &[&str]) -> Vec<u8> {
    let is_there = |program: &&str| super::is_executable(program.as_ref());
    let Some(program) = programs.into_iter().find(is_there) else { return Vec::new() };
    let mut command = command(program);
    command.args(arguments).env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null()).stderr(Stdio::null());
    command.output().map(|output| output.stdout).unwrap_or_default()
}

fn ps(arguments: &[&str]) -> Vec<u8> {
    output(["/bin/ps", "/usr/bin/ps"], arguments)
}

/// All processes.
pub(super) fn all() -> Vec<Process> {
    parse(&ps(&[&["-A"], &COLUMNS[..]].concat()))
}

/// The process with this ID.
pub(super) fn of(id: u32) -> Option<Process> {
    let id_text = id.to_string();
    let listed = parse(&ps(&[&["-p", &id_text], &COLUMNS[..]].concat()));
    listed.into_iter().find(|process| process.id == id)
}

fn parse(text: &[u8]) -> Vec<Process> {
    String::from_utf8_lossy(text).lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Process> {
    let mut words = line.split_whitespace();
    let mut number = || words.next()?.parse().ok();
    let (id, parent, session) = (number()?, number()?, number()?);
    let is_over = words.next()?.starts_with(['Z', 'X']);
    let start: Vec<&str> = words.collect();
    // Only compared with another one of the same process.
    let start =
        u64::from_str_radix(&digest(start.join(" ").as_bytes()), 16).ok().filter(|_| !start.is_empty())?;
    // Its name is not listed: a path with blanks could not be told from the other columns.
    Some(Process { id, parent, group: session, session, start, is_over, name: Name::default() })
}

/// When the process with this ID started, in milliseconds since 1970.
pub(super) fn started(id: u32) -> Option<u64> {
    let elapsed = ps(&["-p", &id.to_string(), "-o", "etime="]);
    let elapsed = seconds(String::from_utf8_lossy(&elapsed).trim())?;
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().ok()?;
    u64::try_from(now.as_millis()).ok()?.checked_sub(elapsed * 1000)
}

/// A time of `ps`: `[[DAYS-]HOURS:]MINUTES:SECONDS`
fn seconds(text: &str) -> Option<u64> {
    let (days, rest) = text.split_once('-').unwrap_or(("0", text));
    let parts = rest.split(':').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>()?;
    let of_day = parts.iter().fold(0, |sum, part| sum * 60 + part);
    (2..=3).contains(&parts.len()).then_some(())?;
    Some(days.parse::<u64>().ok()? * 86_400 + of_day)
}

/// The command line of a process, with blanks between its words.
pub(super) fn command_line(id: u32) -> Vec<u8> {
    ps(&["-ww", "-p", &id.to_string(), "-o", "command="])
}

/// The working directory of a process.
pub(super) fn folder_of(id: u32) -> Option<PathBuf> {
    let listed =
        output(["/usr/sbin/lsof", "/usr/bin/lsof"], &["-a", "-p", &id.to_string(), "-d", "cwd", "-Fn"]);
    let name = listed.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"n"))?;
    Some(PathBuf::from(OsStr::from_bytes(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listing_of_a_bsd_is_parsed() {
        let text = "    1     0     1 Ss   Sat Nov 28 06:57:01 2026\n\
                    \x20 412     1   412 S+   Sat Nov 28 07:00:59 2026    \n\
                    \x20 413   412   412 Z+   Sat Nov 28 07:01:00 2026\n  bad\n  414   412   412 S\n";
        let found = parse(text.as_bytes());
        let short = found.iter().map(|one| (one.id, one.parent, one.session, one.is_over));
        let expected = [(1, 0, 1, false), (412, 1, 412, false), (413, 412, 412, true)];
        assert_eq!(short.collect::<Vec<_>>(), expected);
        assert_ne!(found[1].start, found[2].start);
        assert_eq!(parse(text.as_bytes()), found);
    }

    #[test]
    fn times_of_ps_are_parsed() {
        for (text, expected) in [
            ("00:07", Some(7)),
            ("01:02:03", Some(3723)),
            ("2-00:00:01", Some(172_801)),
            ("", None),
            ("7", None),
            ("a:b", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn the_programs_of_this_machine_are_listed_as_in_proc() {
        let mut child = command("sleep").arg("60").current_dir("/").spawn().unwrap();
        let listed = of(child.id()).unwrap();
        assert_eq!((listed.parent, listed.is_over), (std::process::id(), false));
        assert_eq!(of(child.id()), Some(listed), "its start does not change");
        assert!(all().contains(&listed));
        let begun = started(child.id()).unwrap();
        #[cfg(target_os = "linux")]
        {
            let known = Process::of(child.id()).unwrap();
            assert_eq!(known.parent, listed.parent);
            assert!(begun.abs_diff(super::super::started(child.id()).unwrap()) < 3000, "{begun}");
        }
        assert_eq!(started(u32::MAX), None);
        while !String::from_utf8_lossy(&command_line(child.id())).trim_end().ends_with("sleep 60") {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        while of(child.id()).is_some_and(|process| !process.is_over) {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert_eq!(of(child.id()), None);
    }
}
