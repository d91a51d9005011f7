//! `toolchainkit man`

use std::io;

use camino::Utf8PathBuf;
use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::report::{CliError, Printer};
use super::{CommandResult, examples, exit};

/// The page about `toolchainkit-launch`, which has no parser of clap.
const LAUNCH: &str = include_str!("toolchainkit-launch.1");
const LAUNCH_NAME: &str = "toolchainkit-launch";
const PROGRAM: &str = "toolchainkit";

/// What the section NAME says about the program.
const SUMMARY: &str = "make every CMake build of a team use the same compiler cache";
/// The definition of apostrophes, with which each section of clap_mangen begins.
const APOSTROPHES: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Command with its own page, such as stats, or launch for toolchainkit-launch [default: toolchainkit]
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    command: Option<String>,
    /// Write all pages into this folder, which is created if it is missing
    #[arg(long, value_name = "DIR")]
    out: Option<Utf8PathBuf>,
}

pub(super) fn run(args: &ManArgs, printer: &Printer) -> CommandResult {
    let pages = pages()?;
    if let Some(folder) = &args.out {
        fs_err::create_dir_all(folder)?;
        for page in &pages {
            fs_err::write(folder.join(format!("{}.1", page.name)), &page.text)?;
        }
        printer.report(&format!("wrote {} pages into {folder}", pages.len()));
        return Ok(());
    }
    let wanted = args.command.as_ref().map_or_else(|| PROGRAM.to_owned(), |name| format!("{PROGRAM}-{name}"));
    let page = pages.iter().find(|page| page.name == wanted).ok_or_else(|| {
        let names = pages.iter().filter_map(|page| page.name.strip_prefix("toolchainkit-"));
        CliError::Usage(format!(
            "there is no page with this name; the names are {}",
            names.collect::<Vec<_>>().join(", ")
        ))
    })?;
    printer.product(&page.text);
    Ok(())
}

/// A page of section 1.
struct Page {
    /// Its name, such as `toolchainkit-stats`.
    name: String,
    /// Its text in the format of roff.
    text: String,
}

/// All pages: of the program, of each command, and of the launcher.
fn pages() -> io::Result<Vec<Page>> {
    let mut program = super::command_line().disable_help_subcommand(true);
    program.build();
    let mut pages = vec![page(&program, None)?];
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        pages.push(page(command, Some(command.get_name()))?);
        for action in command.get_subcommands().filter(|action| action.get_name() != "help") {
            pages.push(page(action, None)?);
        }
    }
    let text = LAUNCH.replace("@VERSION@", env!("CARGO_PKG_VERSION"));
    pages.push(Page { name: LAUNCH_NAME.to_owned(), text });
    Ok(pages)
}

/// The page of a command; `examples_of` is the name of the command whose examples are a part of it.
fn page(command: &Command, examples_of: Option<&str>) -> io::Result<Page> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let version = env!("CARGO_PKG_VERSION");
    let mut command = command.clone();
    if name == PROGRAM
        && let Some(about) = command.get_about().cloned()
    {
        command = command.about(SUMMARY).long_about(about);
    }
    let man = Man::new(command.clone());
    // Without a date, because the same source gives the same bytes. clap_mangen would leave out its argument.
    let title = format!(
        ".TH {} 1 \"\" \"{PROGRAM} {version}\" \"User Commands\"\n",
        name.to_uppercase().replace('-', "\\-")
    );
    let mut text = Vec::from(APOSTROPHES.to_owned() + &title);
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let mut more = Roff::new();
    let lines = examples_of.map(examples::lines).unwrap_or_default();
    if !lines.is_empty() {
        more.control("SH", ["EXAMPLES"]);
    }
    for (line, comment) in lines {
        more.control("TP", []);
        more.text([bold(*line)]).text([roman(*comment)]);
    }
    if name == PROGRAM {
        more.control("SH", ["EXIT STATUS"]);
        for (code, meaning) in exit::MEANINGS {
            more.control("TP", []);
            more.text([bold(code.to_string())]).text([roman(meaning)]);
        }
    }
    more.control("SH", ["SEE ALSO"]);
    more.text(see_also(&name));
    more.to_writer(&mut text)?;
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    Ok(Page { name, text: without_repeated_preamble(&text) })
}

/// The page with one definition of apostrophes, and with vertical space in the form without warnings.
fn without_repeated_preamble(text: &str) -> String {
    APOSTROPHES.to_owned() + &text.replace(APOSTROPHES, "").replace(".br\n\n.br\n", ".sp\n")
}

fn see_also(name: &str) -> Vec<Inline> {
    let others = [PROGRAM, LAUNCH_NAME, "cmake", "ccache"].into_iter().filter(|other| *other != name);
    let mut line = Vec::new();
    for other in others {
        if !line.is_empty() {
            line.push(roman(", "));
        }
        line.extend([bold(other), roman("(1)")]);
    }
    line
}
