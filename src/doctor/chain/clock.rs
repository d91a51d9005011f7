//! The clock of this machine, against that of the file systems and of the remote. Signed requests fail if it is wrong, and build
//! tools compile again, or do not.

use std::time::{Duration, SystemTime};

use camino::Utf8Path;

use super::{Finding, Link, OF_LINK, Subject, existing, folders, remote};
use crate::probe::server;
use crate::words::span;

pub(super) const LINK: Link = Link { name: "clock", limit: OF_LINK, examine };

/// The difference to a server that makes signed requests fail soon: S3 accepts 15 minutes, others 5.
const OF_SERVER: Duration = Duration::from_mins(2);
/// The difference to a file system that confuses build tools.
const OF_FILES: Duration = Duration::from_secs(2);
/// The longest time for the answer of the server.
const ANSWER: Duration = Duration::from_secs(3);

fn examine(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut compared = Vec::new();
    for (name, folder) in folders::named(subject) {
        let Some(time) = existing(&folder).and_then(time_of_file) else { continue };
        compared.push(format!("the file system of {name}"));
        if let Some(words) = difference(time, OF_FILES) {
            findings.push(Finding::degraded(
                LINK.name,
                format!("the clock of this machine is {words} the one of the file system of {name}"),
                "synchronise the clocks of this machine and of the file server (NTP)",
            ));
        }
    }
    let addresses = remote::settings(subject).map(|settings| settings.addresses()).unwrap_or_default();
    if let Some((address, time)) =
        addresses.into_iter().find_map(|address| Some((address.clone(), server::date(&address, ANSWER)?)))
    {
        compared.push(address.to_string());
        if let Some(words) = difference(time, OF_SERVER) {
            findings.push(Finding::degraded(
                LINK.name,
                format!("the clock of this machine is {words} the one of {address}"),
                "synchronise the clock of this machine (NTP); servers refuse signed requests with another time",
            ));
        }
    }
    if findings.is_empty() && !compared.is_empty() {
        findings.push(Finding::fine(LINK.name, format!("agrees with {}", compared.join(" and "))));
    }
    findings
}

/// The difference between the clock of this machine and another time, if it is larger than `most`.
fn difference(other: SystemTime, most: Duration) -> Option<String> {
    let now = SystemTime::now();
    match now.duration_since(other) {
        Ok(ahead) if ahead > most => Some(format!("{} ahead of", span(ahead))),
        Err(behind) if behind.duration() > most => Some(format!("{} behind", span(behind.duration()))),
        Ok(_) | Err(_) => None,
    }
}

/// The time that the file system gives to a new file.
fn time_of_file(folder: &Utf8Path) -> Option<SystemTime> {
    let file = tempfile::Builder::new().prefix(".toolchainkit-").tempfile_in(folder).ok()?;
    file.as_file().metadata().ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_shown_in_the_largest_fitting_unit() {
        let now = SystemTime::now();
        assert_eq!(difference(now - Duration::from_secs(30), OF_SERVER), None);
        assert_eq!(
            difference(now - Duration::from_mins(10), OF_SERVER).as_deref(),
            Some("10 minutes ahead of")
        );
        let later = now + Duration::from_mins(181);
        assert_eq!(difference(later, OF_SERVER).as_deref(), Some("3 hours behind"));
    }
}
