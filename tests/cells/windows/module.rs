//! The CMake module without `toolchainkit-launch`: CMake's `-E env` passes the settings to the tool.

use std::fs;

use super::project::{OBJECTS, Project, call};
use crate::list::tests;
use crate::support::checkout::CACHES;
use crate::support::{Run, Tool, Wine};

tests![
    a_second_configuration_keeps_the_cache_and_other_checkouts_get_their_own_objects in CACHES,
    an_occupied_port_is_reported,
    a_configuration_file_of_the_user_does_not_select_options,
    clang_cl_is_cached_by_ccache_with_its_header_dependencies,
    clang_cl_is_not_cached_by_sccache,
    response_files_and_long_commands_are_cached in CACHES,
];

fn a_second_configuration_keeps_the_cache_and_other_checkouts_get_their_own_objects(tool: Tool) {
    let Some(wine) = Wine::start() else { return };
    let first = Project::of_c(&wine, "t/first", &call(tool, "")).option("-DCMAKE_BUILD_TYPE=Debug");
    let status = first.configure();
    assert!(status.contains("using no launcher, because toolchainkit-launch was not found"), "{status}");
    assert!(status.contains("left out: hits in other checkouts, rules for single sources"), "{status}");
    assert_eq!(first.counted(|| drop(first.build())), (0, OBJECTS));
    first.configure();
    assert!(first.build().stdout.contains("no work to do"), "the commands are the same");
    first.remove_build_folder();
    first.configure();
    assert_eq!(first.counted(|| drop(first.build())), (OBJECTS, 0));
    // ccache passes relative paths to the compiler.
    let source = |folder: &str| match tool {
        Tool::Sccache(_) => format!("{folder}/main.c"),
        _ => r"..\main.c".to_owned(),
    };
    assert_eq!(first.output(), format!("2 {}", source("C:/t/first")));
    // The line numbers in the debug information change.
    first.write("a.c", "#include \"shared.h\"\n\n\nint a(void);\nint a(void) { return SHARED; }\n");
    assert_eq!(first.counted(|| drop(first.build())), (0, 1));

    // Without a launcher, nothing maps paths, so an object with the path of another checkout would be wrong.
    let second =
        Project::of_c(&wine, "t/zweites Gehäuse", &call(tool, "")).option("-DCMAKE_BUILD_TYPE=Debug");
    second.configure();
    assert_eq!(second.counted(|| drop(second.build())), (0, OBJECTS));
    assert_eq!(second.output(), format!("2 {}", source("C:/t/zweites Gehäuse")));
    second.remove_build_folder();
    second.configure();
    assert_eq!(second.counted(|| drop(second.build())), (OBJECTS, 0));
    second.write("shared.h", "#define SHARED 2\n");
    assert_eq!(second.counted(|| drop(second.build())), (0, OBJECTS - 1));
    assert_eq!(second.output(), format!("4 {}", source("C:/t/zweites Gehäuse")));
}

fn an_occupied_port_is_reported() {
    let Some(mut wine) = Wine::start() else { return };
    let project = Project::of_c(&wine, "t/project", &call(CACHES[0], ""));
    project.configure();
    let batch = fs::read_to_string(project.path("build/toolchainkit/launcher.cmd")).expect("launcher.cmd");
    let (_, port) = batch.split_once("SCCACHE_SERVER_PORT=").expect("a port");
    let (port, _) = port.split_once('"').expect("the end of the port");
    let port = port.to_owned();
    project.ask(&["--stop-server"]);
    // A daemon with another folder at the same port, such as one that the user has started.
    wine.command("sccache")
        .arg("--start-server")
        .env("SCCACHE_SERVER_PORT", &port)
        .env("SCCACHE_DIR", r"C:\t\other")
        .run();
    let status = project.configure_without_cache();
    assert!(status.contains(&format!("another program listens on its port {port}")), "{status}");
    // It is no object of the other daemon.
    project.build();
    assert!(
        !wine.path("t/other").exists() || fs::read_dir(wine.path("t/other")).expect("a folder").count() == 0
    );
    wine.set("SCCACHE_SERVER_PORT", &port);
    wine.run("sccache", &["--stop-server"]);
}

fn a_configuration_file_of_the_user_does_not_select_options() {
    let Some(wine) = Wine::start() else { return };
    let folder = wine.local_data().join("ccache");
    fs::create_dir_all(&folder).expect("a folder");
    // With these options, ccache would return an object although the header has changed.
    fs::write(folder.join("ccache.conf"), "sloppiness = include_file_mtime\nread_only = true\n")
        .expect("a file");
    let project = Project::of_c(&wine, "t/project", &call(CACHES[1], ""));
    let status = project.configure();
    assert!(status.contains("read_only"), "the setting is named: {status}");
    assert_eq!(project.counted(|| drop(project.build())), (0, OBJECTS));
    project.remove_build_folder();
    project.configure();
    assert_eq!(project.counted(|| drop(project.build())), (OBJECTS, 0));
}

fn clang_cl_is_not_cached_by_sccache() {
    let Some(wine) = Wine::start() else { return };
    let project = Project::of_microsoft(&wine, "t/project", &call(CACHES[0], ""));
    let status = project.configure_without_cache();
    assert!(status.contains("sccache ignores line numbers with this compiler"), "{status}");
    assert_eq!(project.counted(|| drop(project.build())), (0, 0));
    assert!(project.path("build/CMakeFiles/sample.dir/a.c.obj").is_file());
    let ninja = fs::read_to_string(project.path("build/build.ninja")).expect("build.ninja");
    assert!(!ninja.contains("-fprofile-arcs"), "an option of GCC and Clang: {ninja}");
}

fn clang_cl_is_cached_by_ccache_with_its_header_dependencies() {
    let Some(wine) = Wine::start() else { return };
    let project = Project::of_microsoft(&wine, "t/project", &call(CACHES[1], ""));
    project.configure();
    assert_eq!(project.counted(|| drop(project.build())), (0, 2));
    let rules = fs::read_to_string(project.path("build/CMakeFiles/rules.ninja")).expect("rules.ninja");
    assert!(rules.contains("/showIncludes") && rules.contains("deps = msvc"), "{rules}");
    let ninja = fs::read_to_string(project.path("build/build.ninja")).expect("build.ninja");
    assert!(ninja.contains("Z7") && !ninja.contains("/Zi"), "{ninja}");
    project.remove_build_folder();
    project.configure();
    assert_eq!(project.counted(|| drop(project.build())), (2, 0));
    // Ninja knows the header from the output of a hit.
    project.write("shared.h", "#define SHARED 2\n");
    assert_eq!(project.counted(|| drop(project.build())), (0, 2));
    assert!(project.build().stdout.contains("no work to do"));
}

fn response_files_and_long_commands_are_cached(tool: Tool) {
    let Some(wine) = Wine::start() else { return };
    let project =
        Project::of_c(&wine, "t/project", &call(tool, "")).option("-DCMAKE_NINJA_FORCE_RESPONSE_FILE=ON");
    let name = "a-folder-with-a-long-name-".repeat(3);
    // 24,000 characters. Windows accepts up to 32,767.
    let lists = format!(
        "cmake_minimum_required(VERSION 3.15...3.31)\nproject(sample LANGUAGES C)\nadd_executable(sample main.c a.c b.c)\n\
         foreach(index RANGE 1 240)\n  target_include_directories(sample PRIVATE \"inc/{name}${{index}}\")\nendforeach()\n"
    );
    project.write("CMakeLists.txt", &lists);
    project.configure();
    let text = fs::read_to_string(project.path("build/CMakeFiles/rules.ninja")).expect("rules.ninja");
    assert!(text.contains("rspfile"), "the option has an effect: {text}");
    assert_eq!(project.counted(|| drop(project.build())), (0, OBJECTS));
    project.remove_build_folder();
    project.configure();
    assert_eq!(project.counted(|| drop(project.build())), (OBJECTS, 0));
    assert!(project.output().starts_with("2 "));
}
