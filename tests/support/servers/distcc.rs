//! A worker of distcc.

#[cfg(target_os = "linux")]
use std::net::TcpStream;
use std::path::Path;
#[cfg(target_os = "linux")]
use std::process::Child;
use std::process::Command;
#[cfg(target_os = "linux")]
use std::time::Duration;

#[cfg(target_os = "linux")]
use super::network::{Machine, Network};
use super::process::ServerProcess;
#[cfg(target_os = "linux")]
use crate::support::run::eventually;
use crate::support::tools::{Tool, system};

/// A worker, in a mount namespace of its own. It needs root.
#[derive(Debug)]
pub(crate) struct Distccd {
    /// Its process.
    pub(crate) server: ServerProcess,
}

impl Distccd {
    /// The tools to pass to [`Tools::require`](crate::support::Tools::require).
    pub(crate) const NEEDS: &[Tool] = &[
        Tool::System("distcc"),
        Tool::System("distccd"),
        Tool::System("setpriv"),
        Tool::System("unshare"),
        Tool::System("nsenter"),
        Tool::System("clang-14"),
    ];

    /// Starts one with the compilers of this machine.
    pub(crate) fn start() -> Self {
        let server = ServerProcess::start(&system("unshare"), |port, _| {
            let port = port.to_string();
            let [own, program] = ["setpriv", "distccd"]
                .map(|name| system(name).into_os_string().into_string().expect("a plain path"));
            // distccd does not run as root, and a change of the user clears the parent-death signal. With --no-fork, no children
            // are left that could answer after its end, or while it is paused.
            let user =
                ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--pdeathsig", "KILL", "--"];
            let network = ["--listen", "127.0.0.1", "--allow", "127.0.0.0/8", "--port", &port];
            let mut words = vec!["--mount", "--", &own];
            words.extend(user);
            words.extend([program.as_str(), "--daemon", "--no-detach", "--no-fork", "--log-stderr"]);
            words.extend(network);
            words.into_iter().map(str::to_owned).collect::<Vec<_>>()
        });
        Self { server }
    }

    /// Its entry in `DISTCC_HOSTS`.
    pub(crate) fn entry(&self) -> String {
        format!("{}/4", self.server.address())
    }

    /// Puts clang in the place of the compilers of GCC for C++, for this worker only.
    pub(crate) fn change_compiler(&self) {
        self.put(&system("clang-14").canonicalize().expect("a compiler"), "g++");
    }

    /// Takes the compilers of GCC away from this worker only.
    pub(crate) fn remove_compilers(&self) {
        for name in ["gcc", "g++"] {
            self.put(Path::new("/dev/null"), name);
        }
    }

    /// Puts a file in the place of a program, for this worker only.
    fn put(&self, file: &Path, program: &str) {
        let real = system(program).canonicalize().expect("a compiler");
        let mut mount = Command::new(system("nsenter"));
        mount.args(["--target", &self.server.id().to_string(), "--mount", "mount", "--bind"]);
        let status = mount.arg(file).arg(real).status().expect("nsenter runs");
        assert!(status.success(), "{program} of the worker is replaced");
    }

    /// The number of its successful compilations.
    pub(crate) fn compilations(&self) -> usize {
        self.server.log().matches(" COMPILE_OK ").count()
    }
}

/// A worker on a machine of its own.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(crate) struct DistantDistccd {
    machine: Machine,
    child: Child,
}

#[cfg(target_os = "linux")]
impl DistantDistccd {
    /// Adds the machine to the network, and starts a worker on it.
    pub(crate) fn start(network: &mut Network) -> Self {
        const PORT: u16 = 3632;
        let machine = network.add();
        let (child, _) = machine.start_program("setpriv", |command| {
            command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]);
            command.arg(system("distccd")).args(["--daemon", "--no-detach", "--no-fork", "--listen"]);
            command.arg(&machine.address).args(["--allow", "10.77.0.0/24"]);
        });
        let answers = || TcpStream::connect((machine.address.as_str(), PORT)).is_ok();
        assert!(eventually(Duration::from_secs(30), answers), "the worker answers");
        Self { machine, child }
    }

    /// Its entry in `DISTCC_HOSTS`.
    pub(crate) fn entry(&self) -> String {
        format!("{}/4", self.machine.address)
    }

    /// From now on, all packets to and from it are lost.
    pub(crate) fn lose_packets(&self) {
        self.machine.lose_packets();
    }
}

#[cfg(target_os = "linux")]
impl Drop for DistantDistccd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
