//! `toolchainkit stats`

use std::time::Duration;

use camino::Utf8PathBuf;
use clap::Args;

use super::build_folder::{BuildCache, BuildFolderArgs};
use super::output_format::{Format, FormatArgs};
use super::report::{CliError, Printer};
use super::{CommandResult, Global, export};
use crate::caching::statistics::{CacheStats, stats_through};
use crate::caching::tool::{Tool, ToolStats};
use crate::probe::program;

/// The timeout for resetting the counters, which is a local operation.
const ZERO_TIMEOUT: Duration = Duration::from_secs(10);

/// Arguments of `stats`.
#[derive(Debug, Args)]
pub(super) struct StatsArgs {
    /// Reset the counters to zero after printing them
    #[arg(long)]
    zero: bool,
    /// Write the inputs of the last compilations to a file, to find differences with `toolchainkit compare`. The file contains
    /// no secrets
    #[arg(long, value_name = "FILE")]
    export: Option<Utf8PathBuf>,
    #[command(flatten)]
    build: BuildFolderArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(super) fn run(args: &StatsArgs, global: &Global, printer: &Printer) -> CommandResult {
    let cache = BuildCache::find(&args.build, global)?;
    if let Some(file) = &args.export {
        return export::write(&cache.folder, file, printer);
    }
    let (tool, version) = cache.tool()?;
    // The counters of sccache are in its daemon. Without one there are none, and resetting them would start one.
    let counting = tool == Tool::Ccache || cache.is_running();
    let stats = if counting {
        stats_through(tool, version, cache.launcher()?, &cache.location)?
    } else {
        printer.report("the sccache daemon of this build is not running, so there are no statistics");
        CacheStats::new(tool, version, &cache.location, &ToolStats::default())
    };
    match args.format.format {
        Format::Human => printer.foreign(&text(&stats, &cache)),
        Format::Json => printer.foreign_json(serde_json::to_value(&stats).map_err(std::io::Error::from)?),
    }
    if args.zero && counting {
        let no_environment: [(&str, &str); 0] = [];
        let finished = program::run(cache.launcher()?, &["--zero-stats"], no_environment, ZERO_TIMEOUT)?;
        if !finished.status.success() {
            return Err(CliError::CacheBroken(format!("{tool} --zero-stats failed: {}", finished.message())));
        }
    }
    Ok(())
}

fn text(stats: &CacheStats, cache: &BuildCache) -> String {
    let mut lines = vec![
        format!("{} {}, {}", stats.tool, stats.version, stats.location),
        format!("  hits      {} of {} ({:.1} %)", stats.hits, stats.hits + stats.misses, stats.hit_rate),
        format!("  misses    {}", stats.misses),
        format!("  errors    {}", stats.errors),
    ];
    if stats.uncacheable > 0 {
        lines.push(format!("  uncached  {} not cacheable", stats.uncacheable));
    }
    if let Some(size) = stats.size_bytes {
        let limit = stats.max_size_bytes.map(|limit| format!(" of {}", mebibytes(limit))).unwrap_or_default();
        lines.push(format!("  size      {}{limit}", mebibytes(size)));
    }
    if !cache.reason.is_empty() {
        lines.push(format!("  note      {}", cache.reason));
    }
    lines.join("\n") + "\n"
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1024 * 1024))
}
