//! `toolchainkit generate`

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::output_format::Format;
use super::project::Project;
use super::report::{CliError, Printer};
use super::{CommandResult, Global, templates, user_presets};
use crate::output::{self, Comparison, FileKind, FileSet, OutputError, Removed, State};
use crate::plan::Preset;
use crate::presets;
use crate::presets::advice::Way;
use crate::probe::file;
use crate::render::{MODULE, ModuleHeader};

/// Many times the size of a module.
const LARGEST_MODULE: u64 = 4 * 1024 * 1024;

/// Arguments of `generate`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(super) struct GenerateArgs {
    /// Write nothing; print a diff and exit with code 4 if the files on disk differ
    #[arg(long, conflicts_with_all = ["diff", "stdout"])]
    check: bool,
    /// Write nothing; print the differences as a unified diff
    #[arg(long, conflicts_with = "stdout")]
    diff: bool,
    /// Write nothing; print one file: toolchain, cache, module or presets
    #[arg(long, value_name = "FILE", value_parser = file_kind)]
    stdout: Option<FileKind>,
    /// Insert the presets into your CMakePresets.json, and leave the rest of the file as it is
    #[arg(long, conflicts_with = "stdout")]
    merge: bool,
    /// Remove all files that `generate` wrote, and its presets from your CMakePresets.json
    #[arg(long, conflicts_with_all = ["check", "diff", "stdout", "merge"])]
    remove: bool,
    /// With --stdout toolchain: print the toolchain with this name below `toolchains`
    #[arg(long, value_name = "NAME", requires = "stdout", conflicts_with_all = ["check", "diff"])]
    toolchain: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t, conflicts_with = "stdout")]
    format: Format,
}

/// The JSON of `generate`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "toolchainkit generate --format json")]
pub(super) struct GenerateDocument {
    /// The version of this format.
    schema_version: u32,
    /// The generated files. With --remove, only those that exist.
    files: Vec<FileObject>,
    /// Texts for people: how to use the cache with the presets of the project.
    advice: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct FileObject {
    /// The path, relative to the folder of toolchainkit.yaml.
    path: String,
    /// What it is; null with --remove.
    kind: Option<String>,
    state: FileState,
    /// With --check and --diff: the unified diff.
    diff: Option<String>,
}

/// The state of a file after the command.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum FileState {
    /// The file was written.
    Written,
    /// The file is up to date.
    Unchanged,
    /// The file does not exist.
    Missing,
    /// The file is out of date, or was edited.
    OutOfDate,
    /// toolchainkit did not write this file.
    NotOurs,
    /// The file was removed.
    Removed,
    /// Our part was removed from a file of the user.
    Restored,
    /// The file stays, because toolchainkit did not write it.
    Kept,
}

impl FileObject {
    fn new(path: &Utf8Path, kind: Option<FileKind>, state: FileState) -> Self {
        let kind = kind.map(|kind| kind.key().to_owned());
        Self { path: path.to_string(), kind, state, diff: None }
    }
}

/// Prints the JSON instead of the texts for people.
fn print_json(files: Vec<FileObject>, advice: &[String], printer: &Printer) -> CommandResult {
    let advice = advice.iter().map(|text| text.trim_end().to_owned()).collect();
    printer.document(&GenerateDocument { schema_version: 1, files, advice })
}

fn file_kind(key: &str) -> Result<FileKind, String> {
    let found = FileKind::ALL.into_iter().find(|kind| kind.key() == key);
    found.ok_or_else(|| format!("one of {}", FileKind::ALL.map(FileKind::key).join(", ")))
}

pub(super) fn run(args: &GenerateArgs, global: &Global, printer: &Printer) -> CommandResult {
    let project = Project::load(global, printer)?;
    let files = templates::render(&project)?;
    if let Some(kind) = args.stdout {
        let of_kind = files.iter().filter(|file| file.kind == kind);
        let wanted = args.toolchain.as_deref().map(|name| project.plan.output.toolchain_of(Some(name)));
        let file = of_kind.into_iter().find(|file| wanted.as_ref().is_none_or(|path| file.path == *path));
        let Some(file) = file else {
            let names = project.plan.toolchains.iter().filter_map(|toolchain| toolchain.name.as_deref());
            let names = names.collect::<Vec<_>>().join(", ");
            let name = args.toolchain.as_deref().unwrap_or_default();
            return Err(CliError::Usage(format!("there is no toolchain `{name}`; there are: {names}")));
        };
        printer.product(&file.text);
        return Ok(());
    }
    let is_json = args.format == Format::Json;
    if args.remove {
        return remove(files, &project, is_json, printer);
    }
    let (files, way) = user_presets::fit(files, &project, args.merge)?;
    if !(args.check || args.diff) {
        return write(&files, &project, way, is_json, printer);
    }
    let comparisons = output::compare(&files, &project.folder)?;
    if is_json {
        let objects = comparisons.iter().map(compared).collect();
        print_json(objects, &user_presets::advice(&project, way), printer)?;
        return verdict(&files, &comparisons, &project, args.check);
    }
    show(&comparisons, &project, printer);
    let result = verdict(&files, &comparisons, &project, args.check);
    advise(&project, way, printer);
    result
}

/// Prints what to write to use the cache with the presets of the user.
fn advise(project: &Project, way: Way, printer: &Printer) {
    for advice in user_presets::advice(project, way) {
        printer.report(&format!("\n{}", advice.trim_end()));
    }
}

fn remove(files: FileSet, project: &Project, is_json: bool, printer: &Printer) -> CommandResult {
    let way = user_presets::way_of(project);
    let files = user_presets::without_ours(files, project)?;
    // These places are read before the files that they refer to are removed.
    let references = user_presets::references(project, way);
    let Removed { removed, restored, kept } = output::remove(&files, &project.folder)?;
    if is_json {
        let removed = removed.iter().map(|path| FileObject::new(path, None, FileState::Removed));
        let restored = restored.iter().map(|path| FileObject::new(path, None, FileState::Restored));
        let kept = kept.iter().map(|path| FileObject::new(path, None, FileState::Kept));
        return print_json(removed.chain(restored).chain(kept).collect(), &references, printer);
    }
    for (word, paths) in [("removed", &removed), ("restored", &restored), ("kept", &kept)] {
        for path in paths {
            printer.report(&format!("{word:9} {path}"));
        }
    }
    if removed.is_empty() && restored.is_empty() {
        printer.report("there is nothing to remove");
    }
    for reference in references {
        printer.report(&format!("\n{}", reference.trim_end()));
    }
    Ok(())
}

fn compared(comparison: &Comparison) -> FileObject {
    let state = match comparison.state {
        State::Same => FileState::Unchanged,
        State::Missing(_) => FileState::Missing,
        State::Changed(_) => FileState::OutOfDate,
        State::NotOurs => FileState::NotOurs,
    };
    let diff = comparison.state.diff().map(str::to_owned);
    FileObject { diff, ..FileObject::new(&comparison.path, Some(comparison.kind), state) }
}

/// Prints the differences.
fn show(comparisons: &[Comparison], project: &Project, printer: &Printer) {
    for diff in comparisons.iter().filter_map(|comparison| comparison.state.diff()) {
        printer.product(diff);
    }
    if comparisons.iter().any(|comparison| comparison.state == State::NotOurs) {
        return;
    }
    for (path, text) in modules(comparisons, project) {
        if let Some(note) = note_about_module(&path, &text) {
            printer.report(&note);
        }
    }
    if comparisons.iter().all(|comparison| comparison.state == State::Same) {
        printer.report("the generated files are up to date");
        if let Some(header) = ModuleHeader::of(MODULE) {
            let path = &project.plan.output.module;
            printer.report(&format!("{path}: toolchainkit {}, SHA-256 {} (check it with: tr -d '\\r' <{path} | sed 2d | sha256sum)", header.version, header.digest));
        }
    }
}

/// The result of `--check`, or of `--diff`, for which differences are no error.
fn verdict(files: &FileSet, comparisons: &[Comparison], project: &Project, check: bool) -> CommandResult {
    let is =
        |state: fn(&State) -> bool| comparisons.iter().filter(move |comparison| state(&comparison.state));
    let foreign = is(|state| *state == State::NotOurs);
    let foreign = foreign.map(|Comparison { kind, path, .. }| (*kind, path.clone())).collect::<Vec<_>>();
    if !foreign.is_empty() {
        return Err(OutputError::NotOurs(foreign).into());
    }
    match is(|state| *state != State::Same).count() {
        count if count > 0 && check && output::was_interrupted(files, &project.folder)? => {
            Err(CliError::Interrupted { count })
        }
        count if count > 0 && check => Err(CliError::OutOfDate { count }),
        _ => Ok(()),
    }
}

/// The modules on disk that differ, with their texts.
fn modules(comparisons: &[Comparison], project: &Project) -> Vec<(Utf8PathBuf, String)> {
    let differ = comparisons.iter().filter(|comparison| comparison.state != State::Same);
    let modules = differ.filter(|comparison| comparison.kind == FileKind::Module);
    let read = |comparison: &Comparison| {
        let bytes = file::read(&project.folder.join(&comparison.path), LARGEST_MODULE).ok()?;
        Some((comparison.path.clone(), String::from_utf8(bytes).ok()?))
    };
    modules.filter_map(read).collect()
}

/// The reason why a module differs, from its header.
fn note_about_module(path: &Utf8Path, text: &str) -> Option<String> {
    let (theirs, ours) = (ModuleHeader::of(text)?, ModuleHeader::of(MODULE)?);
    if theirs.version != ours.version {
        return Some(format!(
            "{path} is from toolchainkit {}, and this is toolchainkit {}; `toolchainkit.required_version` lets a team use \
             one version",
            theirs.version, ours.version
        ));
    }
    let is_changed = !theirs.matches(text);
    is_changed.then(|| format!("{path} was changed: its SHA-256 is not the one in its second line"))
}

fn write(files: &FileSet, project: &Project, way: Way, is_json: bool, printer: &Printer) -> CommandResult {
    let written = output::write(files, &project.folder)?;
    if is_json {
        let files = files.iter().map(|file| {
            let is_new = written.contains(&file.path);
            let state = if is_new { FileState::Written } else { FileState::Unchanged };
            FileObject::new(&file.path, Some(file.kind), state)
        });
        return print_json(files.collect(), &user_presets::advice(project, way), printer);
    }
    for file in files.iter() {
        let word = if written.contains(&file.path) { "wrote" } else { "unchanged" };
        printer.report(&format!("{word:9} {}", file.path));
    }
    if way == Way::Undecided {
        printer.report(&format!("{:9} {} (yours)", "unchanged", presets::PROJECT_FILE));
    }
    if !written.is_empty() {
        let mut presets = project.plan.variants.iter().flat_map(|variant| &variant.presets);
        printer.report(&match presets.next().filter(|_| matches!(way, Way::Own | Way::Merged)) {
            Some(Preset { name, .. }) => format!(
                "commit these files, and build with: cmake --preset {name} && cmake --build --preset {name}"
            ),
            None => "commit these files".to_owned(),
        });
    }
    advise(project, way, printer);
    Ok(())
}
