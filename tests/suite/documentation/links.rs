//! Links: each leads to a file and a heading that exist, and the pages that users need most are near.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Page, pages, prose, root};

/// The targets of the links and pictures in a page, without code.
fn targets(page: &Page) -> Vec<String> {
    let text = prose(page);
    // The odd parts are code. A code span may contain `](`.
    let plain = text.split('`').step_by(2).collect::<Vec<_>>().join("`");
    let ends = plain.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    ends.map(|(target, _)| target.split_whitespace().next().unwrap_or_default().to_owned()).collect()
}

/// The names of the headings in a page, as GitHub and mdBook make them.
fn anchors(page: &Page) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut counts = BTreeMap::<String, usize>::new();
    for line in prose(page).lines().filter(|line| line.starts_with('#')) {
        let kept = |letter: &char| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter);
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let name = title.chars().filter(kept).collect::<String>().replace(' ', "-");
        let count = counts.entry(name.clone()).or_default();
        anchors.insert(if *count == 0 { name } else { format!("{name}-{count}") });
        *count += 1;
    }
    anchors
}

/// The path of a target relative to the repository, and its heading.
fn resolve(page: &Page, target: &str) -> (String, String) {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    if path.is_empty() {
        return (page.path.clone(), anchor.to_owned());
    }
    let mut parts = page.path.split('/').collect::<Vec<_>>();
    parts.pop();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            assert!(parts.pop().is_some(), "{}: {target} leaves the repository", page.path);
        } else {
            parts.push(part);
        }
    }
    (parts.join("/"), anchor.to_owned())
}

fn links(page: &Page) -> Vec<(String, String)> {
    let targets = targets(page);
    let of_repository =
        targets.iter().filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    of_repository.map(|target| resolve(page, target)).collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let pages = pages();
    let known = pages.iter().map(|page| (page.path.as_str(), anchors(page))).collect::<BTreeMap<_, _>>();
    let mut broken = Vec::new();
    let mut count = 0;
    for page in &pages {
        for (path, anchor) in links(page) {
            count += 1;
            let is_found = root().join(&path).exists()
                && (anchor.is_empty() || known.get(&*path).is_some_and(|anchors| anchors.contains(&anchor)));
            if !is_found {
                broken.push(format!("{} -> {path}#{anchor}", page.path));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(count > 200, "only {count} links");
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let pages = pages();
    let contents = pages.iter().find(|page| page.path == "docs/SUMMARY.md").unwrap();
    let listed = links(contents).into_iter().map(|(path, _)| path).collect::<BTreeSet<_>>();
    let missing = pages
        .iter()
        .map(|page| &page.path)
        .filter(|path| path.starts_with("docs/") && **path != contents.path && !listed.contains(*path));
    let missing = missing.collect::<Vec<_>>();
    assert!(missing.is_empty(), "add these pages to docs/SUMMARY.md: {missing:?}");
}

/// The number of links from one page to each other page.
fn distances(pages: &[Page], start: &str) -> BTreeMap<String, usize> {
    let mut distances = BTreeMap::from([(start.to_owned(), 0)]);
    let mut queue = VecDeque::from([start.to_owned()]);
    while let Some(path) = queue.pop_front() {
        let distance = distances[&path] + 1;
        let Some(page) = pages.iter().find(|page| page.path == path) else { continue };
        for (target, _) in links(page) {
            if !distances.contains_key(&target) {
                distances.insert(target.clone(), distance);
                queue.push_back(target);
            }
        }
    }
    distances
}

#[test]
fn frequent_questions_are_at_most_four_links_away() {
    const PAGES: [&str; 4] = [
        "docs/how-to/debug.md",
        "docs/how-to/share.md",
        "docs/how-to/why-missed.md",
        "docs/how-to/remove.md",
    ];
    let pages = pages();
    for start in ["docs/README.md", "README.md", "docs/tutorial.md"] {
        let distances = distances(&pages, start);
        for page in PAGES {
            let distance = distances.get(page);
            assert!(distance.is_some_and(|distance| *distance <= 4), "{page} from {start}: {distance:?}");
        }
        // No page is lost.
        for page in pages.iter().filter(|page| page.path.starts_with("docs/how-to/")) {
            assert!(distances.contains_key(&page.path), "{} from {start}", page.path);
        }
    }
}

/// The example of each kind has a heading, a link, and text in code that looks like a link.
#[test]
fn links_and_headings_are_found() {
    let text = "# A *title*, `code`\n## Twice\n## Twice\n[a](x.md#y) `[b](c)`\n```\n# no\n[d](e)\n```\n![f](g.svg)\n";
    let page = Page { path: "docs/how-to/page.md".to_owned(), text: text.to_owned() };
    assert_eq!(targets(&page), ["x.md#y", "g.svg"]);
    assert_eq!(anchors(&page), BTreeSet::from(["a-title-code", "twice", "twice-1"].map(str::to_owned)));
    assert_eq!(resolve(&page, "../../README.md#a"), ("README.md".to_owned(), "a".to_owned()));
}
