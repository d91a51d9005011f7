//! Signals end the compilers, also those of the daemon, and leave no object that the next build considers up to date.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::cmake_module::{Checkout, tools_for};
use crate::list::tests;
use crate::support::run::eventually;
use crate::support::servers::Redis;
use crate::support::system::signal;
use crate::support::{Run, Sandbox, Tool, Tools};

tests![
    an_interrupted_build_leaves_no_compiler_and_no_partial_object in [Tool::Sccache(Tools::SCCACHE), Tool::Sccache(Tools::NEWEST_SCCACHE), Tool::Ccache(Tools::CCACHE)],
];

/// A source that compiles long enough for an interrupt: 0.7 seconds and more, with an object of 230 KB.
const SLOW: &str = r"#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <unordered_map>
int slow(const std::string& text) {
  std::map<std::string, std::function<int()>> all;
  std::unordered_map<std::string, std::string> names;
  std::ostringstream stream;
  for (char letter : text) names[text] += letter;
  for (const auto& name : names) stream << name.first << name.second;
  all[stream.str()] = [names] { return int(names.size()); };
  return all[stream.str()]();
}
";

/// The number of files of the project, which are compiled in parallel.
const FILES: usize = 2;

/// The compilers of `sandbox`, as command lines.
pub(super) fn compilers(sandbox: &Sandbox) -> Vec<String> {
    let lines =
        sandbox.processes().into_iter().filter_map(|pid| fs::read(format!("/proc/{pid}/cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains("cc1plus") || line.contains("/as ") || line.contains("/c++ "))
        .collect()
}

pub(super) fn slow_project<'a>(sandbox: &'a Sandbox, tools: &Tools, name: &str, call: &str) -> Checkout<'a> {
    let checkout = Checkout::sample(sandbox, tools, name, call);
    for index in 0..FILES {
        let text = SLOW.replace("slow(", &format!("slow_{index}("));
        fs::write(checkout.source.join(format!("slow_{index}.cpp")), text).expect("a source file");
    }
    let lists = "cmake_minimum_required(VERSION 3.15...3.31)\nproject(sample LANGUAGES CXX)\n\
                 add_library(sample OBJECT slow_0.cpp slow_1.cpp)\n";
    fs::write(checkout.source.join("CMakeLists.txt"), lists).expect("a project");
    checkout.configure();
    checkout
}

/// The object of one of its files.
pub(super) fn object(checkout: &Checkout<'_>, index: usize) -> PathBuf {
    checkout.build_folder().join(format!("CMakeFiles/sample.dir/slow_{index}.cpp.o"))
}

/// Runs a command in its own process group, and sends a signal after `delay`.
fn interrupt(mut command: Command, name: &str, delay: Duration) {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn().expect("the build starts");
    thread::sleep(delay);
    signal(name, &format!("-{}", child.id()));
    let ended =
        eventually(Duration::from_secs(30), || child.try_wait().expect("a child of this process").is_some());
    assert!(ended, "the build still runs after {name}");
}

fn an_interrupted_build_leaves_no_compiler_and_no_partial_object(cache: Tool) {
    let Some(tools) = tools_for(&[&[cache], Redis::NEEDS].concat()) else { return };
    let moments: u8 = if Tools::full() { 50 } else { 6 };
    let redis = Redis::start();
    let sandbox = Sandbox::new("interrupt").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let tool = if matches!(cache, Tool::Ccache(_)) { "ccache" } else { "sccache" };
    let call = format!(
        "toolchainkit_enable_cache(TOOL {tool} REMOTE redis SERVERS 127.0.0.1:{0}\n  \
         SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT=tcp://{{SERVER}} CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=redis://{{SERVER}})",
        redis.server.port()
    );
    let checkout = slow_project(&sandbox, &tools, "project", &call);
    let reference = slow_project(&sandbox, &tools, "reference", "set(TOOLCHAINKIT_CACHE OFF)");
    reference.build();
    for moment in 0..moments {
        // The delays are spread over the first 700 milliseconds, while the compilers run.
        let delay = Duration::from_millis(40 + u64::from(moment) * 137 % 700);
        checkout.building().args(["--target", "clean"]).run();
        // A hit would be too fast for an interrupt, so remove all objects.
        checkout.wipe_local_cache();
        redis.cli().arg("FLUSHALL").run();
        let mut ninja = checkout.command("ninja");
        ninja.arg("-C").arg(checkout.build_folder()).arg("-j2");
        interrupt(ninja, ["INT", "TERM", "HUP"][usize::from(moment % 3)], delay);
        let gone = eventually(Duration::from_secs(5), || compilers(&sandbox).is_empty());
        assert!(gone, "{cache}, {delay:?}: still running: {:?}", compilers(&sandbox));
        let built = checkout.build();
        assert!(!built.text().contains("toolchainkit:"), "{cache}, {delay:?}: {built}");
        for index in 0..FILES {
            let (actual, expected) =
                (fs::read(object(&checkout, index)), fs::read(object(&reference, index)));
            assert!(actual.unwrap() == expected.unwrap(), "{cache}, {delay:?}: object {index} differs");
        }
    }
}
