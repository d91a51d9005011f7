//! The difference between the inputs of two compilations of the same object.

use std::collections::{BTreeMap, HashMap, HashSet};

mod words;

use self::words::{common_end, end_of, file_name, folder_of, short_version, shortened, shown_name};
use super::cause::{Cause, Change, Kind};
use super::entry::Outcome;
use super::headers::{Header, HeaderId, Headers, UNKNOWN_CONTENT};
use super::inputs::{HeaderInputs, Inputs};
use super::options::{self, Options};
use super::places::placeholders;

/// Variables of the tools to which rules add a part of the key.
const KEY_VARIABLES: [&str; 2] = ["SCCACHE_C_CUSTOM_CACHE_BUSTER", "CCACHE_NAMESPACE"];
/// Rules that add the path of the checkout to the key.
const CHECKOUT_RULES: [&str; 5] = [
    "checkout path in a macro",
    "checkout path in a path map",
    "checkout path in a file",
    "paths in debug information",
    "module paths",
];
/// Further rules that add a part to the key. The part of the last one differs the least often.
const OTHER_RULES: [&str; 5] = [
    "native processor",
    "wrapper",
    "coverage",
    "variables of the compiler",
    "working directory in debug information",
];
/// Variables with folders in which compilers search headers.
const SEARCH_VARIABLES: [&str; 5] =
    ["CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "COMPILER_PATH"];
/// Two compilations of the same object.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The inputs of the first one.
    pub before: &'a Inputs,
    /// Those of the second one, which was a miss.
    pub now: &'a Inputs,
    /// The headers of the first one.
    pub headers_before: &'a Headers,
    /// The headers of the second one.
    pub headers_now: &'a Headers,
    /// The placeholders (see [`super::places`]) that stand for different folders in the two.
    pub moved: &'a [String],
}

impl Pair<'_> {
    /// The causes of the miss, the most specific one first; empty if nothing differs.
    #[must_use]
    pub fn causes(&self) -> Vec<Cause> {
        let mut causes = Vec::new();
        self.compiler(&mut causes);
        self.tool(&mut causes);
        self.options(&mut causes);
        self.macros(&mut causes);
        self.source(&mut causes);
        self.environment(&mut causes);
        self.headers(&mut causes);
        self.rules_and_settings(&mut causes);
        let has_certain = causes.iter().any(|cause| !cause.kind.is_possible_only());
        causes.retain(|cause| !has_certain || !cause.kind.is_possible_only());
        causes.sort();
        causes.dedup();
        causes
    }

    fn compiler(&self, causes: &mut Vec<Cause>) {
        let (before, now) = (&self.before.compiler, &self.now.compiler);
        let version = |version: &Option<String>| version.as_deref().map(short_version).unwrap_or_default();
        let (old, new) = (version(&before.version), version(&now.version));
        let has_version = !old.is_empty() && !new.is_empty();
        if before.path == now.path && (!has_version || old == new) {
            if before.identity != now.identity {
                causes.push(Cause::new(Kind::CompilerContent, Change::Changed, &now.path).with(old, new));
            }
            return;
        }
        // The same program by another path is only another compiler if it behaves differently.
        if before.identity == now.identity && file_name(&before.path) == file_name(&now.path) {
            return;
        }
        let name = |path: &str, version: &str| match version {
            "" => path.to_owned(),
            version if before.path == now.path => version.to_owned(),
            version => format!("{version} ({path})"),
        };
        let values = (name(&before.path, &old), name(&now.path, &new));
        causes.push(Cause::new(Kind::Compiler, Change::Changed, "").with(values.0, values.1));
    }

    fn tool(&self, causes: &mut Vec<Cause>) {
        if self.before.tool != self.now.tool {
            let is_other = |tool: &str| tool.split(' ').next().map(str::to_owned);
            let kind = if is_other(&self.before.tool) == is_other(&self.now.tool) {
                Kind::Tool
            } else {
                Kind::Storage
            };
            causes.push(Cause::new(kind, Change::Changed, "").with(&self.before.tool, &self.now.tool));
        }
    }

    fn options(&self, causes: &mut Vec<Cause>) {
        let (before, now) = (Options::of(&self.before.options), Options::of(&self.now.options));
        let is_defined =
            |inputs: &Inputs| inputs.macros.iter().any(|(name, value)| name == "NDEBUG" && value != "-U");
        let types = (
            options::build_type(&before.plain, is_defined(self.before)),
            options::build_type(&now.plain, is_defined(self.now)),
        );
        let build_type = match types {
            (Some(old), Some(new))
                if old != new && [old, new] != ["none", "Debug"] && [old, new] != ["Debug", "none"] =>
            {
                causes.push(Cause::new(Kind::BuildType, Change::Changed, "").with(old, new));
                true
            }
            _ => false,
        };
        let is_of_type = |option: &str| build_type && matches!(options::name(option).as_str(), "-O" | "-g");
        let (removed, added) = difference(&before.plain, &now.plain);
        let removed: Vec<&String> = removed.into_iter().filter(|option| !is_of_type(option)).collect();
        let mut added: Vec<&String> = added.into_iter().filter(|option| !is_of_type(option)).collect();
        let has_none = removed.is_empty() && added.is_empty();
        for old in removed {
            let name = options::name(old);
            match added.iter().position(|new| options::name(new) == name) {
                Some(place) => {
                    let new = added.remove(place);
                    let cause = Cause::new(Kind::Option, Change::Changed, shown_name(&name, old, new));
                    causes.push(cause.with(value(old), value(new)));
                }
                None => causes.push(Cause::new(Kind::Option, Change::Removed, value(old))),
            }
        }
        causes.extend(added.into_iter().map(|new| Cause::new(Kind::Option, Change::Added, value(new))));
        if has_none
            && !build_type
            && let Some((old, new)) = before.plain.iter().zip(&now.plain).find(|(old, new)| old != new)
        {
            causes.push(Cause::new(Kind::OptionOrder, Change::Changed, "").with(value(old), value(new)));
        }
        for option in now.plain.iter().filter(|option| before.plain.contains(option)) {
            if !self.is_handled_by_tool(option)
                && let Some(folder) = self.moved_folder(option)
            {
                let cause = Cause::new(Kind::PathInOption, Change::Changed, options::name(option));
                causes.push(cause.with(folder, value(option)));
            }
        }
        search_path(&before, &now, causes);
    }

    /// Whether the tool removes paths from this option.
    fn is_handled_by_tool(&self, option: &str) -> bool {
        let is_map = options::name(option).ends_with("-prefix-map");
        let removes_all = |inputs: &Inputs| {
            let version = inputs.tool.strip_prefix("sccache ").and_then(|version| {
                let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
                Some((numbers.next()??, numbers.next()??))
            });
            version.is_some_and(|version| version >= (0, 18))
        };
        let is_include = option.starts_with("-include ") || option.starts_with("-imacros ");
        // CMake's module adds such options, too. A rule says whether they bind an object to the checkout.
        let is_bound = self.now.rules.iter().any(|rule| rule == "checkout path in a path map");
        is_include || (is_map && !is_bound) || (removes_all(self.before) && removes_all(self.now))
    }

    fn moved_folder(&self, text: &str) -> Option<&'static str> {
        placeholders(text).find(|name| self.moved.iter().any(|moved| moved == name))
    }

    fn macros(&self, causes: &mut Vec<Cause>) {
        let has_type = causes.iter().any(|cause| cause.kind == Kind::BuildType);
        let last = |inputs: &'_ Inputs| {
            inputs
                .macros
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        let (before, now) = (last(self.before), last(self.now));
        let names: std::collections::BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        let first = causes.len();
        for name in names {
            if has_type && name == "NDEBUG" {
                continue;
            }
            let change = match (before.get(name), now.get(name)) {
                (Some(old), Some(new)) if old == new => {
                    if let Some(folder) = self.moved_folder(new) {
                        causes.push(Cause::new(Kind::PathInMacro, Change::Changed, name).with(folder, ""));
                    }
                    continue;
                }
                (Some(_), Some(_)) => Change::Changed,
                (None, _) => Change::Added,
                (_, None) => Change::Removed,
            };
            causes.push(Cause::new(Kind::Macro, change, name));
        }
        if causes.len() == first && self.before.macros != self.now.macros {
            causes.push(Cause::new(Kind::MacroOrder, Change::Changed, ""));
        }
    }

    fn source(&self, causes: &mut Vec<Cause>) {
        let ((_, before), (path, now)) = (&self.before.source, &self.now.source);
        if before != now && !before.is_empty() && !now.is_empty() {
            let kind = if path.starts_with("<build>") { Kind::GeneratedHeader } else { Kind::Source };
            causes.push(Cause::new(kind, Change::Changed, path));
        }
    }

    fn environment(&self, causes: &mut Vec<Cause>) {
        for (name, change, _, _) in changed(&self.before.environment, &self.now.environment) {
            causes.push(Cause::new(Kind::Environment, change, name));
        }
    }

    fn rules_and_settings(&self, causes: &mut Vec<Cause>) {
        let (removed, added) = difference(&self.before.rules, &self.now.rules);
        let mut rules: Vec<Cause> =
            removed.into_iter().map(|rule| Cause::new(Kind::Rule, Change::Removed, rule)).collect();
        rules.extend(added.into_iter().map(|rule| Cause::new(Kind::Rule, Change::Added, rule)));
        // The rules are a consequence of the options and the compiler.
        if causes.is_empty() {
            causes.append(&mut rules);
        }
        for (name, change, old, new) in changed(&self.before.settings, &self.now.settings) {
            if KEY_VARIABLES.contains(&name) {
                // It is a consequence of the options or the compiler, unless it contains the path of the checkout.
                let has_certain = causes.iter().any(|cause| !cause.kind.is_possible_only());
                let is_told = causes.iter().any(|cause| cause.kind == Kind::PathInMacro);
                if !has_certain || (!is_told && self.is_bound_to_checkout()) {
                    causes.push(self.key_part());
                }
                continue;
            }
            let kind = if is_storage(name) { Kind::Storage } else { Kind::Setting };
            causes.push(Cause::new(kind, change, name).with(shortened(old), shortened(new)));
        }
    }

    /// Whether a rule adds the path of the checkout to the key, and the two have different ones.
    fn is_bound_to_checkout(&self) -> bool {
        let is_applied = |name: &&str| self.now.rules.iter().any(|rule| rule == name);
        !self.moved.is_empty() && CHECKOUT_RULES.iter().any(is_applied)
    }

    /// The rule whose part of the key differs.
    fn key_part(&self) -> Cause {
        let applied = |name: &&&str| self.now.rules.iter().any(|rule| rule == **name);
        let of_checkout = CHECKOUT_RULES.iter().filter(|_| !self.moved.is_empty());
        match of_checkout.chain(&OTHER_RULES).find(applied) {
            Some(&"native processor") => Cause::new(Kind::Processor, Change::Changed, ""),
            Some(&"wrapper") => Cause::new(Kind::CompilerContent, Change::Changed, &self.now.compiler.path),
            Some(name) => Cause::new(Kind::Rule, Change::Changed, *name),
            None => Cause::new(Kind::Setting, Change::Changed, "key"),
        }
    }

    fn headers(&self, causes: &mut Vec<Cause>) {
        let (HeaderInputs::Known(before), HeaderInputs::Known(now)) =
            (&self.before.headers, &self.now.headers)
        else {
            return;
        };
        let without = |all: &[HeaderId], others: &[HeaderId], headers: &Headers| -> Vec<Header> {
            let others: HashSet<&HeaderId> = others.iter().collect();
            all.iter().filter(|id| !others.contains(id)).filter_map(|id| headers.get(*id).cloned()).collect()
        };
        let mut gone = without(before, now, self.headers_before);
        let mut found = without(now, before, self.headers_now);
        if gone.is_empty() && found.is_empty() {
            return;
        }
        let has_compiler =
            causes.iter().any(|cause| matches!(cause.kind, Kind::Compiler | Kind::CompilerContent));
        let system = SystemFolders::of(self.before, self.now);
        let is_of_compiler = |path: &str| has_compiler && system.kind(path) == Kind::SystemHeader;
        gone.retain(|header| !is_of_compiler(&header.path));
        found.retain(|header| !is_of_compiler(&header.path));

        let by_path: HashMap<String, String> =
            gone.iter().map(|header| (header.path.clone(), header.digest.clone())).collect();
        let edited: HashSet<String> = found
            .iter()
            .filter(|header| by_path.contains_key(&header.path))
            .map(|header| header.path.clone())
            .collect();
        for path in &edited {
            let is_known = |digest: Option<&String>| digest.is_some_and(|digest| digest != UNKNOWN_CONTENT);
            let new = found.iter().find(|header| header.path == *path).map(|header| &header.digest);
            if !is_known(by_path.get(path)) || !is_known(new) {
                continue;
            }
            causes.push(match option_of_file(&self.now.options, path) {
                Some(option) => Cause::new(Kind::InputFile, Change::Changed, path).with(option, ""),
                None => Cause::new(system.kind(path), Change::Changed, path),
            });
        }
        gone.retain(|header| !edited.contains(&header.path));
        found.retain(|header| !edited.contains(&header.path));

        let folders = (Options::of(&self.before.options).folders, Options::of(&self.now.options).folders);
        let mut has_search_cause = false;
        for header in found {
            let same_name = |other: &&Header| file_name(&other.path) == file_name(&header.path);
            let old = gone
                .iter()
                .filter(same_name)
                .max_by_key(|other| common_end(&other.path, &header.path))
                .cloned();
            let Some(old) = old else {
                // It may be included by a file that was edited.
                causes.push(Cause::new(Kind::HeaderSet, Change::Added, header.path));
                continue;
            };
            gone.retain(|other| other.path != old.path);
            if let Some(cause) = changed_folder(causes, &folders, &old.path, &header.path) {
                has_search_cause = true;
                causes.push(cause);
            } else if causes.iter().any(is_search_variable) {
                has_search_cause = true;
            } else {
                let length = common_end(&old.path, &header.path);
                let name = end_of(&header.path, length);
                let cause = Cause::new(Kind::HeaderPlace, Change::Changed, name);
                causes.push(cause.with(folder_of(&old.path, length), folder_of(&header.path, length)));
            }
        }
        if has_search_cause {
            causes.retain(|cause| cause.kind != Kind::SearchPath);
        }
        causes
            .extend(gone.into_iter().map(|header| Cause::new(Kind::HeaderSet, Change::Removed, header.path)));
    }
}

/// Whether the part that this rule adds to the key has a cause of its own.
#[must_use]
pub fn names_key_rule(name: &str) -> bool {
    CHECKOUT_RULES.contains(&name) || OTHER_RULES.contains(&name)
}

/// The record in `earlier` that differs the least from `now`, with the causes. The first one of several.
#[must_use]
pub fn nearest<'a>(
    earlier: impl IntoIterator<Item = &'a Inputs>,
    causes: impl Fn(&'a Inputs) -> Vec<Cause>,
) -> Option<(&'a Inputs, Vec<Cause>)> {
    let cost = |causes: &[Cause]| -> usize {
        causes.iter().map(|cause| if cause.kind.is_possible_only() { 1 } else { 8 }).sum()
    };
    // An object that was not stored explains nothing.
    let is_stored =
        |inputs: &Inputs| matches!(inputs.outcome, Outcome::Miss | Outcome::DirectHit | Outcome::Hit);
    earlier
        .into_iter()
        .map(|inputs| (inputs, causes(inputs)))
        .min_by_key(|(inputs, causes)| (cost(causes), !is_stored(inputs)))
}

/// The time macro in the source or the headers of a compilation, and the file. `read` returns the content of a file.
#[must_use]
pub fn time_macro(
    inputs: &Inputs,
    headers: &Headers,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Option<(&'static str, String)> {
    const NAMES: [&str; 3] = ["__TIMESTAMP__", "__TIME__", "__DATE__"];
    let system = SystemFolders::of(inputs, inputs);
    let known: &[HeaderId] = match &inputs.headers {
        HeaderInputs::Known(known) => known,
        HeaderInputs::Unknown(_) => &[],
    };
    let paths = known.iter().filter_map(|id| headers.get(*id)).map(|header| header.path.as_str());
    let mut paths = std::iter::once(inputs.source.0.as_str())
        .chain(paths.filter(|path| system.kind(path) != Kind::SystemHeader));
    paths.find_map(|path| {
        let text = read(path)?;
        let has = |word: &str| text.windows(word.len()).any(|window| window == word.as_bytes());
        NAMES.into_iter().find(|name| has(name)).map(|name| (name, path.to_owned()))
    })
}

/// The name of the option that names this file. A path in an option may be relative to the build folder.
fn option_of_file(arguments: &[String], path: &str) -> Option<String> {
    let relative = path.strip_prefix("<build>/").unwrap_or(path);
    let is_it = |argument: &&String| {
        argument.split_once('=').is_some_and(|(option, value)| {
            let value = value.strip_prefix("<source>/").unwrap_or(value);
            option.starts_with('-') && (value == path || value == relative)
        })
    };
    arguments.iter().find(is_it).map(|argument| options::name(argument))
}

/// The folders whose headers belong to the system.
struct SystemFolders(Vec<String>);

impl SystemFolders {
    fn of(before: &Inputs, now: &Inputs) -> Self {
        let of = |inputs: &Inputs| {
            let folders = Options::of(&inputs.options).folders.into_iter();
            folders
                .filter(|(option, _)| *option == "-isystem" || options::is_system_root(option))
                .map(|(_, folder)| folder)
        };
        Self(of(before).chain(of(now)).collect())
    }

    /// The kind of a difference in the header at this path.
    fn kind(&self, path: &str) -> Kind {
        const ROOTS: [&str; 6] = ["/usr/", "/opt/", "/lib/", "/nix/store/", "/Library/", "/Applications/"];
        let name = file_name(path);
        if name.starts_with("cmake_pch.") {
            return Kind::PrecompiledHeader;
        }
        if path.starts_with("<build>") {
            return Kind::GeneratedHeader;
        }
        if ROOTS.iter().any(|root| path.starts_with(root))
            || self.0.iter().any(|folder| is_below(path, folder))
        {
            return Kind::SystemHeader;
        }
        if path.starts_with('/') || path.starts_with("<home>") {
            Kind::OtherHeader
        } else {
            Kind::ProjectHeader
        }
    }
}

type Folders = Vec<(&'static str, String)>;

/// The include folder that was added or removed, and because of which the header is found in another place.
fn changed_folder(
    causes: &[Cause],
    (before, now): &(Folders, Folders),
    old: &str,
    new: &str,
) -> Option<Cause> {
    let is_search_of = |cause: &&Cause| match cause.change {
        Change::Added => is_below(new, &cause.name),
        Change::Removed => is_below(old, &cause.name),
        Change::Changed if cause.name.is_empty() => {
            let has =
                |folders: &Folders, path: &str| folders.iter().any(|(_, folder)| is_below(path, folder));
            has(before, old) && has(now, new)
        }
        Change::Changed => is_below(old, &cause.before) || is_below(new, &cause.now),
    };
    let mut searched =
        causes.iter().filter(|cause| matches!(cause.kind, Kind::SearchPath | Kind::IncludeFolder));
    searched.find(is_search_of).map(|cause| Cause { kind: Kind::IncludeFolder, ..cause.clone() })
}

/// Whether `path` is in `folder`. A path without placeholder is relative to the source folder.
fn is_below(path: &str, folder: &str) -> bool {
    let relative =
        |path: &str| path.strip_prefix("<source>").unwrap_or(path).trim_start_matches('/').to_owned();
    if folder == "<source>" {
        return path.starts_with(folder) || !path.starts_with(['/', '<']);
    }
    if path.starts_with('/') != folder.starts_with('/') {
        return false;
    }
    relative(path).strip_prefix(&relative(folder)).is_some_and(|rest| rest.starts_with('/'))
}

fn is_search_variable(cause: &Cause) -> bool {
    cause.kind == Kind::Environment && SEARCH_VARIABLES.contains(&cause.name.as_str())
}

/// The differences of the include folders, which have no effect if all headers are the same.
fn search_path(before: &Options, now: &Options, causes: &mut Vec<Cause>) {
    let (removed, added) = difference(&before.folders, &now.folders);
    let mut added: Vec<_> = added;
    for (option, old) in removed {
        let same = added.iter().position(|(other, _)| other == option);
        let kind = if options::is_system_root(option) { Kind::IncludeFolder } else { Kind::SearchPath };
        causes.push(match same {
            Some(place) => {
                let (_, new) = added.remove(place);
                Cause::new(kind, Change::Changed, *option).with(old, new)
            }
            None => Cause::new(kind, Change::Removed, old).with(*option, ""),
        });
    }
    for (option, new) in added {
        let kind = if options::is_system_root(option) { Kind::IncludeFolder } else { Kind::SearchPath };
        causes.push(Cause::new(kind, Change::Added, new).with("", *option));
    }
    let is_told = causes.iter().any(|cause| matches!(cause.kind, Kind::SearchPath | Kind::IncludeFolder));
    if !is_told && before.folders != now.folders {
        causes.push(Cause::new(Kind::SearchPath, Change::Changed, ""));
    }
}

/// The elements that only `before` has, and those that only `now` has, each in their order.
fn difference<'a, T: Eq + std::hash::Hash>(before: &'a [T], now: &'a [T]) -> (Vec<&'a T>, Vec<&'a T>) {
    fn without<'a, T: Eq + std::hash::Hash>(these: &'a [T], others: &[T]) -> Vec<&'a T> {
        let mut counts: HashMap<&T, usize> = HashMap::new();
        for other in others {
            *counts.entry(other).or_default() += 1;
        }
        let mut rest = Vec::new();
        for element in these {
            match counts.get_mut(element) {
                Some(count) if *count > 0 => *count -= 1,
                _ => rest.push(element),
            }
        }
        rest
    }
    (without(before, now), without(now, before))
}

/// The names whose values differ, with the values.
fn changed<'a>(
    before: &'a [(String, String)],
    now: &'a [(String, String)],
) -> Vec<(&'a str, Change, &'a str, &'a str)> {
    let find = |all: &'a [(String, String)], name: &str| {
        all.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    };
    let names: std::collections::BTreeSet<&str> =
        before.iter().chain(now).map(|(name, _)| name.as_str()).collect();
    let mut changes = Vec::new();
    for name in names {
        let change = match (find(before, name), find(now, name)) {
            (Some(old), Some(new)) if old != new => (name, Change::Changed, old, new),
            (None, Some(new)) => (name, Change::Added, "", new),
            (Some(old), None) => (name, Change::Removed, old, ""),
            _ => continue,
        };
        changes.push(change);
    }
    changes
}

fn is_storage(setting: &str) -> bool {
    setting == "location"
}

/// An option without the path of the folder in it.
fn value(option: &str) -> String {
    shortened(option)
}

#[cfg(test)]
mod tests;
