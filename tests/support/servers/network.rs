//! A network of machines, each of which is a set of namespaces of the kernel.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sched::{CloneFlags, setns};

use crate::support::run::{Run as _, eventually};
use crate::support::tools::{Tool, system};

const START: Duration = Duration::from_mins(1);

/// The network. It needs root.
///
/// The thread that has made it is on its first machine, and so are the programs that it starts, until this is dropped.
#[derive(Debug)]
pub(crate) struct Network {
    own: Machine,
    machines: usize,
    before: File,
}

/// A machine. The kernel kills its first process with the test, and the others with that.
#[derive(Debug)]
pub(crate) struct Machine {
    holder: Child,
    first: String,
    /// Its address.
    pub(crate) address: String,
}

impl Network {
    /// The tools to pass to [`Tools::require`](crate::support::Tools::require).
    pub(crate) const NEEDS: &[Tool] =
        &[Tool::System("ip"), Tool::System("setpriv"), Tool::System("unshare"), Tool::System("nsenter")];

    /// A network with one machine.
    pub(crate) fn start() -> Self {
        let before = File::open("/proc/thread-self/ns/net").expect("a namespace");
        let own = Machine::start("10.77.0.1".to_owned());
        own.run("ip link set lo up; ip link add br0 type bridge; ip addr add 10.77.0.1/24 dev br0; ip link set br0 up");
        own.run("ip route add default dev br0");
        enter(&File::open(format!("/proc/{}/ns/net", own.first)).expect("a namespace"));
        Self { own, machines: 1, before }
    }

    /// Its first machine.
    pub(crate) const fn own(&self) -> &Machine {
        &self.own
    }

    /// Adds a machine.
    pub(crate) fn add(&mut self) -> Machine {
        self.machines += 1;
        let number = self.machines;
        let machine = Machine::start(format!("10.77.0.{number}"));
        self.own.run(&format!(
            "ip link add w{number} type veth peer name eth0 netns {}; ip link set w{number} master br0 up",
            machine.first
        ));
        machine.run(&format!(
            "ip link set lo up; ip addr add {}/24 dev eth0; ip link set eth0 up; ip route add default dev eth0",
            machine.address
        ));
        machine
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        enter(&self.before);
    }
}

/// Moves this thread into a network namespace.
fn enter(namespace: &File) {
    setns(namespace, CloneFlags::CLONE_NEWNET).expect("root enters a namespace");
}

/// The only child of a process; empty if it has none yet.
pub(super) fn child_of(process: u32) -> String {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    children.unwrap_or_default().trim().to_owned()
}

impl Machine {
    fn start(address: String) -> Self {
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
        Self { holder, first, address }
    }

    /// A command on it, with the options of `nsenter` before `--` and the program after it.
    fn enter(&self, options: &[&str]) -> Command {
        let mut command = Command::new(system("nsenter"));
        command.args(["--target", &self.first, "--net", "--mount"]).args(options).arg("--");
        command
    }

    /// Runs a script in its network.
    pub(crate) fn run(&self, script: &str) {
        self.enter(&[]).args(["sh", "-e", "-c", script]).run();
    }

    /// Starts a program, whose messages nobody reads. Returns `nsenter`, which ends with it, and the ID of the program.
    pub(super) fn start_program(&self, program: &str, set: impl FnOnce(&mut Command)) -> (Child, String) {
        let mut command = self.enter(&["--pid"]);
        command.arg(system(program)).env_remove("HOME");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        set(&mut command);
        let mut child = command.spawn().expect("nsenter starts");
        let mut id = String::new();
        let has_started = eventually(START, || {
            id = child_of(child.id());
            !id.is_empty() || child.try_wait().is_ok_and(|status| status.is_some())
        });
        assert!(has_started && !id.is_empty(), "{program} starts");
        (child, id)
    }

    /// Puts a file in the place of another one, for this machine only.
    pub(crate) fn put(&self, file: &Path, place: &Path) {
        self.run(&format!("mount --bind '{}' '{}'", file.display(), place.display()));
    }

    /// From now on, all packets to and from it are lost.
    pub(crate) fn lose_packets(&self) {
        self.run("ip link set eth0 down");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
