//! `toolchainkit schema`

use clap::{Args, ValueEnum};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::CommandResult;
use super::report::Printer;
use super::{cache, compare, env, examination, explain, generate, install, plan, server, validate};
use crate::bench::BenchDocument;
use crate::config::json_schema;
use crate::stats;

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// What the schema describes
    #[arg(value_enum, default_value_t)]
    of: Of,
}

/// The documents with a schema.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Of {
    /// toolchainkit.yaml
    #[default]
    Config,
    /// The JSON of `validate`
    Validate,
    /// The JSON of `plan`
    Plan,
    /// The JSON of `generate`
    Generate,
    /// The JSON of `env`
    Env,
    /// The JSON of `explain`
    Explain,
    /// The JSON of `bench`
    Bench,
    /// The JSON of `cache`
    Cache,
    /// The JSON of `compare`
    Compare,
    /// The JSON of `doctor`
    Doctor,
    /// The JSON of `install`
    Install,
    /// The JSON of `server status`
    Server,
    /// The JSON of `stats`
    Stats,
}

pub(super) fn run(args: &SchemaArgs, printer: &Printer) -> CommandResult {
    let schema = match args.of {
        Of::Config => json_schema(),
        Of::Validate => of::<validate::ValidateDocument>(),
        Of::Plan => of::<plan::PlanDocument>(),
        Of::Generate => of::<generate::GenerateDocument>(),
        Of::Env => of::<env::EnvDocument>(),
        Of::Explain => of::<explain::ExplainDocument>(),
        Of::Bench => of::<BenchDocument>(),
        Of::Cache => of::<cache::CacheDocument>(),
        Of::Compare => of::<compare::CompareDocument>(),
        Of::Doctor => of::<examination::DoctorDocument>(),
        Of::Install => of::<install::InstallDocument>(),
        Of::Server => of::<server::ServerDocument>(),
        Of::Stats => stats::json_schema(),
    };
    printer.document(&schema)
}

fn of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().for_serialize();
    let schema: Schema = settings.into_generator().into_root_schema_for::<T>();
    schema.to_value()
}
