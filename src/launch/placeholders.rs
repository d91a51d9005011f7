//! Placeholders for the folders of a checkout in the debug information of an object, and their replacement by the real paths.
//!
//! All placeholders have the length of the longest possible path, so an object keeps its size and its layout.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// The length of a placeholder. A longer path cannot replace one.
pub(super) const LENGTH: usize = 199;
/// The number of the placeholder for the checkout.
pub(super) const ROOT: usize = 0;
/// For the source folder.
pub(super) const SOURCE: usize = 1;
/// For the build folder.
pub(super) const BUILD: usize = 2;
/// A placeholder is one of these and as many of [`FILLER`] as it needs. The first component of the path differs, because
/// Clang removes common components.
const NAMES: [&str; 3] = ["/toolchainkit-root", "/toolchainkit-source", "/toolchainkit-build"];
const FILLER: u8 = b'_';
/// Fewer fillers than each placeholder has.
const STEP: usize = 128;

/// The placeholder with this number.
pub(super) fn placeholder(number: usize) -> String {
    let name = NAMES[number];
    format!("{name}{}", char::from(FILLER).to_string().repeat(LENGTH - name.len()))
}

/// Replaces the placeholders in an object, and in the file with its split debug information. Returns whether that was possible: in
/// compressed debug information, they cannot be found.
///
/// # Errors
///
/// If a file cannot be read or written. It stays as it is.
pub(super) fn fill_in(object: &Path, folders: &[PathBuf; 3]) -> io::Result<bool> {
    let folders = folders.each_ref().map(|folder| folder.as_os_str().as_bytes());
    let is_filled = fill_in_file(object, folders)?;
    match fill_in_file(&object.with_extension("dwo"), folders) {
        Ok(is_dwo_filled) => Ok(is_filled && is_dwo_filled),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(is_filled),
        Err(error) => Err(error),
    }
}

fn fill_in_file(path: &Path, folders: [&[u8]; 3]) -> io::Result<bool> {
    let file = File::open(path)?;
    let data = file.metadata()?;
    if !data.is_file() {
        return Ok(true);
    }
    let Some(sections) = sections(&file, data.len()) else { return Ok(false) };
    let mut changes = Vec::new();
    for section in sections {
        let mut bytes = vec![0; section.size];
        file.read_exact_at(&mut bytes, section.offset)?;
        if let Some(range) = replace(&mut bytes, section.has_strings, folders) {
            changes.push((section.offset + range.start as u64, bytes[range].to_vec()));
        }
    }
    if changes.is_empty() {
        return Ok(true);
    }
    if data.nlink() == 1
        && let Ok(file) = OpenOptions::new().write(true).open(path)
    {
        write(&file, &changes)?;
        return Ok(true);
    }
    // It may be a hard link to the entry in the cache.
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let copy = PathBuf::from(name);
    let done = copy_with(path, &copy, &changes);
    if done.is_err() {
        remove(&copy);
    }
    done.map(|()| true)
}

#[expect(clippy::disallowed_methods, reason = "the message names no path")]
fn copy_with(from: &Path, to: &Path, changes: &[(u64, Vec<u8>)]) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::copy(from, to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(fs::metadata(from)?.mode() | 0o200))?;
    write(&OpenOptions::new().write(true).open(to)?, changes)?;
    fs::rename(to, from)
}

#[expect(clippy::disallowed_methods, reason = "the file may not exist")]
fn remove(path: &Path) {
    drop(fs::remove_file(path));
}

fn write(file: &File, changes: &[(u64, Vec<u8>)]) -> io::Result<()> {
    changes.iter().try_for_each(|(offset, bytes)| file.write_all_at(bytes, *offset))
}

/// A part of an object that may contain placeholders.
#[derive(Debug, PartialEq, Eq)]
struct Section {
    offset: u64,
    size: usize,
    /// Whether it consists of strings, and references are to the beginnings of strings.
    has_strings: bool,
}

/// The sections of an ELF file with paths of debug information, and the whole of another object. None of other files, such as
/// precompiled headers. `None` if they are compressed.
fn sections(file: &File, length: u64) -> Option<Vec<Section>> {
    let mut start = [0; 4];
    if file.read_exact_at(&mut start, 0).is_err() {
        return Some(Vec::new());
    }
    if start == *b"\x7fELF" {
        let sections = elf_sections(file, length).unwrap_or_default();
        return if sections.iter().any(|(_, is_compressed)| *is_compressed) {
            None
        } else {
            Some(sections.into_iter().map(|(section, _)| section).collect())
        };
    }
    let size = usize::try_from(length).unwrap_or_default();
    let whole = Section { offset: 0, size, has_strings: false };
    Some(if is_other_object(start) { vec![whole] } else { Vec::new() })
}
/// Whether a file with this start is an object in the format of Windows, macOS or WebAssembly.
fn is_other_object(start: [u8; 4]) -> bool {
    const MACHINES: [[u8; 2]; 3] = [[0x64, 0x86], [0x4c, 0x01], [0x64, 0xaa]];
    const STARTS: [[u8; 4]; 4] =
        [[0, 0, 0xff, 0xff], [0xce, 0xfa, 0xed, 0xfe], [0xcf, 0xfa, 0xed, 0xfe], *b"\0asm"];
    MACHINES.contains(&[start[0], start[1]]) || STARTS.contains(&start)
}

/// The sections with strings of debug information, and whether each is compressed.
fn elf_sections(file: &File, length: u64) -> Option<Vec<(Section, bool)>> {
    const SHF_STRINGS: u64 = 0x20;
    const SHF_COMPRESSED: u64 = 0x800;
    const PREFIXES: [&[u8]; 4] = [b".debug_str", b".debug_line", b".zdebug_str", b".zdebug_line"];
    const SHT_NOBITS: u64 = 8;
    let read = |offset: u64, size: u64| {
        let end = offset.checked_add(size).filter(|end| *end <= length)?;
        let mut bytes = vec![0; usize::try_from(end - offset).ok()?];
        file.read_exact_at(&mut bytes, offset).ok()?;
        Some(bytes)
    };
    let header = read(0, 64)?;
    let is_wide = header[4] == 2;
    let number = |bytes: &[u8], offset: usize, size: usize| {
        let bytes = bytes.get(offset..offset + size)?.iter();
        let add = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        Some(if header[5] == 2 { bytes.fold(0, add) } else { bytes.rev().fold(0, add) })
    };
    // The positions of the members for 64 and for 32 bits.
    let pick = |wide: usize, narrow: usize| if is_wide { wide } else { narrow };
    let word = pick(8, 4);
    let table = number(&header, pick(0x28, 0x20), word)?;
    let size = number(&header, pick(0x3a, 0x2e), 2)?;
    let mut count = number(&header, pick(0x3c, 0x30), 2)?;
    let mut names = number(&header, pick(0x3e, 0x32), 2)?;
    if count == 0 || names == 0xffff {
        // With very many sections, the first one has the numbers.
        let first = read(table, size)?;
        count = number(&first, pick(0x20, 0x14), word)?;
        names = number(&first, pick(0x28, 0x18), 4)?;
    }
    let headers = read(table, size.checked_mul(count)?)?;
    let size = usize::try_from(size).ok().filter(|size| *size > 0)?;
    let place = |header: &[u8]| {
        Some((number(header, pick(0x18, 0x10), word)?, number(header, pick(0x20, 0x14), word)?))
    };
    let (offset, length_of_names) = place(headers.chunks(size).nth(usize::try_from(names).ok()?)?)?;
    let names = read(offset, length_of_names)?;
    let mut sections = Vec::new();
    for header in headers.chunks(size) {
        let name = names.get(usize::try_from(number(header, 0, 4)?).ok()?..)?;
        if PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && number(header, 4, 4)? != SHT_NOBITS {
            let (offset, size) = place(header)?;
            offset.checked_add(size).filter(|end| *end <= length)?;
            let flags = number(header, 8, word)?;
            let is_compressed = flags & SHF_COMPRESSED != 0 || name.starts_with(b".z");
            let has_strings = flags & SHF_STRINGS != 0;
            sections
                .push((Section { offset, size: usize::try_from(size).ok()?, has_strings }, is_compressed));
        }
    }
    Some(sections)
}

/// Replaces the placeholders in `bytes` by `folders`; returns the range that has changed. The length stays the same: between
/// strings, nulls fill the rest, and elsewhere slashes, which have no meaning in a path.
fn replace(bytes: &mut [u8], has_strings: bool, folders: [&[u8]; 3]) -> Option<Range<usize>> {
    let mut changed: Option<Range<usize>> = None;
    let mut at = 0;
    while at < bytes.len() {
        let Some((start, number)) = (bytes[at] == FILLER).then(|| placeholder_at(bytes, at)).flatten() else {
            at += STEP;
            continue;
        };
        let (folder, end) = (folders[number], start + LENGTH);
        let rest = start + folder.len();
        bytes[start..rest].copy_from_slice(folder);
        at = end;
        if has_strings {
            let length = bytes[end..].iter().position(|byte| *byte == 0).unwrap_or(bytes.len() - end);
            at += length;
            bytes.copy_within(end..at, rest);
            bytes[rest + length..at].fill(0);
        } else {
            bytes[rest..end].fill(b'/');
        }
        changed = Some(changed.map_or(start, |range| range.start)..at);
    }
    changed
}

/// The placeholder whose fillers are around `at`: its start, and its index.
fn placeholder_at(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let fillers = bytes[..at].iter().rev().take(LENGTH).take_while(|byte| **byte == FILLER).count();
    let head = at - fillers;
    let number = NAMES.iter().position(|name| bytes[..head].ends_with(name.as_bytes()))?;
    let start = head - NAMES[number].len();
    let whole = bytes.get(start..start + LENGTH)?;
    whole[NAMES[number].len()..].iter().all(|byte| *byte == FILLER).then_some((start, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> [&'static [u8]; 3] {
        [b"/r", b"/r/source", b"/b"]
    }

    fn paths() -> [PathBuf; 3] {
        ["/r".into(), "/r/source".into(), "/b".into()]
    }

    #[test]
    fn strings_get_shorter_and_nulls_fill_the_rest() {
        let strings = format!("x\0{}/a.c\0{}\0end\0", placeholder(0), placeholder(2));
        let mut bytes = strings.clone().into_bytes();
        assert_eq!(replace(&mut bytes, true, folders()), Some(2..strings.len() - 5));
        assert_eq!(bytes.len(), strings.len());
        let texts: Vec<_> = bytes.split(|byte| *byte == 0).filter(|text| !text.is_empty()).collect();
        assert_eq!(texts, [b"x".as_slice(), b"/r/a.c", b"/b", b"end"]);
        // References to the beginnings of strings still hold.
        assert!(bytes[2..].starts_with(b"/r/a.c\0") && bytes[2 + LENGTH + 5..].starts_with(b"/b\0"));
        assert_eq!(replace(&mut bytes, true, folders()), None);
    }

    #[test]
    fn slashes_fill_the_rest_elsewhere() {
        let mut bytes = format!("\u{1}{}/a.c\0\u{2}", placeholder(1)).into_bytes();
        let length = bytes.len();
        assert_eq!(replace(&mut bytes, false, folders()), Some(1..1 + LENGTH));
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("\u{1}/r/source///") && text.ends_with("//a.c\0\u{2}"), "{text}");
        assert_eq!(text.len(), length);
    }

    #[test]
    fn a_placeholder_is_found_at_every_place() {
        for before in 0..2 * LENGTH {
            for place in 0..NAMES.len() {
                let text = format!("{}{}\0", "_".repeat(before), placeholder(place));
                let mut bytes = text.into_bytes();
                assert!(replace(&mut bytes, true, folders()).is_some(), "{before}");
                assert!(bytes[before..].starts_with(folders()[place]), "{before}");
            }
        }
    }

    #[test]
    fn similar_text_stays() {
        for text in [
            "_".repeat(3 * LENGTH),
            placeholder(0)[..LENGTH - 1].to_owned(),
            placeholder(0).replace("root", "rot"),
            format!("{}x", &placeholder(0)[..LENGTH - 1]),
        ] {
            let mut bytes = text.clone().into_bytes();
            assert_eq!(replace(&mut bytes, true, folders()), None, "{text}");
            assert_eq!(bytes, text.as_bytes());
        }
    }

    #[test]
    fn a_hard_link_to_the_cache_is_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (stored, object) = (folder.path().join("stored"), folder.path().join("a.o"));
        let text = format!("\0asm{}/a.c", placeholder(0));
        fs_err::write(&stored, &text).unwrap();
        fs_err::hard_link(&stored, &object).unwrap();
        assert!(fill_in(&object, &paths()).unwrap());
        assert_eq!(fs_err::read_to_string(&stored).unwrap(), text);
        let filled = fs_err::read_to_string(&object).unwrap();
        assert!(
            filled.starts_with("\0asm/r///") && filled.ends_with("//a.c") && filled.len() == text.len(),
            "{filled}"
        );
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn only_objects_are_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.o");
        for start in ["gpch", "CPCH", "", "\x7fELF"] {
            let text = format!("{start}{}", placeholder(0));
            fs_err::write(&file, &text).unwrap();
            assert!(fill_in(&file, &paths()).unwrap());
            assert_eq!(fs_err::read_to_string(&file).unwrap(), text, "{start}");
        }
    }
}
