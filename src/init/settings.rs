//! The settings that exist: the tool, the size and the folder of its local cache, and its storages.

use camino::Utf8Path;

use super::assignments::{self, is_compiler, is_credential, is_credential_of_field, is_launcher};
use super::cmake::tool_in;
use super::draft::Project;
use super::{Found, Origin, RemoteWish, Role, Wishes, one_line};
use crate::caching::remote::existing::{self, Existing};
use crate::caching::remote::{CCACHE_VARIABLES, FieldValue, RemoteFields, Section, backend};
use crate::caching::tool::Tool;
use crate::caching::tool::limits::LARGEST_SIZE_GB;
use crate::caching::tool::variables::SCCACHE_MULTILEVEL_CHAIN;

/// The folder of the checkout in the languages of CIs and presets.
pub(super) const WORKSPACES: [&str; 15] = [
    "${{github.workspace}}",
    "${{env.GITHUB_WORKSPACE}}",
    "${GITHUB_WORKSPACE}",
    "$GITHUB_WORKSPACE",
    "${CI_PROJECT_DIR}",
    "$CI_PROJECT_DIR",
    "$(Build.SourcesDirectory)",
    "$(System.DefaultWorkingDirectory)",
    "${env.WORKSPACE}",
    "${WORKSPACE}",
    "$WORKSPACE",
    "${sourceDir}",
    "${{runner.workspace}}",
    "$(pwd)",
    "$PWD",
];

impl Project<'_> {
    // --- the tool -----------------------------------------------------------------------------------------------------

    /// The tool that the project uses, if it uses one.
    pub(super) fn tool_in_use(&self) -> Option<Tool> {
        let of_variable = |found: &Found| {
            if is_launcher(&found.name) || is_compiler(&found.name) {
                return tool_in(&found.value);
            }
            let is_of =
                |tool: &Tool| found.name.starts_with(&format!("{}_", tool.name().to_ascii_uppercase()));
            Tool::ALL.into_iter().find(is_of)
        };
        let in_cmake = self.cmake.iter().find_map(|file| file.tool);
        in_cmake.or_else(|| self.found.iter().find_map(of_variable)).or_else(|| {
            let ci = self.facts.files.iter().filter(|file| file.role == Role::Ci);
            let mut actions = ci.flat_map(|file| assignments::actions(&file.text));
            actions.find_map(|action| tool_in(&action.name))
        })
    }

    // --- values -------------------------------------------------------------------------------------------------------

    /// The value of a variable, from the first place that has it.
    pub(super) fn value(&self, name: &str) -> Option<&Found> {
        self.found.iter().find(|found| found.name == name)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        // Other settings of a storage's library, such as AWS_PROFILE, are the user's.
        let is_setting = is_credential_of_field(name) || !is_credential(name);
        self.value(name).filter(|_| is_setting).map(|found| closed(&found.value))
    }

    pub(super) fn size(&mut self, name: &str, bytes_without_unit: bool) -> Option<u32> {
        let found = self.value(name)?.clone();
        let size = size_gb(&found.value, bytes_without_unit);
        match size {
            Some(size) => self.taken.push(format!("size_gb: {size}, from {name} in {}", found.place)),
            None => {
                self.notes.push(format!("{name} in {} is not a size, and is not taken over", found.place));
            }
        }
        size
    }

    /// The folder of the local cache, relative to the folder of the YAML if it is in the checkout.
    pub(super) fn dir(&mut self, name: &str) -> Option<String> {
        let found = self.value(name)?.clone();
        let value = closed(&found.value);
        let workspace = WORKSPACES.iter().find_map(|prefix| value.strip_prefix(prefix));
        let up = "../".repeat(self.facts.depth);
        let dir = match workspace {
            Some(rest) => Some(rest.trim_matches('/')).filter(|rest| !rest.is_empty() && !is_open(rest)),
            None => None,
        };
        if let Some(dir) = dir {
            let dir = format!("{up}{dir}");
            self.taken.push(format!("dir: {}, from {name} in {}", one_line(&dir), found.place));
            return Some(dir);
        }
        let home = self.facts.home.as_deref().filter(|home| !home.is_empty() && *home != "/");
        let is_of_user = value.starts_with('~')
            || value.starts_with("/home/")
            || value.starts_with("/root/")
            || value.starts_with("/Users/")
            || home.is_some_and(|home| Utf8Path::new(&value).starts_with(home));
        if is_open(&value) || is_of_user || !Utf8Path::new(&value).is_absolute() {
            let why = if is_open(&value) { "refers to variables" } else { "belongs to one user or machine" };
            self.notes.push(format!(
                "the folder in {name} in {} {why}, so it is not taken over: the cache is in the user's cache folder (`toolchainkit \
                 cache` shows it), or set `cache.dir`",
                found.place
            ));
            return None;
        }
        self.taken.push(format!("dir: {}, from {name} in {}", one_line(&value), found.place));
        Some(value)
    }

    // --- storages -----------------------------------------------------------------------------------------------------

    pub(super) fn storages(&self, tool: Tool) -> Vec<Result<Existing, String>> {
        match tool {
            Tool::Sccache => {
                let get = |name: &str| self.text(name);
                let mut all = existing::of_sccache(&get);
                if let Some(chain) = get(SCCACHE_MULTILEVEL_CHAIN) {
                    let level = |one: &Existing| {
                        let name = backend(&one.fields.backend_type)?.tier_name();
                        chain.split(',').position(|level| level.trim() == name)
                    };
                    all.retain(|one| level(one).is_some());
                    all.sort_by_key(level);
                } else {
                    // Without levels, sccache uses one storage. The files of the project count more than the environment.
                    let origin = |one: &Existing| self.origin_of(&one.fields).map(|found| found.place.origin);
                    all.sort_by_key(|one| origin(one).unwrap_or(Origin::File));
                    all.truncate(1);
                }
                all.into_iter().map(Ok).collect()
            }
            Tool::Ccache => {
                let text = CCACHE_VARIABLES.iter().find_map(|name| self.text(name)).unwrap_or_default();
                existing::of_ccache(&text)
            }
        }
    }

    /// The place that selects a storage.
    pub(super) fn origin_of(&self, fields: &RemoteFields) -> Option<&Found> {
        let backend = backend(&fields.backend_type)?;
        let of_fields = backend.fields().iter().filter(|field| field.section != Section::Credentials);
        let names = of_fields.filter_map(|field| Some(field.variable?.name)).collect::<Vec<_>>();
        let further = Tool::ALL.into_iter().flat_map(|tool| backend.further_variables(tool));
        let names = names.into_iter().chain(further.copied()).collect::<Vec<_>>();
        self.found.iter().find(|found| names.contains(&found.name.as_str()))
    }

    pub(super) fn remotes(&mut self, tool: Option<Tool>, wishes: &Wishes) -> Vec<RemoteFields> {
        let (wanted, wanted_variables) = match &wishes.remote {
            RemoteWish::Without => return Vec::new(),
            RemoteWish::This(fields, variables) => (Some(fields), variables.as_slice()),
            RemoteWish::Found => (None, &[][..]),
        };
        if let Some(fields) = wanted {
            self.tell_variables(wanted_variables, "--remote");
            return vec![(**fields).clone()];
        }
        let Some(tool) = tool else { return Vec::new() };
        let mut kept: Vec<RemoteFields> = Vec::new();
        for storage in self.storages(tool) {
            match storage {
                Err(address) => self.notes.push(format!(
                    "toolchainkit has no remote cache for the address {}, so it is not taken over",
                    one_line(&address)
                )),
                Ok(Existing { fields, new_variables }) => {
                    let place = self.origin_of(&fields).cloned();
                    let from =
                        place.map_or_else(String::new, |found| format!("{} in {}", found.name, found.place));
                    let kind = fields.backend_type.clone();
                    let (fields, left_out) = without_open_values(fields);
                    for name in left_out {
                        self.notes.push(format!(
                            "`{name}` of the {kind} cache from {from} is set by another variable: write its value below `cache.remote`"
                        ));
                    }
                    match existing::usable(fields, Some(tool)) {
                        Ok(fields) if kept.iter().any(|other| other.backend_type == fields.backend_type) => {
                            self.notes.push(format!("a second {kind} cache from {from} is not taken over"));
                        }
                        Ok(fields) => {
                            let location =
                                backend(&kind).map(|backend| backend.location(&fields)).unwrap_or_default();
                            self.taken.push(format!("remote: {}, from {from}", one_line(&location)));
                            self.tell_variables(&new_variables, &from);
                            kept.push(fields);
                        }
                        Err(why) => self.notes.push(format!(
                            "the {kind} cache from {from} is not taken over: {}",
                            one_line(&why)
                        )),
                    }
                }
            }
        }
        kept
    }

    pub(super) fn tell_variables(&mut self, variables: &[String], from: &str) {
        for variable in variables {
            self.notes.push(format!(
                "a credential in {from} is not written; set the environment variable {variable} to it where builds run, or choose \
                 another name below `credentials`"
            ));
        }
    }
}

/// A value without the spaces in GitHub's expressions.
fn closed(value: &str) -> String {
    let mut parts = value.split("${{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += "${{";
        match part.split_once("}}") {
            Some((inner, rest)) => text += &format!("{}}}}}{rest}", inner.trim()),
            None => text += part,
        }
    }
    text
}

/// Whether a value refers to variables.
fn is_open(value: &str) -> bool {
    value.contains('$') || value.contains("{{") || value.split('%').count() > 2
}

/// The settings whose values are known, and the names of the others.
fn without_open_values(mut fields: RemoteFields) -> (RemoteFields, Vec<String>) {
    let open = fields.values().filter_map(|(section, name, value)| match value {
        FieldValue::Text(text) if is_open(text) => Some((section, name.to_owned())),
        _ => None,
    });
    let open = open.collect::<Vec<_>>();
    for (section, name) in &open {
        fields.remove(*section, name);
    }
    (fields, open.into_iter().map(|(_, name)| name).collect())
}

/// A size in GiB, rounded up. ccache takes a number without a unit as gigabytes, and sccache as bytes.
fn size_gb(text: &str, bytes_without_unit: bool) -> Option<u32> {
    const GIB: f64 = 1_073_741_824.0;
    let text = text.trim();
    let end = text.find(|letter: char| !(letter.is_ascii_digit() || letter == '.')).unwrap_or(text.len());
    let number = text[..end].parse::<f64>().ok().filter(|number| number.is_finite())?;
    let unit = text[end..].trim().to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let factor = match unit {
        "" if text.ends_with(['b', 'B']) || bytes_without_unit => 1.0,
        "" | "g" => 1e9,
        "k" => 1e3,
        "m" => 1e6,
        "t" => 1e12,
        "ki" => 1024.0,
        "mi" => 1_048_576.0,
        "gi" => GIB,
        "ti" => GIB * 1024.0,
        _ => return None,
    };
    // 0 is no limit.
    if number == 0.0 {
        return Some(LARGEST_SIZE_GB);
    }
    let size = (number * factor / GIB).ceil().clamp(1.0, f64::from(LARGEST_SIZE_GB));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the limits")]
    Some(size as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_both_tools() {
        let cases = [
            ("5G", Some(5)),
            ("5.0 GB", Some(5)),
            ("5", Some(5)),
            ("500M", Some(1)),
            ("10Gi", Some(10)),
            ("2T", Some(1863)),
            ("0", Some(LARGEST_SIZE_GB)),
            ("x", None),
            ("", None),
            ("5X", None),
            ("99999999999T", Some(LARGEST_SIZE_GB)),
            ("-1", None),
        ];
        for (text, size) in cases {
            assert_eq!(size_gb(text, false), size, "{text}");
        }
        assert_eq!(size_gb("7516192768", true), Some(7));
        assert_eq!(size_gb("20G", true), Some(19));
    }
}
