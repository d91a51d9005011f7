//! Limits for the costs of toolchainkit. `tests/run.sh` runs these tests alone, after all others, because parallel
//! tests would change the times.

mod commands;
mod configuring;
mod inputs;
mod journal;
mod launcher;
mod many_toolchains;
mod program;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::support::Sandbox;

/// The cost of a command over many runs.
#[derive(Debug)]
struct Cost {
    /// The time of the shortest run.
    best: Duration,
    /// The median.
    median: Duration,
    /// The median of the processor time of the command and all its children. Other programs on the machine hardly
    /// change it.
    processor: Duration,
}

/// The cost of each command. In each of the `rounds`, all commands run once, so other programs on the machine affect
/// all of them equally.
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

/// The processor time of all ended child processes.
fn used_by_children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("every system supports this");
    let [user, system] = [usage.user_time(), usage.system_time()].map(|time| {
        let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
        Duration::from_micros(micros.try_into().expect("times are not negative"))
    });
    user + system
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The cost of `generate` in `project` without generated files, and the overhead of the measurement.
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
