//! JUnit's XML, in the form that GitLab, Jenkins and Azure read: a test case for each link.

use super::Strictness;
use crate::doctor::chain::{Checked, Finding};

/// The document.
#[must_use]
pub fn document(checked: &[Checked], strictness: Strictness) -> String {
    let is_failed =
        |checked: &&Checked| checked.findings.iter().any(|found| strictness.is_error(found.state));
    let failures = checked.iter().filter(is_failed).count();
    let time = checked.iter().map(|checked| checked.took).max().unwrap_or_default().as_secs_f64();
    let counts =
        format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" time=\"{time:.3}\"", checked.len());
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"toolchainkit doctor\" {counts}>\n  \
         <testsuite name=\"toolchainkit doctor\" skipped=\"0\" {counts}>\n"
    );
    for checked in checked {
        xml += &case(checked, strictness);
    }
    xml + "  </testsuite>\n</testsuites>\n"
}

fn case(checked: &Checked, strictness: Strictness) -> String {
    let mut case = format!(
        "    <testcase classname=\"toolchainkit.doctor\" name=\"{}\" time=\"{:.3}\">\n",
        escaped(checked.link),
        checked.took.as_secs_f64()
    );
    let failed = checked.findings.iter().filter(|finding| strictness.is_error(finding.state));
    let failed = failed.collect::<Vec<_>>();
    // Some readers show only the first failure of a test case.
    if let Some(first) = failed.first() {
        let text = failed.iter().map(|finding| words(finding)).collect::<Vec<_>>().join("\n");
        case += &format!(
            "      <failure message=\"{}\" type=\"{}\">{}</failure>\n",
            escaped(&first.text),
            first.state.name(),
            escaped(&text)
        );
    }
    let others = checked.findings.iter().filter(|finding| !strictness.is_error(finding.state));
    let others = others.map(words).collect::<Vec<_>>().join("\n");
    if !others.is_empty() {
        case += &format!("      <system-out>{}</system-out>\n", escaped(&others));
    }
    case + "    </testcase>\n"
}

fn words(finding: &Finding) -> String {
    let help = finding.help.as_ref().map(|help| format!("\n  {help}")).unwrap_or_default();
    format!("{}: {}: {}{help}", finding.about, finding.state.name(), finding.text)
}

/// The text for an attribute or an element. XML 1.0 has no form for most control characters.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => xml += "&amp;",
            '<' => xml += "&lt;",
            '>' => xml += "&gt;",
            '"' => xml += "&quot;",
            '\'' => xml += "&apos;",
            '\n' => xml += "&#10;",
            '\t' => xml += "&#9;",
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => xml.push('\u{fffd}'),
            other => xml.push(other),
        }
    }
    xml
}
