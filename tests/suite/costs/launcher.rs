//! What the launcher costs with a hit, measured against the bare tool, the two by turns.

use std::time::Duration;

use super::{costs, millis};
use crate::support::checkout::{Checkout, tools_for};
use crate::support::servers::Redis;
use crate::support::{Run, Sandbox, Tool, Tools};

/// How often each is run.
const ROUNDS: usize = 150;

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
            bare.env("SCCACHE_SERVER_UDS", few.status_field("socket")).env("SCCACHE_CONF", "/dev/null");
            bare.env("SCCACHE_DIRECT", "false");
        } else {
            bare.env("CCACHE_DIR", few.status_field("dir")).env("CCACHE_NODIRECT", "1");
            bare.env("CCACHE_BASEDIR", &few.source).env("CCACHE_COMPILERCHECK", "content");
            bare.env("CCACHE_REMOTE_STORAGE", format!("redis://{}", redis.server.address()));
        }
        bare.args(compile).arg("bare.o");
        let (mut few, mut many) = (few.launcher(), many.launcher());
        few.args(compile).arg("few.o").run();
        many.args(compile).arg("many.o").run();
        bare.run();
        let [bare, few, many] = costs(ROUNDS, [&mut bare, &mut few, &mut many]);
        let added = few.processor.saturating_sub(bare.processor);
        // A shell that starts, and one process more, take a millisecond: sccache's hits are long enough for that.
        let most = bare.median / 4 + Duration::from_micros(500);
        let figures = format!(
            "{cache}: a hit in {:.2} ms, {:.2} ms by the launcher (best {:.2} and {:.2} ms), which adds {:.2} ms of \
             processor time, with 20 more settings {:.2} ms",
            millis(bare.median),
            millis(few.median),
            millis(bare.best),
            millis(few.best),
            millis(added),
            millis(many.processor.saturating_sub(bare.processor)),
        );
        println!("{figures}");
        assert!(added <= most, "{figures}");
        // Nor does it wait for anything.
        assert!(few.best <= bare.best + most, "{figures}");
        assert!(many.processor <= few.processor.mul_f64(1.1), "{figures}");
    }
}
