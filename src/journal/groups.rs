//! The causes of many misses, grouped.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::cause::{Cause, Change, Kind, Wording};

/// The largest number of files that a group names in JSON and in an export.
const MOST_FILES: usize = 100;

/// A cause with the files that it explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CauseGroup {
    /// What differs: [`Kind::name`].
    pub kind: Kind,
    /// The cause as a clause, such as `the macro GIT_SHA changed`.
    pub sentence: String,
    /// What the user can do.
    pub advice: String,
    /// The number of files.
    pub number: usize,
    /// The number of all files that were compared.
    pub of: usize,
    /// The time of the compilations of these files, in microseconds; 0 if it is not known.
    pub micros: u64,
    /// The first files, sorted.
    pub files: Vec<String>,
    /// The causes of the same kind in the same files. The first one is in the sentence.
    pub causes: Vec<Cause>,
}

impl CauseGroup {
    /// The cause with the number of files, such as `the macro GIT_SHA changed (in 212 of 230 files)`.
    #[must_use]
    pub fn headline(&self) -> String {
        let Self { sentence, number, of, .. } = self;
        match of {
            1 => sentence.clone(),
            _ => format!("{sentence} (in {number} of {of} files)"),
        }
    }
}

/// One file with the causes of its miss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The source, for people.
    pub source: String,
    /// The object, relative to the build folder.
    pub object: String,
    /// The causes, the most specific one first.
    pub causes: Vec<Cause>,
    /// The time of the compilation in microseconds; 0 if it is not known.
    pub micros: u64,
}

/// Groups the causes of many files. The cause of the most files comes first.
#[must_use]
pub fn group(explained: &[Explained], wording: Wording) -> Vec<CauseGroup> {
    let resolved = with_causes_of_precompiled_headers(explained);
    let mut files: BTreeMap<&Cause, BTreeSet<usize>> = BTreeMap::new();
    for (index, causes) in resolved.iter().enumerate() {
        for cause in causes {
            files.entry(cause).or_default().insert(index);
        }
    }
    let mut merged: BTreeMap<(Kind, Change, BTreeSet<usize>), Vec<&Cause>> = BTreeMap::new();
    // An upgrade of a package changes many headers, and each edited source is its own cause.
    let mut of_kind: BTreeMap<Kind, Vec<(BTreeSet<usize>, &Cause)>> = BTreeMap::new();
    for (cause, indices) in files {
        if matches!(cause.kind, Kind::Source | Kind::SystemHeader) {
            of_kind.entry(cause.kind).or_default().push((indices, cause));
        } else {
            merged.entry((cause.kind, cause.change, indices)).or_default().push(cause);
        }
    }
    for (kind, mut causes) in of_kind {
        causes.sort_by_key(|(indices, _)| std::cmp::Reverse(indices.len()));
        let all = causes.iter().flat_map(|(indices, _)| indices).copied().collect();
        merged.insert((kind, Change::Changed, all), causes.into_iter().map(|(_, cause)| cause).collect());
    }
    let mut groups: Vec<CauseGroup> = Vec::new();
    for ((kind, _, indices), causes) in merged {
        // Causes with values of their own are not summed up.
        let sets = if is_summed_up(kind) {
            vec![causes]
        } else {
            causes.into_iter().map(|cause| vec![cause]).collect()
        };
        for causes in sets {
            groups.push(CauseGroup {
                kind,
                sentence: causes[0].sentence(wording, causes.len() - 1),
                advice: causes[0].advice().to_owned(),
                number: indices.len(),
                of: explained.len(),
                micros: indices.iter().map(|index| explained[*index].micros).sum(),
                files: indices
                    .iter()
                    .take(MOST_FILES)
                    .map(|index| explained[*index].source.clone())
                    .collect(),
                causes: causes.into_iter().cloned().collect(),
            });
        }
    }
    groups.sort_by(|one, other| (other.number, one.kind).cmp(&(one.number, other.kind)));
    for group in &mut groups {
        group.files.sort();
        group.files.dedup();
    }
    groups
}

const fn is_summed_up(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Source
            | Kind::Setting
            | Kind::ProjectHeader
            | Kind::GeneratedHeader
            | Kind::SystemHeader
            | Kind::OtherHeader
            | Kind::Macro
            | Kind::Environment
            | Kind::HeaderSet
    )
}

/// The causes of each file. A precompiled header that differs is replaced by its own causes, if they are known.
fn with_causes_of_precompiled_headers(explained: &[Explained]) -> Vec<Vec<Cause>> {
    let of_object: HashMap<&str, &[Cause]> =
        explained.iter().map(|file| (file.object.as_str(), file.causes.as_slice())).collect();
    let resolve = |cause: &Cause| -> Vec<Cause> {
        if cause.kind != Kind::PrecompiledHeader {
            return vec![cause.clone()];
        }
        let object = cause.name.strip_prefix("<build>/").unwrap_or(&cause.name);
        let own = of_object.get(object).filter(|own| own.iter().any(|cause| !cause.kind.is_possible_only()));
        own.map_or_else(|| vec![cause.clone()], |own| own.to_vec())
    };
    let mut all: Vec<Vec<Cause>> = Vec::new();
    for file in explained {
        let causes: BTreeSet<Cause> = file.causes.iter().flat_map(resolve).collect();
        all.push(causes.into_iter().collect());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(number: usize, causes: &[Cause]) -> Explained {
        let causes = causes.to_vec();
        Explained {
            source: format!("{number:03}.cpp"),
            object: format!("{number:03}.cpp.o"),
            causes,
            micros: 1000,
        }
    }

    fn named(kind: Kind, name: &str) -> Cause {
        Cause::new(kind, Change::Changed, name)
    }

    fn headlines(explained: &[Explained]) -> Vec<String> {
        group(explained, Wording::Time).iter().map(CauseGroup::headline).collect()
    }

    #[test]
    fn the_cause_of_the_most_files_comes_first() {
        let (sha, header) = (named(Kind::Macro, "GIT_SHA"), named(Kind::ProjectHeader, "a.h"));
        let mut files: Vec<Explained> =
            (0..212).map(|number| explained(number, std::slice::from_ref(&sha))).collect();
        files.extend((212..230).map(|number| explained(number, std::slice::from_ref(&header))));
        let groups = group(&files, Wording::Time);
        assert_eq!(groups[0].headline(), "the macro GIT_SHA changed (in 212 of 230 files)");
        assert!(
            groups[0].advice.starts_with("set it only for the source that needs it"),
            "{}",
            groups[0].advice
        );
        assert_eq!(groups[1].headline(), "a.h was edited (in 18 of 230 files)");
        assert_eq!((groups[0].files.len(), groups[1].files[0].as_str()), (MOST_FILES, "212.cpp"));
        assert_eq!(groups.iter().map(|group| group.micros).collect::<Vec<_>>(), [212_000, 18_000]);
    }

    #[test]
    fn similar_causes_in_the_same_files_are_summed_up() {
        let header = |name: &str| named(Kind::SystemHeader, name);
        let all =
            [header("/usr/include/math.h"), header("/usr/include/stdio.h"), header("/usr/include/wchar.h")];
        let files = [explained(1, &all), explained(2, &all[..2]), explained(3, &all[1..])];
        assert_eq!(
            headlines(&files),
            ["stdio.h and 2 other system headers changed (/usr/include/stdio.h) (in 3 of 3 files)"]
        );
        let macros = [named(Kind::Macro, "A"), named(Kind::Macro, "B")];
        let files = [explained(1, &macros), explained(2, &macros[..1])];
        assert_eq!(
            headlines(&files),
            ["the macro A changed (in 2 of 2 files)", "the macro B changed (in 1 of 2 files)"]
        );
        assert_eq!(headlines(&files[..1]), ["the macro A and 1 other macro changed"]);
        let edited = |name: &str| named(Kind::Source, name);
        let files = [explained(1, &[edited("1.cpp")]), explained(2, &[edited("2.cpp")])];
        assert_eq!(headlines(&files), ["2 sources were edited (in 2 of 2 files)"]);
        assert_eq!(headlines(&files[..1]), ["the source 1.cpp was edited"]);
    }

    #[test]
    fn a_precompiled_header_has_the_causes_of_its_own_compilation() {
        let edited = named(Kind::ProjectHeader, "common.h");
        let name = "<build>/CMakeFiles/app.dir/cmake_pch.hxx.gch";
        let mut own = explained(0, &[edited]);
        own.object = "CMakeFiles/app.dir/cmake_pch.hxx.gch".to_owned();
        let user = explained(1, &[named(Kind::PrecompiledHeader, name)]);
        assert_eq!(headlines(&[own, user.clone()]), ["common.h was edited (in 2 of 2 files)"]);
        assert_eq!(headlines(&[user]), [format!("the precompiled header {name} has other content now")]);
    }
}
