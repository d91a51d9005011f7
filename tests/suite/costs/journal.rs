//! The time to read a journal.

use std::fs;
use std::time::{Duration, Instant};

use toolchainkit::journal::{FOLDER, Line, LineId, Outcome};
use toolchainkit::launch::journal::read as read_journal;

/// Without optimisation, this takes some ten times as long as in a release.
const LIMIT: Duration = Duration::from_millis(500);

#[test]
fn ten_thousand_compilations_are_read_in_a_short_time() {
    let build = tempfile::tempdir().unwrap();
    let lines = (0..10_000_u64).map(|index| {
        let id = Some(LineId(u32::MAX, index));
        let first = Line {
            id,
            at: index,
            build: format!("{}-{}", index / 1000, index / 1000),
            source: format!("src/component-{}/a/file-with-a-usual-name-{index}.cpp", index % 100),
            object: format!(
                "src/CMakeFiles/component-{}.dir/a/file-with-a-usual-name-{index}.cpp.o",
                index % 100
            ),
            language: "CXX".to_owned(),
            ..Line::default()
        };
        let (at, outcome, micros) = (index + 10, Some(Outcome::DirectHit), Some(4000 + index));
        first.text() + &Line { id, at, outcome, micros, ..Line::default() }.text()
    });
    fs::create_dir_all(build.path().join(FOLDER)).unwrap();
    fs::write(build.path().join(FOLDER).join("log"), lines.collect::<String>()).unwrap();
    let time = || {
        let begun = Instant::now();
        let journal = read_journal(build.path()).unwrap();
        assert_eq!((journal.entries.len(), journal.builds().len(), journal.damaged), (10_000, 10, 0));
        begun.elapsed()
    };
    let best = (0..5).map(|_| time()).min().unwrap();
    eprintln!("{best:?}");
    assert!(best < LIMIT, "{best:?}");
}
