//! Texts of tools and servers: credentials and control characters in them reach no terminal and no file.

mod escapes;
mod failures;
mod taint;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::list::List;
use crate::support::Finished;
use crate::support::search::{contains, files};

pub(crate) fn tests(list: &mut List) {
    for add in [escapes::tests, failures::tests, taint::tests] {
        add(list);
    }
}

/// The two kinds of launchers.
const LAUNCHERS: [&str; 2] = ["program", "script"];

/// Checks the output of a program: it contains no control characters, commands for runners and secrets.
fn assert_plain(finished: &Finished, secrets: &[&str]) {
    let text = finished.text();
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} in the output of\n{finished}");
    }
    let control = text.chars().find(|letter| letter.is_control() && !"\n\t".contains(*letter));
    assert!(control.is_none() && !text.contains('\u{202e}'), "{control:?} in {text:?}");
    let command = text.lines().find(|line| line.trim_start().starts_with("::") || line.contains("##["));
    assert_eq!(command, None, "{finished}");
}

/// Checks that no file below `folder` contains a secret. sccache itself writes its log, which nobody else can read.
fn assert_no_secret_below(folder: &Path, secrets: &[&str]) {
    let mode = |path: &Path| fs::metadata(path).expect("an entry").permissions().mode() & 0o777;
    for path in files(folder) {
        if path.file_name().is_some_and(|name| name == "log") && path.to_string_lossy().contains("/run/") {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            assert_eq!(mode(path.parent().expect("a folder")), 0o700, "{}", path.display());
            continue;
        }
        // A file of the supervisor that was renamed since the search is found under its other name at the next one.
        let Ok(bytes) = fs::read(&path) else {
            assert!(!path.exists(), "{} cannot be read", path.display());
            continue;
        };
        for secret in secrets {
            assert!(!contains(&bytes, secret), "{secret} is in {}", path.display());
        }
    }
}
