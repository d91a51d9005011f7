//! From the facts to the settings.

use camino::Utf8Path;

use super::assignments::{self, is_compiler, is_credential, is_credential_of_field, is_launcher};
use super::cmake::{self, CMakeFile, tool_in};
use super::{
    Draft, Facts, File, Found, Invalid, Origin, Proposal, RemoteWish, Removal, Role, ToolWish, Wishes,
    one_line, presets, tool_files, yaml,
};
use crate::caching::remote::existing::{self, Existing};
use crate::caching::remote::{BACKENDS, RemoteFields, Section, backend, variables};
use crate::caching::tool::Tool;
use crate::caching::tool::limits::{DEFAULT_SIZE_GB, LARGEST_SIZE_GB};
use crate::config::model::Output;
use crate::config::{self, Config, SourceFile};
use crate::render::INCLUDED_PRESETS;

const TOOLCHAIN: &str = "cmake/toolchain.cmake";

/// The folder of the checkout in the languages of CIs and presets.
const WORKSPACES: [&str; 15] = [
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

/// The variables that toolchainkit sets for each build folder.
const SET_ANYWAY: [&str; 5] =
    ["CCACHE_BASEDIR", "CCACHE_HASHDIR", "CCACHE_NOHASHDIR", "SCCACHE_BASEDIRS", "SCCACHE_IDLE_TIMEOUT"];

/// Everything that the files say.
struct Project<'a> {
    facts: &'a Facts,
    cmake: Vec<CMakeFile>,
    /// The line of `project()` in the top `CMakeLists.txt`, with its path.
    top: Option<(&'a str, usize)>,
    /// The presets that exist.
    presets: Vec<String>,
    has_presets: bool,
    /// By importance.
    found: Vec<Found>,
    removals: Vec<Removal>,
    notes: Vec<String>,
    taken: Vec<String>,
}

/// Proposes a configuration.
///
/// # Errors
/// [`Invalid`] if the text is not valid, which is a bug.
pub(crate) fn propose(facts: &Facts, wishes: &Wishes) -> Result<Proposal, Box<Invalid>> {
    let mut project = Project::read(facts);
    let mut draft = project.draft(wishes);
    let (text, config) = match valid(&draft) {
        Ok(valid) => valid,
        Err(first) => project.reduced(&mut draft).ok_or(first)?,
    };
    project.list_removals();
    Ok(project.proposal(&draft, text, &config))
}

fn valid(draft: &Draft) -> Result<(String, Config), Box<Invalid>> {
    let text = yaml::write(draft);
    match config::load(&SourceFile::new("toolchainkit.yaml", text.clone())) {
        Ok(loaded) => Ok((text, loaded.config)),
        Err(diagnostics) => Err(Box::new(Invalid { yaml: text, diagnostics })),
    }
}

impl<'a> Project<'a> {
    fn read(facts: &'a Facts) -> Self {
        let mut project = Self {
            facts,
            cmake: Vec::new(),
            top: None,
            presets: Vec::new(),
            has_presets: facts.occupied.contains(&Output::OWN_PRESETS),
            found: Vec::new(),
            removals: Vec::new(),
            notes: Vec::new(),
            taken: Vec::new(),
        };
        for file in &facts.files {
            project.file(file);
        }
        let environment = facts.environment.iter();
        project.found.extend(environment.map(|(name, value)| Found::in_environment(name, value)));
        // A compiler alone is no launcher.
        let first_word = |found: &Found| tool_in(found.value.split_whitespace().next().unwrap_or_default());
        project.found.retain(|found| !is_compiler(&found.name) || first_word(found).is_some());
        project.found.sort_by_key(|found| found.place.origin);
        project
    }

    fn file(&mut self, file: &'a File) {
        let File { path, text, role } = file;
        match role {
            Role::CMake(is_top) => {
                let read = cmake::read(path, text);
                if let (true, Some(line)) = (*is_top, read.project) {
                    self.top = Some((path, line));
                }
                self.removals.extend(read.launchers.iter().cloned());
                self.cmake.push(read);
            }
            Role::Presets => match presets::read(path, text) {
                Some(read) => {
                    self.presets.extend(read.names);
                    self.found.extend(read.found);
                }
                None => self.notes.push(format!("{} is not valid JSON, and was not read", one_line(path))),
            },
            Role::Ci => {
                self.found.extend(assignments::in_text(path, text));
                self.actions(file);
                let lines = assignments::masquerades(text).into_iter();
                let what = "the folder of ccache's links to compilers";
                self.removals.extend(lines.map(|line| Removal::new(path, (line, line), what)));
            }
            Role::Ccache => self.found.extend(tool_files::ccache(path, text)),
            Role::Sccache => self.found.extend(tool_files::sccache(path, text)),
            Role::Vcpkg | Role::Conan | Role::Submodules | Role::Ignore | Role::Attributes => {}
        }
    }

    fn has(&self, role: Role) -> bool {
        self.facts.files.iter().any(|file| file.role == role)
    }

    /// Actions of GitHub that configure a tool by their inputs.
    fn actions(&mut self, file: &File) {
        for action in assignments::actions(&file.text) {
            let input = |name: &str| action.inputs.iter().find(|input| input.0 == name);
            if action.name != "hendrikmuhs/ccache-action" {
                continue;
            }
            let is_sccache = input("variant").is_some_and(|input| input.1 == "sccache");
            let (dir, size, folder) = if is_sccache {
                ("SCCACHE_DIR", "SCCACHE_CACHE_SIZE", ".sccache")
            } else {
                ("CCACHE_DIR", "CCACHE_MAXSIZE", ".ccache")
            };
            // The action saves this folder.
            let folder = format!("{}/{folder}", WORKSPACES[0]);
            let mut add = |name: &str, value: &str, line: usize| {
                self.found.push(Found::new(name, value, Origin::Ci, &file.path, line));
            };
            add(dir, &folder, action.line);
            if let Some((_, value, line)) = input("max-size") {
                add(size, value, *line);
            }
            if let Some((_, value, line)) = input("create-symlink")
                && value == "true"
            {
                let what = "create-symlink: true puts ccache before the compilers";
                self.removals.push(Removal::new(&file.path, (*line, *line), what));
            }
        }
    }

    // --- the tool -----------------------------------------------------------------------------------------------------

    /// The tool that the project uses, if it uses one.
    fn tool_in_use(&self) -> Option<Tool> {
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
    fn value(&self, name: &str) -> Option<&Found> {
        self.found.iter().find(|found| found.name == name)
    }

    fn text(&self, name: &str) -> Option<String> {
        // Other settings of a storage's library, such as AWS_PROFILE, are the user's.
        let is_setting = is_credential_of_field(name) || !is_credential(name);
        self.value(name).filter(|_| is_setting).map(|found| closed(&found.value))
    }

    fn size(&mut self, name: &str, bytes_without_unit: bool) -> Option<u32> {
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
    fn dir(&mut self, name: &str) -> Option<String> {
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
        if is_open(&value) || is_of_user || !value.starts_with('/') {
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

    fn storages(&self, tool: Tool) -> Vec<Result<Existing, String>> {
        match tool {
            Tool::Sccache => {
                let get = |name: &str| self.text(name);
                let mut all = existing::of_sccache(&get);
                if let Some(chain) = get(crate::caching::tool::variables::SCCACHE_MULTILEVEL_CHAIN) {
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
                let name = ["CCACHE_REMOTE_STORAGE", "CCACHE_SECONDARY_STORAGE"];
                let text = name.iter().find_map(|name| self.text(name)).unwrap_or_default();
                existing::of_ccache(&text)
            }
        }
    }

    /// The place that selects a storage.
    fn origin_of(&self, fields: &RemoteFields) -> Option<&Found> {
        let backend = backend(&fields.backend_type)?;
        let of_fields = backend.fields().iter().filter(|field| field.section != Section::Credentials);
        let names = of_fields.filter_map(|field| Some(field.variable?.name)).collect::<Vec<_>>();
        let further = Tool::ALL.into_iter().flat_map(|tool| backend.further_variables(tool));
        let names = names.into_iter().chain(further.copied()).collect::<Vec<_>>();
        self.found.iter().find(|found| names.contains(&found.name.as_str()))
    }

    fn remotes(&mut self, tool: Option<Tool>, wishes: &Wishes) -> Vec<RemoteFields> {
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

    fn tell_variables(&mut self, variables: &[String], from: &str) {
        for variable in variables {
            self.notes.push(format!(
                "a credential in {from} is not written; set the environment variable {variable} to it where builds run, or choose \
                 another name below `credentials`"
            ));
        }
    }

    // --- the draft ----------------------------------------------------------------------------------------------------

    fn draft(&mut self, wishes: &Wishes) -> Draft {
        let all = self.cmake.iter().flat_map(|file| file.languages.iter().copied());
        let languages = yaml::languages(&all.collect::<Vec<_>>());
        let with_storage = |project: &Self| {
            let mut tools =
                Tool::ALL.into_iter().filter(|tool| project.storages(*tool).iter().any(Result::is_ok));
            tools.next().filter(|_| tools.next().is_none())
        };
        let in_use = with_storage(self).or_else(|| self.tool_in_use());
        let tool = match (wishes.tool, &wishes.remote) {
            (ToolWish::This(tool), _) => Some(tool),
            (ToolWish::Any, _) => None,
            (ToolWish::Found, RemoteWish::This(fields, _)) => {
                in_use.filter(|tool| existing::usable((**fields).clone(), Some(*tool)).is_ok())
            }
            (ToolWish::Found, _) => in_use,
        };
        let tool = tool.filter(|tool| yaml::only_tool(&languages).is_none_or(|only| only == *tool));
        let mut draft = Draft { tool, size_gb: DEFAULT_SIZE_GB, languages, ..Draft::default() };
        // The settings of the tool that is in use count, also if the user wants `auto`.
        match tool.or(in_use) {
            Some(Tool::Sccache) => {
                draft.size_gb = self.size("SCCACHE_CACHE_SIZE", true).unwrap_or(DEFAULT_SIZE_GB);
                draft.dir = self.dir("SCCACHE_DIR");
            }
            Some(Tool::Ccache) => {
                draft.size_gb = self.size("CCACHE_MAXSIZE", false).unwrap_or(DEFAULT_SIZE_GB);
                draft.dir = self.dir("CCACHE_DIR");
            }
            None => {}
        }
        draft.remotes = self.remotes(tool.or(in_use), wishes);
        if tool == Some(Tool::Ccache) && !draft.remotes.is_empty() {
            let is_set = |name: &str| {
                let value = self.text(name).unwrap_or_default().to_ascii_lowercase();
                !value.is_empty() && !matches!(value.as_str(), "false" | "0" | "no" | "off" | "disable")
            };
            draft.remote_only = is_set("CCACHE_REMOTE_ONLY");
            if is_set("CCACHE_READONLY") {
                let read_only = crate::caching::remote::Access::ReadOnly;
                draft.remotes.iter_mut().for_each(|remote| remote.access = read_only);
            }
        }
        if tool == Some(Tool::Sccache) && !draft.remotes.is_empty() {
            use crate::caching::tool::variables::{
                SCCACHE_MULTILEVEL_CHAIN, SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY,
            };
            let chain = self.text(SCCACHE_MULTILEVEL_CHAIN);
            draft.remote_only =
                chain.is_some_and(|chain| !chain.split(',').any(|level| level.trim() == "disk"));
            let policy = self.text(SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY);
            draft.write_error_policy =
                policy.and_then(|policy| ["all", "l0", "ignore"].into_iter().find(|known| *known == policy));
        }
        self.places(&mut draft);
        draft
    }

    /// The generator and the paths.
    fn places(&self, draft: &mut Draft) {
        let has = |name: &str| self.facts.programs.iter().any(|program| program.0 == name);
        let generator = if !has("ninja") && has("make") { "Unix Makefiles" } else { "Ninja" };
        generator.clone_into(&mut draft.generator);
        if self.facts.build_is_source {
            draft.binary_dir = Some("out/${presetName}");
        }
        if self.has_presets {
            draft.presets = Some(INCLUDED_PRESETS);
        } else if self.has(Role::Vcpkg) {
            draft.base = Some(format!("{}/scripts/buildsystems/vcpkg.cmake", self.vcpkg()));
        }
        if self.facts.occupied.contains(&TOOLCHAIN) {
            draft.toolchain = Some("cmake/toolchainkit/toolchain.cmake");
        }
    }

    /// vcpkg as a submodule, or the folder that the user names.
    fn vcpkg(&self) -> String {
        let modules = self.facts.files.iter().filter(|file| file.role == Role::Submodules);
        let paths = modules.flat_map(|file| file.text.lines()).filter_map(|line| {
            let (key, path) = line.trim().split_once('=')?;
            (key.trim() == "path").then(|| path.trim().to_owned())
        });
        let is_vcpkg =
            |path: &String| Utf8Path::new(path).file_name() == Some("vcpkg") && !path.contains("..");
        paths.into_iter().find(is_vcpkg).unwrap_or_else(|| "${VCPKG_ROOT}".to_owned())
    }

    /// The draft without the setting that is not valid.
    fn reduced(&mut self, draft: &mut Draft) -> Option<(String, Config)> {
        type Part = (&'static str, fn(&mut Draft));
        const PARTS: [Part; 4] = [
            ("dir", |draft| draft.dir = None),
            ("remote", |draft| draft.remotes.clear()),
            ("tool", |draft| draft.tool = None),
            ("base", |draft| draft.base = None),
        ];
        for (name, remove) in PARTS {
            let mut without = draft.clone();
            remove(&mut without);
            if let Ok(valid) = valid(&without) {
                *draft = without;
                let start = format!("{name}: ");
                self.taken.retain(|line| !line.starts_with(&start));
                self.notes.push(format!(
                    "`{name}` is not taken over, because its value is not valid in toolchainkit.yaml"
                ));
                return Some(valid);
            }
        }
        let mut least = draft.clone();
        for (_, remove) in PARTS {
            remove(&mut least);
        }
        let valid = valid(&least).ok()?;
        *draft = least;
        self.taken.clear();
        self.notes.push(
            "the settings that were found are not valid in toolchainkit.yaml, and are not taken over"
                .to_owned(),
        );
        Some(valid)
    }

    // --- what to remove -----------------------------------------------------------------------------------------------

    fn list_removals(&mut self) {
        let cleared = Tool::ALL.into_iter().flat_map(variables::cleared).collect::<Vec<_>>();
        let mut passed: Vec<String> = Vec::new();
        for found in &self.found {
            let name = found.name.as_str();
            let replaced = cleared.contains(&name) || SET_ANYWAY.contains(&name);
            match (found.place.line, found.place.origin) {
                _ if is_credential(name) => {}
                (Some(line), Origin::Presets | Origin::Ci)
                    if is_launcher(name) || is_compiler(name) || replaced =>
                {
                    let is_input = self.facts.files.iter().any(|file| {
                        file.path == found.place.path
                            && !file.text.lines().nth(line - 1).is_some_and(|text| text.contains(name))
                    });
                    // The inputs of an action stay: it installs the tool, and saves the folder.
                    if !is_input {
                        let last = found.place.last.unwrap_or(line);
                        let what = if is_compiler(name) {
                            format!("{name} runs a compiler by a launcher: set it to the compiler alone")
                        } else {
                            name.to_owned()
                        };
                        self.removals.push(Removal::new(&found.place.path, (line, last), &what));
                    }
                }
                (None, _) if is_launcher(name) || is_compiler(name) => {
                    self.notes.push(format!(
                        "unset {name} in your environment: it replaces the launcher of toolchainkit"
                    ));
                }
                (_, Origin::File) if !replaced && !passed.contains(&found.name) => {
                    passed.push(found.name.clone());
                    let known = [
                        "CCACHE_NAMESPACE",
                        "CCACHE_COMPILERCHECK",
                        "CCACHE_SLOPPINESS",
                        "CCACHE_PREFIX",
                        "CCACHE_COMPRESSION_LEVEL",
                    ];
                    if known.contains(&name) {
                        self.notes.push(format!(
                            "the setting in {} has no key in toolchainkit.yaml: set {name} in the environment of builds to keep it",
                            found.place
                        ));
                    }
                }
                _ => {}
            }
        }
        self.removals.sort_by(|one, other| (&one.path, one.lines).cmp(&(&other.path, other.lines)));
        self.removals.dedup();
    }

    // --- the proposal -------------------------------------------------------------------------------------------------

    fn proposal(self, draft: &Draft, yaml: String, config: &Config) -> Proposal {
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
        if draft.dir.as_deref().is_some_and(|dir| !dir.starts_with('/')) {
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
        let generated = [&output.toolchain, &include, &output.module, &output.presets];
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

    fn summary(&self) -> Vec<String> {
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

    fn commands(&self, draft: &Draft, output: &Output) -> Vec<String> {
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
        crate::caching::remote::FieldValue::Text(text) if is_open(text) => Some((section, name.to_owned())),
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

/// The names of all backends, for the help and the question.
pub(crate) fn kinds() -> String {
    BACKENDS.iter().map(|backend| backend.name()).collect::<Vec<_>>().join(", ")
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
