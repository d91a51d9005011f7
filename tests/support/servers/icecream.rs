//! A network with icecream: this machine with the scheduler, and workers.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use nix::unistd::User;
use tempfile::TempDir;

use super::network::{Machine, Network};
use crate::support::run::eventually;
use crate::support::system::signal;
use crate::support::tools::Tool;

/// The time limit for the start of all daemons.
const START: Duration = Duration::from_mins(1);

/// The network. It needs root. The thread that has started it is on the machine with the scheduler.
#[derive(Debug)]
pub(crate) struct Icecream {
    scheduler: Daemon,
    /// The daemon of this machine.
    pub(crate) daemon: Daemon,
    /// The other machines.
    pub(crate) workers: Vec<Worker>,
    _network: Network,
    _folder: TempDir,
}

/// Another machine with a daemon.
#[derive(Debug)]
pub(crate) struct Worker {
    machine: Machine,
    /// Its daemon.
    pub(crate) daemon: Daemon,
}

/// A process of icecream.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    id: String,
    log: PathBuf,
}

impl Icecream {
    /// The tools to pass to [`Tools::require`](crate::support::Tools::require), with those of [`Network`].
    pub(crate) const NEEDS: &[Tool] =
        &[Tool::System("icecc"), Tool::System("iceccd"), Tool::System("icecc-scheduler")];

    /// Starts `count` workers with two slots each, and a daemon with as many on this machine.
    pub(crate) fn start(count: usize) -> Self {
        // Its socket is in the file system, so icecc would ask it and not the daemon of the test.
        let other = Path::new("/var/run/icecc/iceccd.socket");
        assert!(!other.exists(), "stop the iceccd of this machine, or remove its {}", other.display());
        let folder = tempfile::Builder::new().prefix("tk-icecream-").tempdir_in("/tmp").expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("a mode");
        let mut network = Network::start();
        let path = |name: &str| folder.path().join(name);
        let idle = path("idle");
        fs::write(&idle, "cpu  1000 1000 1000 1000 1000 0 0 0 0 0\n").expect("a file");
        let scheduler = daemon(network.own(), "icecc-scheduler", &["-n", "test"], path("scheduler"));
        let machines: Vec<Machine> = (0..count).map(|_| network.add()).collect();
        for machine in &machines {
            // The processors are those of this machine, which are busy with the test: the scheduler sends nothing to busy workers.
            machine.put(&idle, Path::new("/proc/stat"));
        }
        // A daemon that cannot connect at once waits for 3 s.
        assert!(eventually(START, || scheduler.log().contains("scheduler ready")), "{}", scheduler.log());
        let daemon = iceccd(network.own(), "own", &path("own"));
        let workers = machines.into_iter().enumerate().map(|(index, machine)| {
            let name = format!("w{index}");
            let daemon = iceccd(&machine, &name, &path(&name));
            Worker { machine, daemon }
        });
        let workers: Vec<Worker> = workers.collect();
        let all_are_known = || scheduler.log().matches(" login ").count() > count;
        assert!(eventually(START, all_are_known), "{}\n{}", scheduler.log(), daemon.log());
        Self { scheduler, daemon, workers, _network: network, _folder: folder }
    }

    /// The scheduler.
    pub(crate) const fn scheduler(&self) -> &Daemon {
        &self.scheduler
    }

    /// Ends the scheduler.
    pub(crate) fn stop_scheduler(&mut self) {
        self.scheduler.stop();
    }

    /// The number of successful compilations of the workers.
    pub(crate) fn compilations(&self) -> usize {
        self.workers.iter().map(Worker::compilations).sum()
    }
}

impl Worker {
    /// The number of its successful compilations.
    pub(crate) fn compilations(&self) -> usize {
        self.daemon.log().matches("Remote compilation completed with exit code 0").count()
    }

    /// From now on, all packets to and from it are lost.
    pub(crate) fn lose_packets(&self) {
        self.machine.lose_packets();
    }

    /// Its address.
    pub(crate) fn address(&self) -> &str {
        &self.machine.address
    }
}

fn iceccd(machine: &Machine, name: &str, folder: &Path) -> Daemon {
    let user = User::from_name("icecc").expect("the users").expect("the package makes this user");
    for made in [folder.to_owned(), folder.join("environments")] {
        fs::create_dir(&made).expect("a folder");
        chown(&made, Some(user.uid.as_raw()), Some(user.gid.as_raw())).expect("root changes the owner");
    }
    let environments = folder.join("environments");
    let environments = environments.to_str().expect("a plain path");
    let arguments =
        ["-n", "test", "-s", "10.77.0.1", "-N", name, "-m", "2", "-b", environments, "-u", "icecc"];
    daemon(machine, "iceccd", &arguments, folder.join("log"))
}

fn daemon(machine: &Machine, program: &str, arguments: &[&str], log: PathBuf) -> Daemon {
    let (child, id) = machine.start_program(program, |command| {
        command.args(arguments).args(["-vvv", "-l"]).arg(&log);
        // All machines have one file system. Clients find the daemon by its port.
        command.env("ICECC_TEST_SOCKET", log.with_extension("socket"));
    });
    Daemon { child, id, log }
}

impl Daemon {
    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Pauses it: the kernel accepts connections, but nothing answers.
    pub(crate) fn pause(&self) {
        signal("STOP", &self.id);
    }

    /// Kills it.
    pub(crate) fn stop(&mut self) {
        signal("CONT", &self.id);
        signal("KILL", &self.id);
        let _ = self.child.wait();
    }
}
