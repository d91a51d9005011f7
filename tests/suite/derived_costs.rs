//! The tables of README.md about costs, from the last recorded run of tests/bench/run.sh. `TOOLCHAINKIT_UPDATE=1` updates them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::derived::compare;

/// The last complete run in tests/bench/results, by its date.
fn last_run() -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/results");
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    files.sort();
    let runs = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut runs =
        runs.map(|path| serde_json::from_str::<Value>(&fs::read_to_string(path).unwrap()).unwrap());
    runs.rfind(|run| run["is_quick"] == false).expect("a recorded run")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text"))
}

fn tool(part: &Value) -> String {
    format!("{} {}", text(&part["tool"]), text(&part["tool_version"]))
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn head(names: &[&str]) -> String {
    format!("| {} |\n|{}\n", names.join(" | "), " --- |".repeat(names.len()))
}

/// The cell of a build, if it was measured.
fn cell<'a>(build: &'a Value, scenario: &str, variant: &str) -> Option<&'a Value> {
    let mut cells = list(&build["cells"]).iter();
    cells.find(|cell| {
        cell["scenario"] == scenario && cell["variant"] == variant && cell["summary"].is_object()
    })
}

/// Wall and processor time per object, in milliseconds.
fn per_object(cell: &Value) -> String {
    let of = |name: &str| number(&cell["summary"][name]);
    format!("{:.1}, {:.1} ms", of("wall_ms_per_object"), of("cpu_ms_per_object"))
}

/// The ratio of two processor times.
fn ratio(one: Option<&Value>, other: Option<&Value>) -> String {
    let cpu = |cell: &Value| number(&cell["summary"]["cpu_s"]);
    one.zip(other).map(|(one, other)| format!("{:.2}", cpu(one) / cpu(other))).unwrap_or_default()
}

fn builds(run: &Value) -> String {
    let mut table = head(&[
        "project (objects), type, tool",
        "warm, alone",
        "warm, toolchainkit",
        "ratio",
        "second checkout ÷ warm",
        "cold ÷ uncached",
        "uncached ÷ warm",
    ]);
    for build in list(&run["parts"]["builds"]) {
        let [cold, warm, second] =
            ["cold", "warm", "second_checkout"].map(|scenario| cell(build, scenario, "toolchainkit"));
        let Some((ours, alone)) = warm.zip(cell(build, "warm", "tool")) else { continue };
        let uncached = cell(build, "uncached", "none");
        let against = &ours["against_tool"];
        let faster = ratio(uncached, warm).parse::<f64>().map(|ratio| format!("{ratio:.0}"));
        table += &row(&[
            format!(
                "{} ({}{}), {}, {}",
                text(&build["project"]),
                build["objects"],
                if build["links_programs"] == true { ", linked" } else { "" },
                text(&build["build_type"]),
                tool(build)
            ),
            per_object(alone),
            per_object(ours),
            format!("{:.2}, {:.2}", number(&against["wall"]), number(&against["cpu"])),
            ratio(second, warm),
            ratio(cold, uncached),
            faster.unwrap_or_default(),
        ]);
    }
    table
}

fn single(run: &Value) -> String {
    let mut table = head(&["source, tool", "alone", "with the launcher's settings", "toolchainkit"]);
    for hit in list(&run["parts"]["single"]) {
        let times = ["alone", "same_settings", "toolchainkit"].map(|way| {
            let of = |name: &str| number(&hit[way][name]) * 1000.0;
            format!("{:.2}, {:.2} ms", of("wall_min_s"), of("cpu_s"))
        });
        let language =
            if hit["language"] == "c" { "C, `<stdio.h>`" } else { "C++, six headers such as `<regex>`" };
        table += &row(&[vec![format!("{language}, {}", tool(hit))], times.to_vec()].concat());
    }
    table
}

fn hits(run: &Value) -> String {
    let ways = ["tool", "tuned", "env", "script", "toolchainkit"];
    let mut table = head(&[
        "project, tool",
        "defaults",
        "tuned by an expert",
        "defaults, by `cmake -E env`",
        "toolchainkit, script",
        "toolchainkit",
    ]);
    for build in list(&run["parts"]["hits"]) {
        let times = ways.map(|variant| cell(build, "warm", variant).map(per_object).unwrap_or_default());
        let name = format!("{}, {}", text(&build["project"]), tool(build));
        table += &row(&[vec![name], times.to_vec()].concat());
    }
    table
}

fn configuring(run: &Value) -> String {
    let mut table = head(&["files, targets, tool", "first", "again", "build without work", "build.ninja"]);
    for project in list(&run["parts"]["configuring"]) {
        let times = ["first", "again", "no_work"].map(|name| {
            let measured = &project[name];
            let of = |variant: &str| number(&measured[variant]["cpu_s"]) * 1000.0;
            if measured.is_null() {
                String::new()
            } else {
                format!("{:.0} → {:.0} ms", of("tool"), of("toolchainkit"))
            }
        });
        let name = format!("{}, {}, {}", project["files"], project["targets"], tool(project));
        let size = &project["build_ninja_bytes"];
        let size = format!("× {:.2}", number(&size["toolchainkit"]) / number(&size["tool"]));
        table += &row(&[vec![name], times.to_vec(), vec![size]].concat());
    }
    table
}

fn remotes(run: &Value) -> String {
    let mut table = head(&["remote cache, round trip, tool", "alone", "toolchainkit", "ratio"]);
    for build in list(&run["parts"]["remotes"]) {
        let [Some(alone), Some(ours)] =
            ["tool", "toolchainkit"].map(|variant| cell(build, "remote", variant))
        else {
            continue;
        };
        let against = &ours["against_tool"];
        table += &row(&[
            format!("{}, {} ms, {}", text(&build["remote"]), build["latency_ms"], tool(build)),
            per_object(alone),
            per_object(ours),
            format!("{:.2}, {:.2}", number(&against["wall"]), number(&against["cpu"])),
        ]);
    }
    table
}

#[test]
fn the_readme_has_the_figures_of_the_last_recorded_run() {
    let run = last_run();
    let machine = &run["machine"];
    let kind = if machine["is_virtual"] == true { "virtual machine" } else { "machine" };
    let mut section = format!(
        "\nThe tables are from the recorded run of {} (`tests/bench/run.sh`, on a {kind} with {} processors: {}; {}; {}; CMake {}; load {} from other \
         programs at its start). \
         Times are medians of wall and processor time of all processes, with daemons; ratios are those of builds that ran one \
         after the other. \"Alone\" is the tool with its defaults, as a compiler launcher.\n",
        text(&run["date"]),
        machine["processors"],
        text(&machine["processor"]),
        text(&machine["system"]),
        text(&machine["compiler"]),
        text(&machine["cmake"]),
        machine["load"],
    );
    let parts = [
        (
            "single",
            "A single hit: the shortest wall time of 150, and the median processor time, without that of sccache's daemon:",
            single as fn(&Value) -> String,
        ),
        ("builds", "Builds of public projects, with the time of the whole build per object:", builds),
        ("hits", "Rebuilds with a warm cache, with each way to start the tool, per object:", hits),
        ("configuring", "Configuring, processor time with the tool alone → with toolchainkit:", configuring),
        ("remotes", "Rebuilds of zstd from the remote cache alone, per object:", remotes),
    ];
    for (name, title, render) in parts {
        if !run["parts"][name].is_null() {
            section += &format!("\n{title}\n\n{}", render(&run));
        }
    }
    compare("README.md", "<!-- costs -->", "<!-- /costs -->", &format!("{section}\n"));
}
