//! The settings of a tool as environment variables, in the syntax of a shell.

use super::RenderError;
use super::escape::{self, EscapeError};
use crate::caching::remote::{OnOlderTool, SettingValue, ValuePart};
use crate::caching::secret::Credential;
use crate::plan::ToolPlan;

/// The shell or program that reads the variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// POSIX shells.
    Sh,
    /// fish.
    Fish,
    /// PowerShell.
    PowerShell,
    /// A batch file of cmd.exe.
    Cmd,
    /// The file that `$GITHUB_ENV` names.
    Github,
    /// A `.env` file.
    Dotenv,
}

/// The variables of `plan`. If a secret is the whole value and the syntax allows it, the shell copies it from its variable.
/// Otherwise a comment names that variable.
///
/// # Errors
/// [`RenderError::Environment`] for a value that the syntax cannot represent.
pub fn environment(shell: Shell, plan: &ToolPlan, servers: &[String]) -> Result<String, RenderError> {
    let mut text = String::new();
    let needs = plan.remote_alone.iter().filter(|setting| setting.on_older_tool == OnOlderTool::Refuse);
    if let Some(version) = needs.filter_map(|setting| setting.since).max() {
        let needs = comment(shell, &format!("for {} {version} or newer", plan.tool));
        text.extend(needs.map(|line| line + "\n"));
    }
    for setting in &plan.remote_alone {
        let name = setting.name;
        let unfit = |source| RenderError::Environment { setting: name, source };
        let line = match &setting.value {
            SettingValue::Plain(value) => Some(assignment(shell, name, value).map_err(unfit)?),
            SettingValue::Server(scheme) => {
                let server = servers.first().map_or("", String::as_str);
                Some(assignment(shell, name, &format!("{scheme}{server}")).map_err(unfit)?)
            }
            SettingValue::Secret(parts) => match parts.as_slice() {
                [ValuePart::Raw(Credential::Variable(variable))] => reference(shell, name, variable),
                _ => None,
            }
            .or_else(|| comment(shell, &format!("{name} is a secret: {}", setting.value.describe()))),
        };
        text.extend(line.map(|line| line + "\n"));
    }
    Ok(text)
}

/// A line that sets the variable `name` to `value`. The value may be a secret, so an error does not contain it.
///
/// # Errors
/// [`RenderError::Environment`] for a value that the syntax cannot represent.
pub fn secret_assignment(shell: Shell, name: &'static str, value: &str) -> Result<String, RenderError> {
    let hidden = |error| match error {
        EscapeError::Batch(_) => EscapeError::Batch("[redacted]".to_owned()),
        error => error,
    };
    let unfit = |error| RenderError::Environment { setting: name, source: hidden(error) };
    assignment(shell, name, value).map(|line| line + "\n").map_err(unfit)
}

fn assignment(shell: Shell, name: &str, value: &str) -> Result<String, EscapeError> {
    Ok(match shell {
        Shell::Sh => format!("export {name}={}", escape::sh_word(value)?),
        Shell::Fish => format!("set -gx {name} {}", escape::fish_word(value)?),
        Shell::PowerShell => format!("$env:{name} = {}", escape::powershell_literal(value)?),
        Shell::Cmd => format!("set \"{name}={}\"", escape::batch_value(value)?),
        Shell::Github if value.contains(['\n', '\r']) => {
            let mut end = "END_OF_VALUE".to_owned();
            while value.contains(&end) {
                end.push('_');
            }
            format!("{name}<<{end}\n{value}\n{end}")
        }
        Shell::Github => format!("{name}={value}"),
        Shell::Dotenv => format!("{name}={}", escape::dotenv_value(value)?),
    })
}

/// A line that copies the secret from `variable`; `None` if the syntax has no references to variables.
fn reference(shell: Shell, name: &str, variable: &str) -> Option<String> {
    match shell {
        Shell::Sh => Some(format!("export {name}=\"${{{variable}}}\"")),
        Shell::Fish => Some(format!("set -gx {name} \"${variable}\"")),
        Shell::PowerShell => Some(format!("$env:{name} = $env:{variable}")),
        Shell::Cmd => Some(format!("set \"{name}=%{variable}%\"")),
        Shell::Github | Shell::Dotenv => None,
    }
}

/// A comment; `$GITHUB_ENV` accepts only assignments.
fn comment(shell: Shell, text: &str) -> Option<String> {
    match shell {
        Shell::Cmd => Some(format!("rem {text}")),
        Shell::Sh | Shell::Fish | Shell::PowerShell | Shell::Dotenv => Some(format!("# {text}")),
        Shell::Github => None,
    }
}
