//! The comparison of two exports.

use std::collections::HashMap;

use serde::Serialize;

use super::cause::{Cause, Change, Kind, Wording};
use super::difference::{Pair, nearest};
use super::export::Export;
use super::groups::{CauseGroup, Explained, group};
use super::inputs::Inputs;

/// The largest number of names in a list of JSON.
const MOST_NAMES: usize = 1000;

/// The differences between two exports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The causes why the second one has no hits from the first one; the cause of the most files first.
    pub causes: Vec<CauseGroup>,
    /// The number of files that were compared.
    pub compared: usize,
    /// The number of those without a difference.
    pub same: usize,
    /// The files that only the first one has.
    pub only_here: Unmatched,
    /// The files that only the second one has.
    pub only_there: Unmatched,
}

/// Files that are not in both exports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    /// Their number.
    pub number: usize,
    /// The first ones, sorted.
    pub files: Vec<String>,
}

impl Unmatched {
    fn new(mut files: Vec<String>) -> Self {
        files.sort();
        let number = files.len();
        files.truncate(MOST_NAMES);
        Self { number, files }
    }
}

/// The records of one object, the newest first.
type Records<'a> = Vec<&'a Inputs>;

/// Compares the last compilation of each object in `there` with the nearest compilation of the same object in `here`. Objects are
/// the same if they have the same path below the build folder, or if only one object in each is compiled from a source.
#[must_use]
pub fn compare(here: &Export, there: &Export) -> Comparison {
    let (old, new) = (here.records(), there.records());
    let moved: Vec<String> = here
        .folders
        .iter()
        .filter(|(name, digest)| there.folders.get(*name) != Some(digest))
        .map(|(name, _)| name.clone())
        .collect();
    let (mut old_objects, new_objects) = (by_object(&old.0), by_object(&new.0));
    let unique_old = sources(&old_objects);
    let unique_new = sources(&new_objects);
    let with_time = there.compilations.iter().filter_map(|compilation| {
        let (name, file) = compilation.time_macro.as_ref()?;
        Some(((compilation.inputs.object.as_str(), compilation.inputs.at), (name.as_str(), file.as_str())))
    });
    let time_macros: HashMap<(&str, u64), (&str, &str)> = with_time.collect();
    let mut explained = Vec::new();
    let mut missing = Vec::new();
    let mut objects: Vec<&str> = new_objects.keys().copied().collect();
    objects.sort_unstable();
    let mut same = 0;
    for object in objects {
        let Some(now) = new_objects[object].first() else { continue };
        let is_unique = unique_new.get(now.source.0.as_str()).is_some_and(Option::is_some);
        let of_source = || unique_old.get(now.source.0.as_str()).copied().flatten().filter(|_| is_unique);
        let place = if old_objects.contains_key(object) { Some(object) } else { of_source() };
        let Some(earlier) = place.and_then(|place| old_objects.remove(place)) else {
            missing.push(now.source.0.clone());
            continue;
        };
        let causes = |before: &Inputs| {
            Pair { before, now, headers_before: &old.1, headers_now: &new.1, moved: &moved }.causes()
        };
        let mut causes = nearest(earlier, causes).map(|(_, causes)| causes).unwrap_or_default();
        let has_certain = causes.iter().any(|cause| !cause.kind.is_possible_only());
        if !has_certain && let Some((name, file)) = time_macros.get(&(now.object.as_str(), now.at)) {
            causes.push(Cause::new(Kind::TimeMacro, Change::Changed, *name).with("", *file));
        }
        if causes.is_empty() {
            same += 1;
        }
        explained.push(Explained {
            source: now.source.0.clone(),
            object: now.object.clone(),
            causes,
            micros: 0,
        });
    }
    let rest = old_objects.values().filter_map(|records| Some(records.first()?.source.0.clone()));
    let only_here = Unmatched::new(rest.collect());
    Comparison {
        causes: group(&explained, Wording::Machines),
        compared: explained.len(),
        same,
        only_here,
        only_there: Unmatched::new(missing),
    }
}

fn by_object(records: &[Inputs]) -> HashMap<&str, Records<'_>> {
    let mut all: HashMap<&str, Records<'_>> = HashMap::new();
    for inputs in records {
        all.entry(&inputs.object).or_default().push(inputs);
    }
    for records in all.values_mut() {
        records.sort_by_key(|inputs| std::cmp::Reverse(inputs.at));
    }
    all
}

/// The only object of each source; `None` if there are several.
fn sources<'a>(objects: &HashMap<&'a str, Records<'a>>) -> HashMap<&'a str, Option<&'a str>> {
    let mut all = HashMap::new();
    for (object, records) in objects {
        if let Some(first) = records.first() {
            all.entry(first.source.0.as_str()).and_modify(|only| *only = None).or_insert(Some(*object));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Headers;
    use crate::journal::export::Machine;

    fn inputs(object: &str, source: &str, at: u64, macro_value: &str) -> Inputs {
        Inputs {
            macros: vec![("A".to_owned(), macro_value.to_owned())],
            ..Inputs::of_test(at, object, source)
        }
    }

    fn export(source: &str, records: Vec<Inputs>, text: &'static str) -> Export {
        let machine = Machine { folders: vec![("<source>", source.to_owned())], ..Machine::default() };
        let records = records.into_iter().map(|inputs| vec![inputs]).collect();
        Export::new(&machine, records, &Headers::default(), &|_| Some(text.as_bytes().to_vec()))
    }

    #[test]
    fn objects_of_two_machines_are_compared_by_their_paths() {
        let here = export(
            "/a/b",
            vec![
                inputs("1.o", "1.c", 5, "x"),
                inputs("1.o", "1.c", 6, "z"),
                inputs("2.o", "2.c", 5, "x<source>"),
                inputs("old.dir/3.o", "3.c", 5, "x"),
                inputs("4.o", "4.c", 5, "x"),
                inputs("p/5.o", "5.c", 5, "x"),
                inputs("q/5.o", "5.c", 5, "x"),
            ],
            "int a;",
        );
        let there = export(
            "/c/d",
            vec![
                inputs("1.o", "1.c", 50, "x"),
                inputs("2.o", "2.c", 50, "x<source>"),
                inputs("new.dir/3.o", "3.c", 50, "y"),
                inputs("r/5.o", "5.c", 50, "x"),
            ],
            "int a;",
        );
        let found = compare(&here, &there);
        let headlines: Vec<String> = found.causes.iter().map(CauseGroup::headline).collect();
        assert_eq!(
            headlines,
            [
                "the macro A has another value there (in 1 of 3 files)",
                "the macro A contains the path of the checkout (in 1 of 3 files)"
            ]
        );
        assert_eq!((found.compared, found.same), (3, 1));
        assert_eq!(found.only_here.files, ["4.c", "5.c", "5.c"]);
        assert_eq!((found.only_there.number, found.only_there.files), (1, vec!["5.c".to_owned()]));
    }

    #[test]
    fn a_time_macro_is_the_cause_if_nothing_else_differs() {
        let one = export("/a/b", vec![inputs("1.o", "1.c", 5, "x")], "__TIME__");
        let found = compare(&one, &one);
        assert_eq!(found.causes[0].headline(), "__TIME__ in 1.c has another value in each compilation");
        assert_eq!(found.same, 0);
    }
}
