//! A network with icecream: this machine with the scheduler, and workers. Each machine is a network namespace.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sched::{CloneFlags, setns};
use nix::unistd::User;
use tempfile::TempDir;

use crate::support::run::{Run as _, eventually};
use crate::support::system::signal;
use crate::support::tools::{Tool, system};

/// The time limit for the start of all daemons.
const START: Duration = Duration::from_mins(1);

/// The network. It needs root.
///
/// The thread that has started it is on the machine with the scheduler, and so are the programs that it starts, until this is dropped.
#[derive(Debug)]
pub(crate) struct Icecream {
    own: Machine,
    scheduler: Daemon,
    /// The daemon of this machine.
    pub(crate) daemon: Daemon,
    /// The other machines.
    pub(crate) workers: Vec<Worker>,
    before: File,
    _folder: TempDir,
}

/// Another machine with a daemon.
#[derive(Debug)]
pub(crate) struct Worker {
    machine: Machine,
    /// Its daemon.
    pub(crate) daemon: Daemon,
    /// Its address.
    pub(crate) address: String,
}

/// Namespaces for the network, mounts and processes. The kernel kills its first process with the test, and the others with that.
#[derive(Debug)]
struct Machine {
    holder: Child,
    first: String,
}

/// A process of icecream.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    id: String,
    log: PathBuf,
}

impl Icecream {
    /// The tools to pass to [`Tools::require`](crate::support::Tools::require).
    pub(crate) const NEEDS: &[Tool] = &[
        Tool::System("icecc"),
        Tool::System("iceccd"),
        Tool::System("icecc-scheduler"),
        Tool::System("ip"),
        Tool::System("setpriv"),
        Tool::System("unshare"),
        Tool::System("nsenter"),
    ];

    /// Starts `count` workers with two slots each, and a daemon with as many on this machine.
    pub(crate) fn start(count: usize) -> Self {
        // Its socket is in the file system, so icecc would ask it and not the daemon of the test.
        let other = Path::new("/var/run/icecc/iceccd.socket");
        assert!(!other.exists(), "stop the iceccd of this machine, or remove its {}", other.display());
        let folder = tempfile::Builder::new().prefix("tk-icecream-").tempdir_in("/tmp").expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("a mode");
        let before = File::open("/proc/thread-self/ns/net").expect("a namespace");
        let own = Machine::start();
        own.run("ip link set lo up; ip link add br0 type bridge; ip addr add 10.77.0.1/24 dev br0; ip link set br0 up");
        own.run("ip route add default dev br0");
        let path = |name: &str| folder.path().join(name);
        let idle = path("idle");
        fs::write(&idle, "cpu  1000 1000 1000 1000 1000 0 0 0 0 0\n").expect("a file");
        let scheduler = own.daemon("icecc-scheduler", &["-n", "test"], path("scheduler"));
        let machines: Vec<(Machine, String)> = (0..count)
            .map(|index| {
                let machine = Machine::start();
                let address = format!("10.77.0.{}", index + 2);
                own.run(&format!(
                    "ip link add w{index} type veth peer name eth0 netns {}; ip link set w{index} master br0 up",
                    machine.first
                ));
                // The processors are those of this machine, which are busy with the test: the scheduler sends nothing to busy workers.
                machine.run(&format!(
                    "ip link set lo up; ip addr add {address}/24 dev eth0; ip link set eth0 up; ip route add default dev eth0
                     mount --bind {} /proc/stat",
                    idle.display()
                ));
                (machine, address)
            })
            .collect();
        // A daemon that cannot connect at once waits for 3 s.
        assert!(eventually(START, || scheduler.log().contains("scheduler ready")), "{}", scheduler.log());
        let daemon = own.iceccd("own", &path("own"));
        let workers = machines.into_iter().enumerate().map(|(index, (machine, address))| {
            let name = format!("w{index}");
            let daemon = machine.iceccd(&name, &path(&name));
            Worker { machine, daemon, address }
        });
        let workers: Vec<Worker> = workers.collect();
        let all_are_known = || scheduler.log().matches(" login ").count() > count;
        assert!(eventually(START, all_are_known), "{}\n{}", scheduler.log(), daemon.log());
        let network = Self { before, scheduler, daemon, workers, _folder: folder, own };
        enter(&File::open(format!("/proc/{}/ns/net", network.own.first)).expect("a namespace"));
        network
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

impl Drop for Icecream {
    fn drop(&mut self) {
        enter(&self.before);
    }
}

/// The only child of a process; empty if it has none yet.
fn child_of(process: u32) -> String {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    children.unwrap_or_default().trim().to_owned()
}

/// Moves this thread into a network namespace.
fn enter(namespace: &File) {
    setns(namespace, CloneFlags::CLONE_NEWNET).expect("root enters a namespace");
}

impl Worker {
    /// The number of its successful compilations.
    pub(crate) fn compilations(&self) -> usize {
        self.daemon.log().matches("Remote compilation completed with exit code 0").count()
    }

    /// From now on, all packets to and from it are lost.
    pub(crate) fn lose_packets(&self) {
        self.machine.run("ip link set eth0 down");
    }
}

impl Machine {
    fn start() -> Self {
        let mut holder = Command::new(system("setpriv"))
            .args(["--pdeathsig", "KILL", "--"])
            .arg(system("unshare"))
            .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--", "sleep", "infinity"])
            .stdin(Stdio::null())
            .spawn()
            .expect("unshare starts");
        let mut first = String::new();
        let has_started = eventually(START, || {
            first = child_of(holder.id());
            let name = fs::read_to_string(format!("/proc/{first}/comm")).unwrap_or_default();
            name.trim() == "sleep" || holder.try_wait().is_ok_and(|status| status.is_some())
        });
        assert!(has_started && !first.is_empty(), "root makes namespaces");
        Self { holder, first }
    }

    /// Runs a script in its network.
    fn run(&self, script: &str) {
        let mut command = Command::new(system("nsenter"));
        command.args(["--target", &self.first, "--net", "--mount", "--", "sh", "-e", "-c", script]).run();
    }

    fn iceccd(&self, name: &str, folder: &Path) -> Daemon {
        let user = User::from_name("icecc").expect("the users").expect("the package makes this user");
        for made in [folder.to_owned(), folder.join("environments")] {
            fs::create_dir(&made).expect("a folder");
            chown(&made, Some(user.uid.as_raw()), Some(user.gid.as_raw())).expect("root changes the owner");
        }
        let environments = folder.join("environments");
        let environments = environments.to_str().expect("a plain path");
        let arguments =
            ["-n", "test", "-s", "10.77.0.1", "-N", name, "-m", "2", "-b", environments, "-u", "icecc"];
        self.daemon("iceccd", &arguments, folder.join("log"))
    }

    fn daemon(&self, program: &str, arguments: &[&str], log: PathBuf) -> Daemon {
        let mut child = Command::new(system("nsenter"))
            .args(["--target", &self.first, "--net", "--mount", "--pid", "--"])
            .arg(system(program))
            .args(arguments)
            .args(["-vvv", "-l"])
            .arg(&log)
            // All machines have one file system. Clients find the daemon by its port.
            .env("ICECC_TEST_SOCKET", log.with_extension("socket"))
            .env_remove("HOME")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nsenter starts");
        let mut id = String::new();
        let has_started = eventually(START, || {
            id = child_of(child.id());
            !id.is_empty() || child.try_wait().is_ok_and(|status| status.is_some())
        });
        assert!(has_started && !id.is_empty(), "{program} starts");
        Daemon { child, id, log }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
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
