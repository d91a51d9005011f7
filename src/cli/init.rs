//! `toolchainkit init`

use std::io::{ErrorKind, Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::progress::Busy;
use super::project::{CONFIG_NAME, Project};
use super::report::{CliError, Printer};
use super::{CommandResult, Global};
use crate::caching::remote::existing;
use crate::caching::tool::Tool;
use crate::init::ci::System;
use crate::init::{self, Facts, Proposal, RemoteWish, Role, ToolWish, Wishes, lines};

/// Arguments of `init`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct InitArgs {
    /// Print the file instead of writing it; ask nothing
    #[arg(long, conflicts_with_all = ["force", "gitignore", "gitattributes"])]
    stdout: bool,
    /// Ask nothing, and accept every proposal, also the lines for .gitignore and .gitattributes
    #[arg(long, short)]
    yes: bool,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
    /// The cache tool: sccache, ccache or auto [default: the one that the project uses, otherwise auto]
    #[arg(long, value_name = "TOOL", value_parser = tool)]
    tool: Option<ToolWish>,
    /// The remote cache: an address such as redis://host:6379, s3://bucket/prefix or /mnt/folder; a kind such as gha, with
    /// examples as values; or none [default: the one that the project uses]
    #[arg(long, value_name = "ADDRESS")]
    remote: Option<String>,
    /// Also write a file for this CI system, which builds the project with its cache. An existing toolchainkit.yaml stays
    #[arg(long, value_enum, value_name = "SYSTEM")]
    ci: Option<System>,
    /// Add the build folder to .gitignore
    #[arg(long)]
    gitignore: bool,
    /// Mark the generated files in .gitattributes as generated
    #[arg(long)]
    gitattributes: bool,
}

fn tool(name: &str) -> Result<ToolWish, String> {
    match (name, Tool::from_name(name)) {
        ("auto", _) => Ok(ToolWish::Any),
        (_, Some(tool)) => Ok(ToolWish::This(tool)),
        _ => Err("one of sccache, ccache, auto".to_owned()),
    }
}

pub(super) fn run(args: &InitArgs, global: &Global, printer: &Printer) -> CommandResult {
    let Some(system) = args.ci else { return write_configuration(args, global, printer) };
    let project = match Project::load_if_there(global)? {
        Some(project) => project,
        None if args.stdout => {
            return Err(CliError::Usage(format!("there is no {CONFIG_NAME}; run `toolchainkit init` first")));
        }
        None => {
            write_configuration(args, global, printer)?;
            Project::load(global, printer)?
        }
    };
    super::ci::run(system, &project, args.stdout, args.force, printer)
}

fn write_configuration(args: &InitArgs, global: &Global, printer: &Printer) -> CommandResult {
    let asks = !args.yes && !args.stdout && printer.can_ask();
    let named = global.config.as_deref();
    let busy = Busy::new(printer, "reading the project");
    let mut facts = init::gather(named.map(|path| path.parent().unwrap_or(Utf8Path::new(""))));
    drop(busy);
    if facts.projects.len() > 1 && !args.stdout {
        let chosen = choose(&facts, asks, printer)?;
        facts = init::gather(Some(&chosen));
    }
    let path = named.map_or_else(|| facts.folder.join(CONFIG_NAME), Utf8Path::to_owned);
    if !args.stdout && !args.force && path.symlink_metadata().is_ok() {
        return Err(CliError::Exists { path });
    }
    let mut wishes = Wishes { tool: args.tool.unwrap_or_default(), remote: RemoteWish::Found };
    if let Some(text) = &args.remote {
        wishes.remote = remote(text, wishes.tool).map_err(CliError::Usage)?;
    }
    let mut proposal = propose(&facts, &wishes)?;
    if !args.stdout {
        report(&proposal, printer);
    }
    if asks && ask(args, &proposal, &mut wishes, printer) {
        proposal = propose(&facts, &wishes)?;
    }
    if args.stdout {
        printer.product(&proposal.yaml);
        return Ok(());
    }
    write(&path, proposal.yaml.as_bytes(), args.force)?;
    printer.report(&format!("wrote {path}"));
    let folder = path.parent().unwrap_or(Utf8Path::new(""));
    let offers = [
        (".gitignore", Role::Ignore, &proposal.ignored, args.gitignore),
        (".gitattributes", Role::Attributes, &proposal.attributes, args.gitattributes),
    ];
    for (name, role, wanted, is_requested) in offers {
        let path = folder.join(name);
        let text = facts.files.iter().find(|file| file.role == role && Utf8Path::new(&file.path) == path);
        let text = text.map(|file| file.text.as_str());
        let missing = lines::missing(text, wanted);
        if missing.is_empty() {
            continue;
        }
        // A file that cannot be read stays as it is.
        if text.is_none() && path.symlink_metadata().is_ok() {
            printer.report(&format!("{path} cannot be read, and was not changed"));
            continue;
        }
        let shown = missing.join(", ");
        let accepted =
            args.yes || is_requested || (asks && printer.confirm(&format!("add to {path}: {shown}?")));
        if accepted {
            write(&path, lines::with(text, &missing).as_bytes(), text.is_some())?;
            printer.report(&format!("added to {path}: {shown}"));
        } else {
            printer.report(&format!("recommended for {path} (--{}): {shown}", name.trim_start_matches('.')));
        }
    }
    printer.report("next:");
    for command in &proposal.commands {
        printer.report(&format!("  {command}"));
    }
    Ok(())
}

/// One of several CMake projects below the current folder.
fn choose(facts: &Facts, asks: bool, printer: &Printer) -> Result<Utf8PathBuf, CliError> {
    let names = facts.projects.iter().map(|folder| folder.as_str()).collect::<Vec<_>>().join(", ");
    if asks {
        printer.report(&format!("there is no CMakeLists.txt here, but in: {names}"));
        if let Some(answer) = printer.ask(&format!("folder of the project? [{}]", facts.projects[0])) {
            return Ok(Utf8PathBuf::from(answer.trim_end_matches('/')));
        }
        return Ok(facts.projects[0].clone());
    }
    Err(CliError::Usage(format!(
        "there is no CMakeLists.txt here, but in: {names}; name one with --config {}/{CONFIG_NAME}",
        facts.projects[0]
    )))
}

fn propose(facts: &Facts, wishes: &Wishes) -> Result<Proposal, CliError> {
    init::propose(facts, wishes).map_err(|invalid| {
        let excerpt = crate::config::SourceFile::new(CONFIG_NAME, invalid.yaml).excerpt();
        CliError::InvalidProposal { diagnostics: invalid.diagnostics, excerpt }
    })
}

/// The remote cache of `--remote`, or of an answer.
fn remote(text: &str, tool: ToolWish) -> Result<RemoteWish, String> {
    if text == "none" {
        return Ok(RemoteWish::Without);
    }
    let example = "such as redis://host:6379, https://host/folder, s3://bucket/prefix or /mnt/folder";
    let Some(found) = existing::of_argument(text) else {
        return Err(format!(
            "the remote cache is neither an address ({example}), nor none, nor one of the kinds {}",
            init::kinds()
        ));
    };
    let tool = match tool {
        ToolWish::This(tool) => Some(tool),
        ToolWish::Any | ToolWish::Found => None,
    };
    match existing::usable(found.fields, tool) {
        Ok(fields) => Ok(RemoteWish::This(Box::new(fields), found.new_variables)),
        Err(why) => Err(format!("this remote cache cannot be used: {why}")),
    }
}

/// What was found, and what has to be done.
fn report(proposal: &Proposal, printer: &Printer) {
    if !proposal.found.is_empty() {
        printer.report(&format!("found: {}", proposal.found.join(", ")));
    }
    let list = |title: &str, lines: &[String]| {
        if !lines.is_empty() {
            printer.report(title);
            for line in lines {
                printer.report(&format!("  {line}"));
            }
        }
    };
    list("taken over:", &proposal.taken);
    let removals = proposal.removals.iter().map(ToString::to_string).collect::<Vec<_>>();
    list("to remove, because toolchainkit replaces it:", &removals);
    list("notes:", &proposal.notes);
}

/// Asks what no option has answered. Returns whether an answer changes the proposal.
fn ask(args: &InitArgs, proposal: &Proposal, wishes: &mut Wishes, printer: &Printer) -> bool {
    let before = format!("{wishes:?}");
    let uses = |start: &str| proposal.yaml.lines().any(|line| line.trim_start().starts_with(start));
    if args.tool.is_none() && uses("tool: auto") {
        while let Some(answer) = printer.ask("cache tool: sccache, ccache or auto? [auto]") {
            match tool(&answer) {
                Ok(choice) => {
                    wishes.tool = choice;
                    break;
                }
                Err(why) => printer.report(&why),
            }
        }
    }
    if args.remote.is_none() && !uses("remote:") {
        while let Some(answer) = printer.ask("remote cache: an address, a kind, or none? [none]") {
            match remote(&answer, wishes.tool) {
                Ok(wish) => {
                    wishes.remote = wish;
                    break;
                }
                Err(why) => printer.report(&why),
            }
        }
    }
    before != format!("{wishes:?}")
}

/// Writes a file: a new one, which must not exist, or with `replace` over an existing one.
pub(super) fn write(path: &Utf8Path, bytes: &[u8], replace: bool) -> Result<(), CliError> {
    let unwritable =
        |error: std::io::Error| std::io::Error::new(error.kind(), format!("cannot write {path}: {error}"));
    // Another process cannot see a part of the file.
    let folder = path.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".toolchainkit-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(unwritable)?;
    file.write_all(bytes).map_err(unwritable)?;
    if replace {
        // A link stays a link.
        let target = path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
        if let Ok(data) = target.metadata() {
            file.as_file().set_permissions(data.permissions()).map_err(unwritable)?;
        }
        file.persist(&target).map_err(|error| unwritable(error.error))?;
    } else {
        file.persist_noclobber(path).map_err(|error| match error.error.kind() {
            ErrorKind::AlreadyExists => CliError::Exists { path: Utf8PathBuf::from(path) },
            _ => unwritable(error.error).into(),
        })?;
    }
    Ok(())
}
