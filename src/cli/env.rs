//! `toolchainkit env`

use clap::{Args, ValueEnum};
use secrecy::ExposeSecret;

use super::project::Project;
use super::report::{CliError, Printer};
use super::{CommandResult, Global};
use crate::caching::remote::{Part, SettingValue, reveal_setting};
use crate::caching::tool::Tool;
use crate::plan::ToolPlan;
use crate::probe::environment;
use crate::render::env::{self, Shell, secret_assignment};

/// Arguments of `env`.
///
/// For builds that do not go through CMake. Unless asked for, values of secrets are not printed: a shell is told to take
/// them from the variables that the configuration names.
#[derive(Debug, Args)]
pub(super) struct EnvArgs {
    /// The language to print in
    #[arg(long, value_enum, default_value = "sh")]
    shell: ShellName,
    /// The settings of this profile
    #[arg(long)]
    profile: Option<String>,
    /// The settings of this tool: sccache or ccache [default: the first that the configuration allows]
    #[arg(long, value_parser = tool)]
    tool: Option<Tool>,
    /// Print the values of secrets, too. In a job of GitHub Actions they are masked in its log
    #[arg(long)]
    with_secrets: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShellName {
    /// sh, bash, zsh
    Sh,
    /// fish
    Fish,
    /// PowerShell
    Pwsh,
    /// A batch file of Windows
    Cmd,
    /// Lines for $GITHUB_ENV
    Github,
    /// A .env file
    Dotenv,
}

fn tool(name: &str) -> Result<Tool, String> {
    Tool::from_name(name).ok_or_else(|| "sccache or ccache".to_owned())
}

pub(super) fn run(args: &EnvArgs, global: &Global, printer: &Printer) -> CommandResult {
    let project = Project::load(global, printer)?;
    let variant = project.variant(args.profile.as_deref())?;
    let Some(cache) = &variant.cache else {
        printer.say("the cache is disabled");
        return Ok(());
    };
    let plan = match args.tool {
        None => cache.tools.first(),
        Some(tool) => cache.tools.iter().find(|plan| plan.tool == tool),
    };
    let plan =
        plan.ok_or_else(|| CliError::Usage("the configuration does not allow this tool".to_owned()))?;
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

/// Everything or nothing: no line is printed unless every secret is there.
fn with_secrets(
    shell: Shell,
    plan: &ToolPlan,
    servers: &[String],
    printer: &Printer,
) -> Result<String, CliError> {
    let server = servers.first().map_or("", String::as_str);
    let reveal = |value: &SettingValue| {
        reveal_setting(value, server).map_err(|missing| CliError::SecretMissing(missing.to_string()))
    };
    let mut text = String::new();
    let mut masks = Vec::new();
    for setting in &plan.remote_alone {
        let value = reveal(&setting.value)?;
        text += &secret_assignment(shell, setting.name, value.expose_secret())?;
        if let SettingValue::Secret(parts) = &setting.value {
            // A runner knows a secret by its whole text, and a URL holds it in another spelling.
            for part in parts {
                let spellings = match part {
                    Part::Text(_) => continue,
                    Part::Raw(secret) | Part::PercentEncoded(secret) => {
                        [Part::Raw(secret.clone()), Part::PercentEncoded(secret.clone())]
                    }
                };
                for spelling in spellings {
                    masks.push(reveal(&SettingValue::Secret(vec![spelling]))?);
                }
            }
            masks.push(value);
        }
    }
    // Outside of a job nobody would take the line for a command, and it would tell the secret.
    if shell == Shell::Github && environment::variable("GITHUB_ACTIONS").as_deref() == Some("true") {
        for secret in &masks {
            printer.mask(secret);
        }
    }
    Ok(text)
}
