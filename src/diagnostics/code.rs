//! The codes of all diagnostics: stable names that users may search for and `toolchainkit explain` describes.

use std::fmt;

macro_rules! codes {
    ($($variant:ident $name:literal $summary:literal $explanation:literal)*) => {
        /// What kind of fault a diagnostic is about. The names are part of the stable interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// Every code, in the order in which a file is read.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable name, in kebab-case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// One line.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }

            /// The longer text: why it matters and what to do.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $explanation,)* }
            }
        }
    };
}

codes! {
    UnreadableConfig "unreadable-config" "The configuration file cannot be read."
        "The file is missing, is a folder, or may not be read by this user. `toolchainkit init` writes a first one; \
         `--config PATH` names one that lies elsewhere."
    ConfigNotUtf8 "config-not-utf8" "The configuration file is not UTF-8 text."
        "A configuration is YAML in UTF-8. Editors on Windows sometimes save UTF-16 or a local code page: save the \
         file as UTF-8. The message names the first byte that is not."
    ConfigTooLarge "config-too-large" "The configuration file is larger than any configuration."
        "The limit is 64 KiB, many times what the longest configuration needs. The path probably names another \
         file."
    EmptyConfig "empty-config" "The configuration file has no settings."
        "An empty file is more often a mistake (a failed copy, the wrong path) than a wish for all defaults, so it is \
         refused. `version: 1` alone asks for the defaults; `toolchainkit init` writes a commented file."
    YamlSyntax "yaml-syntax" "The text is not YAML."
        "The place is where the reader gave up; the cause is often one line above: a missing quote, colon or \
         closing bracket, a wrong indentation, or a tab. YAML is indented by spaces. Text that begins with one of \
         `@ % & * ! | > { [` or a backquote, or holds `: ` or ` #`, needs quotes."
    SeveralDocuments "several-documents" "The file holds more than one YAML document."
        "A configuration is one document. Remove the `---` line between the two, or split the file. To build one \
         project in several ways, use `profiles:`."
    TooDeep "too-deep" "The file is nested deeper than any setting."
        "No setting is more than a handful of levels deep. Often a bracket is not closed."
    YamlAlias "yaml-alias" "YAML anchors, aliases and merge keys are not read."
        "An alias (`*name`), an anchor (`&name`) or a merge key (`<<`) makes it impossible to say where a value comes \
         from. Write the value out; for settings that differ in a few keys, use `profiles:`, each of which is merged \
         over the rest of the file."
    YamlTag "yaml-tag" "YAML tags are not read."
        "A tag such as `!!str` or `!env` changes the meaning of a value by rules of one program. Put text in quotes \
         instead; a secret is written as \"${NAME}\"."
    DuplicateKey "duplicate-key" "A key stands twice in one mapping."
        "Which of the two counts differs between YAML readers, so neither is taken. Remove one."
    ControlCharacter "control-character" "A text holds a line break, a NUL or another control character."
        "It could not be passed on unharmed through CMake, JSON and the environment. It usually comes from an escape \
         such as \"\\t\" or \"\\e\" in double quotes (a Windows path: use single quotes), or from `|` and `>`."
    UnknownKey "unknown-key" "There is no setting of this name here."
        "A misspelt setting that is silently ignored is the worst kind of misconfiguration, so an unknown key is an \
         error. The keys that are known at this place are in the help; `toolchainkit schema` has all of them."
    WrongType "wrong-type" "The value is of another type than the setting."
        "In YAML the type follows from the spelling: 10 is a number, \"10\" is text, true is a Boolean, [a, b] is a \
         list. Sizes are numbers without a unit, and `yes` and `on` are text."
    UnknownValue "unknown-value" "The setting has a fixed set of values, and this is none of them."
        "The message lists the values, spelt as the file must spell them: upper and lower case count. A setting that \
         is left out has its default."
    BadValue "bad-value" "The value is of the right type, but cannot be meant."
        "A number may be out of range, a text empty or of the wrong form. The message says what is expected."
    UnsupportedVersion "unsupported-version" "The file is written for another version of the format."
        "`version` is that of the file format, not of toolchainkit or of your project. This release reads version 1; \
         a higher one needs a newer toolchainkit."
    BadName "bad-name" "The name cannot be the name of a preset and a folder."
        "The names of profiles, build types and the prefix become names of presets and of build folders on every \
         system: letters, digits, `_`, `-` and `.` are safe, and a name of dots alone is not."
    DuplicateName "duplicate-name" "A name or value is listed twice."
        "Presets and folders of the same name would overwrite each other, also where they differ in upper and lower \
         case only. Remove one."
    BadPath "bad-path" "The path cannot be used here."
        "Generated files stay inside the project and are the same on every machine: their paths are relative, use \
         `/`, and have no `..`. Variables and `~` are not expanded in any path of the configuration."
    SamePath "same-path" "Two generated files have the same path."
        "Each of `output.toolchain`, `output.module` and `output.presets` is a file of its own, and so are \
         toolchainkit-cache.cmake and the file of each of `toolchains` beside the first."
    UnknownMacro "unknown-macro" "CMake does not know this macro in a preset."
        "`presets.binary_dir` may hold the macros of CMakePresets.json: ${sourceDir}, ${sourceParentDir}, \
         ${sourceDirName}, ${presetName}, ${generator}, ${hostSystemName}, ${dollar}, $env{NAME} and $penv{NAME}. \
         CMake refuses the whole presets file for any other; write ${dollar} for a dollar sign."
    UnsupportedGenerator "unsupported-generator" "This generator cannot run a compiler cache."
        "CMake runs a compiler launcher with Ninja and the Makefile generators only; Visual Studio and Xcode ignore \
         it, so nothing would be cached. Use Ninja, which those environments open too, or set `cache.enabled: false`."
    SecretInConfig "secret-in-config" "A secret is written into the configuration."
        "The file is committed, and a secret in git is a secret no more. Write the name of an environment variable \
         instead, as \"${NAME}\": its value is read on the machine that builds and never written to a file. If the \
         file was committed with the secret in it, revoke the secret."
    UnknownBackend "unknown-backend" "There is no remote cache of this type."
        "The help lists the known types. A service that speaks the S3 protocol (MinIO, Ceph, R2, Spaces) is `s3` with \
         an `endpoint`; a WebDAV server is `http`."
    MissingSetting "missing-setting" "A setting is missing that cannot be done without."
        "Some settings have no sensible default, such as the bucket of an S3 cache or the `system` of a target."
    UnknownSetting "unknown-setting" "This kind of remote cache does not have this setting."
        "The key is known, but means nothing to a remote cache of this `type`. Remove it, or check the type."
    NotRepresentable "not-representable" "The value cannot travel through CMake."
        "Settings of a remote cache pass through a CMake list. There an unbalanced `[` or `]` and a final `\\` glue \
         elements together, so values with these are refused instead of being damaged."
    BadEndpoint "bad-endpoint" "The endpoint is not an address of this kind of remote cache."
        "Each type has its own form: a URL for http and S3, redis:// or rediss:// for Redis, host:port for Memcached. \
         User names and passwords go below `credentials:`."
    ConflictingSettings "conflicting-settings" "Two settings exclude each other."
        "Both could not hold at once, and guessing which one is meant would be wrong half of the time. Remove one."
    UnsupportedByTool "unsupported-by-tool" "The cache tool cannot do what is asked of it."
        "sccache and ccache differ in the remote caches and languages that they can serve. Leave out `cache.tool`, or \
         say `auto`, to let toolchainkit choose one that can."
    UnsupportedByCompiler "unsupported-by-compiler" "The compilers cannot do what is asked of them."
        "Compilers differ in the linkers and sanitizers that they know. The message names what is unknown to the family \
         that `toolchain.compilers` names; remove it, or choose another family."
    UnsupportedByCMake "unsupported-by-cmake" "The oldest CMake that may be used cannot do what is asked of it."
        "`presets.cmake_minimum` is the oldest CMake that has to read the generated presets. Raise it, remove it (then it \
         is the oldest that can do what the file asks for), or do without what needs a newer one."
    BadTemplate "bad-template" "A template of the folder `templates` cannot be used."
        "Templates are Jinja, as minijinja reads it. Each text that one prints is escaped for its file by itself, and what \
         is neither text nor a number needs a filter that says how to print it. The message has the template and the \
         line."
    DuplicateBackend "duplicate-backend" "Two remote caches are of the same type."
        "Several remote caches are tiers of different kinds, fastest first, such as redis before s3. The cache tools \
         have one set of variables for each type, so a type can occur once."
    SeveralServers "several-servers" "Several servers are listed, of which one is used."
        "sccache speaks to one Memcached server. The listed servers are tried in order when CMake configures, and the \
         first that answers is used."
}

impl Code {
    /// The code of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_kebab_case_and_found_again() {
        let names: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for &code in Code::ALL {
            let name = code.as_str();
            assert!(
                name.split('-').all(|word| !word.is_empty() && word.bytes().all(is_lower_or_digit)),
                "{name}"
            );
            assert_eq!(Code::from_name(name), Some(code));
        }
    }

    #[test]
    fn explanations_are_sentences_that_say_more_than_the_summary() {
        for &code in Code::ALL {
            assert!(code.summary().ends_with('.'), "{code}");
            assert!(code.explanation().ends_with('.'), "{code}");
            assert!(code.explanation().len() > code.summary().len(), "{code}");
        }
    }

    fn is_lower_or_digit(byte: u8) -> bool {
        byte.is_ascii_lowercase() || byte.is_ascii_digit()
    }
}
