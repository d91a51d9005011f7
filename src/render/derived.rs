//! `cmake/parts/derived.cmake`, the part of the CMake module that is generated from the backends and the rules.

use crate::caching::remote::{self, variables};
use crate::caching::tool::Tool;
use crate::caching::tool::limits::{DEFAULT_SIZE_GB, LARGEST_SIZE_GB, LONGEST_SOCKET_PATH, PORTS};
use crate::foreign;
use crate::launch::protocol::PROTOCOL;
use crate::launch::rules::{self, Action, Condition, Family};

const HEAD: &str = "
# --- generated from the backends and rules: TOOLCHAINKIT_UPDATE=1 cargo test --test suite derived --------------------------

# Sets these variables:
# clear_<tool>               variables of the environment that must not reach the tool
# keep                       variables of the environment that sccache's daemon inherits; a * at the end is any suffix
# contradicted_<setting>     credentials that sccache rejects together with this setting
# ccache_schemes             schemes of remote storages
# ccache_feature_<scheme>    the feature of ccache that the scheme needs
# options_<tool>_<compiler>  options that the launcher inserts before the arguments of the compiler
# credential_names           a regular expression for variables of the environment that are credentials (capital letters)
# other_names                variables that are none, although they match credential_names
# hidden_headers             a regular expression for headers whose values are credentials
# hidden_keys                the same for other keys
# shortest_secret            the length of the shortest value to search for in texts
# first_port, port_count     the ports for a daemon without a socket
# longest_socket_path        the maximum length of the path of a socket
# default_size_gb            the default of SIZE_GB
# largest_size_gb            the maximum of SIZE_GB
# minimum_protocol           the oldest protocol of toolchainkit-launch that the module can use
# minimum_rules              the oldest version of the rules that the module can use
macro(_toolchainkit_derived)
";

/// The text of `cmake/parts/derived.cmake`.
#[must_use]
pub fn derived_part() -> String {
    let mut text = HEAD.to_owned();
    for tool in Tool::ALL {
        list(&format!("clear_{tool}"), variables::cleared(tool), &mut text);
    }
    list("keep", variables::kept(), &mut text);
    for (setting, credentials) in variables::contradicted() {
        list(&format!("contradicted_{setting}"), credentials, &mut text);
    }
    let schemes = remote::ccache_schemes();
    list("ccache_schemes", schemes.iter().map(|(scheme, _)| scheme), &mut text);
    for (scheme, feature) in schemes {
        text.push_str(&format!("  set(ccache_feature_{scheme} {feature})\n"));
    }
    for tool in Tool::ALL {
        for (compiler, family) in [("gcc", Family::Gcc), ("clang", Family::Clang)] {
            list(&format!("options_{tool}_{compiler}"), options(tool, family), &mut text);
        }
    }
    for (name, pattern) in ["credential_names", "other_names"].into_iter().zip(foreign::name_patterns()) {
        list(name, [format!("\"{}\"", pattern.replace('$', "\\$"))], &mut text);
    }
    for (name, patterns) in ["hidden_headers", "hidden_keys"].into_iter().zip(foreign::key_patterns()) {
        list(name, patterns, &mut text);
    }
    for (name, number) in [
        ("shortest_secret", foreign::SHORTEST),
        ("first_port", PORTS.start.into()),
        ("port_count", PORTS.len()),
        ("longest_socket_path", LONGEST_SOCKET_PATH),
        ("default_size_gb", DEFAULT_SIZE_GB as usize),
        ("largest_size_gb", LARGEST_SIZE_GB as usize),
        ("minimum_protocol", PROTOCOL as usize),
        ("minimum_rules", rules::VERSION as usize),
    ] {
        text.push_str(&format!("  set({name} {number})\n"));
    }
    for name in ["hidden_headers", "hidden_keys"] {
        text.push_str(&format!("  list(JOIN {name} \"|\" {name})\n"));
    }
    text.push_str("endmacro()\n");
    text
}

fn list(name: &str, values: impl IntoIterator<Item = impl AsRef<str>>, text: &mut String) {
    let lines = values.into_iter().map(|value| format!("\n    {}", value.as_ref()));
    text.push_str(&format!("  set({name}{})\n", lines.collect::<String>()));
}

/// The options that the launcher inserts for every compiler of this family.
fn options(tool: Tool, family: Family) -> Vec<&'static str> {
    let rules = rules::TABLE.iter().filter(|rule| {
        // The script has no other options: it does not cache modules.
        rule.condition == Condition::Always && rule.is_for_any(tool) && rule.compilers.contains(&family)
    });
    let options = rules.filter_map(|rule| match rule.action {
        Action::Options(options) => Some(options),
        _ => None,
    });
    options.flatten().copied().collect()
}
