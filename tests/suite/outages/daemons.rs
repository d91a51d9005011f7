//! The daemon's life: one for each storage, however many want it at once, and none that stays behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cmake_module::{Checkout, tools_for};
use crate::support::run::eventually;
use crate::support::servers::Redis;
use crate::support::{Run, Sandbox, Stats, Tool, Tools};

const LOCAL: &str = "toolchainkit_enable_cache(PROJECT shared TOOL sccache)";

/// The daemons that run in `sandbox`: of all processes of the program, those without a command.
fn daemons(sandbox: &Sandbox, program: &Path) -> Vec<u32> {
    let line = [program.as_os_str().as_encoded_bytes(), b"\0"].concat();
    let is_daemon = |pid: &u32| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|of| of == line);
    sandbox.processes().into_iter().filter(is_daemon).collect()
}

fn versions() -> impl Iterator<Item = Tool> {
    ["0.16.0", "0.19.0"].map(Tool::Sccache).into_iter().filter(|tool| Tools::require(&[*tool]).is_some())
}

fn start(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
}

#[test]
fn sixty_four_first_compilations_start_one_daemon() {
    let Some(tools) = tools_for(&[Tool::Sccache(Tools::SCCACHE)]) else { return };
    let repeats = if Tools::full() { 20 } else { 3 };
    for sccache in versions() {
        let sandbox = Sandbox::new("first").on_path(&tools.ninja()).on_path(&tools.path(sccache));
        let checkout = Checkout::sample(&sandbox, &tools, "project", LOCAL);
        checkout.configure();
        for repeat in 0..repeats {
            checkout.ask(&["--stop-server"]);
            assert!(daemons(&sandbox, &tools.path(sccache)).is_empty(), "{sccache}: stopped");
            let compile = |index: usize| {
                let mut command = checkout.launcher();
                command.args(["/usr/bin/cc", "-c", "c_0.c", "-o"]).arg(format!("object-{index}.o"));
                start(command)
            };
            let children: Vec<Child> = (0..64).map(compile).collect();
            for mut child in children {
                assert!(child.wait().expect("our child").success());
            }
            assert_eq!(daemons(&sandbox, &tools.path(sccache)), [checkout.daemon()], "{sccache}, {repeat}");
            // The daemon counts after its answer: the last one may not be counted yet.
            let counted = || checkout.stats().hits + checkout.stats().misses;
            let all = eventually(Duration::from_secs(5), || counted() == 64);
            assert!(all, "{sccache}, {repeat}: all by this one, and not {}", counted());
        }
    }
}

#[test]
fn five_checkouts_that_build_at_once_share_all_objects() {
    for cache in [Tool::Sccache(Tools::SCCACHE), Tool::Ccache(Tools::CCACHE)] {
        let Some(tools) = tools_for(&[&[cache], Redis::NEEDS].concat()) else { return };
        let redis = Redis::start();
        let sandbox = Sandbox::new("five").on_path(&tools.ninja()).on_path(&tools.path(cache));
        let tool = if matches!(cache, Tool::Ccache(_)) { "ccache" } else { "sccache" };
        let call = format!(
            "toolchainkit_enable_cache(PROJECT shared TOOL {tool} REMOTE redis SERVERS 127.0.0.1:{}\n  \
             SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT=tcp://{{SERVER}} CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=redis://{{SERVER}})",
            redis.server.port()
        );
        let checkouts: Vec<_> = (0..5)
            .map(|index| Checkout::sample(&sandbox, &tools, &format!("checkout-{index}"), &call))
            .collect();
        // One after the other, as people do; the last one knows of all folders.
        for checkout in &checkouts {
            checkout.configure();
        }
        for round in 0..2 {
            let before = checkouts[0].stats();
            thread::scope(|scope| {
                for checkout in &checkouts {
                    scope.spawn(|| checkout.rebuild());
                }
            });
            let after = checkouts[0].stats();
            let all: u64 = checkouts.iter().map(|checkout| checkout.objects).sum();
            let Stats { hits, misses, .. } = after;
            assert_eq!(hits + misses - before.hits - before.misses, all, "{cache}, round {round}");
            if round == 1 {
                assert_eq!(hits - before.hits, all, "{cache}: the second builds hit");
            }
            // What was missed is stored after the answer.
            thread::sleep(Duration::from_secs(2));
        }
    }
}

#[test]
fn an_idle_daemon_ends_but_not_while_something_is_compiled() {
    let Some(tools) = tools_for(&[Tool::Sccache(Tools::SCCACHE)]) else { return };
    for sccache in versions() {
        let sandbox = Sandbox::new("idle").on_path(&tools.ninja()).on_path(&tools.path(sccache));
        let checkout = Checkout::sample(&sandbox, &tools, "project", LOCAL).env("SCCACHE_IDLE_TIMEOUT", "4");
        checkout.configure();
        // A compiler that takes longer than that. sccache asks it for what it is first.
        let compiler = sandbox.dir("slow").join("cc");
        let text = "#!/bin/sh\ncase \" $* \" in *\" -E \"*) ;; *\" -c \"*) sleep 9 ;; esac\nexec /usr/bin/cc \"$@\"\n";
        fs::write(&compiler, text).expect("a compiler");
        fs::set_permissions(&compiler, fs::Permissions::from_mode(0o755)).expect("it can run");
        let daemon = checkout.daemon();
        let begun = Instant::now();
        let finished = checkout.launcher().arg(&compiler).args(["-c", "c_0.c", "-o", "slow.o"]).run();
        assert!(begun.elapsed() > Duration::from_secs(8), "{finished}");
        assert!(finished.text().is_empty(), "{sccache}: {finished}");
        assert_eq!(daemons(&sandbox, &tools.path(sccache)), [daemon], "{sccache}: it was not idle");
        let ends = || sandbox.processes().is_empty();
        assert!(eventually(Duration::from_secs(30), ends), "{sccache}: {:?}", sandbox.processes());
        // The next compilation starts it again.
        checkout.launcher().args(["/usr/bin/cc", "-c", "c_0.c", "-o", "fast.o"]).run();
        assert_ne!(checkout.daemon(), daemon);
    }
}

#[test]
fn without_a_home_and_with_one_that_cannot_be_written_the_build_goes_on() {
    for cache in [Tool::Sccache(Tools::SCCACHE), Tool::Ccache(Tools::CCACHE)] {
        let Some(tools) = tools_for(&[cache]) else { return };
        let sandbox = Sandbox::new("homeless").on_path(&tools.ninja()).on_path(&tools.path(cache));
        let call = "toolchainkit_enable_cache(PROJECT shared)";
        let checkout = Checkout::sample(&sandbox, &tools, "homeless", call);
        let homeless = |mut command: Command| {
            // The sandbox knows its processes by their home, so this one must end by itself.
            command.env("XDG_CACHE_HOME", "").env("HOME", sandbox.root().join("nowhere"));
            command.run()
        };
        homeless(checkout.configuring());
        homeless(checkout.building());
        assert!(checkout.said("dir").starts_with(checkout.build_folder().to_str().expect("a plain path")));
        if matches!(cache, Tool::Sccache(_)) {
            let mut stop = checkout.launcher();
            stop.arg("--stop-server");
            homeless(stop);
        }
        // Nobody can write below a file, not even root.
        let file = sandbox.root().join("file");
        fs::write(&file, "").expect("a file");
        let checkout = Checkout::sample(&sandbox, &tools, "read-only", call)
            .env("XDG_CACHE_HOME", file.join("cache").to_str().expect("a plain path"));
        let configured = checkout.configure();
        assert!(configured.stderr.contains("toolchainkit: no cache: "), "{configured}");
        assert!(configured.stderr.contains("cannot write to "), "{configured}");
        checkout.build();
    }
}
