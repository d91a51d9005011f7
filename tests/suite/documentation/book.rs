//! The book that `docs/build.sh` makes: mdBook leaves out what is not in its table of contents, and changes the links.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::root;
use crate::support::{Run, Sandbox, Tool, Tools};

/// The values of an attribute in a page.
fn values<'a>(page: &'a str, attribute: &str) -> BTreeSet<&'a str> {
    let start = format!(" {attribute}=\"");
    page.split(&*start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn add_pages(folder: &Path, into: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_pages(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            into.insert(path.clone(), fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_link_of_the_book_leads_to_a_page_and_a_heading() {
    let Some(tools) = Tools::require(&[Tool::MdBook]) else { return };
    let sandbox = Sandbox::new("book").on_path(&tools.path(Tool::MdBook));
    let book = sandbox.root().canonicalize().unwrap().join("book");
    sandbox.command(root().join("docs/build.sh")).arg(&book).run();
    let mut pages = BTreeMap::new();
    add_pages(&book, &mut pages);
    // This one contains all others.
    pages.remove(&book.join("print.html"));
    let names = |path: &Path| values(&pages[path], "id");
    let mut broken = Vec::new();
    let mut count = 0;
    for (path, page) in &pages {
        for target in values(page, "href").union(&values(page, "src")).filter(|target| !target.contains(':'))
        {
            count += 1;
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file =
                if file.is_empty() { path.clone() } else { path.parent().expect("a folder").join(file) };
            let found = file.canonicalize().is_ok_and(|file| {
                let is_page = pages.contains_key(&file);
                file.starts_with(&book) && (heading.is_empty() || !is_page || names(&file).contains(heading))
            });
            // This page is for addresses of a server that do not exist.
            if !found && !path.ends_with("404.html") {
                broken.push(format!("{} -> {target}", path.strip_prefix(&book).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(pages.len() > 50 && count > 1000, "{} pages, {count} links", pages.len());
}
