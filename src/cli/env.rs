//! `toolchainkit env`

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::output_format::Format;
use super::project::Project;
use super::report::{CliError, Printer};
use super::{CommandResult, Global};
use crate::caching::remote::{Setting, SettingValue, ValuePart, reveal_setting};
use crate::caching::tool::Tool;
use crate::plan::ToolPlan;
use crate::probe::environment;
use crate::render::env::{self, Shell, secret_assignment};

/// Arguments of `env`. For builds that do not use CMake. Values of secrets are printed only with --with-secrets.
/// Otherwise the shell copies them from the variables that the configuration names.
#[derive(Debug, Args)]
pub(super) struct EnvArgs {
    /// Output syntax
    #[arg(long, value_enum, default_value = "sh")]
    shell: ShellName,
    /// Print the settings of this profile
    #[arg(long)]
    profile: Option<String>,
    /// Print the settings of this tool: sccache or ccache [default: the first that the configuration allows]
    #[arg(long, value_parser = tool)]
    tool: Option<Tool>,
    /// Also print the values of secrets. In a GitHub Actions job they are masked in the log
    #[arg(long)]
    with_secrets: bool,
    /// Output format: text in the syntax of --shell, or JSON
    #[arg(long, value_enum, default_value_t, conflicts_with = "shell")]
    format: Format,
}

/// The JSON of `env`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "toolchainkit env --format json")]
pub(super) struct EnvDocument {
    /// The version of this format.
    schema_version: u32,
    /// The tool that reads the variables; null if the cache is disabled.
    tool: Option<String>,
    /// The settings of the remote cache. Empty without a remote cache.
    variables: Vec<VariableObject>,
}

#[derive(Serialize, JsonSchema)]
struct VariableObject {
    /// The name.
    name: &'static str,
    /// The value; null for a secret without --with-secrets.
    value: Option<String>,
    /// Whether the value is a secret.
    secret: bool,
    /// The value of a secret with {NAME} in place of the variables that it is made of.
    template: Option<String>,
    /// The first version of the tool that knows the variable; null for all.
    since: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShellName {
    /// sh, bash, zsh
    Sh,
    /// fish
    Fish,
    /// PowerShell
    Pwsh,
    /// Windows batch file
    Cmd,
    /// Lines for $GITHUB_ENV
    Github,
    /// .env file
    Dotenv,
}

pub(super) fn tool(name: &str) -> Result<Tool, String> {
    Tool::from_name(name).ok_or_else(|| "sccache or ccache".to_owned())
}

pub(super) fn run(args: &EnvArgs, global: &Global, printer: &Printer) -> CommandResult {
    let project = Project::load(global, printer)?;
    let variant = project.variant(args.profile.as_deref())?;
    let Some(cache) = &variant.cache else {
        if args.format == Format::Json {
            return printer.document(&EnvDocument { schema_version: 1, tool: None, variables: Vec::new() });
        }
        printer.report("no variables: `cache.enabled` is false");
        return Ok(());
    };
    let plan = match args.tool {
        None => cache.tools.first(),
        Some(tool) => cache.tools.iter().find(|plan| plan.tool == tool),
    };
    let plan = plan.ok_or_else(|| {
        CliError::Usage(
            "the configuration does not allow this tool; see \
            `cache.tool`"
                .to_owned(),
        )
    })?;
    if plan.remote_alone.is_empty() {
        printer.report(
            "no variables: the configuration has no remote cache, and the settings of a local cache depend on the build \
             folder. Add `cache.remote`; with CMake, the generated files set everything",
        );
    }
    if args.format == Format::Json {
        return print_json(args, plan, &cache.servers, printer);
    }
    let shell = match args.shell {
        ShellName::Sh => Shell::Sh,
        ShellName::Fish => Shell::Fish,
        ShellName::Pwsh => Shell::PowerShell,
        ShellName::Cmd => Shell::Cmd,
        ShellName::Github => Shell::Github,
        ShellName::Dotenv => Shell::Dotenv,
    };
    let text = if args.with_secrets {
        with_secrets(shell, plan, &cache.servers, printer)?
    } else {
        env::environment(shell, plan, &cache.servers)?
    };
    printer.product(&text);
    Ok(())
}

fn print_json(args: &EnvArgs, plan: &ToolPlan, servers: &[String], printer: &Printer) -> CommandResult {
    let variable = |setting: &Setting| {
        let is_secret = setting.value.is_secret();
        let value = if !is_secret || args.with_secrets {
            Some(reveal(&setting.value, servers)?.expose_secret().to_owned())
        } else {
            None
        };
        Ok(VariableObject {
            name: setting.name,
            value,
            secret: is_secret,
            template: is_secret.then(|| setting.value.describe()),
            since: setting.since.map(|version| version.to_string()),
        })
    };
    let variables = plan.remote_alone.iter().map(variable).collect::<Result<_, CliError>>()?;
    printer.document(&EnvDocument { schema_version: 1, tool: Some(plan.tool.to_string()), variables })
}

/// The value of a setting, with its secrets.
pub(super) fn reveal(value: &SettingValue, servers: &[String]) -> Result<SecretString, CliError> {
    let server = servers.first().map_or("", String::as_str);
    reveal_setting(value, server).map_err(|missing| CliError::SecretMissing(missing.to_string()))
}

/// Prints nothing at all unless every secret is set.
fn with_secrets(
    shell: Shell,
    plan: &ToolPlan,
    servers: &[String],
    printer: &Printer,
) -> Result<String, CliError> {
    let mut text = String::new();
    let mut masks = Vec::new();
    for setting in &plan.remote_alone {
        let value = reveal(&setting.value, servers)?;
        text += &secret_assignment(shell, setting.name, value.expose_secret())?;
        if let SettingValue::Secret(parts) = &setting.value {
            // The runner masks the exact text of a secret, and a URL contains it percent-encoded.
            for part in parts {
                let spellings = match part {
                    ValuePart::Text(_) => continue,
                    ValuePart::Raw(secret) | ValuePart::PercentEncoded(secret) => {
                        [ValuePart::Raw(secret.clone()), ValuePart::PercentEncoded(secret.clone())]
                    }
                };
                for spelling in spellings {
                    masks.push(reveal(&SettingValue::Secret(vec![spelling]), servers)?);
                }
            }
            masks.push(value);
        }
    }
    // Outside of a job nothing interprets the masking command, and the line would show the secret.
    if shell == Shell::Github && environment::variable("GITHUB_ACTIONS").as_deref() == Some("true") {
        for secret in &masks {
            printer.mask(secret);
        }
    }
    Ok(text)
}
