//! `generate` in a project with presets of its own: which file gets ours, and what to tell the user.

use camino::Utf8Path;

use super::project::Project;
use super::report::CliError;
use crate::config::model::Output;
use crate::output::{FileKind, FileSet, RenderedFile};
use crate::presets::advice::{self, Ours, Way};
use crate::presets::{self, CMakeLists, PROJECT_FILE, Text, cmake_of, edit};
use crate::render::INCLUDED_PRESETS;

/// The files to write, and how our presets get into the project. A file of the user is only changed with `merge`, or if it
/// has presets of ours from an earlier `--merge`.
pub(super) fn fit(files: FileSet, project: &Project, merge: bool) -> Result<(FileSet, Way), CliError> {
    let way = match &project.plan.output.presets {
        None => Way::None,
        Some(path) if path != Output::OWN_PRESETS => Way::Included(path.clone()),
        Some(_) => way(project, merge)?,
    };
    if merge && matches!(way, Way::None | Way::Included(_)) {
        return Err(CliError::Usage(format!(
            "`--merge` inserts presets into {PROJECT_FILE}, but `output.presets` in toolchainkit.yaml has another value; remove it"
        )));
    }
    let files = match &way {
        Way::Undecided => files.retain(|file| file.kind != FileKind::Presets),
        Way::Merged => merged(files, project)?,
        Way::Own | Way::None | Way::Included(_) => files,
    };
    // The presets of an earlier `--merge` belong to another way.
    if matches!(way, Way::None | Way::Included(_)) && has_merged(project) {
        let text = text(project)?;
        let restored = edited(edit::remove(&text))?;
        let file = RenderedFile::part_of(FileKind::Presets, PROJECT_FILE.into(), text, restored);
        return Ok((files.and(file), way));
    }
    Ok((files, way))
}

fn way(project: &Project, merge: bool) -> Result<Way, CliError> {
    if let Some(problem) = project.presets.problems.iter().find(|problem| problem.path == PROJECT_FILE) {
        // An empty file is overwritten. `output` reports what is not a text.
        let is_text = text(project).is_ok_and(|text| !text.trim().is_empty());
        if is_text && project.presets.file(PROJECT_FILE.into()).is_none() {
            return Err(CliError::Presets(format!(
                "{problem}. Correct this file first: CMake rejects it, too"
            )));
        }
    }
    Ok(match project.presets.file(PROJECT_FILE.into()) {
        None => Way::Own,
        Some(file) if file.is_generated => Way::Own,
        Some(file) if merge || file.has_merged() => Way::Merged,
        Some(_) => Way::Undecided,
    })
}

fn has_merged(project: &Project) -> bool {
    project.presets.file(PROJECT_FILE.into()).is_some_and(presets::PresetsFile::has_merged)
}

fn text(project: &Project) -> Result<String, CliError> {
    match presets::text(&project.folder.join(PROJECT_FILE)) {
        Text::Present(text) => Ok(text),
        Text::Missing => Err(CliError::Presets(format!("{PROJECT_FILE} does not exist"))),
        Text::Unreadable(why) => Err(CliError::Presets(format!("{PROJECT_FILE}: {why}"))),
    }
}

fn edited(result: Result<String, edit::EditError>) -> Result<String, CliError> {
    result.map_err(|error| CliError::Presets(format!("{PROJECT_FILE} cannot be changed: {error}")))
}

/// The files with the presets inserted into the user's file.
fn merged(files: FileSet, project: &Project) -> Result<FileSet, CliError> {
    let ours = files.get(FileKind::Presets).map(|file| file.text.as_str()).unwrap_or_default();
    let ours: serde_json::Value = serde_json::from_str(ours).map_err(std::io::Error::from)?;
    if let Some(file) = project.presets.file(PROJECT_FILE.into()) {
        let (version, needed) = (file.version_number(), edit::version_of(&ours));
        if version < needed {
            let line = file.version.map_or(1, |(_, line)| line);
            return Err(CliError::Presets(format!(
                "the presets of toolchainkit need version {needed} of the presets format (CMake {}), but {PROJECT_FILE}:{line} \
                 says `\"version\": {version}`; change it to {needed}, or use only the cache, with \
                 `include({})` in CMakeLists.txt before project()",
                cmake_of(needed),
                project.plan.output.cache()
            )));
        }
    }
    let text = text(project)?;
    let merged = edited(edit::merge(&text, &ours))?;
    Ok(files.with(RenderedFile::part_of(FileKind::Presets, PROJECT_FILE.into(), text, merged)))
}

/// How the presets are in the project now.
pub(super) fn way_of(project: &Project) -> Way {
    match &project.plan.output.presets {
        None => Way::None,
        Some(path) if path != Output::OWN_PRESETS => Way::Included(path.clone()),
        Some(_) => way(project, false).unwrap_or(Way::Undecided),
    }
}

/// The files for `generate --remove`.
pub(super) fn without_ours(files: FileSet, project: &Project) -> Result<FileSet, CliError> {
    let files = match project.presets.file(PROJECT_FILE.into()) {
        // The user's file stays.
        Some(file) if !file.is_generated => files.retain(|file| file.path != PROJECT_FILE),
        _ => files,
    };
    if !has_merged(project) {
        return Ok(files);
    }
    let text = text(project)?;
    let restored = edited(edit::remove(&text))?;
    Ok(files.and(RenderedFile::part_of(FileKind::Presets, PROJECT_FILE.into(), text, restored)))
}

/// What we write, for the advice.
fn ours(project: &Project, way: Way) -> Ours {
    let plan = &project.plan;
    let presets = plan.variants.iter().flat_map(|variant| &variant.presets);
    Ours {
        cache: plan.output.cache(),
        module: plan.output.module.clone(),
        toolchains: plan.toolchains.iter().map(|toolchain| toolchain.path.clone()).collect(),
        presets: way,
        names: presets.map(|preset| preset.name.clone()).collect(),
        version: project.config.presets_need().iter().map(|(_, since)| *since).max().map_or(
            presets::TOOLCHAIN_VERSION,
            |since| {
                if since >= crate::caching::tool::Version::new(3, 25, 0) {
                    6
                } else {
                    presets::TOOLCHAIN_VERSION
                }
            },
        ),
        chosen_prefix: project.chosen_prefix.clone(),
        included_path: INCLUDED_PRESETS,
    }
}

/// What to write to use the cache with the presets of the user, as the files are now.
pub(super) fn advice(project: &Project, way: Way) -> Vec<String> {
    with_state(project, |state| advice::advise(&ours(project, way), state))
}

/// What still refers to the generated files.
pub(super) fn references(project: &Project, way: Way) -> Vec<String> {
    with_state(project, |state| advice::references(&ours(project, way), state))
}

fn with_state<T>(project: &Project, use_it: impl FnOnce(&advice::Project<'_>) -> T) -> T {
    let presets = presets::read(&project.surroundings);
    let lists = match presets::text(&project.folder.join("CMakeLists.txt")) {
        Text::Present(text) => Some(CMakeLists::parse(&text)),
        Text::Missing | Text::Unreadable(_) => None,
    };
    let text = |path: &Utf8Path| presets::text(path);
    let state =
        advice::Project { presets: &presets, surroundings: &project.surroundings, lists, text: &text };
    use_it(&state)
}
