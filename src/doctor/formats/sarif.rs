//! SARIF 2.1.0 for code scanning: a result for each finding that is not fine.

use serde_json::{Value, json};

use super::Strictness;
use crate::doctor::chain::{Checked, Finding, State};

/// The schema of the format.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The document. `file` is the path of the configuration relative to the project: each result needs a place.
#[must_use]
pub fn document(checked: &[Checked], strictness: Strictness, file: &str) -> Value {
    let findings =
        checked.iter().flat_map(|checked| checked.findings.iter().map(|found| (checked.link, found)));
    let findings = findings.filter(|(_, found)| found.state != State::Fine).collect::<Vec<_>>();
    let mut names: Vec<&str> = Vec::new();
    for (link, _) in &findings {
        if !names.contains(link) {
            names.push(link);
        }
    }
    let rules = names.iter().map(|link| {
        json!({
            "id": rule(link),
            "shortDescription": { "text": format!("toolchainkit doctor: {link}") },
        })
    });
    let results = findings.iter().map(|(link, found)| {
        let index = names.iter().position(|name| name == link).unwrap_or_default();
        json!({
            "ruleId": rule(link),
            "ruleIndex": index,
            "level": level(found.state, strictness),
            "message": { "text": message(found) },
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(file) } } }],
        })
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "toolchainkit",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            }},
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn rule(link: &str) -> String {
    format!("doctor/{link}")
}

const fn level(state: State, strictness: Strictness) -> &'static str {
    if strictness.is_error(state) {
        "error"
    } else if matches!(state, State::Degraded) {
        "warning"
    } else {
        "note"
    }
}

fn message(finding: &Finding) -> String {
    let help = finding.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    format!("{}: {}{help}", finding.about, finding.text)
}

/// A relative reference.
fn uri(path: &str) -> String {
    crate::caching::tool::url::percent_encode_except(path.as_bytes(), b"/")
}
