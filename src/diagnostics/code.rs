//! The codes of all diagnostics: stable names to search for, which `toolchainkit explain` describes.

use std::fmt;

macro_rules! codes {
    ($($variant:ident $name:literal $summary:literal $explanation:literal)*) => {
        /// The kind of error that a diagnostic reports. The names are part of the stable interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// Every code, in the order in which the checks run.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable name, in kebab-case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// A one-line summary.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }

            /// The longer text: why this is an error, and what to do.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $explanation,)* }
            }
        }
    };
}

codes! {
    UnreadableConfig "unreadable-config" "The configuration file cannot be read."
        "The file does not exist, is a folder, or this user has no permission to read it. Run `toolchainkit init` to \
         write a first configuration, or name a file in another place with `--config PATH`."
    ConfigNotUtf8 "config-not-utf8" "The configuration file is not UTF-8 text."
        "A configuration is YAML in UTF-8. Some editors on Windows save files as UTF-16 or in a local code page. \
         Save the file as UTF-8. The message gives the position of the first invalid byte."
    ConfigTooLarge "config-too-large" "The configuration file is too large."
        "The limit is 64 KiB, many times the size of a long configuration. The path probably leads to another file."
    EmptyConfig "empty-config" "The configuration file has no settings."
        "An empty file is usually a mistake, such as a failed copy or a wrong path, so it is an error. To use the \
         defaults for everything, write `version: 1`. To start from a commented file, run `toolchainkit init`."
    YamlSyntax "yaml-syntax" "The text is not valid YAML."
        "The message shows the position at which the parser stopped. The cause is often one line above: a missing quote, colon \
         or closing bracket, wrong indentation, or a tab. Indent YAML with spaces. Put text in quotes if it starts \
         with one of `@ % & * ! | > { [` or a backquote, or contains `: ` or ` #`."
    SeveralDocuments "several-documents" "The file contains more than one YAML document."
        "A configuration is a single document. Remove the `---` line between the documents, or split the file. For \
         variants of the build, use `profiles:`."
    TooDeep "too-deep" "The file is nested too deeply."
        "No setting is nested more than a few levels deep. The usual cause is an unclosed bracket."
    YamlAlias "yaml-alias" "YAML anchors, aliases and merge keys are not supported."
        "With an alias (`*name`), an anchor (`&name`) or a merge key (`<<`), a message could not show the \
         position of a value. Write the value in full. For settings that differ in a few keys, use `profiles:`; each profile \
         is merged over the rest of the file."
    YamlTag "yaml-tag" "YAML tags are not supported."
        "A tag such as `!!str` or `!env` changes the meaning of a value, in a way that depends on the program that \
         reads it. Put text in quotes instead. Write a secret as \"${NAME}\"."
    DuplicateKey "duplicate-key" "A key occurs twice in one mapping."
        "YAML parsers differ in which of the two values they use, so this is an error. Remove one of the keys."
    ControlCharacter "control-character" "A text contains a line break, a NUL or another control character."
        "CMake, JSON files or environment variables would change or reject such a character. It usually comes from \
         an escape sequence such as \"\\t\" or \"\\e\" in double quotes, or from `|` and `>`. Write a Windows path \
         in single quotes."
    UnknownKey "unknown-key" "There is no setting with this name here."
        "A misspelt setting that is ignored silently is hard to notice, so an unknown key is an error. The help \
         lists the valid keys for this place; `toolchainkit schema` prints all of them."
    WrongType "wrong-type" "The value has the wrong type for this setting."
        "In YAML the type follows from the spelling: 10 is a number, \"10\" is text, true is a Boolean, and [a, b] \
         is a list. Write sizes as numbers without a unit, and true or false instead of `yes`, `on`, `no` or `off`, \
         which are text."
    UnknownValue "unknown-value" "The setting has a fixed set of values, and this is not one of them."
        "The message lists the valid values. They are case-sensitive. A missing setting has its default value."
    BadValue "bad-value" "The value has the right type, but is not valid here."
        "A number may be out of range, or a text may be empty or have the wrong form. The message names the \
         expected form."
    RequiredVersion "required-version" "The project requires another version of toolchainkit."
        "Another version may generate other bytes, so each change of the version should be a commit of its own. \
         `toolchainkit.required_version` has the versions that the project allows, in the syntax of Cargo. Nothing is read or \
         written with another one. Install a required version, or change the requirement and commit the generated files."
    UnsupportedVersion "unsupported-version" "The file uses an unsupported version of the file format."
        "`version` is the version of the file format, not of toolchainkit or of your project. This release reads \
         version 1. A higher version needs a newer toolchainkit."
    BadName "bad-name" "The name is not valid for a preset and a folder."
        "The names of profiles, toolchains and build types, and the prefix, become parts of preset names and of \
         build folders. Letters, digits, `_`, `-` and `.` are valid on every system; a name that consists of dots is \
         not."
    DuplicateName "duplicate-name" "A name or value is listed twice."
        "Presets and folders with the same name would overwrite each other. On some systems this includes names that \
         differ only in case. Remove or rename one."
    BadPath "bad-path" "The path cannot be used here."
        "Generated files are inside the project, at the same path on every machine. So their paths must be relative, \
         use `/`, and not contain `..`. Of the other paths, `${NAME}` is expanded only in those of `toolchain`, and \
         `~` in none."
    SamePath "same-path" "Two generated files have the same path."
        "`output.toolchain`, `output.module` and `output.presets` need different paths. Further paths are derived \
         from `output.toolchain`: toolchainkit-cache.cmake and one file for each of `toolchains`, all in the same \
         folder. They must be different, too."
    UnknownMacro "unknown-macro" "CMake does not know this macro in a preset."
        "`presets.binary_dir` may contain these macros of CMakePresets.json: ${sourceDir}, ${sourceParentDir}, \
         ${sourceDirName}, ${presetName}, ${generator}, ${hostSystemName}, ${dollar}, $env{NAME} and $penv{NAME}. \
         CMake rejects the whole presets file if it contains another macro. Write ${dollar} for a dollar sign."
    UnsupportedGenerator "unsupported-generator" "This generator cannot run a compiler cache."
        "CMake runs a compiler launcher only with Ninja and the Makefile generators. Visual Studio and Xcode ignore \
         it, so nothing would be cached. Use Ninja, which Visual Studio supports, too, or set `cache.enabled: false`."
    SecretInConfig "secret-in-config" "The configuration contains a secret."
        "The file is committed, so everyone who can read the repository could read the secret. Write the name of an \
         environment variable instead, as \"${NAME}\". Its value is read on the build machine and never written to a \
         file. If the secret has been committed already, revoke it."
    UnknownBackend "unknown-backend" "There is no remote cache of this type."
        "The help lists the valid types. For a service with the S3 protocol (MinIO, Ceph, R2, Spaces), use `s3` with \
         an `endpoint`. For a WebDAV server, use `http`."
    MissingSetting "missing-setting" "A required setting is missing."
        "Some settings have no useful default, such as the bucket of an S3 cache or the `system` of a target. Add \
         the setting that the message names."
    UnknownSetting "unknown-setting" "This kind of remote cache does not have this setting."
        "The key is valid for other types of remote cache, but not for this `type`. Remove it, or check the type."
    NotRepresentable "not-representable" "The value cannot be represented in CMake."
        "Some values are elements of a CMake list or parts of a generator expression. In a list, an unbalanced `[` \
         or `]`, or a `\\` at the end, joins elements. `;` and `$<` have a special meaning, too. CMake would change \
         such a value, so it is an error."
    BadEndpoint "bad-endpoint" "The endpoint is not a valid address for this type of remote cache."
        "Each type has its own form: a URL for http and S3, redis:// or rediss:// for Redis, host:port for \
         Memcached. Write user names and passwords below `credentials:`."
    ConflictingSettings "conflicting-settings" "Two settings exclude each other."
        "The two settings cannot apply at the same time, and toolchainkit cannot know which one you want. Remove one of \
         them."
    UnsupportedByTool "unsupported-by-tool" "The cache tool does not support this setting."
        "sccache and ccache support different remote caches and languages. Remove `cache.tool`, or set it to `auto`, \
         to let toolchainkit choose a tool that supports your settings."
    UnsupportedByCompiler "unsupported-by-compiler" "The compilers do not support this setting."
        "Compilers support different linkers and sanitizers. The message names the setting that the family in \
         `toolchain.compilers` does not support. Remove that setting, or choose another family."
    UnsupportedByCMake "unsupported-by-cmake" "The oldest allowed CMake does not support this setting."
        "`presets.cmake_minimum` is the oldest CMake that must read the generated presets. Raise it, or remove the \
         setting that needs a newer CMake. You can also remove `cmake_minimum`; then the oldest CMake that supports \
         the settings of the file is required."
    TooManyCombinations "too-many-combinations" "Profiles, toolchains and build types have too many combinations."
        "Each combination of a profile and a toolchain repeats the settings of the rest of the file, and each combination \
         with a build type is a preset. The limits are 1000 presets, 250 profiles, 250 toolchains, 10000 combinations before `presets.matrix` removes \
         some, 100000 settings in all combinations, and 1000 rows and names in `presets.matrix`. Remove combinations, or \
         use several configuration files in different folders."
    BadTemplate "bad-template" "A template in the folder `templates` is not usable."
        "Templates use the Jinja dialect of minijinja. Every printed text is escaped automatically for the kind of \
         file. A value that is neither text nor a number needs a filter to print it. The message names the template \
         and the line."
    DuplicateBackend "duplicate-backend" "Two remote caches have the same type."
        "A list of remote caches defines tiers of different types, fastest first, such as redis before s3. The cache \
         tools have one set of variables for each type, so each type can occur only once."
    SeveralServers "several-servers" "Several servers are listed, but only one is used."
        "sccache uses a single Memcached server. At configure time, CMake probes the listed servers in order, and uses \
         the first one that answers."
    UnprotectedNetwork "unprotected-network" "Sources, objects or a token go through a network without protection."
        "distcc by TCP has neither encryption nor authentication: everybody on the way can read the sources and replace the \
         objects. Use it in a private network only, or by SSH with a user in front of the host (`build@worker`). For the \
         scheduler of sccache-dist, it is an error, because the token goes there, too: use https."
    TooManyErrors "too-many-errors" "The file has more errors than a report shows."
        "A report shows at most 100 errors and warnings. Correct these first. If most of them are unexpected, the file may \
         not be a configuration of toolchainkit."
}

impl Code {
    /// The code with this name.
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
