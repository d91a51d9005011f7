//! The message about a draft: what was found, what to know, and the next commands.

use camino::Utf8Path;

use super::draft::Project;
use super::{Draft, File, Proposal, Removal, Role, one_line};
use crate::caching::tool::Tool;
use crate::config::Config;
use crate::config::model::Output;

impl Project<'_> {
    pub(super) fn proposal(self, draft: &Draft, yaml: String, config: &Config) -> Proposal {
        let facts = self.facts;
        let mut notes = self.notes.clone();
        let output = &config.output;
        let include = output.cache();
        if self.has_presets && !self.cmake.iter().any(|file| file.includes_cache) {
            let place = self.top.map(|(path, line)| format!(" before {}:{line}", one_line(path)));
            let place = place.unwrap_or_else(|| " before project() in CMakeLists.txt".to_owned());
            notes.push(format!(
                "your own presets stay as they are; to use the cache with all of them, add the line `include({include})`{place}"
            ));
        }
        if !facts.tools.iter().any(|(found, _)| draft.tool.is_none_or(|tool| tool == *found)) {
            let name = draft.tool.map_or("sccache or ccache", Tool::name);
            notes.push(format!("no usable {name} was found; run `toolchainkit install`"));
        }
        if !facts.folder.as_str().is_empty() {
            notes.push(format!(
                "the CMake project is in {0}, so the configuration is too; run the commands there",
                one_line(facts.folder.as_str())
            ));
        }
        if draft.dir.as_deref().is_some_and(|dir| !Utf8Path::new(dir).is_absolute()) {
            notes.push(
                "the cache is in the checkout, where your CI saves it; without `dir`, all checkouts on a machine share one cache"
                    .to_owned(),
            );
        }
        let is_in_ci = |removal: &Removal| {
            self.facts.files.iter().any(|file| file.role == Role::Ci && file.path == removal.path)
        };
        if !self.has_presets && self.removals.iter().any(is_in_ci) {
            notes.push(format!(
                "in the files of the CI, configure with `cmake --preset release`, or add -DCMAKE_TOOLCHAIN_FILE={} to the options",
                output.toolchain
            ));
        }
        notes.extend(facts.unread.iter().cloned());
        let mut generated = vec![&output.toolchain, &include, &output.module];
        generated.extend(&output.presets);
        let mut ignored = vec![match draft.binary_dir {
            Some(_) => "/out/".to_owned(),
            None => "/build/".to_owned(),
        }];
        // A folder in the project, whose name is a plain pattern.
        let is_plain = |dir: &&str| {
            !dir.starts_with('/')
                && !dir.contains("..")
                && dir.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-/".contains(letter))
        };
        if let Some(dir) = draft.dir.as_deref().filter(is_plain) {
            ignored.push(format!("/{}/", dir.trim_matches('/')));
        }
        Proposal {
            yaml,
            found: self.summary(),
            commands: self.commands(draft, output),
            taken: self.taken,
            removals: self.removals,
            notes,
            ignored,
            attributes: generated.iter().map(|path| format!("{path} linguist-generated")).collect(),
        }
    }

    pub(super) fn summary(&self) -> Vec<String> {
        let mut found = Vec::new();
        let languages = self.cmake.iter().flat_map(|file| file.languages.iter());
        let mut names: Vec<&str> = languages.map(|language| language.cmake_name()).collect();
        names.sort_unstable();
        names.dedup();
        if let Some((path, _)) = self.top {
            let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
            found.push(format!("{}{names}", one_line(path)));
        }
        let shown = |file: &&File| !matches!(file.role, Role::CMake(_) | Role::Ignore | Role::Attributes);
        found.extend(self.facts.files.iter().filter(shown).map(|file| one_line(&file.path)));
        found.extend(self.facts.tools.iter().map(|(tool, version)| format!("{tool} {version}")));
        found.extend(
            self.facts
                .programs
                .iter()
                .map(|(name, version)| format!("{name} {}", one_line(version)).trim_end().to_owned()),
        );
        found
    }

    pub(super) fn commands(&self, draft: &Draft, output: &Output) -> Vec<String> {
        let cd = match self.facts.folder.as_str() {
            "" => String::new(),
            folder => format!("cd {} && ", word(folder)),
        };
        let generate = format!("{cd}toolchainkit generate");
        let preset = self.presets.first().filter(|_| self.has_presets);
        if self.has(Role::Conan) {
            let toolchain = format!("user_toolchain=\"['$PWD/{}']\"", output.toolchain);
            let install =
                format!("conan install . --build=missing -c tools.cmake.cmaketoolchain:{toolchain}");
            return vec![
                generate,
                install,
                "cmake --preset conan-release && cmake --build --preset conan-release".to_owned(),
            ];
        }
        let build = match preset {
            Some(name) if self.cmake.iter().any(|file| file.includes_cache) => {
                format!("cmake --preset {}", word(name))
            }
            Some(name) => format!(
                "cmake --preset {} \"-DCMAKE_PROJECT_INCLUDE_BEFORE=$PWD/{}\"",
                word(name),
                output.cache()
            ),
            None if draft.presets.is_some() => {
                format!("cmake -B build -DCMAKE_TOOLCHAIN_FILE={}", output.toolchain)
            }
            None => "cmake --preset debug && cmake --build --preset debug".to_owned(),
        };
        vec![generate, build]
    }
}

/// A word for a shell.
fn word(text: &str) -> String {
    let text = one_line(text);
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./+:@".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
