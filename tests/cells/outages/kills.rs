//! `kill -9` at random moments of a build, of sccache's daemon, its supervisor or a launcher.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::interrupts::{compilers, object, slow_project};
use crate::cmake_module::tools_for;
use crate::list::tests;
use crate::support::run::eventually;
use crate::support::system::signal;
use crate::support::{Run, Sandbox, Tool, Tools};

tests![
    kills_at_random_moments_leave_correct_objects_and_no_process in [Tool::Sccache(Tools::SCCACHE), Tool::Sccache(Tools::NEWEST_SCCACHE)],
];

/// The kind of process to kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Supervisor,
    Daemon,
    Launcher,
}

/// A build that takes this much longer than the reference has waited for a killed process.
const LIMIT: Duration = Duration::from_secs(15);

/// The processes of this kind in `sandbox`.
fn processes(sandbox: &Sandbox, victim: Victim) -> Vec<u32> {
    let is_victim = |pid: &u32| {
        let Ok(line) = fs::read(format!("/proc/{pid}/cmdline")) else { return false };
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).filter(|word| !word.is_empty()).collect();
        let Some(first) = words.first() else { return false };
        let is_launcher = first.ends_with(b"/toolchainkit/launcher");
        match victim {
            Victim::Supervisor => words.get(1).is_some_and(|word| *word == b"--serve"),
            Victim::Daemon => first.ends_with(b"/sccache") && words.len() == 1,
            Victim::Launcher => is_launcher && words.get(1).is_some_and(|word| !word.starts_with(b"-")),
        }
    };
    sandbox.processes().into_iter().filter(is_victim).collect()
}

fn kills_at_random_moments_leave_correct_objects_and_no_process(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let rounds: u64 = if Tools::full() { 150 } else { 9 };
    let sandbox = Sandbox::new("kill").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let call = "toolchainkit_enable_cache(TOOL sccache)";
    let checkout = slow_project(&sandbox, &tools, "project", call);
    let reference = slow_project(&sandbox, &tools, "reference", "set(TOOLCHAINKIT_CACHE OFF)");
    let uncached = reference.build().elapsed;
    let expected = [0, 1].map(|index| fs::read(object(&reference, index)).expect("an object"));
    let mut killed = [0; 3];
    for round in 0..rounds {
        let victim = [Victim::Supervisor, Victim::Daemon, Victim::Launcher][(round % 3) as usize];
        let delay = Duration::from_millis(20 + round * 137 % 700);
        checkout.building().args(["--target", "clean"]).run();
        checkout.wipe_local_cache();
        let what = format!("{cache}, round {round}: {victim:?} after {delay:?}");
        let begun = Instant::now();
        let mut ninja = checkout.command("ninja");
        ninja.arg("-C").arg(checkout.build_folder()).arg("-j2");
        let mut build = ninja
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        thread::sleep(delay);
        if let Some(pid) = processes(&sandbox, victim).first() {
            signal("KILL", &pid.to_string());
            killed[(round % 3) as usize] += 1;
        }
        let ended =
            eventually(uncached * 3 + LIMIT, || build.try_wait().expect("a child of this process").is_some());
        assert!(ended, "{what}: the build does not end");
        let succeeded = build.wait().expect("a child of this process").success();
        assert!(begun.elapsed() < uncached * 3 + LIMIT, "{what}: {:?}", begun.elapsed());
        if victim == Victim::Launcher {
            // The compiler of the killed launcher must not keep running.
            let quiet = eventually(Duration::from_secs(5), || compilers(&sandbox).is_empty());
            assert!(quiet, "{what}: still running: {:?}", compilers(&sandbox));
            checkout.build();
        } else {
            assert!(succeeded, "{what}: the build fails");
        }
        for (index, expected) in expected.iter().enumerate() {
            let made = fs::read(object(&checkout, index)).expect("an object");
            assert!(made == *expected, "{what}: object {index} differs");
        }
        assert!(processes(&sandbox, Victim::Daemon).len() <= 1, "{what}: several daemons");
    }
    // At these moments, some processes of each kind were running.
    assert!(killed.iter().all(|count| count * 9 >= rounds), "{cache}: {killed:?} of {rounds} were killed");
    checkout.launcher().arg("--stop-server").run_to_any_end();
    let ends = || sandbox.processes().is_empty();
    assert!(eventually(LIMIT, ends), "{cache}: {:?} still run", sandbox.processes());
}
