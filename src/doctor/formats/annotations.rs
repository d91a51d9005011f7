//! Annotations in the logs of CI runners, which the web pages of the services show.

use super::Strictness;
use crate::doctor::chain::{Checked, State};

/// A service that runs builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// GitHub Actions
    GitHub,
    /// GitLab CI
    GitLab,
    /// Azure Pipelines
    Azure,
}

impl Runner {
    /// The runner of this process, by the variables that the services set.
    #[must_use]
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let is_set = |name: &str| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if is_set("GITHUB_ACTIONS") {
            Some(Self::GitHub)
        } else if is_set("GITLAB_CI") {
            Some(Self::GitLab)
        } else if is_set("TF_BUILD") {
            Some(Self::Azure)
        } else {
            None
        }
    }
}

/// The commands for the log, for each degraded or broken link; empty if there are none. `now` is the time in seconds since 1970.
#[must_use]
pub fn commands(checked: &[Checked], strictness: Strictness, runner: Runner, now: u64) -> String {
    let findings = checked.iter().flat_map(|checked| &checked.findings);
    let findings = findings.filter(|finding| matches!(finding.state, State::Degraded | State::Broken));
    let lines = findings.map(|finding| {
        let kind = if strictness.is_error(finding.state) { "error" } else { "warning" };
        let help = finding.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        let text = format!("{}: {}{help}", finding.about, finding.text);
        match runner {
            Runner::GitHub => format!("::{kind} title=toolchainkit doctor::{}\n", of_github(&text)),
            Runner::Azure => format!("##vso[task.logissue type={kind}]{}\n", of_azure(&text)),
            Runner::GitLab => format!("{kind}: {}\n", one_line(&text)),
        }
    });
    let lines = lines.collect::<String>();
    if runner != Runner::GitLab || lines.is_empty() {
        return lines;
    }
    format!(
        "\x1b[0Ksection_start:{now}:toolchainkit_doctor\r\x1b[0Ktoolchainkit doctor\n{lines}\
         \x1b[0Ksection_end:{now}:toolchainkit_doctor\r\x1b[0K\n"
    )
}

/// The data of a command: a line feed would end it, and begin another one.
fn of_github(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn of_azure(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The text without control characters.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").chars().filter(|letter| !letter.is_control()).collect()
}
