//! The build folder: configured, in its place, of this user, and with compilers.

use camino::Utf8Path;

use super::{Build, BuildState, CONFIGURE_AGAIN, Finding, Link, OF_LINK, Project, Subject, unfinished};
use crate::doctor::BuildTree;
use crate::trust;

pub(super) const LINK: Link = Link { name: "build", limit: OF_LINK, examine };

fn examine(subject: &Subject) -> Vec<Finding> {
    match &subject.build {
        BuildState::Absent { text, folder } => vec![absent(subject, text, folder.as_deref())],
        BuildState::Configured(build) => configured(build),
    }
}

fn absent(subject: &Subject, text: &str, folder: Option<&Utf8Path>) -> Finding {
    let help = "configure it with the toolchain file of toolchainkit";
    if let Some(folder) = folder {
        if let Some(from) = moved_from(folder) {
            return Finding::broken(
                LINK.name,
                format!("{folder} was moved from {from}"),
                "CMake does not support this: remove the folder, and configure again",
            );
        }
        return Finding::broken(LINK.name, text, help);
    }
    let Project::Valid { configure, .. } = &subject.project else {
        return Finding::broken(LINK.name, text, help);
    };
    Finding::doubtful(
        LINK.name,
        format!("{text}; so only the links before it were checked"),
        format!("run `{configure}`, and then `toolchainkit doctor` again"),
    )
}

/// The folder that CMake configured, if it is another one.
fn moved_from(folder: &Utf8Path) -> Option<String> {
    let configured = BuildTree::open(folder).ok()?.configured_folder()?;
    let is_same = configured.canonicalize_utf8().ok() == folder.canonicalize_utf8().ok();
    (!is_same).then(|| configured.to_string())
}

fn configured(build: &Build) -> Vec<Finding> {
    let about = LINK.name;
    let folder = &build.folder;
    let tree = match BuildTree::open(folder) {
        Ok(tree) => tree,
        Err(error) => {
            let text = format!("{folder} has no readable CMakeCache.txt ({error})");
            return vec![Finding::broken(about, text, CONFIGURE_AGAIN)];
        }
    };
    let mut findings = Vec::new();
    if let Some(from) = moved_from(folder) {
        findings.push(Finding::broken(
            about,
            format!("{folder} was moved from {from}"),
            "CMake does not support this: remove the folder, and configure again",
        ));
    }
    if let (Ok(owner), Ok(user)) = (trust::owner(folder.as_std_path()), trust::user())
        && trust::is_of_other_user(folder.as_std_path())
    {
        findings.push(Finding::doubtful(
            about,
            format!("{folder} belongs to user {owner}, and this is user {user}"),
            "build as the user who owns the folder, or configure a build folder of your own",
        ));
    }
    for compiler in tree.compilers() {
        if !compiler.is_file() {
            findings.push(Finding::broken(
                about,
                format!("the compiler {compiler} does not exist"),
                "install it, or configure a new build folder with another compiler",
            ));
        }
    }
    for missing in tree.not_found() {
        findings.push(Finding::broken(
            about,
            format!("CMake has not found {missing}, so {folder} is not completely configured"),
            "install it, or name it when you configure (CC, CXX, -DCMAKE_MAKE_PROGRAM=...)",
        ));
    }
    findings.extend(unfinished::findings(about, build, &tree));
    if findings.is_empty() {
        findings.push(Finding::fine(about, folder.to_string()));
    }
    findings
}
