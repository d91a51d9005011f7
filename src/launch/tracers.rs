//! Programs that trace the compilers of a build to analyse it. A hit runs no compiler, and sccache's daemon runs it outside of the
//! traced processes, so the launcher runs the compilers without the tool. See `_toolchainkit_tracer_variables` of the CMake module for
//! the sources of the names.

use super::process;

/// Variables in the environment of traced processes.
const VARIABLES: &[&str] = &[
    "CODEQL_TRACER_CONFIGURATION",
    "CODEQL_TRACER_LANGUAGES",
    "CODEQL_TRACER_LOG",
    "ODASA_TRACER_CONFIGURATION",
    "SEMMLE_PRELOAD_libtrace",
    "COVERITY_LD_PRELOAD",
    "COVERITY_TOP_CONFIG",
    "COVERITY_BUILD_INVOCATION_ID",
];

/// Whether a tracer runs this process.
pub(super) fn is_traced() -> bool {
    VARIABLES.iter().any(|name| process::variable(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_and_its_script_know_the_same_variables() {
        let module = include_str!("../../cmake/parts/launchers.cmake");
        let lines: Vec<&str> = module
            .lines()
            .skip_while(|line| !line.starts_with("function(_toolchainkit_tracer_variables "))
            .skip(1)
            .take_while(|line| *line != "endfunction()")
            .collect();
        let is_name = |word: &&str| word.starts_with(|letter: char| letter.is_uppercase());
        let text = lines.join(" ").replace("PARENT_SCOPE", "");
        let words: Vec<&str> = text.split([' ', '(', ')']).filter(is_name).collect();
        assert_eq!(words, VARIABLES);
    }
}
