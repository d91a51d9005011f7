//! From the facts to the settings.

use camino::Utf8Path;

use super::assignments::{self, is_compiler, is_credential, is_launcher};
use super::cmake::{self, CMakeFile, tool_in};
use super::settings::WORKSPACES;
use super::{
    Draft, Facts, File, Found, Invalid, Origin, Proposal, RemoteWish, Removal, Role, ToolWish, Wishes,
    one_line, presets, tool_files, yaml,
};
use crate::caching::remote::existing;
use crate::caching::remote::{BACKENDS, variables};
use crate::caching::tool::Tool;
use crate::caching::tool::limits::DEFAULT_SIZE_GB;
use crate::config::model::Output;
use crate::config::{self, Config, SourceFile};

const TOOLCHAIN: &str = "cmake/toolchain.cmake";

/// The variables that toolchainkit sets for each build folder.
const SET_ANYWAY: [&str; 5] =
    ["CCACHE_BASEDIR", "CCACHE_HASHDIR", "CCACHE_NOHASHDIR", "SCCACHE_BASEDIRS", "SCCACHE_IDLE_TIMEOUT"];

/// Everything that the files say.
pub(super) struct Project<'a> {
    pub(super) facts: &'a Facts,
    pub(super) cmake: Vec<CMakeFile>,
    /// The line of `project()` in the top `CMakeLists.txt`, with its path.
    pub(super) top: Option<(&'a str, usize)>,
    /// The presets that exist.
    pub(super) presets: Vec<String>,
    pub(super) has_presets: bool,
    /// By importance.
    pub(super) found: Vec<Found>,
    pub(super) removals: Vec<Removal>,
    pub(super) notes: Vec<String>,
    pub(super) taken: Vec<String>,
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

    pub(super) fn has(&self, role: Role) -> bool {
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
            draft.presets = Some("none");
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
}

/// The names of all backends, for the help and the question.
pub(crate) fn kinds() -> String {
    BACKENDS.iter().map(|backend| backend.name()).collect::<Vec<_>>().join(", ")
}
