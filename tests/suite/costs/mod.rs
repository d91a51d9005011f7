//! What toolchainkit may cost. `tests/run.sh` runs these alone, after all others: beside them a limit in milliseconds
//! would measure the tests.

mod commands;
mod configuring;
mod launcher;
mod many_toolchains;
mod program;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::support::Sandbox;

/// What many runs of a command cost.
#[derive(Debug)]
struct Cost {
    /// The shortest that a run took.
    best: Duration,
    /// The median.
    median: Duration,
    /// The median of the processors' time, of the command and all its children. Other programs on the machine, which
    /// make each run wait, hardly change it.
    processor: Duration,
}

/// The cost of each command in `rounds` in which all run by turns: what else the machine does meets all of them alike.
fn costs<const N: usize>(rounds: usize, mut commands: [&mut Command; N]) -> [Cost; N] {
    let mut times = [const { (Vec::new(), Vec::new()) }; N];
    for command in &mut commands {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    }
    for _ in 0..rounds {
        for (command, (walls, processors)) in commands.iter_mut().zip(&mut times) {
            let (start, used) = (Instant::now(), used_by_children());
            assert!(command.status().expect("it runs").success(), "{command:?}");
            walls.push(start.elapsed());
            processors.push(used_by_children().saturating_sub(used));
        }
    }
    times.map(|(mut walls, mut processors)| {
        walls.sort();
        processors.sort();
        Cost { best: walls[0], median: walls[rounds / 2], processor: processors[rounds / 2] }
    })
}

/// Of those that have ended.
fn used_by_children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("every system tells");
    let [user, system] = [usage.user_time(), usage.system_time()].map(|time| {
        let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
        Duration::from_micros(micros.try_into().expect("time goes on"))
    });
    user + system
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The cost of `generate` in `project` from nothing, and of what the measurement adds to it.
fn generating_costs(sandbox: &Sandbox, project: &Path, released: &Path) -> [Cost; 2] {
    let mut removing = sandbox.command("sh");
    removing.args(["-c", "rm -rf cmake CMakePresets.json && exec true"]).current_dir(project);
    let mut generate = sandbox.command("sh");
    generate
        .args(["-c", "rm -rf cmake CMakePresets.json && exec \"$0\" generate"])
        .arg(released)
        .current_dir(project);
    let [without, whole] = costs(25, [&mut removing, &mut generate]);
    [whole, without]
}
