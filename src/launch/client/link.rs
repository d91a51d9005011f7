//! A build folder outside of the checkout, and other base directories outside of which it is, with ccache.
//!
//! ccache makes the paths of a command relative to the working directory, and so the name of the checkout becomes a part of the
//! key: `../my-checkout/src/a.c`. A link in the build folder avoids this: the compiler gets `.tk/src/a.c`, which is the same in
//! each checkout. Additional base directories have further links. sccache removes the paths from its key itself.

use std::cmp::Reverse;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::super::arguments::Arguments;
use super::super::placeholders::{BUILD, ROOT, placeholder};
use super::super::process;
use super::super::rules::Checkout;
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

/// The links of a build folder.
#[derive(Debug)]
pub(super) struct Links {
    /// The one with the longest target first.
    links: Vec<Link>,
}

/// A link in a build folder to a base directory.
#[derive(Debug)]
struct Link {
    /// The number of the placeholder of the base directory.
    number: usize,
    /// The link, absolute: ccache makes it relative.
    path: PathBuf,
    /// The same, relative to the working directory of the compiler.
    relative: PathBuf,
    /// The folder whose paths lead through the link.
    root: PathBuf,
    /// The same, by the path that CMake uses.
    target: PathBuf,
}

impl Links {
    /// The links for a compilation in `directory`; `None` if none is needed, or they cannot be used.
    pub(super) fn of(
        tool: Tool,
        checkout: &Checkout,
        arguments: &Arguments,
        directory: &Path,
    ) -> Option<Self> {
        let build = &checkout.build;
        if tool != Tool::Ccache || !checkout.relocatable {
            return None;
        }
        // Programs that follow links would never end in one that leads to a folder with the link.
        let has_link = |(number, root): &(usize, &Path)| match *number {
            ROOT => !checkout.has_build(),
            _ => !checkout.real_build().starts_with(root) && !build.starts_with(root),
        };
        let additional = checkout.places.iter().filter(|(number, _)| *number > BUILD);
        let all = std::iter::once((ROOT, &*checkout.root))
            .chain(additional.map(|(number, folder)| (*number, &**folder)));
        // What is in the build folder needs no link.
        let mut wanted: Vec<(usize, &Path)> = all
            .filter(|place| has_link(place) && !place.1.starts_with(build) && is_named(arguments, place.1))
            .collect();
        let own = [&*checkout.root, &*checkout.source, build];
        let is_mapped = |(number, root): &(usize, &Path)| {
            maps_parent(arguments, root, if *number == ROOT { &[] } else { &own })
        };
        if wanted.is_empty() || records_paths(arguments) || wanted.iter().any(is_mapped) {
            return None;
        }
        let below = directory.strip_prefix(build).ok()?;
        if !below.components().all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        let up: PathBuf = below.components().map(|_| "..").collect();
        wanted.sort_by_key(|(_, root)| Reverse(root.as_os_str().len()));
        let mut links: Vec<Link> = Vec::new();
        for (number, root) in wanted {
            let name = name(number)?;
            let first = || checkout.places.iter().find(|(known, _)| *known == number).map(|(_, path)| path);
            let target = if number == ROOT { Some(&checkout.root) } else { first() };
            let link = Link {
                number,
                path: build.join(&name),
                relative: up.join(&name),
                root: root.to_owned(),
                target: target?.clone(),
            };
            if !link.exists() {
                return None;
            }
            links.push(link);
        }
        Some(Self { links })
    }

    /// Whether the link to the checkout is one of them.
    pub(super) fn has_checkout(&self) -> bool {
        self.links.iter().any(|link| link.number == ROOT)
    }

    /// The arguments with paths through the links.
    pub(super) fn arguments<'a>(&self, arguments: impl Iterator<Item = &'a OsString>) -> Vec<OsString> {
        let changed = arguments.flat_map(|argument| {
            let replaced = self.links.iter().find_map(|link| link.argument(argument));
            let maps = self.links.iter().filter_map(|link| link.own_map(argument));
            std::iter::once(replaced.unwrap_or_else(|| argument.clone())).chain(maps).collect::<Vec<_>>()
        });
        changed.collect()
    }

    /// The options that replace the links in debug information by the placeholders.
    pub(super) fn maps(&self) -> Vec<OsString> {
        let mut maps: Vec<OsString> = Vec::new();
        for link in &self.links {
            let map = link.map(&placeholder(link.number));
            if !maps.contains(&map) {
                maps.push(map);
            }
        }
        maps
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
        let mut restored = text.clone();
        for link in &self.links {
            let name = link.relative.as_os_str().as_encoded_bytes();
            let root = escaped(link.target.as_os_str().as_encoded_bytes());
            restored = with_real_paths(&restored, name, &root);
        }
        if restored != text {
            stamp::replace(depfile, &restored);
        }
        Ok(())
    }
}

/// The name of the link to the base directory with this number; `None` if there are too many. All names are shorter than `../x`.
fn name(number: usize) -> Option<String> {
    if number == ROOT {
        return Some(NAME.to_owned());
    }
    let letter = u32::try_from(number - BUILD).ok().and_then(|number| char::from_digit(number, 36))?;
    // Not the name of the first link.
    (letter != 'k').then(|| format!(".t{letter}"))
}

/// Whether an argument names the folder.
fn is_named(arguments: &Arguments, root: &Path) -> bool {
    let root = root.as_os_str().as_encoded_bytes();
    arguments
        .all()
        .iter()
        .any(|argument| argument.as_encoded_bytes().windows(root.len()).any(|window| window == root))
}

impl Link {
    /// Whether the link leads to its target. Creates it, if nothing is there.
    fn exists(&self) -> bool {
        let is_there = || fs::read_link(&self.path).is_ok_and(|found| found == self.target);
        if is_there() {
            return true;
        }
        // The folder of an additional base directory may change with the next configuration.
        if self.number > BUILD && fs::read_link(&self.path).is_ok() {
            drop(fs::remove_file(&self.path));
        }
        // Another compilation may create it at the same time.
        process::make_link(&self.target, &self.path).is_ok() || is_there()
    }

    /// The same option for the link as for the checkout.
    fn own_map(&self, argument: &OsStr) -> Option<OsString> {
        let (option, old, new) = parts_of_map(argument.to_str()?)?;
        let rest = old.strip_prefix(self.root.to_str()?)?;
        let relative = self.relative.to_str()?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{option}{relative}{rest}={new}").into())
    }

    fn argument(&self, argument: &OsStr) -> Option<OsString> {
        moved(argument, &self.root, &self.path)
    }

    fn map(&self, placeholder: &str) -> OsString {
        let mut option = OsString::from("-fdebug-prefix-map=");
        option.push(&self.relative);
        option.push("=");
        option.push(placeholder);
        option
    }
}

/// A source or include folder below `from`, as a path below `to`.
fn moved(argument: &OsStr, from: &Path, to: &Path) -> Option<OsString> {
    let text = argument.to_str()?;
    let option = WITH_PATH.iter().find(|option| text.starts_with(**option)).copied().unwrap_or_default();
    let rest = Path::new(&text[option.len()..]).strip_prefix(from).ok()?;
    // `..` after a link leads elsewhere than the text says.
    if rest.components().any(|part| !matches!(part, Component::Normal(_))) {
        return None;
    }
    let mut replaced = OsString::from(option);
    replaced.push(if rest.as_os_str().is_empty() { to.to_owned() } else { to.join(rest) });
    Some(replaced)
}

/// The arguments with the paths that CMake uses. A project that asks for the real path of a file gets another one, if the checkout is
/// behind a link.
pub(super) fn with_paths_of_cmake(
    tool: Tool,
    arguments: Vec<OsString>,
    checkout: &Checkout,
) -> Vec<OsString> {
    let folders = [&checkout.root, &checkout.source, &checkout.build];
    let real = |(number, real): &(usize, PathBuf)| Some((real.clone(), (*folders.get(*number)?).clone()));
    let mut moves: Vec<(PathBuf, PathBuf)> = checkout.places.iter().filter_map(real).collect();
    moves.sort_by_key(|(real, _)| Reverse(real.as_os_str().len()));
    // The build folder may have its real path, also if the checkout has not. sccache has both as base directories; ccache before 4.12
    // has one, and makes paths of the build folder relative.
    let is_own = |argument: &OsStr| {
        let is_below = |folder: &&PathBuf| moved(argument, folder, folder).is_some();
        tool == Tool::Sccache && folders.iter().any(is_below)
    };
    let replaced = |argument: &OsString| {
        let replaced = moves.iter().find_map(|(real, folder)| moved(argument, real, folder))?;
        (!is_own(argument)).then_some(replaced)
    };
    arguments.into_iter().map(|argument| replaced(&argument).unwrap_or(argument)).collect()
}

fn records_paths(arguments: &Arguments) -> bool {
    arguments.all().iter().any(|argument| {
        let text = argument.to_string_lossy();
        RECORDS_PATHS.iter().any(|option| text.starts_with(option))
            || (text.starts_with("-f") && text.contains(DIRECTORY))
    })
}

/// Whether an option replaces the path of a folder that contains `root`. `own`: the folders for which the module has such options for
/// `__FILE__`; the launcher has one for `root`.
fn maps_parent(arguments: &Arguments, root: &Path, own: &[&Path]) -> bool {
    let root = root.to_string_lossy();
    arguments.all().iter().any(|argument| {
        parts_of_map(&argument.to_string_lossy()).is_some_and(|(option, old, _)| {
            let is_own = option == "-fmacro-prefix-map=" && own.contains(&Path::new(old));
            !is_own && old.len() < root.len() && root.starts_with(old)
        })
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

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link {
            number: ROOT,
            path: "/w/build/.tk".into(),
            relative: "../.tk".into(),
            root: "/w/my project".into(),
            target: "/w/my project".into(),
        }
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
            let arguments = Links { links: vec![link()] }.arguments([OsString::from(argument)].iter());
            assert_eq!(arguments.get(1), added.map(OsString::from).as_ref(), "{argument}");
            assert_eq!(arguments[0], argument);
        }
        let maps = |argument: &str| {
            let own = [Path::new("/w")];
            let arguments = Arguments::parse(vec![argument.into()], &|_| None);
            maps_parent(&arguments, Path::new("/w/my project"), &own)
        };
        assert!(!maps("-fmacro-prefix-map=/w/=./") && maps("-fmacro-prefix-map=/=./"));
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

    #[test]
    fn the_longest_base_directory_that_contains_a_path_has_the_link() {
        let place = |number: usize, root: &str| Link {
            number,
            path: Path::new("/w/build").join(name(number).unwrap()),
            relative: name(number).unwrap().into(),
            root: root.into(),
            target: root.into(),
        };
        let links = Links { links: vec![place(4, "/home/me/.conan2/p"), place(3, "/home/me")] };
        let arguments = ["-I/home/me/.conan2/p/x", "-I/home/me/y", "-I/home/other"].map(OsString::from);
        assert_eq!(
            links.arguments(arguments.iter()),
            ["-I/w/build/.t2/x", "-I/w/build/.t1/y", "-I/home/other"].map(OsString::from)
        );
        assert_eq!(name(BUILD + 36), None);
    }

    #[test]
    fn real_paths_become_those_that_cmake_uses() {
        let checkout = Checkout {
            root: "/link/p".into(),
            source: "/link/p/src".into(),
            build: "/link/p/build".into(),
            places: vec![
                (0, "/real/p".into()),
                (1, "/real/p/src".into()),
                (2, "/disk/b".into()),
                (3, "/x".into()),
            ],
            ..Checkout::default()
        };
        let arguments =
            ["-I/real/p/inc", "/real/p/src/a.c", "-I/disk/b", "-I/x/y", "-DA=/real/p", "-I/real/p/../q"];
        let replaced = [
            "-I/link/p/inc",
            "/link/p/src/a.c",
            "-I/link/p/build",
            "-I/x/y",
            "-DA=/real/p",
            "-I/real/p/../q",
        ];
        let arguments = arguments.map(OsString::from).to_vec();
        assert_eq!(with_paths_of_cmake(Tool::Sccache, arguments, &checkout), replaced.map(OsString::from));
        let checkout = Checkout { build: "/real/p/build".into(), ..checkout };
        let arguments = vec![OsString::from("-I/real/p/build/generated")];
        assert_eq!(with_paths_of_cmake(Tool::Sccache, arguments.clone(), &checkout), arguments);
    }
}
