//! The cost of a hit with the launcher, compared with the bare tool with the same settings. The two are measured
//! alternately.

use std::time::Duration;

use super::{costs, millis};
use crate::support::checkout::{Checkout, tools_for};
use crate::support::servers::Redis;
use crate::support::{Run, Sandbox, Tool, Tools};

/// The number of runs of each command in an attempt.
const ROUNDS: usize = 100;

/// The maximum number of attempts.
const ATTEMPTS: usize = 12;

/// The maximum additional time of a hit: a millisecond if the tool alone takes five, and more on a slower machine.
fn time_limit(bare: Duration) -> Duration {
    bare / 10 + Duration::from_micros(500)
}

const CACHES: [Tool; 3] =
    [Tool::Sccache(Tools::SCCACHE), Tool::Sccache(Tools::NEWEST_SCCACHE), Tool::Ccache(Tools::CCACHE)];

/// Uses the release build of the program.
fn released<'a>(checkout: Checkout<'a>, tools: &Tools) -> Checkout<'a> {
    let program = tools.released_launcher();
    checkout.env("TOOLCHAINKIT_LAUNCH", program.to_str().expect("a plain path"))
}

/// The path of an object in the build folder. An object in the source folder would change that folder.
fn object(checkout: &Checkout<'_>, name: &str) -> String {
    format!("{}/build/CMakeFiles/{name}.o", checkout.source.display())
}

#[test]
fn a_hit_takes_little_longer_with_the_launcher() {
    for cache in CACHES {
        let Some(tools) = tools_for(&[&[cache, Tool::Released], Redis::NEEDS].concat()) else { continue };
        let redis = Redis::start();
        for remote in ["", "redis"] {
            let sandbox = Sandbox::new("cost").on_path(&tools.ninja()).on_path(&tools.path(cache));
            let (name, is_ccache) =
                if matches!(cache, Tool::Ccache(_)) { ("ccache", true) } else { ("sccache", false) };
            let mut call = format!("toolchainkit_enable_cache(PROJECT shared TOOL {name}");
            if !remote.is_empty() {
                call += &format!(
                    " REMOTE redis SERVERS 127.0.0.1:{}\n  SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT=tcp://{{SERVER}}\n  \
                     CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=redis://{{SERVER}}",
                    redis.server.port()
                );
            }
            let checkout = released(Checkout::sample(&sandbox, &tools, "project", &(call + ")")), &tools);
            checkout.rebuild_from_scratch();
            assert_eq!(checkout.status_field("launch"), "program");

            // The bare tool gets the environment that the launcher would give it.
            let compile = ["/usr/bin/c++", "-c", "cxx_0.cpp", "-o"];
            let mut bare = checkout.command(tools.path(cache));
            if is_ccache {
                bare.env("CCACHE_DIR", checkout.status_field("dir")).env("CCACHE_NODIRECT", "1");
                bare.env("CCACHE_BASEDIR", format!("{0}:{0}/build", checkout.source.display()));
                bare.env("CCACHE_COMPILERCHECK", "content").env("CCACHE_MAXSIZE", "10GiB");
                let storage = if remote.is_empty() {
                    String::new()
                } else {
                    format!("redis://{}", redis.server.address())
                };
                bare.env("CCACHE_REMOTE_STORAGE", storage);
            } else {
                bare.env("SCCACHE_SERVER_UDS", checkout.status_field("socket"))
                    .env("SCCACHE_CONF", "/dev/null");
                bare.env("SCCACHE_DIRECT", "false");
            }
            bare.args(compile).arg(object(&checkout, "bare")).run();
            let mut launched = checkout.launcher();
            launched.args(compile).arg(object(&checkout, "launched")).run();
            // Other programs on the machine make a run longer, but never shorter. So the shortest runs are compared,
            // and more runs are measured until the result is clear.
            let mut shortest = [Duration::MAX; 2];
            for attempt in 1..=ATTEMPTS {
                let [bare, launched] = costs(ROUNDS, [&mut bare, &mut launched]);
                shortest = [shortest[0].min(bare.best), shortest[1].min(launched.best)];
                let added = launched.processor.saturating_sub(bare.processor);
                let figures = format!(
                    "{cache} {remote}: a hit in {:.2} ms, {:.2} ms by the launcher (best {:.2} and {:.2} ms), which adds \
                     {:.2} ms of processor time",
                    millis(bare.median),
                    millis(launched.median),
                    millis(shortest[0]),
                    millis(shortest[1]),
                    millis(added),
                );
                println!("{figures}");
                if shortest[1] <= shortest[0] + time_limit(shortest[0]) && added <= time_limit(bare.median) {
                    break;
                }
                assert!(attempt < ATTEMPTS, "{figures}");
            }
        }
    }
}

#[test]
fn more_settings_do_not_increase_the_cost() {
    let Some(tools) = tools_for(&[Tool::Sccache(Tools::SCCACHE), Tool::Released]) else { return };
    let sandbox =
        Sandbox::new("settings").on_path(&tools.ninja()).on_path(&tools.path(Tool::Sccache(Tools::SCCACHE)));
    let call = |more: &str| {
        format!("toolchainkit_enable_cache(PROJECT shared TOOL sccache SCCACHE_SETTINGS {more})")
    };
    let settings: Vec<String> = (0..20).map(|index| format!("TK_SETTING_{index}=value")).collect();
    let few = released(Checkout::sample(&sandbox, &tools, "few", &call(&settings[0])), &tools);
    let many = released(Checkout::sample(&sandbox, &tools, "many", &call(&settings.join(" "))), &tools);
    let [few, many] = [few, many].map(|checkout| {
        checkout.rebuild_from_scratch();
        let mut launched = checkout.launcher();
        launched.args(["/usr/bin/c++", "-c", "cxx_0.cpp", "-o"]).arg(object(&checkout, "launched")).run();
        launched
    });
    let [mut few, mut many] = [few, many];
    let [few, many] = costs(ROUNDS, [&mut few, &mut many]);
    let figures = format!(
        "{:.2} ms of processor time, with 20 settings {:.2} ms",
        millis(few.processor),
        millis(many.processor)
    );
    println!("{figures}");
    assert!(many.processor <= few.processor.mul_f64(1.1), "{figures}");
}
