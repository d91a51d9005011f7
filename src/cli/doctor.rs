//! `toolchainkit doctor`

use camino::Utf8PathBuf;
use clap::Args;

use super::build_folder::{BuildCache, BuildFolderArgs};
use super::examination::{self, ReportFormat};
use super::output_format::Format;
use super::report::{CliError, Printer};
use super::why::why;
use super::{CommandResult, Global};
use crate::doctor::CacheOfBuild;

/// The text after the examples.
const NOTES: &str = "\
Exit code 8: the cache does not work, or, with --strict, not as configured. In GitHub Actions, GitLab CI and Azure
Pipelines, doctor also writes annotations into the log.";

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(super) struct DoctorArgs {
    /// Report why this source file was compiled instead of taken from the cache
    #[arg(long, value_name = "FILE")]
    why: Option<Utf8PathBuf>,
    #[command(flatten)]
    build: BuildFolderArgs,
    /// Exit with code 8 also if the cache works, but not as configured, such as with a local cache instead of the remote
    #[arg(long, conflicts_with = "why")]
    strict: bool,
    /// Output format; `--why` supports `human` and `json`
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

pub(super) fn run(args: &DoctorArgs, global: &Global, printer: &Printer) -> CommandResult {
    let Some(file) = &args.why else {
        return examination::examine(&args.build, global, args.format, args.strict, printer);
    };
    let format = match args.format {
        ReportFormat::Human => Format::Human,
        ReportFormat::Json => Format::Json,
        ReportFormat::Junit | ReportFormat::Sarif => {
            return Err(CliError::Usage("`--why` supports the formats `human` and `json`".to_owned()));
        }
    };
    why(file, &BuildCache::find(&args.build, global)?, format, printer)
}

pub(super) fn of_build(cache: &BuildCache) -> Result<CacheOfBuild<'_>, CliError> {
    let (tool, version) = cache.tool()?;
    Ok(CacheOfBuild { tool, version, launcher: cache.launcher()? })
}
