//! Each fault, at each time, with each storage and each tool: the build succeeds with correct objects, about as fast as
//! without a cache, and hits resume afterwards.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::{Backend, RemoteFault};
use crate::cmake_module::{Checkout, tools_for};
use crate::list::{self, plain, tests};
use crate::support::proxy::Fault;
use crate::support::run::eventually;
use crate::support::{Finished, Run, Sandbox, Tool, Tools};

tests![
    trial in cells(),
    with_the_script in script_cells(),
];

/// Source files of the project.
const FILES: usize = 8;

/// The time of the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Configuring,
    FirstCompile,
    MidBuild,
}

const ROWS: [(&str, RemoteFault, When); 10] = [
    ("down at configure", RemoteFault::Network(Fault::Refuse), When::Configuring),
    ("down at first compile", RemoteFault::Network(Fault::Refuse), When::FirstCompile),
    ("killed mid-build", RemoteFault::Network(Fault::Refuse), When::MidBuild),
    ("hangs", RemoteFault::Network(Fault::Hang), When::MidBuild),
    ("blackholed", RemoteFault::Network(Fault::Blackhole), When::MidBuild),
    ("1 KB/s", RemoteFault::Network(Fault::Crawl), When::MidBuild),
    ("resets", RemoteFault::Network(Fault::Reset), When::MidBuild),
    ("auth refused", RemoteFault::AuthRefused, When::MidBuild),
    ("disk full", RemoteFault::DiskFull, When::MidBuild),
    ("read-only", RemoteFault::ReadOnly, When::MidBuild),
];

#[derive(Clone, Copy, Debug)]
struct Cell {
    row: usize,
    backend: Backend,
    cache: Tool,
}

impl list::Cell for Cell {
    fn name(&self) -> String {
        let backend = format!("{:?}", self.backend).to_lowercase();
        format!("{}::{backend}::{}", plain(ROWS[self.row].0), self.cache.name())
    }
}

/// All cells, or a subset with each pair of fault, storage and tool.
fn cells() -> Vec<Cell> {
    let caches =
        [Tool::Sccache(Tools::SCCACHE), Tool::Sccache(Tools::NEWEST_SCCACHE), Tool::Ccache(Tools::CCACHE)];
    let mut cells = Vec::new();
    for (row, (_, fault, _)) in ROWS.into_iter().enumerate() {
        for (column, backend) in Backend::ALL.into_iter().enumerate().filter(|(_, b)| b.supports(fault)) {
            let possible: Vec<Tool> =
                caches.iter().copied().filter(|cache| backend.works_with(*cache)).collect();
            let chosen = (row + column) % possible.len();
            let is_chosen = |(index, _): &(usize, Tool)| Tools::full() || *index == chosen;
            let of_row = possible.into_iter().enumerate().filter(is_chosen);
            cells.extend(of_row.map(|(_, cache)| Cell { row, backend, cache }));
        }
    }
    cells
}

/// The cells for the script: each fault with one storage and one version of each tool.
fn script_cells() -> Vec<Cell> {
    let rows = (0..ROWS.len()).filter(|row| Backend::Redis.supports(ROWS[*row].1));
    let caches = [Tool::Sccache(Tools::SCCACHE), Tool::Ccache(Tools::CCACHE)];
    let is_chosen = |row: usize, index: usize| Tools::full() || row % 2 == index;
    let of_row = |row: usize| {
        let caches = caches.into_iter().enumerate().filter(move |(index, _)| is_chosen(row, *index));
        caches.map(move |(_, cache)| Cell { row, backend: Backend::Redis, cache })
    };
    rows.flat_map(of_row).collect()
}

fn trial(cell: Cell) -> Result<String, String> {
    try_fault(cell, false)
}

fn with_the_script(cell: Cell) -> Result<String, String> {
    try_fault(cell, true)
}

/// The times, or the error.
fn try_fault(cell: Cell, is_script: bool) -> Result<String, String> {
    let Some(tools) = &tools_for(&[&[cell.cache], cell.backend.needs()].concat()) else {
        return Ok("skipped".to_owned());
    };
    let (_, fault, when) = ROWS[cell.row];
    let sandbox = Sandbox::new("outage").on_path(&tools.ninja()).on_path(&tools.path(cell.cache));
    let remote = cell.backend.start(tools);
    let name = if matches!(cell.cache, Tool::Ccache(_)) { "ccache" } else { "sccache" };
    let checkout = remote.connect(Checkout::sample(&sandbox, tools, "project", &remote.call()));
    let checkout = checkout.option(&format!("-DTOOLCHAINKIT_CACHE_TOOL={name}"));
    let checkout = if is_script { checkout.with_fallback() } else { checkout };
    write_project(&checkout.source);

    let objects = objects_without_cache(tools);
    if when == When::Configuring {
        remote.inject(fault);
    }
    let configured = checkout.configure();
    if when == When::FirstCompile {
        remote.inject(fault);
    }
    let built = thread::scope(|scope| {
        if when == When::MidBuild {
            scope.spawn(|| {
                let begun = || object_files(&checkout.build_folder()).len() >= FILES / 4;
                assert!(eventually(Duration::from_mins(1), begun), "the build does not begin");
                remote.inject(fault);
            });
        }
        checkout.building().args(["--", "-j4"]).run_to_any_end()
    });
    if built.code() != Some(0) {
        return Err(built.to_string());
    }
    if read(&checkout.build_folder()) != objects {
        return Err(format!("the objects differ from those of an uncached build\n{built}"));
    }
    if is_script && built.text().contains("took more than 30 s") && daemon_runs(&sandbox) {
        return Err(format!("the daemon that did not answer still runs, and may write objects\n{built}"));
    }
    let warnings =
        built.stderr.matches("toolchainkit:").count() + built.stdout.matches("toolchainkit:").count();
    if warnings > 1 || built.text().contains("Killed") {
        return Err(format!("{warnings} warnings\n{built}"));
    }
    let total = (configured.elapsed + built.elapsed).as_secs_f64();
    let mut figures = format!("{total:.1} s");
    // With a cache, configuring includes the time limits of the outage.
    // The script waits up to 30 s for an answer.
    let outage = if is_script { 60.0 } else { 15.0 };
    if total > outage {
        let (_, uncached) = without_cache(&sandbox, tools);
        figures += &format!(", without a cache {:.1} s", uncached.as_secs_f64());
        if total > 1.2 * uncached.as_secs_f64() + outage {
            return Err(format!("{figures}\n{configured}\n{built}"));
        }
    }
    remote.end_faults();
    recover(&checkout, when).map(|hits| format!("{figures}; {hits} hits after the outage"))
}

/// Whether an sccache daemon with a socket in the sandbox is running.
fn daemon_runs(sandbox: &Sandbox) -> bool {
    let variable = format!("SCCACHE_SERVER_UDS={}", sandbox.root().display()).into_bytes();
    let processes = fs::read_dir("/proc").expect("the processes").filter_map(Result::ok);
    let mut environments = processes.filter_map(|process| std::fs::read(process.path().join("environ")).ok());
    environments
        .any(|environment| environment.split(|byte| *byte == 0).any(|line| line.starts_with(&variable)))
}

/// Files with different objects. Each takes some time to compile.
fn write_project(source: &Path) {
    let names: Vec<String> = (0..FILES).map(|index| format!("unit_{index}.cpp")).collect();
    for (index, name) in names.iter().enumerate() {
        let text = format!(
            "#include <vector>\n\
             int unit_{index}(int n) {{ std::vector<int> all(n); all.push_back({index}); return int(all.size()); }}\n"
        );
        fs::write(source.join(name), text).expect("a source file");
    }
    let lists = format!(
        "cmake_minimum_required(VERSION 3.15...3.31)\nproject(sample LANGUAGES CXX)\nadd_library(sample OBJECT {})\n",
        names.join(" ")
    );
    fs::write(source.join("CMakeLists.txt"), lists).expect("a project");
}

/// Builds the project without a cache in a folder of its own. Returns that folder, and the time.
fn without_cache(sandbox: &Sandbox, tools: &Tools) -> (PathBuf, Duration) {
    let checkout = Checkout::sample(sandbox, tools, "uncached", "set(TOOLCHAINKIT_CACHE OFF)");
    write_project(&checkout.source);
    let configured = checkout.configure();
    let built = checkout.building().args(["--", "-j4"]).run();
    (checkout.build_folder(), configured.elapsed + built.elapsed)
}

/// The objects of a build without a cache. They contain no path, so all cells have the same ones, and the first cell builds
/// them.
fn objects_without_cache(tools: &Tools) -> BTreeMap<String, Vec<u8>> {
    let compiler = Command::new("c++").arg("--version").run().stdout;
    let state = format!("{FILES} {compiler}");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("objects-without-cache");
    fs::create_dir_all(&folder).expect("a folder");
    let lock = File::create(folder.join("lock")).expect("a lock");
    lock.lock().expect("the lock");
    if fs::read_to_string(folder.join("state")).is_ok_and(|known| known == state) {
        return read(&folder);
    }
    let sandbox = Sandbox::new("uncached").on_path(&tools.ninja());
    let (build_folder, _) = without_cache(&sandbox, tools);
    let objects = folder.join("CMakeFiles/sample.dir");
    let _ = fs::remove_dir_all(&objects);
    fs::create_dir_all(&objects).expect("a folder");
    for path in object_files(&build_folder) {
        fs::copy(&path, objects.join(path.file_name().expect("a name"))).expect("an object");
    }
    fs::write(folder.join("state"), state).expect("the state");
    read(&folder)
}

fn object_files(folder: &Path) -> Vec<PathBuf> {
    let folder = folder.join("CMakeFiles/sample.dir");
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "o")).collect()
}

/// The objects by their names.
fn read(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let objects = object_files(folder).into_iter();
    let objects: BTreeMap<_, _> =
        objects.map(|path| (name(&path), fs::read(path).expect("an object"))).collect();
    assert_eq!(objects.len(), FILES, "{:?}", objects.keys());
    objects
}

/// Builds until all objects come from the remote. Closes the breaker first, instead of waiting for a minute.
fn recover(checkout: &Checkout<'_>, when: When) -> Result<u64, String> {
    if when == When::Configuring {
        checkout.configure();
    }
    let breaker = checkout.build_folder().join("toolchainkit/broken");
    if breaker.exists() {
        checkout.command("touch").args(["-t", "200001010000"]).arg(&breaker).run();
    } else {
        // The supervisor of sccache has the breaker in memory.
        checkout.ask(&["--start-server"]);
    }
    let mut last: Option<Finished> = None;
    for _ in 0..6 {
        let before = checkout.stats();
        last = Some(rebuild(checkout));
        let after = checkout.stats();
        // A new daemon counts from zero.
        if after.hits.checked_sub(before.hits) == Some(FILES as u64) && !breaker.exists() {
            return Ok(after.hits - before.hits);
        }
        // Objects of misses are stored after the answer.
        thread::sleep(Duration::from_secs(1));
        if name_is_ccache(checkout) {
            checkout.wipe_local_cache();
        }
    }
    let last = last.map(|last| last.to_string()).unwrap_or_default();
    Err(format!(
        "no hits after the outage: {:?}, breaker open: {}\n{last}",
        checkout.stats(),
        breaker.exists()
    ))
}

fn name_is_ccache(checkout: &Checkout<'_>) -> bool {
    checkout.status_field("tool") == "ccache"
}

fn rebuild(checkout: &Checkout<'_>) -> Finished {
    checkout.building().args(["--clean-first", "--", "-j4"]).run()
}
