//! Texts of tools and servers: credentials and control characters in them reach no terminal and no file.

mod escapes;
mod failures;
mod taint;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::list::List;
use crate::support::Finished;

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

/// All files below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        // The supervisor renames its files at the same time.
        let Ok(entry) = fs::symlink_metadata(&path) else { continue };
        let kind = entry.file_type();
        if kind.is_dir() {
            found.extend(files(&path));
        } else if kind.is_file() {
            found.push(path);
        }
    }
    found
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
            let is_in = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_in, "{secret} is in {}", path.display());
        }
    }
}
