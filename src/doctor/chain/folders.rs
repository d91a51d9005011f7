//! The folders of the cache: kind, owner, permissions, and the length of the paths of sockets.

use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};

use super::{CONFIGURE_AGAIN, Finding, Link, OF_LINK, Subject, existing};
use crate::caching::tool::Tool;
use crate::launch::process::{self, LONGEST_RUN_FOLDER};
use crate::probe::file;
use crate::trust::{self, Purpose};

pub(super) const LINK: Link = Link { name: "folders", limit: OF_LINK, examine };

fn examine(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut usable = Vec::new();
    for (name, folder) in named(subject) {
        match objection(name, &folder, subject.build().is_none()) {
            Some(finding) => findings.push(finding),
            None => usable.push(format!("{name} {folder}")),
        }
    }
    if subject.caching_build().is_some_and(|(_, tool, _)| tool == Tool::Sccache)
        && let Some(user_folder) = &subject.user_folder
    {
        findings.extend(run_folder(&user_folder.join("run")));
    }
    if findings.is_empty() && !usable.is_empty() {
        findings.push(Finding::fine(LINK.name, format!("writable: {}", usable.join(", "))));
    }
    findings
}

/// The folders in which the tool and the launcher write.
pub(super) fn named(subject: &Subject) -> Vec<(&'static str, Utf8PathBuf)> {
    let mut named = Vec::new();
    if let Some((build, ..)) = subject.caching_build() {
        if build.directory.is_absolute() {
            named.push(("the cache folder", build.directory.clone()));
        }
        named.push(("the build folder", build.own_folder()));
        return named;
    }
    // The module has given the cache up because of this folder.
    let refused = subject.build().and_then(|build| build.reason.split_once("cannot write to "));
    if let Some(folder) = refused.map(|(_, path)| Utf8PathBuf::from(path)).filter(|path| path.is_absolute()) {
        named.push(("the cache folder", folder));
    }
    named.extend(subject.user_folder.clone().map(|folder| ("the user's cache folder", folder)));
    named
}

/// The reason why the folder cannot be used. `is_new`: it need not exist yet.
fn objection(name: &'static str, folder: &Utf8Path, is_new: bool) -> Option<Finding> {
    let about = LINK.name;
    let broken = |text: String, help: &str| Some(Finding::broken(about, text, help));
    let found = match fs_err::metadata(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if folder.is_symlink() {
                let text = format!("{name} {folder} is a link to a path that does not exist");
                return broken(text, "create the folder, or remove the link, and build again");
            }
            let above = existing(folder)?;
            if process::can_write(above.as_std_path()) == Some(false) {
                return broken(
                    format!("{name} {folder} does not exist, and cannot be created: {above} is not writable"),
                    "change the owner or the permissions of this folder, or set `cache.dir`",
                );
            }
            if is_new {
                return None;
            }
            return Some(Finding::doubtful(
                about,
                format!("{name} {folder} does not exist"),
                "the next compilation creates it; look for a program that removes it if this happens again",
            ));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            let file = folder.ancestors().find(|path| path.is_file()).unwrap_or(folder);
            return broken(
                format!("{name} {folder} cannot exist: {file} is a file, not a folder"),
                "remove this file, and build again",
            );
        }
        Err(error) => {
            let help = "change the owner or the permissions of this folder, or set `cache.dir`";
            return broken(format!("{name} {folder} cannot be read: {}", error.kind()), help);
        }
    };
    if let Some(kind) = file::other_kind(found.file_type()).filter(|_| !found.is_dir()) {
        return broken(format!("{name} {folder} is {kind}, not a folder"), "remove it, and build again");
    }
    if !found.is_dir() {
        return broken(format!("{name} {folder} is a file, not a folder"), "remove it, and build again");
    }
    let (user, owner) = (trust::user().ok()?, trust::owner(folder.as_std_path()).ok()?);
    if let Some(entry) = unwritable(folder) {
        let owner = trust::owner(entry.as_std_path()).unwrap_or(owner);
        let of = if owner == user { String::new() } else { format!(", and belongs to user {owner}") };
        return broken(
            format!("{entry} in {name} is not writable for user {user}{of}"),
            "change its owner or its permissions, remove it, or set `cache.dir` to a folder of your own",
        );
    }
    (trust::is_of_other_user(folder.as_std_path()) && !process::is_for_group(&found)).then(|| {
        Finding::doubtful(
            about,
            format!("{name} {folder} belongs to user {owner}, and this is user {user}"),
            "entries of different users may be unreadable for each other; use `cache.shared: group` with ccache, or a \
             folder of your own",
        )
    })
}

/// The folder itself or one of the folders in it, if this user cannot write to it. The tools use two levels.
fn unwritable(folder: &Utf8Path) -> Option<Utf8PathBuf> {
    const MOST: usize = 300;
    let below = |folder: &Utf8Path| {
        let entries = folder.read_dir_utf8().into_iter().flatten().filter_map(Result::ok);
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let folders = folders.map(camino::Utf8DirEntry::into_path);
        folders.filter(|folder| folder.file_name().is_some_and(|name| name.len() == 1)).collect::<Vec<_>>()
    };
    let first = below(folder);
    let second = first.iter().flat_map(|folder| below(folder)).collect::<Vec<_>>();
    let all = [folder.to_owned()].into_iter().chain(first).chain(second).take(MOST);
    let mut refused = all.filter(|folder| process::can_write(folder.as_std_path()) == Some(false));
    refused.next()
}

/// The folder of the sockets. The launcher uses another one if it is not trusted or too long.
fn run_folder(run: &Utf8Path) -> Option<Finding> {
    let about = LINK.name;
    let instead = process::user_folders(Path::new("")).into_iter().next().unwrap_or_default();
    let instead = instead.display();
    if run.as_str().len() > LONGEST_RUN_FOLDER {
        return Some(Finding::doubtful(
            about,
            format!(
                "the path {run} is too long for a socket ({} bytes, at most {LONGEST_RUN_FOLDER}), so {instead} is used",
                run.as_str().len()
            ),
            "set XDG_CACHE_HOME to a shorter path to have all files in one place",
        ));
    }
    let doubt = if run.exists() && !run.is_dir() {
        "it is not a folder".to_owned()
    } else {
        trust::check(run.as_std_path(), Purpose::State).err()?.to_string()
    };
    Some(Finding::degraded(
        about,
        format!("the run folder {run} is not used: {doubt}; {instead} is used"),
        format!("remove it, or change its owner and permissions, and {CONFIGURE_AGAIN}"),
    ))
}
