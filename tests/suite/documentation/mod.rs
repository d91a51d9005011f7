//! The README, the pages in `docs` and the examples: their generated sections, links, commands and configurations, and the book.

mod book;
mod commands;
mod links;
mod reference;
mod storages;

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A page, with its path relative to the repository, with `/`.
struct Page {
    path: String,
    text: String,
}

fn add_pages(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_pages(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            into.push(path);
        }
    }
}

/// All pages for users and contributors.
fn pages() -> Vec<Page> {
    let names =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "cmake/README.md"];
    let mut paths = names.map(|name| root().join(name)).to_vec();
    for folder in ["docs", "examples"] {
        add_pages(&root().join(folder), &mut paths);
    }
    paths.sort();
    let page = |path: PathBuf| Page {
        text: fs::read_to_string(&path).unwrap().replace("\r\n", "\n"),
        path: path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/"),
    };
    let pages = paths.into_iter().map(page).collect::<Vec<_>>();
    assert!(pages.len() > 40, "only {} pages", pages.len());
    pages
}

/// The pages for users, without those for contributors.
fn pages_for_users() -> impl Iterator<Item = Page> {
    pages()
        .into_iter()
        .filter(|page| !["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].contains(&&*page.path))
}

/// A code block between fences.
struct Block {
    /// What follows the fence, such as `sh`.
    language: String,
    text: String,
    /// The number of the first line of its text.
    line: usize,
}

/// The code blocks of a page. In a list, they are indented.
fn blocks(page: &Page) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, Block)> = None;
    for (number, line) in page.text.lines().enumerate() {
        let trimmed = line.trim_start();
        let indentation = line.len() - trimmed.len();
        match (trimmed.strip_prefix("```"), open.take()) {
            (Some(language), None) => {
                let block = Block { language: language.to_owned(), text: String::new(), line: number + 2 };
                open = Some((indentation, block));
            }
            (Some(_), Some((_, block))) => blocks.push(block),
            (None, Some((indentation, mut block))) => {
                block.text += line.get(indentation..).unwrap_or_default();
                block.text.push('\n');
                open = Some((indentation, block));
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{}: a code block has no end", page.path);
    blocks
}

/// The text of a page without its code blocks.
fn prose(page: &Page) -> String {
    let mut is_code = false;
    let is_prose = |line: &&str| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_fence && !is_code
    };
    page.text.lines().filter(is_prose).collect::<Vec<_>>().join("\n")
}

fn check_configuration(place: &str, text: &str) {
    // Remove `templates`, because the test has no template files.
    let text = text.lines().filter(|line| !line.starts_with("templates:")).collect::<Vec<_>>().join("\n");
    let source = toolchainkit::config::SourceFile::new("toolchainkit.yaml", &text);
    let faults = toolchainkit::config::load(&source).err().unwrap_or_default();
    let messages = faults.iter().map(|fault| &fault.message).collect::<Vec<_>>();
    assert!(messages.is_empty(), "{place}: {messages:?}\n{text}");
}

/// A block of the language `yaml ci` is a part of a file for a CI, and has to be YAML only.
#[test]
fn every_configuration_in_the_documentation_is_valid() {
    let mut count = 0;
    for page in pages_for_users() {
        for block in blocks(&page) {
            let place = format!("{}:{}", page.path, block.line);
            match &*block.language {
                "yaml" => {
                    check_configuration(&place, &block.text);
                    count += 1;
                }
                "yaml ci" => {
                    let parsed = serde_yaml::from_str::<serde_json::Value>(&block.text);
                    assert!(parsed.is_ok(), "{place}: {parsed:?}");
                }
                _ => {}
            }
        }
    }
    assert!(count >= 20, "only {count} configurations");
}

#[test]
fn the_configuration_of_every_example_is_valid() {
    let mut count = 0;
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path().join("toolchainkit.yaml");
        if path.exists() {
            check_configuration(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
            count += 1;
        }
    }
    assert!(count >= 11, "only {count} examples");
}

/// The rest is in `docs`, where each fact has one place.
#[test]
fn the_readme_is_short() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (head, costs) = readme.split_once("## What it costs\n").expect("the section");
    assert!(head.lines().count() <= 75, "{} lines", head.lines().count());
    assert!(!costs.contains("\n## "), "the costs are the last section");
    for command in ["./examples/quickstart.sh", "./tests/run.sh"] {
        assert!(head.contains(command), "{command}");
    }
}

/// The picture is from a real run, and has no path of the machine that made it.
#[test]
fn the_recording_is_a_picture_for_light_and_dark() {
    let text = fs::read_to_string(root().join("docs/images/recording.svg")).unwrap();
    let picture = roxmltree::Document::parse(&text).unwrap();
    let shown = picture.descendants().filter(|node| node.has_tag_name("text"));
    let lines = shown.map(|node| {
        node.descendants()
            .filter(roxmltree::Node::is_text)
            .filter_map(|inner| inner.text())
            .collect::<String>()
    });
    let lines = lines.collect::<Vec<_>>();
    for words in ["$ toolchainkit generate", "$ cmake --build --preset release", "$ rm -rf build"] {
        assert!(lines.iter().any(|line| line.contains(words)), "{words}: {lines:#?}");
    }
    assert!(lines.iter().any(|line| line.contains("(100.0 %)")), "{lines:#?}");
    for path in ["/tmp", "/home", "/root", "/var", "/work"] {
        assert!(!lines.iter().any(|line| line.contains(path)), "{path}: {lines:#?}");
    }
    assert!(text.contains("prefers-color-scheme: dark") && text.contains("prefers-reduced-motion"));
}
