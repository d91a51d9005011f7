//! What the launcher costs with a hit, measured against the bare tool, the two by turns.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::cmake_module::{Checkout, tools_for};
use crate::support::servers::Redis;
use crate::support::{Run, Sandbox, Tool, Tools};

/// Pairs of runs; the median of many is not moved by what else the machine does.
const PAIRS: usize = 150;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[test]
fn the_launcher_costs_little_and_not_more_with_more_settings() {
    for cache in [Tool::Sccache(Tools::SCCACHE), Tool::Ccache(Tools::CCACHE)] {
        let Some(tools) = tools_for(&[&[cache], Redis::NEEDS].concat()) else { return };
        let redis = Redis::start();
        let sandbox = Sandbox::new("cost").on_path(&tools.ninja()).on_path(&tools.path(cache));
        let tool = if matches!(cache, Tool::Ccache(_)) { "ccache" } else { "sccache" };
        let call = |more: &str| {
            format!(
                "toolchainkit_enable_cache(PROJECT shared TOOL {tool} REMOTE redis SERVERS 127.0.0.1:{}\n  \
                 SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT=tcp://{{SERVER}} {more}\n  \
                 CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=redis://{{SERVER}} {more})",
                redis.server.port()
            )
        };
        let few = Checkout::sample(&sandbox, &tools, "few", &call(""));
        few.build_afresh();
        let settings: Vec<String> = (0..20).map(|index| format!("TK_SETTING_{index}=value")).collect();
        let many = Checkout::sample(&sandbox, &tools, "many", &call(&settings.join(" ")));
        many.build_afresh();

        // The bare tool gets the environment that the launcher would give it.
        let compile = ["/usr/bin/c++", "-c", "cxx_0.cpp", "-o"];
        let mut bare = few.command(tools.path(cache));
        if tool == "sccache" {
            bare.env("SCCACHE_SERVER_UDS", few.said("socket")).env("SCCACHE_CONF", "/dev/null");
            bare.env("SCCACHE_DIRECT", "false");
        } else {
            bare.env("CCACHE_DIR", few.said("dir")).env("CCACHE_NOHASHDIR", "1");
            bare.env("CCACHE_BASEDIR", &few.source).env("CCACHE_COMPILERCHECK", "content");
            bare.env("CCACHE_REMOTE_STORAGE", format!("redis://{}", redis.server.address()));
        }
        bare.args(compile).arg("bare.o");
        let mut commands = [bare, few.launcher(), many.launcher()];
        for (command, output) in commands[1..].iter_mut().zip(["few.o", "many.o"]) {
            command.args(compile).arg(output);
        }
        let mut times = [const { Vec::new() }; 3];
        for command in &mut commands {
            command.run();
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        }
        for _ in 0..PAIRS {
            for (command, times) in commands.iter_mut().zip(&mut times) {
                let start = Instant::now();
                assert!(command.status().expect("it runs").success());
                times.push(start.elapsed());
            }
        }
        let [bare, few, many] = times.map(|times| median(times).as_secs_f64() * 1000.0);
        let figures =
            format!("{cache}: bare {bare:.2} ms, launcher {few:.2} ms, with 20 more settings {many:.2} ms");
        println!("{figures}");
        assert!(few <= 1.25 * bare + 0.5, "{figures}");
        assert!(many <= 1.1 * few + 0.5, "{figures}");
    }
}
