//! Placeholders for the folders of a checkout in the debug information of an object, and their replacement by the real paths.
//!
//! All placeholders have the length of the longest possible path, so an object keeps its size and its layout.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::process::{self, FileState};

/// The length of a placeholder. A longer path cannot replace one.
pub(super) const LENGTH: usize = 199;
/// The number of the placeholder for the checkout.
pub(super) const ROOT: usize = 0;
/// For the source folder.
pub(super) const SOURCE: usize = 1;
/// For the build folder.
pub(super) const BUILD: usize = 2;
/// A placeholder is one of these, and as many of [`FILLER`] as it needs. The first component of the path differs, because
/// Clang removes common components.
const NAMES: [&str; 3] = ["/toolchainkit-root", "/toolchainkit-source", "/toolchainkit-build"];
/// The beginning of the placeholder for an additional base directory. Its number follows.
const ADDITIONAL: &str = "/toolchainkit-base-";
const FILLER: u8 = b'_';
/// Every placeholder has a filler at a multiple of this, and after it a number of further ones.
const STEP: usize = 128;
const RUN: usize = 32;
/// A file is read in parts of this size. With a larger one, the kernel has to provide more memory.
const PART: usize = 64 << 10;

/// The placeholder with this number.
pub(super) fn placeholder(number: usize) -> String {
    let name = NAMES.get(number).map_or_else(|| format!("{ADDITIONAL}{number}"), |name| (*name).to_owned());
    format!("{name}{}", char::from(FILLER).to_string().repeat(LENGTH - name.len()))
}

/// Replaces the placeholders in an object, and in the file with its split debug information. Returns whether that was possible: in
/// compressed debug information, they cannot be found.
///
/// # Errors
///
/// If a file cannot be read or written. It stays as it is.
pub(super) fn fill_in(object: &Path, folders: &[(usize, PathBuf)]) -> io::Result<bool> {
    let is_filled = fill_in_file(object, folders)?;
    match fill_in_file(&object.with_extension("dwo"), folders) {
        Ok(is_dwo_filled) => Ok(is_filled && is_dwo_filled),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(is_filled),
        Err(error) => Err(error),
    }
}

fn fill_in_file(path: &Path, folders: &[(usize, PathBuf)]) -> io::Result<bool> {
    let file = File::open(path)?;
    let data = file.metadata()?;
    if !data.is_file() {
        return Ok(true);
    }
    let object = Object { file, length: data.len() };
    // One buffer for all parts: each new one costs the faults of its pages.
    let mut buffer = Vec::new();
    let Some(sections) = object.sections(&mut buffer) else { return Ok(false) };
    let mut changes = Vec::new();
    for section in &sections {
        for (start, number) in object.placeholders(section, &mut buffer)? {
            if let Some((_, folder)) = folders.iter().find(|(known, _)| *known == number) {
                changes.push((
                    start,
                    object.replacement(section, start, folder.as_os_str().as_encoded_bytes())?,
                ));
            }
        }
    }
    if changes.is_empty() {
        return Ok(true);
    }
    if FileState::of_open(&object.file)?.links == 1
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

fn copy_with(from: &Path, to: &Path, changes: &[(u64, Vec<u8>)]) -> io::Result<()> {
    fs::copy(from, to)?;
    process::make_writable(to)?;
    write(&OpenOptions::new().write(true).open(to)?, changes)?;
    fs::rename(to, from)
}

fn remove(path: &Path) {
    drop(fs::remove_file(path));
}

fn write(file: &File, changes: &[(u64, Vec<u8>)]) -> io::Result<()> {
    changes.iter().try_for_each(|(offset, bytes)| process::write_at(file, bytes, *offset))
}

/// A part of an object that may contain placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    bytes: Range<u64>,
    /// Whether it consists of strings, and references are to the beginnings of strings.
    has_strings: bool,
}

/// An object.
struct Object {
    file: File,
    length: u64,
}

impl Object {
    /// The sections of an ELF file with paths of debug information, and the whole of another object. None of other files, such as
    /// precompiled headers. `None` if they are compressed.
    fn sections(&self, buffer: &mut Vec<u8>) -> Option<Vec<Section>> {
        let start: [u8; 4] = self.read(0, 4).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
        if start == *b"\x7fELF" {
            let mut is_compressed = false;
            let sections = self.elf_sections(&mut is_compressed, buffer).unwrap_or_default();
            return (!is_compressed).then_some(sections);
        }
        let whole = Section { bytes: 0..self.length, has_strings: false };
        Some(if is_other_object(start) { vec![whole] } else { Vec::new() })
    }

    fn elf_sections(&self, is_compressed: &mut bool, buffer: &mut Vec<u8>) -> Option<Vec<Section>> {
        const SHF_ALLOC: u64 = 2;
        const SHF_STRINGS: u64 = 0x20;
        const SHF_COMPRESSED: u64 = 0x800;
        /// Symbols, strings, relocations, space, relocations, groups.
        const OTHER_TYPES: [u64; 6] = [2, 3, 4, 8, 9, 17];
        let header = self.read(0, 64)?;
        let is_wide = header[4] == 2;
        let is_big = header[5] == 2;
        let number = |bytes: &[u8], offset: usize, size: usize| number(bytes, offset, size, is_big);
        // The positions of the members for 64 and for 32 bits.
        let pick = |wide: usize, narrow: usize| if is_wide { wide } else { narrow };
        let word = pick(8, 4);
        let table = number(&header, pick(0x28, 0x20), word)?;
        let size = number(&header, pick(0x3a, 0x2e), 2)?;
        let mut count = number(&header, pick(0x3c, 0x30), 2)?;
        let mut names = number(&header, pick(0x3e, 0x32), 2)?;
        if count == 0 || names == 0xffff {
            // With very many sections, the first one has the numbers.
            let first = self.read(table, size)?;
            count = number(&first, pick(0x20, 0x14), word)?;
            names = number(&first, pick(0x28, 0x18), 4)?;
        }
        let place = |header: &[u8]| {
            Some((number(header, pick(0x18, 0x10), word)?, number(header, pick(0x20, 0x14), word)?))
        };
        let (names, _) = place(&self.read(table.checked_add(names.checked_mul(size)?)?, size)?)?;
        let mut sections = Vec::new();
        let per_part = (PART as u64).checked_div(size).filter(|number| *number > 0)?;
        for first in (0..count).step_by(usize::try_from(per_part).ok()?) {
            let part = per_part.min(count - first);
            let length = usize::try_from(part.checked_mul(size)?).ok()?;
            let headers = self.read_into(table.checked_add(first.checked_mul(size)?)?, length, buffer)?;
            for header in headers.chunks(usize::try_from(size).ok()?) {
                let flags = number(header, 8, word)?;
                if flags & SHF_ALLOC != 0 || OTHER_TYPES.contains(&number(header, 4, 4)?) {
                    continue;
                }
                // The name of the last section may be shorter.
                let at = names.checked_add(number(header, 0, 4)?)?;
                let name = self.read(at, 16.min(self.length.saturating_sub(at)))?;
                let is = |prefix: &str| name.starts_with(prefix.as_bytes());
                *is_compressed |= is(".zdebug_str") || is(".zdebug_line");
                if !is(".debug_str") && !is(".debug_line") {
                    continue;
                }
                *is_compressed |= flags & SHF_COMPRESSED != 0;
                let (offset, size) = place(header)?;
                let end = offset.checked_add(size).filter(|end| *end <= self.length)?;
                let section = Section { bytes: offset..end, has_strings: flags & SHF_STRINGS != 0 };
                if is(".debug_line") && !is(".debug_line_str") {
                    self.add_line_headers(&mut sections, section, is_big);
                } else {
                    sections.push(section);
                }
            }
        }
        Some(sections)
    }

    /// Adds the parts of a table of lines that may contain paths: the header of each unit, or all if a header is unusual, as
    /// where the linker computes the lengths.
    fn add_line_headers(&self, sections: &mut Vec<Section>, mut section: Section, is_big: bool) {
        let units = |section: &Section| {
            let start = section.bytes.start;
            let size = 32.min(section.bytes.end - start);
            let bytes = self.read(start, size)?;
            let number = |offset: usize, size: usize| number(&bytes, offset, size, is_big);
            let (at, word, length) = match number(0, 4)? {
                0xffff_ffff => (12, 8, number(4, 8)?),
                length => (4, 4, length),
            };
            let version = number(at, 2).filter(|version| (2..=5).contains(version))?;
            let at = at + if version == 5 { 4 } else { 2 };
            let end_of_header = start.checked_add((at + word) as u64)?.checked_add(number(at, word)?)?;
            let end = start.checked_add((if word == 8 { 12 } else { 4 }) + length)?;
            (end_of_header <= end && end <= section.bytes.end).then_some((end_of_header, end))
        };
        while !section.bytes.is_empty() {
            let Some((end_of_header, end)) = units(&section) else {
                sections.push(section);
                return;
            };
            sections.push(Section { bytes: section.bytes.start..end_of_header, ..section });
            section.bytes.start = end;
        }
    }

    /// The placeholders in a section: their starts and their numbers.
    fn placeholders(&self, section: &Section, buffer: &mut Vec<u8>) -> io::Result<Vec<(u64, usize)>> {
        let mut found = Vec::new();
        let size = section.bytes.end.saturating_sub(section.bytes.start).min(PART as u64);
        let size = usize::try_from(size).unwrap_or(PART);
        if buffer.len() < size {
            buffer.resize(size, 0);
        }
        let mut at = section.bytes.start;
        while at < section.bytes.end {
            let length = usize::try_from(section.bytes.end - at).unwrap_or(PART).min(buffer.len());
            let part = &mut buffer[..length];
            process::read_at(&self.file, part, at)?;
            let mut index = 0;
            while index < length {
                let is_run = part[index..].iter().take(RUN).all(|byte| *byte == FILLER);
                match is_run.then(|| self.placeholder_at(section, at + index as u64)).transpose()?.flatten() {
                    Some((start, number)) => {
                        found.push((start, number));
                        index = usize::try_from(start + LENGTH as u64 - at).unwrap_or(usize::MAX);
                    }
                    None => index += STEP,
                }
            }
            at += index as u64;
        }
        Ok(found)
    }

    /// The placeholder whose fillers are around `at`.
    fn placeholder_at(&self, section: &Section, at: u64) -> io::Result<Option<(u64, usize)>> {
        let start = at.saturating_sub(LENGTH as u64).max(section.bytes.start);
        let end = (at + LENGTH as u64).min(section.bytes.end);
        let mut bytes = vec![0; usize::try_from(end - start).unwrap_or_default()];
        process::read_at(&self.file, &mut bytes, start)?;
        let found = placeholder_at(&bytes, usize::try_from(at - start).unwrap_or_default());
        Ok(found.map(|(index, number)| (start + index as u64, number)))
    }

    /// The bytes that replace those from the placeholder at `start` on. Their number stays the same: between strings, nulls fill
    /// the rest, and elsewhere slashes, which have no meaning in a path.
    fn replacement(&self, section: &Section, start: u64, folder: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = folder.to_vec();
        if !section.has_strings {
            bytes.resize(LENGTH, b'/');
            return Ok(bytes);
        }
        let mut at = start + LENGTH as u64;
        let mut part = [0; 256];
        while at < section.bytes.end {
            let size = usize::try_from(section.bytes.end - at).unwrap_or(part.len()).min(part.len());
            process::read_at(&self.file, &mut part[..size], at)?;
            let of_string = part[..size].iter().take_while(|byte| **byte != 0).count();
            bytes.extend_from_slice(&part[..of_string]);
            at += of_string as u64;
            if of_string < size {
                break;
            }
        }
        bytes.resize(usize::try_from(at - start).unwrap_or_default(), 0);
        Ok(bytes)
    }

    fn read_into<'b>(&self, offset: u64, length: usize, buffer: &'b mut Vec<u8>) -> Option<&'b [u8]> {
        offset.checked_add(length as u64).filter(|end| *end <= self.length)?;
        if buffer.len() < length {
            buffer.resize(length, 0);
        }
        let part = &mut buffer[..length];
        process::read_at(&self.file, part, offset).ok()?;
        Some(part)
    }

    fn read(&self, offset: u64, size: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_into(offset, usize::try_from(size).ok()?, &mut bytes)?;
        Some(bytes)
    }
}

fn number(bytes: &[u8], offset: usize, size: usize, is_big: bool) -> Option<u64> {
    if let (8, false) = (size, is_big) {
        return Some(u64::from_le_bytes(bytes.get(offset..offset + 8)?.try_into().ok()?));
    }
    if let (4, false) = (size, is_big) {
        return Some(u32::from_le_bytes(bytes.get(offset..offset + 4)?.try_into().ok()?).into());
    }
    let bytes = bytes.get(offset..offset + size)?.iter();
    let add = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
    Some(if is_big { bytes.fold(0, add) } else { bytes.rev().fold(0, add) })
}

/// Whether a file with this start is an object in the format of Windows, macOS or WebAssembly.
const fn is_other_object(start: [u8; 4]) -> bool {
    matches!(start, [0x64, 0x86 | 0xaa, ..] | [0x4c, 0x01, ..] | [0, 0, 0xff, 0xff])
        || matches!(start, [0xce | 0xcf, 0xfa, 0xed, 0xfe] | [0, b'a', b's', b'm'])
        // Several objects of macOS.
        || matches!(start, [0xca, 0xfe, 0xba, 0xbe | 0xbf])
}

/// The placeholder whose fillers are around `at`: its start, and its number.
fn placeholder_at(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let fillers = bytes[..at].iter().rev().take_while(|byte| **byte == FILLER).count();
    let head = at - fillers;
    let known = NAMES.iter().position(|name| bytes[..head].ends_with(name.as_bytes()));
    let (number, length) = match known {
        Some(number) => (number, NAMES[number].len()),
        None => additional(&bytes[..head])?,
    };
    let start = head - length;
    let whole = bytes.get(start..start + LENGTH)?;
    whole[length..].iter().all(|byte| *byte == FILLER).then_some((start, number))
}

/// The number of the additional base directory whose name ends here, and the length of that name.
fn additional(bytes: &[u8]) -> Option<(usize, usize)> {
    let digits = bytes.iter().rev().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let (name, number) = bytes.split_at(bytes.len() - digits);
    let number = std::str::from_utf8(number).ok()?.parse().ok()?;
    name.ends_with(ADDITIONAL.as_bytes()).then_some((number, ADDITIONAL.len() + digits))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::launch::process;

    fn folders() -> Vec<(usize, PathBuf)> {
        vec![(ROOT, "/r".into()), (SOURCE, "/r/source".into()), (BUILD, "/b".into()), (12, "/x".into())]
    }

    fn path_of(number: usize) -> PathBuf {
        folders().into_iter().find(|(known, _)| *known == number).unwrap().1
    }

    /// A file with `bytes` that were filled in as one section.
    fn filled(bytes: &[u8], has_strings: bool) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.o");
        fs_err::write(&path, bytes).unwrap();
        let length = bytes.len() as u64;
        let object = Object { file: File::open(&path).unwrap(), length };
        let section = Section { bytes: 0..length, has_strings };
        let mut result = bytes.to_vec();
        for (start, number) in object.placeholders(&section, &mut Vec::new()).unwrap() {
            let folder = path_of(number);
            let changed = object.replacement(&section, start, folder.as_os_str().as_encoded_bytes()).unwrap();
            let start = usize::try_from(start).unwrap();
            result[start..start + changed.len()].copy_from_slice(&changed);
        }
        result
    }

    #[test]
    fn strings_get_shorter_and_nulls_fill_the_rest() {
        let long = "x".repeat(700);
        let strings = format!("x\0{}/{long}.c\0{}\0end\0", placeholder(ROOT), placeholder(BUILD));
        let bytes = filled(strings.as_bytes(), true);
        assert_eq!(bytes.len(), strings.len());
        let texts: Vec<_> = bytes.split(|byte| *byte == 0).filter(|text| !text.is_empty()).collect();
        let expected = format!("/r/{long}.c");
        assert_eq!(texts, [b"x".as_slice(), expected.as_bytes(), b"/b", b"end"]);
        // References to the beginnings of strings still hold.
        assert!(bytes[2..].starts_with(b"/r/x") && bytes[2 + LENGTH + 704..].starts_with(b"/b\0"));
        assert_eq!(filled(&bytes, true), bytes);
    }

    #[test]
    fn slashes_fill_the_rest_elsewhere() {
        let text = format!("\u{1}{}/a.c\0\u{2}", placeholder(SOURCE));
        let changed = String::from_utf8(filled(text.as_bytes(), false)).unwrap();
        assert!(changed.starts_with("\u{1}/r/source///") && changed.ends_with("//a.c\0\u{2}"), "{changed}");
        assert_eq!(changed.len(), text.len());
    }

    #[test]
    fn a_placeholder_is_found_at_every_place() {
        let starts = (0..2 * LENGTH).chain(PART - 2 * LENGTH..PART + 2 * LENGTH);
        for before in starts {
            let number = [ROOT, SOURCE, BUILD, 12][before % 4];
            let filler = if before % 2 == 0 { "_" } else { "x" };
            let text = format!("{}{}\0", filler.repeat(before), placeholder(number));
            let bytes = filled(text.as_bytes(), true);
            let folder = path_of(number);
            assert!(bytes[before..].starts_with(folder.as_os_str().as_encoded_bytes()), "{before}");
        }
    }

    #[test]
    fn similar_text_stays() {
        for text in [
            "_".repeat(3 * LENGTH),
            placeholder(ROOT)[..LENGTH - 1].to_owned(),
            placeholder(ROOT).replace("root", "rot"),
            format!("{}x", &placeholder(ROOT)[..LENGTH - 1]),
        ] {
            assert_eq!(filled(text.as_bytes(), true), text.as_bytes());
        }
    }

    #[test]
    fn a_hard_link_to_the_cache_is_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (stored, object) = (folder.path().join("stored"), folder.path().join("a.o"));
        let text = format!("\0asm{}/a.c", placeholder(ROOT));
        fs_err::write(&stored, &text).unwrap();
        fs_err::hard_link(&stored, &object).unwrap();
        assert!(fill_in(&object, &folders()).unwrap());
        assert_eq!(fs_err::read_to_string(&stored).unwrap(), text);
        let filled = fs_err::read_to_string(&object).unwrap();
        assert!(filled.starts_with("\0asm/r///") && filled.ends_with("//a.c") && filled.len() == text.len());
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn only_objects_are_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.o");
        for start in ["gpch", "CPCH", "", "\x7fELF"] {
            let text = format!("{start}{}", placeholder(ROOT));
            fs_err::write(&file, &text).unwrap();
            assert!(fill_in(&file, &folders()).unwrap());
            assert_eq!(fs_err::read_to_string(&file).unwrap(), text, "{start}");
        }
    }

    /// Compiles a C file with a placeholder for its folder; returns the object.
    fn compiled(folder: &Path, options: &[&str]) -> Option<PathBuf> {
        fs_err::write(folder.join("a.c"), "int main(void) { return 0; }\n").unwrap();
        let map = format!("-fdebug-prefix-map={}={}", folder.display(), placeholder(BUILD));
        let mut command = process::command("gcc");
        command.current_dir(folder).args(["-c", "-o", "a.o", &map]).args(options).arg(folder.join("a.c"));
        command.status().is_ok_and(|status| status.success()).then(|| folder.join("a.o"))
    }

    #[test]
    fn no_placeholder_remains_in_an_object() {
        let folder = tempfile::tempdir().unwrap();
        for options in [["-g", "-gdwarf-4"], ["-g", "-gdwarf-5"], ["-g3", "-O2"], ["-g", "-gsplit-dwarf"]] {
            let Some(object) = compiled(folder.path(), &options) else { return };
            let before = fs_err::read(&object).unwrap();
            let has =
                |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(has(&before, &placeholder(BUILD)), "{options:?}");
            assert!(fill_in(&object, &folders()).unwrap());
            let after = fs_err::read(&object).unwrap();
            assert!(!has(&after, "_____") && has(&after, "/b"), "{options:?}");
            assert_eq!(after.len(), before.len());
        }
    }

    #[test]
    fn compressed_debug_information_cannot_be_filled_in() {
        let folder = tempfile::tempdir().unwrap();
        // With little debug information, the assembler compresses nothing.
        if let Some(object) = compiled(folder.path(), &["-g3", "-gz"]) {
            let before = fs_err::read(&object).unwrap();
            assert!(!fill_in(&object, &folders()).unwrap());
            assert_eq!(fs_err::read(&object).unwrap(), before);
        }
    }
}
