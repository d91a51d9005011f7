//! A worker of distcc.

use std::process::Command;

use super::process::ServerProcess;
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
        let real = |name: &str| system(name).canonicalize().expect("a compiler");
        let mut mount = Command::new(system("nsenter"));
        mount.args(["--target", &self.server.id().to_string(), "--mount", "mount", "--bind"]);
        let status = mount.arg(real("clang-14")).arg(real("g++")).status().expect("nsenter runs");
        assert!(status.success(), "the compiler of the worker is replaced");
    }

    /// The number of its successful compilations.
    pub(crate) fn compilations(&self) -> usize {
        self.server.log().matches(" COMPILE_OK ").count()
    }
}
