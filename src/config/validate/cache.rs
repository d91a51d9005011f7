//! `cache:`

use super::{Scope, text};
use crate::caching::remote::{check_tool, list_element};
use crate::caching::tool::limits::DEFAULT_SIZE_GB;
use crate::caching::tool::{Engine, Tool, Version};
use crate::config::model::{Cache, DirectMode, Expandable, Install, Language, Shared};
use crate::config::raw;
use crate::config::remote::{self, Remote};
use crate::diagnostics::{Code, Diagnostic};
use crate::install::check_mirror;

/// `engine`: the program that distributes the compilations.
pub(super) fn validate(raw: raw::Cache, engine: Option<Engine>, scope: &mut Scope<'_>) -> Cache {
    let node = scope.node;
    let remotes = match node.find(&["cache", "remote"]) {
        Some(remote) => remote::read(remote, scope.sink),
        None => Vec::new(),
    };
    let languages = languages(raw.languages, scope);
    let min_version = version(raw.min_version, &["cache", "min_version"], scope);
    let install = install(raw.install.unwrap_or_default(), scope);
    let shared = shared(raw.shared, scope);
    let tools = match raw.tool.unwrap_or(raw::ToolChoice::Auto) {
        raw::ToolChoice::Sccache => {
            check_engine(engine, scope);
            named_tool(Tool::Sccache, &remotes, &languages, shared, scope)
        }
        raw::ToolChoice::Ccache => {
            check_distribution_by_sccache(engine, scope);
            named_tool(Tool::Ccache, &remotes, &languages, shared, scope)
        }
        raw::ToolChoice::Auto => suitable_tools(&remotes, &languages, shared, engine, scope),
    };
    let versions =
        [(&["cache", "min_version"][..], min_version), (&["cache", "install", "version"], install.version)];
    for (keys, _) in versions.into_iter().filter(|(_, version)| version.is_some() && tools.len() > 1) {
        let message =
            "the version is ambiguous: more than one cache tool may be used, and each has its own versions";
        let help = "select one with `cache.tool`, or remove this key";
        scope.error(keys, Code::ConflictingSettings, message, help);
    }
    Cache {
        enabled: raw.enabled.unwrap_or(true),
        tools,
        size_gb: raw.size_gb.unwrap_or(DEFAULT_SIZE_GB),
        is_size_set: raw.size_gb.is_some(),
        dir: text::path(raw.dir, &["cache", "dir"], scope).map(Into::into),
        shared,
        min_version,
        languages,
        on_failure: raw.on_failure.unwrap_or_default(),
        install,
        relocatable: raw.relocatable.unwrap_or(true),
        base_dirs: base_dirs(raw.base_dirs, raw.relocatable, scope),
        direct_mode: match raw.direct_mode {
            Some(raw::DirectMode::Fixed(true)) => DirectMode::On,
            Some(raw::DirectMode::Fixed(false)) => DirectMode::Off,
            Some(raw::DirectMode::Auto(raw::Auto::Auto)) | None => DirectMode::Auto,
        },
        remote_only: remote_only(raw.remote_only, &remotes, scope),
        write_error_policy: raw.write_error_policy.unwrap_or_default(),
        remote: remotes.into_iter().map(|remote| remote.config).collect(),
    }
}

/// The most base directories. The launcher has so many placeholders.
const MOST_BASE_DIRS: usize = 16;

fn base_dirs(raw: Option<Vec<String>>, relocatable: Option<bool>, scope: &mut Scope<'_>) -> Vec<String> {
    const KEYS: &[&str] = &["cache", "base_dirs"];
    let Some(raw) = raw else { return Vec::new() };
    if relocatable == Some(false) {
        let help = "remove one of the two";
        let message =
            "with `relocatable: false`, checkouts do not share hits, so base directories have no effect";
        scope.error(KEYS, Code::ConflictingSettings, message, help);
    }
    if raw.len() > MOST_BASE_DIRS {
        let message = format!("there are {} base directories, and {MOST_BASE_DIRS} are supported", raw.len());
        scope.error(KEYS, Code::BadValue, message, "list a folder that contains several of them");
    }
    for (index, folder) in raw.iter().enumerate() {
        if let Err((code, message, help)) = base_dir(folder) {
            scope.item_error(KEYS, index, code, message, help);
        } else if raw[..index].contains(folder) {
            let message = format!("`{folder}` is listed twice");
            scope.item_error(KEYS, index, Code::DuplicateName, message, "remove one of the two");
        }
    }
    raw
}

/// Checks a base directory.
fn base_dir(folder: &str) -> Result<(), (Code, String, &'static str)> {
    const HOME: &[&str] = &["", "~", "$HOME", "${HOME}"];
    let fault = |code, message: &str, help| Err((code, message.to_owned(), help));
    if folder.trim().is_empty() {
        return fault(Code::BadValue, "the text is empty", "write the path of a folder, or remove it");
    }
    if folder.chars().any(char::is_control) {
        return fault(
            Code::ControlCharacter,
            "the text contains a line break or a tab",
            "write it on one line",
        );
    }
    if HOME.contains(&folder.trim_end_matches('/')) {
        let message = "all checkouts of a user, or all files, are below this folder";
        return fault(Code::BadPath, message, "list the folder with the packages, such as `~/.conan2/p`");
    }
    if folder.starts_with('~') && !folder.starts_with("~/") {
        let message = "only `~/` at the beginning is expanded";
        return fault(
            Code::BadPath,
            message,
            "write the full path, or \"~/...\" for a folder in the home folder",
        );
    }
    if !Expandable::new(folder).has_no_literal_dollar() {
        let help = "write \"${NAME}\" for the environment variable that holds the path";
        return fault(Code::BadPath, "`$` does not start a \"${NAME}\"", help);
    }
    let is_drive = |at: usize| at == 1 && folder.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if folder.match_indices([':', ';', '=']).any(|(at, text)| text != ":" || !is_drive(at)) {
        let message = "the tools do not support `:`, `;` and `=` in the path of a base directory";
        return fault(Code::NotRepresentable, message, "use a folder with another name");
    }
    list_element(folder).map_err(|why| (Code::NotRepresentable, why, "use a folder with another name"))
}

fn shared(raw: Option<Shared>, scope: &mut Scope<'_>) -> Shared {
    let shared = raw.unwrap_or_default();
    if shared == Shared::Group && scope.node.find(&["cache", "dir"]).is_none() {
        scope.error(
            &["cache", "shared"],
            Code::ConflictingSettings,
            "no folder is set that the group can share; the user's cache folder belongs to one user",
            "set `cache.dir` to a folder that the group can write, such as /srv/ccache",
        );
    }
    shared
}

fn remote_only(raw: Option<bool>, remotes: &[Remote<'_>], scope: &mut Scope<'_>) -> bool {
    let wanted = raw.unwrap_or(false);
    // A remote cache with an error is reported already.
    if wanted && remotes.is_empty() && scope.node.find(&["cache", "remote"]).is_none() {
        let help = "add a `remote:`, or remove `remote_only`";
        scope.error(
            &["cache", "remote_only"],
            Code::ConflictingSettings,
            "nothing would be cached, because there is no remote cache",
            help,
        );
    }
    wanted
}

/// Checks the tool in `cache.tool`. A setting that it does not support is an error.
fn named_tool(
    tool: Tool,
    remotes: &[Remote<'_>],
    languages: &[Language],
    shared: Shared,
    scope: &mut Scope<'_>,
) -> Vec<Tool> {
    let place = scope.node.place_of(&["cache", "tool"]);
    for remote in remotes {
        if let Err(issue) = check_tool(tool, &remote.config) {
            let fault = Diagnostic::error(Code::UnsupportedByTool, issue.message).at(place.clone());
            let label = format!("the {} cache", remote.config.backend_type);
            scope.sink.push(fault.with_related(remote.kind_place(), label).with_optional_help(issue.help));
        }
    }
    if tool == Tool::Ccache && languages.contains(&Language::Hip) {
        let fault = Diagnostic::error(Code::UnsupportedByTool, "ccache cannot cache HIP").at(place.clone());
        let hip = scope.node.place_of(&["cache", "languages"]);
        scope
            .sink
            .push(fault.with_related(hip, "hip is listed here").with_help("use sccache, which supports it"));
    }
    if tool == Tool::Sccache && shared == Shared::Group {
        let fault = Diagnostic::error(
            Code::UnsupportedByTool,
            "sccache cannot share a local folder between users: only their owner can read its entries",
        );
        let group = scope.node.place_of(&["cache", "shared"]);
        let fault = fault.at(place.clone()).with_related(group, "the users of a group are set here");
        scope.sink.push(fault.with_help("use ccache, or a remote cache such as Redis"));
    }
    if let (Tool::Ccache, Some(policy)) = (tool, scope.node.find(&["cache", "write_error_policy"])) {
        let fault = Diagnostic::error(Code::UnsupportedByTool, "ccache has no write error policy").at(place);
        let fault = fault.with_related(policy.place(), "the policy is set here");
        scope.sink.push(fault.with_help("use sccache, which supports it"));
    }
    vec![tool]
}

/// sccache takes distcc as the compiler, and a wrapper that runs distcc gives stale objects after an upgrade of the compiler.
fn check_engine(engine: Option<Engine>, scope: &mut Scope<'_>) {
    let Some(engine) = engine.filter(|engine| *engine != Engine::SccacheDist) else { return };
    let place = scope.node.place_of(&["cache", "tool"]);
    let fault = Diagnostic::error(Code::UnsupportedByTool, format!("sccache cannot run {engine}")).at(place);
    let fault =
        fault.with_related(scope.node.place_of(&["distribute", "engine"]), format!("{engine} is set here"));
    scope.sink.push(fault.with_help("use ccache (`cache.tool: ccache`), which runs it for misses"));
}

/// Only sccache's own daemon distributes by sccache-dist.
fn check_distribution_by_sccache(engine: Option<Engine>, scope: &mut Scope<'_>) {
    let Some(engine) = engine.filter(|engine| *engine == Engine::SccacheDist) else { return };
    let place = scope.node.place_of(&["cache", "tool"]);
    let fault =
        Diagnostic::error(Code::UnsupportedByTool, format!("ccache cannot distribute by {engine}")).at(place);
    let fault =
        fault.with_related(scope.node.place_of(&["distribute", "engine"]), format!("{engine} is set here"));
    scope.sink.push(fault.with_help("use sccache (`cache.tool: sccache`), whose daemon distributes misses"));
}

/// All tools that support the settings of the file.
fn suitable_tools(
    remotes: &[Remote<'_>],
    languages: &[Language],
    shared: Shared,
    engine: Option<Engine>,
    scope: &mut Scope<'_>,
) -> Vec<Tool> {
    let has_policy = scope.node.find(&["cache", "write_error_policy"]).is_some();
    let is_of_group = shared == Shared::Group;
    let supports_settings = |tool: Tool| match tool {
        Tool::Ccache => {
            !has_policy && !languages.contains(&Language::Hip) && engine != Some(Engine::SccacheDist)
        }
        Tool::Sccache => !is_of_group && engine.is_none_or(|engine| engine == Engine::SccacheDist),
    };
    let supports_remotes = |tool: Tool| remotes.iter().all(|remote| check_tool(tool, &remote.config).is_ok());
    let able: Vec<Tool> =
        Tool::ALL.into_iter().filter(|&tool| supports_settings(tool) && supports_remotes(tool)).collect();
    if able.is_empty() {
        let reasons = Tool::ALL.into_iter().map(|tool| {
            let why = remotes.iter().find_map(|remote| check_tool(tool, &remote.config).err());
            why.map_or_else(
                || {
                    let missing = match tool {
                        Tool::Sccache if is_of_group => "cannot share a local folder between users",
                        Tool::Sccache => "cannot run a program that distributes",
                        Tool::Ccache if has_policy => "has no write error policy",
                        Tool::Ccache if engine == Some(Engine::SccacheDist) => {
                            "cannot distribute by sccache-dist"
                        }
                        Tool::Ccache => "cannot cache HIP",
                    };
                    format!("{tool} {missing}")
                },
                |issue| issue.message,
            )
        });
        let message =
            format!("no cache tool supports these settings: {}", reasons.collect::<Vec<_>>().join("; "));
        let keys = if remotes.is_empty() { ["cache", "languages"] } else { ["cache", "remote"] };
        scope.error(
            &keys,
            Code::UnsupportedByTool,
            message,
            "change the settings so that one tool supports all of them",
        );
    }
    able
}

fn languages(raw: Option<Vec<Language>>, scope: &mut Scope<'_>) -> Vec<Language> {
    let keys = ["cache", "languages"];
    let Some(raw) = raw else { return Language::DEFAULT.to_vec() };
    if raw.is_empty() && scope.node.find(&keys).is_some_and(|node| node.items().is_empty()) {
        let help = "list at least one language, or disable the cache with `cache.enabled: false`";
        scope.error(&keys, Code::BadValue, "no language is listed to cache", help);
    }
    for (index, language) in raw.iter().enumerate() {
        if raw[..index].contains(language) {
            let message = format!("`{}` is listed twice", language.key());
            scope.item_error(&keys, index, Code::DuplicateName, message, "remove one of the two");
        }
    }
    raw
}

fn install(raw: raw::Install, scope: &mut Scope<'_>) -> Install {
    let keys = ["cache", "install", "mirror"];
    let mirror = text::line(raw.mirror, &keys, scope);
    if let Some(Err(error)) = mirror.as_deref().map(check_mirror) {
        scope.error(
            &keys,
            Code::BadEndpoint,
            error.to_string(),
            "write it as https://HOST, or https://HOST/FOLDER",
        );
    }
    Install {
        version: version(raw.version, &["cache", "install", "version"], scope),
        mirror,
        never: raw.never.unwrap_or(false),
    }
}

fn version(text: Option<String>, keys: &[&str], scope: &mut Scope<'_>) -> Option<Version> {
    match text?.parse() {
        Ok(version) => Some(version),
        Err(error) => {
            scope.error(keys, Code::BadValue, error.to_string(), "write it in quotes, such as \"0.15\"");
            None
        }
    }
}
