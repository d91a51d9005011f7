//! `cmake/parts/derived.cmake`, the part of the CMake module that is generated from the backends and the rules.

use crate::caching::remote::{self, variables};
use crate::caching::tool::Tool;
use crate::launch::protocol::PROTOCOL;
use crate::launch::rules::{self, Action, Family};

const HEAD: &str = "
# --- generated from the backends and rules: TOOLCHAINKIT_UPDATE=1 cargo test --test suite derived --------------------------

# Sets these variables:
# clear_<tool>               variables of the environment that must not reach the tool
# keep                       variables of the environment that sccache's daemon may get; * only at the end
# contradicted_<setting>     credentials that sccache rejects together with this setting
# ccache_schemes             schemes of remote storages
# ccache_feature_<scheme>    the feature of ccache that the scheme needs
# options_<tool>_<compiler>  options that the launcher inserts before the arguments of the compiler
# minimum_protocol           the oldest protocol of toolchainkit-launch that the module can use
# minimum_rules              the oldest version of its rules
macro(_toolchainkit_derived)
";

/// The text of the part.
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
    text.push_str(&format!("  set(minimum_protocol {PROTOCOL})\n"));
    text.push_str(&format!("  set(minimum_rules {})\nendmacro()\n", rules::VERSION));
    text
}

fn list(name: &str, values: impl IntoIterator<Item = impl AsRef<str>>, text: &mut String) {
    let lines = values.into_iter().map(|value| format!("\n    {}", value.as_ref()));
    text.push_str(&format!("  set({name}{})\n", lines.collect::<String>()));
}

/// The options that the launcher inserts for every compiler of this family.
fn options(tool: Tool, family: Family) -> Vec<&'static str> {
    let rules = rules::TABLE.iter().filter(|rule| rule.is_for_any(tool) && rule.compilers.contains(&family));
    let options = rules.filter_map(|rule| match rule.action {
        Action::Options(options) => Some(options),
        _ => None,
    });
    options.flatten().copied().collect()
}
