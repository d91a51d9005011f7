//! A build folder outside of the checkout, with ccache.
//!
//! ccache makes the paths of a command relative to the working directory, and so the name of the checkout becomes a part of the
//! key: `../my-checkout/src/a.c`. A link in the build folder avoids this: the compiler gets `.tk/src/a.c`, which is the same in
//! each checkout. sccache removes the paths from its key itself.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::super::arguments::Arguments;
use super::super::settings::Settings;
use super::super::stamp;
use crate::caching::tool::Tool;

/// The name of the link. ccache uses the shortest path to a file, so it must be shorter than the shortest other one, `../x`.
const NAME: &str = ".tk";
/// Options with a path as a joined value.
const WITH_PATH: &[&str] = &["-I", "-isystem", "-iquote", "-idirafter", "-include", "-imacros"];
/// Options that write paths into files which other programs read.
const RECORDS_PATHS: &[&str] =
    &["--coverage", "-fprofile", "-ftest-coverage", "-fcoverage", "-MJ", "-save-temps", "--save-temps"];
/// A part of the options that replace the beginnings of paths: `-fmacro-prefix-map=OLD=NEW` and others.
const MAP: &str = "-prefix-map=";
/// A part of the options that replace the working directory.
const DIRECTORY: &str = "-compilation-dir=";
/// The largest depfile to read.
const LARGEST: u64 = 64 << 20;

/// The link of a build folder.
#[derive(Debug)]
pub(super) struct Link {
    /// The link, absolute: ccache makes it relative.
    path: PathBuf,
    /// The same, relative to the working directory of the compiler.
    relative: PathBuf,
    root: PathBuf,
}

impl Link {
    /// The link for a compilation in `directory`; `None` if it is not needed, or cannot be used.
    pub(super) fn of(settings: &Settings, arguments: &Arguments, directory: &Path) -> Option<Self> {
        let Settings { root, build, .. } = settings;
        let is_needed = settings.tool == Tool::Ccache && settings.relocatable && !build.starts_with(root);
        if !is_needed || records_paths(arguments) || maps_parent(arguments, root) {
            return None;
        }
        let below = directory.strip_prefix(build).ok()?;
        let is_normal = below.components().all(|part| matches!(part, Component::Normal(_)));
        let up: PathBuf = below.components().map(|_| "..").collect();
        let link = Self { path: build.join(NAME), relative: up.join(NAME), root: root.clone() };
        (is_normal && link.exists()).then_some(link)
    }

    /// Whether the link leads to the checkout. Creates it, if nothing is there.
    fn exists(&self) -> bool {
        let is_there = || fs::read_link(&self.path).is_ok_and(|target| target == self.root);
        // Another compilation may create it at the same time.
        is_there() || (std::os::unix::fs::symlink(&self.root, &self.path).is_ok() || is_there())
    }

    /// The arguments with paths through the link.
    pub(super) fn arguments<'a>(&self, arguments: impl Iterator<Item = &'a OsString>) -> Vec<OsString> {
        let changed = arguments.flat_map(|argument| {
            let replaced = self.argument(argument).unwrap_or_else(|| argument.clone());
            [Some(replaced), self.own_map(argument)].into_iter().flatten()
        });
        changed.collect()
    }

    /// The same option for the link as for the checkout.
    fn own_map(&self, argument: &OsStr) -> Option<OsString> {
        let (option, old, new) = parts_of_map(argument.to_str()?)?;
        let rest = old.strip_prefix(self.root.to_str()?)?;
        let relative = self.relative.to_str()?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{option}{relative}{rest}={new}").into())
    }

    fn argument(&self, argument: &OsStr) -> Option<OsString> {
        let text = argument.to_str()?;
        let option = WITH_PATH.iter().find(|option| text.starts_with(**option)).copied().unwrap_or_default();
        let rest = Path::new(&text[option.len()..]).strip_prefix(&self.root).ok()?;
        // `..` after a link leads elsewhere than the text says.
        if rest.components().any(|part| !matches!(part, Component::Normal(_))) {
            return None;
        }
        let mut replaced = OsString::from(option);
        replaced.push(if rest.as_os_str().is_empty() { self.path.clone() } else { self.path.join(rest) });
        Some(replaced)
    }

    /// The option that replaces the link in debug information by the placeholder of the checkout.
    pub(super) fn map(&self, placeholder: &str) -> OsString {
        let mut option = OsString::from("-fdebug-prefix-map=");
        option.push(&self.relative);
        option.push("=");
        option.push(placeholder);
        option
    }

    /// Writes the real paths into the depfile: the build tool compares them with the outputs of other commands.
    ///
    /// # Errors
    ///
    /// If the file exists, and cannot be read.
    pub(super) fn restore(&self, depfile: &Path) -> io::Result<()> {
        let mut text = Vec::new();
        match fs::File::open(depfile) {
            Ok(file) => file.take(LARGEST).read_to_end(&mut text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let link = self.relative.as_os_str().as_encoded_bytes();
        let root = escaped(self.root.as_os_str().as_encoded_bytes());
        let restored = with_real_paths(&text, link, &root);
        if restored != text {
            stamp::replace(depfile, &restored);
        }
        Ok(())
    }
}

fn records_paths(arguments: &Arguments) -> bool {
    arguments.all().iter().any(|argument| {
        let text = argument.to_string_lossy();
        RECORDS_PATHS.iter().any(|option| text.starts_with(option))
            || (text.starts_with("-f") && text.contains(DIRECTORY))
    })
}

/// Whether an option replaces the path of a folder that contains the checkout.
fn maps_parent(arguments: &Arguments, root: &Path) -> bool {
    let root = root.to_string_lossy();
    arguments.all().iter().any(|argument| {
        parts_of_map(&argument.to_string_lossy())
            .is_some_and(|(_, old, _)| old.len() < root.len() && root.starts_with(old))
    })
}

/// The option with its first `=`, the old and the new beginning of the path.
fn parts_of_map(argument: &str) -> Option<(&str, &str, &str)> {
    let (_, map) = argument.strip_prefix("-f")?.split_once(MAP)?;
    let (old, new) = map.split_once('=')?;
    Some((&argument[..argument.len() - map.len()], old, new))
}

/// A path as in a Makefile.
fn escaped(path: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(path.len());
    for byte in path {
        match byte {
            b' ' | b'#' => text.push(b'\\'),
            b'$' => text.push(b'$'),
            _ => {}
        }
        text.push(*byte);
    }
    text
}

/// Replaces the link where a path begins.
fn with_real_paths(text: &[u8], link: &[u8], root: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len() * 2);
    let mut begins_path = true;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        if begins_path && text[at..].strip_prefix(link).is_some_and(|rest| rest.starts_with(b"/")) {
            result.extend_from_slice(root);
            at += link.len();
            begins_path = false;
            continue;
        }
        begins_path = byte.is_ascii_whitespace();
        result.push(*byte);
        at += 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link { path: "/w/build/.tk".into(), relative: "../.tk".into(), root: "/w/my project".into() }
    }

    #[test]
    fn paths_of_the_checkout_lead_through_the_link() {
        for (argument, replaced) in [
            ("/w/my project/src/a.c", Some("/w/build/.tk/src/a.c")),
            ("-I/w/my project", Some("-I/w/build/.tk")),
            ("-isystem/w/my project/inc", Some("-isystem/w/build/.tk/inc")),
            ("-I/w/my project2", None),
            ("-I/w/my project/../x", None),
            ("-DROOT=/w/my project/src", None),
            ("-o/w/my project/a.o", None),
            ("/w/build/a.c", None),
        ] {
            assert_eq!(link().argument(OsStr::new(argument)), replaced.map(OsString::from), "{argument}");
        }
    }

    #[test]
    fn a_depfile_has_the_real_paths() {
        let text =
            "a.o: ../.tk/src/a.c \\\n ../.tk/b.h gen/../.tk/c.h x../.tk/d.h ../.tkx/e.h\n\n../.tk/b.h:\n";
        let real = "a.o: /w/my\\ project/src/a.c \\\n /w/my\\ project/b.h gen/../.tk/c.h x../.tk/d.h ../.tkx/e.h\n\n/w/my\\ project/b.h:\n";
        let restored = with_real_paths(text.as_bytes(), b"../.tk", &escaped(b"/w/my project"));
        assert_eq!(String::from_utf8(restored).unwrap(), real);
        assert_eq!(escaped(b"/a$b #c"), b"/a$$b\\ \\#c");
    }

    #[test]
    fn maps_of_paths_apply_to_the_link() {
        for (argument, added) in [
            ("-fmacro-prefix-map=/w/my project/=./", Some("-fmacro-prefix-map=../.tk/=./")),
            ("-ffile-prefix-map=/w/my project/src=s", Some("-ffile-prefix-map=../.tk/src=s")),
            ("-fdebug-prefix-map=/w/my project2=x", None),
            ("-fmacro-prefix-map=/w/build=./build", None),
        ] {
            let arguments = link().arguments([OsString::from(argument)].iter());
            assert_eq!(arguments.get(1), added.map(OsString::from).as_ref(), "{argument}");
            assert_eq!(arguments[0], argument);
        }
        let maps = |argument: &str| {
            maps_parent(&Arguments::parse(vec![argument.into()], &|_| None), Path::new("/w/my project"))
        };
        assert!(maps("-ffile-prefix-map=/w=/x") && maps("-ffile-prefix-map=/w/my=/x"));
        assert!(!maps("-ffile-prefix-map=/w/my project=/x") && !maps("-ffile-prefix-map=/v=/x"));
    }

    #[test]
    fn commands_that_record_paths_do_not_use_the_link() {
        let records = |line: &str| {
            records_paths(&Arguments::parse(line.split(' ').map(OsString::from).collect(), &|_| None))
        };
        for line in ["-c a.c --coverage", "-fprofile-arcs", "-fdebug-compilation-dir=/b"] {
            assert!(records(line), "{line}");
        }
        assert!(!records("-g -O2 -fPIC -ffile-prefix-map=/a=/b -Ia -c a.c -o a.o"));
    }
}
