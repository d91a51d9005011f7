//! The part of the CMake module that is made from the tables of the backends and of the rules: `cmake/parts/derived.cmake`.

use crate::caching::remote::{self, variables};
use crate::caching::tool::Tool;
use crate::launch::rules::{self, Action, Family};

/// The oldest launch program that understands what the module writes and calls.
const MINIMUM_PROTOCOL: u32 = 1;

const HEAD: &str = "
# --- what the tables of the backends and the rules say: made by a test, TOOLCHAINKIT_UPDATE=1 writes it -------------------

# Sets, for each tool, the variables of the environment that must not reach it (clear_<tool>), what sccache's daemon may get
# of the environment (keep; * at the end only), the credentials that contradict a storage without (contradicted, as
# setting=variable), the schemes that ccache may be built without (ccache_schemes, as scheme=feature), the options that a
# compiler gets with a tool (options_<tool>_<compiler>), and the oldest protocol and rules of toolchainkit-launch that will
# do.
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
    let contradicted = variables::contradicted().into_iter().flat_map(|(setting, credentials)| {
        credentials.into_iter().map(move |variable| format!("{setting}={variable}"))
    });
    list("contradicted", contradicted, &mut text);
    let schemes = remote::ccache_schemes().into_iter().map(|(scheme, feature)| format!("{scheme}={feature}"));
    list("ccache_schemes", schemes, &mut text);
    for tool in Tool::ALL {
        for (compiler, family) in [("gcc", Family::Gcc), ("clang", Family::Clang)] {
            list(&format!("options_{tool}_{compiler}"), options(tool, family), &mut text);
        }
    }
    text.push_str(&format!("  set(minimum_protocol {MINIMUM_PROTOCOL})\n"));
    text.push_str(&format!("  set(minimum_rules {})\nendmacro()\n", rules::VERSION));
    text
}

fn list(name: &str, values: impl IntoIterator<Item = impl AsRef<str>>, text: &mut String) {
    let lines = values.into_iter().map(|value| format!("\n    {}", value.as_ref()));
    text.push_str(&format!("  set({name}{})\n", lines.collect::<String>()));
}

/// What every compilation by a compiler of this family gets in front of its arguments.
fn options(tool: Tool, family: Family) -> Vec<&'static str> {
    let rules = rules::TABLE.iter().filter(|rule| rule.is_for_any(tool) && rule.compilers.contains(&family));
    let options = rules.filter_map(|rule| match rule.does {
        Action::Options(options) => Some(options),
        _ => None,
    });
    options.flatten().copied().collect()
}
