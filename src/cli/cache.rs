//! `toolchainkit cache`

use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::CommandResult;
use super::output_format::{Format, FormatArgs};
use super::progress::Busy;
use super::report::{CliError, Printer};
use crate::launch::local_caches::{self, Kind, LocalCache, Usage};
use crate::probe::environment;
use crate::words::size;

const DAY: Duration = Duration::from_hours(24);

/// Arguments of `cache`.
#[derive(Debug, Args)]
pub(super) struct CacheArgs {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    format: FormatArgs,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Remove caches that nobody uses. Without a selection, those of projects whose checkouts are all gone
    Clean(Clean),
}

#[derive(Debug, Args)]
struct Clean {
    /// Remove the caches of this project; can be repeated
    #[arg(long, value_name = "NAME")]
    project: Vec<String>,
    /// Remove caches that were not used for this number of days; with --project, only those of the project
    #[arg(long, value_name = "DAYS")]
    older_than: Option<u64>,
    /// Print what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &CacheArgs, printer: &Printer) -> CommandResult {
    let Some(user_folder) = environment::user_cache_folder() else {
        return Err(CliError::Usage("the user's cache folder is unknown: HOME is not set".to_owned()));
    };
    let caches = local_caches::list(user_folder.as_std_path());
    let busy = Busy::new(printer, "measuring the caches");
    let measured = caches.into_iter().map(|cache| {
        let usage = cache.usage();
        (cache, usage)
    });
    let caches: Vec<(LocalCache, Usage)> = measured.collect();
    drop(busy);
    match &args.action {
        None => {
            match args.format.format {
                Format::Human => printer.foreign(&text(&caches)),
                Format::Json => {
                    let caches = caches.iter().map(object).collect();
                    printer.document(&CacheDocument { schema_version: 1, caches })?;
                }
            }
            Ok(())
        }
        Some(Action::Clean(clean)) => {
            let chosen: Vec<_> = caches.iter().filter(|(cache, usage)| clean.selects(cache, usage)).collect();
            let mut freed = 0;
            for (cache, usage) in &chosen {
                let folder = cache.folder.display();
                if !clean.dry_run {
                    if cache.kind == Kind::Dir {
                        printer.report(&format!("kept: {folder} is set by `cache.dir`; remove it yourself"));
                        continue;
                    }
                    if !local_caches::remove(user_folder.as_std_path(), cache)? {
                        printer
                            .report(&format!("kept: {folder} is in use; see `toolchainkit server status`"));
                        continue;
                    }
                }
                freed += usage.bytes;
                let what = if clean.dry_run { "would remove" } else { "removed" };
                printer.foreign(&format!("{what} {folder} ({})\n", size(usage.bytes)));
            }
            let what = if clean.dry_run { "would be freed" } else { "freed" };
            printer.report(&format!("{} {what}", size(freed)));
            Ok(())
        }
    }
}

impl Clean {
    fn selects(&self, cache: &LocalCache, usage: &Usage) -> bool {
        if self.project.is_empty() && self.older_than.is_none() {
            return cache.kind == Kind::Project && cache.is_orphaned();
        }
        let is_of_project =
            self.project.is_empty() || self.project.iter().any(|name| cache.projects.contains(name));
        let is_old =
            self.older_than.is_none_or(|days| unused_days(usage).is_none_or(|unused| unused >= days));
        is_of_project && is_old
    }
}

/// The days since the last use; `None` if the cache is empty.
fn unused_days(usage: &Usage) -> Option<u64> {
    (usage.last_used != SystemTime::UNIX_EPOCH)
        .then(|| usage.last_used.elapsed().unwrap_or_default().as_secs() / DAY.as_secs())
}

fn text(caches: &[(LocalCache, Usage)]) -> String {
    let mut lines = Vec::new();
    for (cache, usage) in caches {
        let projects = cache.projects.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let used = match unused_days(usage) {
            None => "empty".to_owned(),
            Some(0) => "used today".to_owned(),
            Some(1) => "used yesterday".to_owned(),
            Some(days) => format!("used {days} days ago"),
        };
        lines.push(format!("{}  {}", size(usage.bytes), cache.folder.display()));
        lines.push(format!("    {projects}; {used}"));
        lines.extend(cache.existing().map(|checkout| format!("    {}", checkout.display())));
        if cache.is_orphaned() {
            lines.push("    all checkouts are gone; `toolchainkit cache clean` removes it".to_owned());
        } else if cache.checkouts.is_empty() {
            lines.push("    no checkout has been configured with this version".to_owned());
        }
    }
    let total = caches.iter().map(|(_, usage)| usage.bytes).sum();
    lines.push(format!("{}  in {} caches", size(total), caches.len()));
    lines.join("\n") + "\n"
}

/// The JSON of `cache`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "toolchainkit cache --format json")]
pub(super) struct CacheDocument {
    /// The version of this format.
    schema_version: u32,
    /// The local caches of this user, by path.
    caches: Vec<CacheObject>,
}

/// A local cache.
#[derive(Serialize, JsonSchema)]
struct CacheObject {
    /// The folder of the objects.
    folder: String,
    /// Where it is.
    kind: KindObject,
    /// The projects that use it.
    projects: Vec<String>,
    /// The checkouts that use it and exist.
    checkouts: Vec<String>,
    /// The used space on the disk.
    size_bytes: u64,
    /// The days since the last use; null if it is empty.
    unused_days: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum KindObject {
    /// In the user's cache folder, for one project.
    Project,
    /// In the user's cache folder, for all projects with `cache.shared: user`.
    User,
    /// In the folder that `cache.dir` sets.
    Dir,
}

fn object((cache, usage): &(LocalCache, Usage)) -> CacheObject {
    CacheObject {
        folder: cache.folder.to_string_lossy().into_owned(),
        kind: match cache.kind {
            Kind::Project => KindObject::Project,
            Kind::User => KindObject::User,
            Kind::Dir => KindObject::Dir,
        },
        projects: cache.projects.iter().cloned().collect(),
        checkouts: cache.existing().map(|checkout| checkout.to_string_lossy().into_owned()).collect(),
        size_bytes: usage.bytes,
        unused_days: unused_days(usage),
    }
}
