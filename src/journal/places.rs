//! The folders of a machine, whose paths are replaced by placeholders, so that two checkouts and two machines can be compared.

use std::borrow::Cow;

use super::inputs::Inputs;

/// The placeholders, in the order in which a folder that is several of them is named.
const NAMES: [&str; 4] = ["<source>", "<build>", "<checkout>", "<home>"];

/// The folders of a build.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// Each folder with its placeholder, the longest folder first.
    folders: Vec<(String, &'static str)>,
}

impl Places {
    /// The top source folder, the build folder, the top folder of the checkout, and the home folder of the user. A path that is
    /// empty or has only one component is not replaced: `/` or `/root` would be a part of other paths.
    #[must_use]
    pub fn new(source: &str, build: &str, checkout: &str, home: &str) -> Self {
        let mut places = Self::default();
        for (folder, name) in [source, build, checkout, home].into_iter().zip(NAMES) {
            // The home of root has only one component.
            places.add(folder, name, if name == "<home>" { 1 } else { 2 });
        }
        places
    }

    fn add(&mut self, folder: &str, name: &'static str, least: usize) {
        let folder = folder.trim_end_matches('/');
        let components = folder.split('/').filter(|part| !part.is_empty()).count();
        let is_known = self.folders.iter().any(|(known, _)| known == folder);
        if folder.starts_with('/') && components >= least && !is_known {
            self.folders.push((folder.to_owned(), name));
            self.folders.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        }
    }

    /// Adds another path of one of the folders, such as the real path of a folder behind a link.
    #[must_use]
    pub fn with_alias(mut self, folder: &str, name: &str) -> Self {
        if let Some(name) = NAMES.into_iter().find(|known| *known == name) {
            self.add(folder, name, 2);
        }
        self
    }

    /// The text with placeholders in the place of these folders. A folder is replaced only where a path begins with it.
    #[must_use]
    pub fn replace<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut replaced = Cow::Borrowed(text);
        for (folder, name) in &self.folders {
            if replaced.contains(folder.as_str()) {
                replaced = Cow::Owned(replace_paths(&replaced, folder, name));
            }
        }
        replaced
    }
}

impl Places {
    /// The inputs with placeholders in all paths.
    #[must_use]
    pub fn neutral(&self, mut inputs: Inputs) -> Inputs {
        let texts = inputs.options.iter_mut().chain(&mut inputs.folders);
        let texts = texts.chain([&mut inputs.compiler.path, &mut inputs.object, &mut inputs.source.0]);
        let values =
            [&mut inputs.macros, &mut inputs.environment, &mut inputs.settings].into_iter().flatten();
        for text in texts.chain(values.map(|(_, value)| value)) {
            if let Cow::Owned(replaced) = self.replace(text) {
                *text = replaced;
            }
        }
        inputs
    }
}

/// The placeholders in a text.
pub fn placeholders(text: &str) -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().filter(move |name| text.contains(name))
}

/// Words for the folder of a placeholder.
#[must_use]
pub fn in_words(placeholder: &str) -> &'static str {
    match placeholder {
        "<build>" => "the build folder",
        "<home>" => "the home folder",
        _ => "the checkout",
    }
}

fn replace_paths(text: &str, folder: &str, name: &str) -> String {
    let is_in_name = |letter: char| letter.is_alphanumeric() || "._-+~".contains(letter);
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(folder) {
        let (before, after) = (&rest[..start], &rest[start + folder.len()..]);
        let begins = !before.chars().next_back().is_some_and(|letter| is_path_before(before, letter));
        let ends = !after.chars().next().is_some_and(is_in_name);
        replaced.push_str(before);
        replaced.push_str(if begins && ends { name } else { folder });
        rest = after;
    }
    replaced + rest
}

/// Whether a path goes on before this place: `/x` in `/y/x`, but not in `-I/x`.
fn is_path_before(before: &str, last: char) -> bool {
    if last == '.' || last == '>' {
        return true;
    }
    // An option and its joined value, as in `-I/x`.
    let word = before.rsplit(['=', ':', ',', '"', '\'', ' ']).next().unwrap_or_default();
    let is_option = word.starts_with('-') && !word.contains('/');
    last == '/' || (last.is_alphanumeric() && !is_option)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places::new("/home/a/p/src", "/home/a/p/build", "/home/a/p", "/home/a")
    }

    #[test]
    fn paths_get_the_placeholder_of_the_closest_folder() {
        for (text, expected) in [
            ("-I/home/a/p/src/include", "-I<source>/include"),
            ("-I/home/a/p/third", "-I<checkout>/third"),
            ("/home/a/p/build/gen/x.h", "<build>/gen/x.h"),
            ("-isystem /home/a/.conan/x", "-isystem <home>/.conan/x"),
            ("-ffile-prefix-map=/home/a/p=.", "-ffile-prefix-map=<checkout>=."),
            ("-DX=\"/home/a/p/src\"", "-DX=\"<source>\""),
            ("-Wl,-rpath,/home/a/p/lib:/home/a/lib", "-Wl,-rpath,<checkout>/lib:<home>/lib"),
            ("--sysroot=/home/a", "--sysroot=<home>"),
        ] {
            assert_eq!(places().replace(text), expected);
        }
    }

    #[test]
    fn a_part_of_another_path_is_no_folder() {
        for text in
            ["/home/abc/x", "/mnt/home/a/p/x", "-I/mnt/home/a/p", "/home/a-b", "/usr/include", "x/home/a"]
        {
            assert_eq!(places().replace(text), text);
        }
    }

    #[test]
    fn the_top_folder_of_the_system_is_not_replaced() {
        let places = Places::new("/", "", "/src", "/root");
        assert_eq!(places.replace("/src/x.c /usr/x /root/y"), "/src/x.c /usr/x <home>/y");
    }
}
