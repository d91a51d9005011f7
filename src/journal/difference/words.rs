//! The texts of causes: shortened values, versions and paths.

/// The longest text of a value in a cause.
const LONGEST_VALUE: usize = 200;

/// The name of an option that has changed, or both spellings if it has no other name.
pub(super) fn shown_name(name: &str, old: &str, new: &str) -> String {
    if old.starts_with(name) && new.starts_with(name) { name.to_owned() } else { new.to_owned() }
}

pub(super) fn shortened(text: &str) -> String {
    if text.len() <= LONGEST_VALUE {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(LONGEST_VALUE)])
}

/// `g++ 12.2.0` of `g++ (Debian 12.2.0-14+deb12u1) 12.2.0`.
pub(super) fn short_version(line: &str) -> String {
    let mut text = String::new();
    let mut depth = 0_usize;
    for letter in line.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => text.push(letter),
            _ => {}
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    shortened(&words.join(" "))
}

pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The number of components at the end that two paths have in common.
pub(super) fn common_end(one: &str, other: &str) -> usize {
    one.rsplit('/').zip(other.rsplit('/')).take_while(|(one, other)| one == other).count()
}

pub(super) fn end_of(path: &str, components: usize) -> String {
    let all: Vec<&str> = path.split('/').collect();
    all[all.len() - components.min(all.len())..].join("/")
}

pub(super) fn folder_of(path: &str, components: usize) -> String {
    let all: Vec<&str> = path.split('/').collect();
    let folder = all[..all.len() - components.min(all.len())].join("/");
    if folder.is_empty() { "the source folder".to_owned() } else { folder }
}
