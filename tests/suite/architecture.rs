//! Checks that each module of `src` uses only the modules that the table in ARCHITECTURE.md allows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module of the table, and the modules that it may use.
struct Row {
    module: String,
    may_use: BTreeSet<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The words in back quotes.
fn quoted(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

/// The table in ARCHITECTURE.md. A module with `everything` in its third column may use all others.
fn table() -> Vec<Row> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let lines = text.lines().skip_while(|line| !line.starts_with("| module |")).skip(2);
    let cells =
        lines.take_while(|line| line.starts_with('|')).map(|line| line.split(" | ").collect::<Vec<_>>());
    let rows = cells.flat_map(|cells| {
        let may_use = cells[2].to_owned();
        quoted(cells[0]).map(move |module| (module, may_use.clone())).collect::<Vec<_>>()
    });
    let rows = rows.collect::<Vec<_>>();
    assert!(rows.len() > 10, "the table has an unknown format");
    let names = rows.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
    let allowed = |name: &str, cell: &str| match cell {
        "everything" => names.iter().filter(|other| *other != name).cloned().collect(),
        cell => quoted(cell).filter(|word| names.contains(word)).collect(),
    };
    rows.iter().map(|(name, cell)| Row { module: name.clone(), may_use: allowed(name, cell) }).collect()
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Every file of `src` with its module, except the roots of the library and of the programs.
fn modules() -> Vec<(PathBuf, Vec<String>)> {
    let src = root().join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    files.retain(|file| {
        let below = file.strip_prefix(&src).unwrap();
        !(["lib.rs", "main.rs"].iter().any(|name| below == Path::new(name)) || below.starts_with("bin"))
    });
    let module = |file: &Path| {
        let below = file.strip_prefix(&src).unwrap().with_extension("");
        let mut words = below.iter().map(|word| word.to_str().unwrap().to_owned()).collect::<Vec<_>>();
        if words.last().is_some_and(|word| word == "mod") {
            words.pop();
        }
        words
    };
    files.into_iter().map(|file| (file.clone(), module(&file))).collect()
}

/// The code of a file, without comments and without the tests at its end.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |text, line| text + line + "\n")
}

/// Every path in `code` that begins with `crate` or `super`, without the name of the crate. `code` is in `module`.
fn named(code: &str, module: &[String]) -> Vec<Vec<String>> {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let before = &code[..at];
        if before.ends_with(is_name) || before.ends_with("super::") {
            continue;
        }
        let mut base = if code[at..].starts_with("crate") { Vec::new() } else { module.to_vec() };
        for word in code[at..].split("::") {
            match word {
                "crate" => {}
                "super" => drop(base.pop()),
                word => {
                    let name = word.split(|letter| !is_name(letter)).next().unwrap();
                    base.push(name.to_owned());
                    if name.len() < word.len() {
                        break;
                    }
                }
            }
        }
        found.push(base);
    }
    found
}

/// The row of a path: the one whose module is the longest prefix of the path.
fn row_of<'a>(path: &[String], table: &'a [Row]) -> Option<&'a Row> {
    let text = path.join("::") + "::";
    let rows = table.iter().filter(|row| text.starts_with(&format!("{}::", row.module)));
    rows.max_by_key(|row| row.module.len())
}

#[test]
fn every_module_uses_only_the_modules_that_the_table_allows() {
    let table = table();
    for (file, module) in modules() {
        let row = row_of(&module, &table);
        // A file that only lists the modules of a folder has no row.
        let Some(row) = row else {
            let lists = code(&file).lines().all(|line| line.trim().is_empty() || line.contains("mod "));
            assert!(lists, "{} is in no row of the table", file.display());
            continue;
        };
        for path in named(&code(&file), &module) {
            let used = row_of(&path, &table);
            let name = path.join("::");
            let used = used.unwrap_or_else(|| panic!("{} uses {name}, which has no row", file.display()));
            let allowed = used.module == row.module || row.may_use.contains(&used.module);
            assert!(allowed, "{} uses {name}", file.display());
        }
    }
}

/// No module uses itself through other modules.
#[test]
fn the_table_has_no_cycle() {
    let table = table();
    let mut left = table.iter().map(|row| (row.module.as_str(), &row.may_use)).collect::<BTreeMap<_, _>>();
    while !left.is_empty() {
        let ready = left.iter().find(|(_, uses)| uses.iter().all(|used| !left.contains_key(used.as_str())));
        let Some((&module, _)) = ready else { panic!("a cycle among {:?}", left.keys()) };
        left.remove(module);
    }
}

#[test]
fn every_row_is_a_module_and_every_folder_has_a_row() {
    let table = table();
    let modules = modules().into_iter().map(|(_, module)| module.join("::")).collect::<BTreeSet<_>>();
    for row in &table {
        assert!(modules.contains(&row.module), "there is no module {}", row.module);
    }
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() && name != "bin" {
            let has_row = |row: &Row| row.module == name || row.module.starts_with(&format!("{name}::"));
            assert!(table.iter().any(has_row), "{name} has no row");
        }
    }
}

/// Paths in all forms are found.
#[test]
fn paths_are_resolved_relative_to_their_module() {
    let module = ["caching", "remote", "s3"].map(str::to_owned);
    let of = |code: &str| named(code, &module).into_iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(of("use super::endpoint::Endpoint;"), ["caching::remote::endpoint::Endpoint"]);
    assert_eq!(of("use super::super::tool::Tool;"), ["caching::tool::Tool"]);
    assert_eq!(of("crate::probe::program::run(x::y)"), ["probe::program::run"]);
    assert_eq!(of("use crate::plan::{self, Plan};"), ["plan::"]);
}

#[test]
fn no_file_is_a_collection_of_helpers_and_none_is_too_long() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        assert!(!["utils", "util", "helpers", "common", "misc"].contains(&name), "{}", file.display());
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 600, "{} has {lines} lines: split it", file.display());
    }
}

/// The launcher starts before each compilation, so it must be small and fast, without the libraries of the command
/// line.
#[test]
fn the_launcher_uses_few_libraries() {
    // serde_json contains memchr, too.
    const ALLOWED: [&str; 5] = ["serde", "serde_json", "rustix", "sha2", "memchr"];
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("[dependencies]\n").unwrap();
    let lines = dependencies.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    let names = names.map(|(name, _)| name.replace('-', "_")).collect::<Vec<_>>();
    assert!(names.iter().any(|name| name == "clap"), "{names:?}");
    let mut files = 0;
    for (file, _) in modules().into_iter().filter(|(_, module)| module[0] == "launch") {
        // A file with tests is not part of the program.
        let is_test = |part: &str| part == "tests" || part == "tests.rs";
        if file.strip_prefix(root()).unwrap_or(&file).iter().any(|part| part.to_str().is_some_and(is_test)) {
            continue;
        }
        let code = code(&file);
        for name in names.iter().filter(|name| !ALLOWED.contains(&name.as_str())) {
            let path = format!("{name}::");
            let is_path = |at: usize| {
                !code[..at]
                    .ends_with(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':')
            };
            let used = code.match_indices(&path).any(|(at, _)| is_path(at));
            assert!(!used, "{} uses {name}", file.display());
        }
        files += 1;
    }
    assert!(files > 0);
}
