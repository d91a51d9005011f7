//! The cases on Windows, under Wine: no hit is wrong with clang and `clang-cl`, and each compilation that can hit does.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::cases::{self, Case, Misses, NEWEST_CLANG, microsoft};
use super::project::{self, Built, State};
use super::rebuild::{compare, wait_for_another_second};
use super::{CACHES, Cell};
use crate::list::{self, List};
use crate::support::{Finished, Run, Tools, Wine};
use crate::windows::programs::with_programs;
use crate::windows::project::{Project, call};

/// The name of the compiler that takes the options of Microsoft's.
const CLANG_CL: &str = "clang-cl";

/// The cases with clang are built in parts, because a build of all would take half an hour.
const PARTS: usize = 4;

/// The cases that Windows, or the compiler in the lab, cannot have.
const NOT_HERE: [(&str, &str); 12] = [
    ("position independent code", "the option does not exist for Windows"),
    ("position independent code in a library", "the path of an import library is no object"),
    ("a renamed header with another case", "the name is the same on Windows"),
    ("a merged profile file", "the lab has no llvm-profdata"),
    ("a merged profile in a folder", "the lab has no llvm-profdata"),
    ("a source in assembler", "the source is one for ELF"),
    ("C and assembler", "the source is one for ELF"),
    ("a header of Objective-C", "there is no Objective-C"),
    ("a header of Objective-C++", "there is no Objective-C"),
    ("Objective-C", "there is no Objective-C"),
    ("Objective-C++", "there is no Objective-C"),
    ("the time of day in a header", "the case with __TIME__ in the source is enough of those that wait"),
];

/// A compiler, a cache, and a part of the cases.
#[derive(Clone, Copy)]
struct Part {
    cell: Cell,
    /// From 0 to [`PARTS`] - 1.
    part: usize,
}

impl list::Cell for Part {
    fn name(&self) -> String {
        let name = list::Cell::name(&self.cell);
        if self.cell.compiler == CLANG_CL { name } else { format!("{name}::part-{}", self.part + 1) }
    }
}

pub(super) fn tests(list: &mut List) {
    // Only --full installs the Windows lab.
    if !Tools::full() {
        return;
    }
    let caches = [CACHES[0], CACHES[3]];
    let of = |compiler, parts| {
        caches
            .map(|cache| Cell { compiler, cache })
            .into_iter()
            .flat_map(move |cell| (0..parts).map(move |part| Part { cell, part }))
    };
    list.add_cells(module_path!(), "changes", of(NEWEST_CLANG, PARTS).chain(of(CLANG_CL, 1)), changes);
    let cells = caches.map(|cache| Cell { compiler: NEWEST_CLANG, cache });
    list.add_cells(module_path!(), "hits", cells, hits);
}

/// Without the cases that cannot be here.
fn possible(cases: Vec<&'static Case>) -> Vec<&'static Case> {
    let is_possible = |case: &&Case| NOT_HERE.iter().all(|(name, _)| *name != case.name);
    cases.into_iter().filter(is_possible).collect()
}

/// A checkout on drive C: with the cases.
struct Place<'a> {
    wine: &'a Wine,
    cell: Cell,
    project: Project<'a>,
    folder: &'a str,
    cases: Vec<&'static Case>,
}

impl<'a> Place<'a> {
    fn new(wine: &'a Wine, cell: Cell, folder: &'a str, cases: &[&'static Case]) -> Self {
        let tool = call(cell.cache, "PROJECT cases");
        let project = if cell.compiler == CLANG_CL {
            Project::of_microsoft(wine, folder, &tool)
        } else {
            Project::of_c(wine, folder, &tool).option("-DCMAKE_BUILD_TYPE=Release")
        };
        Self { wine, cell, project, folder, cases: cases.to_vec() }
    }

    fn source(&self) -> PathBuf {
        self.project.path("")
    }

    fn write(&self, state: State) {
        let languages = if self.cell.compiler == CLANG_CL { "C" } else { "C CXX" };
        project::write_in_languages(languages, &self.source(), &self.cases, state);
    }

    /// Rebuilds everything, and collects the results of each case.
    fn build(&self) -> Vec<Built> {
        self.build_with("")
    }

    /// The same with the variable set.
    fn build_with(&self, variable: &str) -> Vec<Built> {
        for case in &self.cases {
            let objects = self.project.path("build").join(case.target()).join("CMakeFiles");
            project::remove_beside(&objects);
        }
        let mut command = self.wine.command("cmake");
        command.args(["--build", "build"]).args(project::REBUILD).current_dir(self.source());
        if !variable.is_empty() {
            command.env(variable, "1");
        }
        let built = command.run_within(Duration::from_mins(9));
        assert!(built.code() == Some(0), "{built}");
        self.run_programs();
        let collect = |case: &&'static Case| {
            let folder = self.project.path("build").join(case.target());
            let output = fs::read_to_string(folder.join("output.txt")).unwrap_or_default();
            let mut built = project::collect(&folder, output, case);
            for (path, bytes) in &mut built.files {
                remove_time(path, bytes);
            }
            built
        };
        self.cases.iter().map(collect).collect()
    }

    /// Writes the output of each program beside it. One batch file does it, because Wine takes long to start.
    fn run_programs(&self) {
        let mut lines = String::from("@echo off\r\n");
        let build = self.project.path("build");
        for case in &self.cases {
            let target = case.target();
            let program = build.join(&target).join(format!("{target}.exe"));
            let output = build.join(&target).join("output.txt");
            if program.exists() {
                lines.push_str(&format!("{target}\\{target}.exe >{target}\\output.txt 2>&1\r\n"));
            } else if output.exists() {
                fs::remove_file(output).expect("the file can be removed");
            }
        }
        fs::write(build.join("run.cmd"), lines).expect("a batch file");
        self.wine.run_to_any_end(&format!("{}/build", self.folder), "cmd", &["/c", "run.cmd"]);
    }

    /// Builds with the same commands, without hits.
    fn without_cache(&self) -> Vec<Built> {
        if self.cell.is_sccache() {
            return self.build_with("TOOLCHAINKIT_BYPASS");
        }
        // ccache makes paths relative before it runs the compiler, so the cache is empty instead.
        let folder = self.wine.local_data().join("toolchainkit/cache");
        let away = folder.with_extension("away");
        let is_there = folder.exists();
        if is_there {
            fs::rename(&folder, &away).expect("the cache can be moved");
        }
        let built = self.build();
        if is_there {
            fs::remove_dir_all(&folder).expect("the other cache can be removed");
            fs::rename(&away, &folder).expect("the cache can be moved back");
        }
        built
    }
}

/// `clang-cl` writes the time into an object, as Microsoft's compiler does, for incremental linking.
fn remove_time(path: &Path, bytes: &mut [u8]) {
    const X86_64: [u8; 2] = [0x64, 0x86];
    if path.extension().is_some_and(|extension| extension == "obj") && bytes.starts_with(&X86_64) {
        bytes[4..8].fill(0);
    }
}

fn changes(Part { cell, part }: Part) -> Result<String, String> {
    let Some(wine) = with_programs() else { return Ok("skipped".to_owned()) };
    let cases: Vec<&Case> = if cell.compiler == CLANG_CL {
        microsoft::CASES.iter().collect()
    } else {
        let all = possible(cases::of(cell.compiler, None)).into_iter().enumerate();
        all.filter(|(index, _)| index % PARTS == part).map(|(_, case)| case).collect()
    };
    let place = Place::new(&wine, cell, "t/Fälle eins", &cases);
    place.write(State::Before);
    place.project.configure();
    let before = place.without_cache();
    wait_for_another_second(&cases);
    let mut faults = compare("cold", cell, &cases, &before, &place.build());

    // Windows counts in tenths of a microsecond, but Wine's files have seconds on some systems.
    thread::sleep(Duration::from_millis(1100));
    place.write(State::After);
    let after = place.without_cache();
    wait_for_another_second(&cases);
    faults.extend(compare("warm", cell, &cases, &after, &place.build()));
    for (case, (before, after)) in cases.iter().zip(before.iter().zip(&after)) {
        if before == after && !(case.contains_paths)(cell) {
            faults.push(format!("{}: the objects did not change", case.name));
        }
    }

    place.write(State::Before);
    let mut back = Vec::new();
    let (hits, misses) = place.project.counted(|| back = place.build());
    faults.extend(compare("and back", cell, &cases, &before, &back));
    let uncached = cases.iter().filter(|case| case.is_uncached).count() as u64;
    if hits + uncached + 2 < cases.len() as u64 {
        faults.push(format!("{hits} hits and {misses} misses after the change was reverted"));
    }
    let figures =
        format!("{} cases, {hits} hits and {misses} misses after the change was reverted", cases.len());
    if faults.is_empty() { Ok(figures) } else { Err(format!("{figures}\n  {}", faults.join("\n  "))) }
}

/// The second build of the same sources compiles nothing: with new times, with another build folder, and in another checkout.
fn hits(cell: Cell) -> Result<String, String> {
    let Some(wine) = with_programs() else { return Ok("skipped".to_owned()) };
    let cases = possible(cases::expected_hits());
    let first = Place::new(&wine, cell, "t/first checkout", &cases);
    first.write(State::Before);
    first.project.configure();
    let built = first.build();
    let objects = built.iter().map(Built::compilations).sum::<usize>() as u64;
    let mut faults = Vec::new();
    let mut figures = Vec::new();
    let mut again = |name: &str, place: &Place<'_>, is_elsewhere: bool| {
        let mut rebuilt = Vec::new();
        let (hits, misses) = place.project.counted(|| rebuilt = place.build());
        let may_miss =
            cases.iter().zip(&built).map(|(case, built)| match (case.expected_misses)(cell, is_elsewhere) {
                Misses::Nothing => 0,
                Misses::Headers => built.headers,
                Misses::All => built.compilations(),
            });
        let may_miss = may_miss.sum::<usize>() as u64;
        if hits + misses != objects || misses > may_miss {
            faults.push(format!(
                "{name}: {hits} hits of {objects}, {misses} misses; {may_miss} misses are allowed"
            ));
        }
        for (case, (first, second)) in cases.iter().zip(built.iter().zip(&rebuilt)) {
            if first.output != second.output {
                faults.push(format!("{name}, {}: {:?}, not {:?}", case.name, second.output, first.output));
            }
        }
        figures.push(format!("{name}: {hits} hits, {misses} misses"));
    };
    again("nothing", &first, false);
    touch(&first.source());
    again("time", &first, false);
    first.project.remove_build_folder();
    first.project.configure();
    again("new build folder", &first, false);
    let second = Place::new(&wine, cell, "t/elsewhere/of another", &cases);
    second.write(State::Before);
    second.project.configure();
    again("checkout", &second, true);
    let figures = figures.join("; ");
    if faults.is_empty() { Ok(figures) } else { Err(format!("{figures}\n  {}", faults.join("\n  "))) }
}

/// Gives all sources of a checkout a new time.
fn touch(source: &Path) {
    let finished: Finished = std::process::Command::new("find")
        .arg(source)
        .args(["-path", "*/build", "-prune", "-o", "-name", "*.[chm]*", "-exec", "touch", "{}", "+"])
        .run();
    drop(finished);
}
