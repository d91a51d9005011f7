//! The fallback script under each shell that is `sh` on some system.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{CACHES, Checkout, tools_for};
use crate::list::{pairs, tests};
use crate::support::run::eventually;
use crate::support::{Finished, Run, Sandbox, Tool};
use std::time::Duration;

tests![
    the_script_works_under_every_shell in pairs(CACHES, SHELLS),
];

const SHELLS: [&str; 5] = ["dash", "bash --posix", "busybox ash", "mksh", "yash"];

/// A checkout whose launcher runs in a given shell.
struct Scene<'a> {
    checkout: Checkout<'a>,
    shell: &'static str,
}

impl Scene<'_> {
    fn launch(&self, arguments: &[&str]) -> Command {
        let mut words = self.shell.split(' ');
        let mut command =
            self.checkout.command(PathBuf::from("/usr/bin").join(words.next().expect("a shell")));
        command.args(words).arg(self.checkout.build_folder().join("toolchainkit/launcher")).args(arguments);
        command
    }

    fn compile(&self, source: &str, code: i32) -> Finished {
        self.launch(&["/usr/bin/gcc", "-c", source, "-o", "object.o"]).run_expecting(code)
    }

    fn counted(&self, action: impl FnOnce()) -> (u64, u64) {
        let before = self.checkout.stats();
        action();
        let difference = || {
            let after = self.checkout.stats();
            (after.hits - before.hits, after.misses - before.misses)
        };
        // sccache counts after its answer.
        eventually(Duration::from_secs(2), || difference() != (0, 0));
        difference()
    }
}

fn the_script_works_under_every_shell((cache, shell): (Tool, &'static str)) {
    let name = shell.split(' ').next().expect("a shell");
    let Some(tools) = tools_for(&[cache, Tool::System(name)]) else { return };
    let sandbox = Sandbox::new("shell").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout =
        Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()").with_fallback();
    checkout.configure();
    let scene = Scene { checkout, shell };
    let write = |name: &str, text: &str| fs::write(scene.checkout.source.join(name), text).expect("a source");
    write("good.c", "int good(void) { return 1; }\n");
    write("wrong.c", "#error wrong on purpose\n");
    write("data.c", "/* incbin */ int data;\n");

    assert_eq!(scene.counted(|| drop(scene.compile("good.c", 0))), (0, 1), "{cache}, {shell}");
    fs::remove_file(scene.checkout.source.join("object.o")).expect("an object");
    assert_eq!(scene.counted(|| drop(scene.compile("good.c", 0))), (1, 0), "{cache}, {shell}");
    assert!(scene.checkout.source.join("object.o").exists());

    let failed = scene.compile("wrong.c", 1);
    assert_eq!(failed.text().matches("error: #error wrong on purpose").count(), 1, "{failed}");
    let bypassed = scene.counted(|| {
        scene.compile("data.c", 0);
        scene.launch(&["/usr/bin/gcc", "-march=native", "-c", "good.c", "-o", "object.o"]).run();
        scene.compile("good.c", 0);
    });
    assert_eq!(bypassed, (1, 0), "{cache}, {shell}: only the last compilation uses the tool");

    scene.launch(&["--stop-server"]).run_to_any_end();
    assert_eq!(scene.compile("good.c", 0).text(), "", "{cache}, {shell}: the daemon starts again");
    assert_eq!(scene.counted(|| drop(scene.compile("good.c", 0))), (1, 0), "{cache}, {shell}");
    scene.launch(&["--stop-server"]).run_to_any_end();
}
