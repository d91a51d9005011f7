//! Layouts of folders in which a second checkout gets its objects from the cache: build folders elsewhere, links, package caches,
//! environments of Python, and workspaces.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{Checkout, tools_for};
use crate::list::{Cell, tests};
use crate::support::search::contains;
use crate::support::{Run, Sandbox, Tool, Tools};

tests![
    a_second_checkout_hits in layouts(),
    base_directories_that_cannot_be_used_are_reported,
    a_changed_header_in_a_base_directory_recompiles in LAYOUT_CACHES,
];

/// The system's ccache has a single base directory.
const LAYOUT_CACHES: [Tool; 4] = [
    Tool::Sccache(Tools::SCCACHE),
    Tool::Sccache(Tools::NEWEST_SCCACHE),
    Tool::System("ccache"),
    Tool::Ccache(Tools::CCACHE),
];

/// Each layout with one version of both tools, or with `--full` with all.
fn layouts() -> Vec<(Layout, Tool)> {
    let of_layout = |(row, layout): (usize, Layout)| {
        let is_chosen = move |(column, _): &(usize, Tool)| Tools::full() || column % 2 == row % 2;
        let chosen = LAYOUT_CACHES.into_iter().enumerate().filter(is_chosen);
        chosen.map(move |(_, cache)| (layout, cache))
    };
    LAYOUTS.into_iter().enumerate().flat_map(of_layout).collect()
}

/// A layout of folders.
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// Its name, or the tools that create it.
    name: &'static str,
    /// The source folder; `@` stands for a name that differs between the checkouts.
    source: &'static str,
    build: &'static str,
    /// The folder with a header of a package.
    package: &'static str,
    /// The arguments `BASE_DIRS`.
    base_dirs: &'static str,
    /// The variable `NAME=FOLDER` of the environment.
    variable: &'static str,
    /// An empty file.
    file: &'static str,
    /// `LINK=TARGET`; both are folders.
    link: &'static str,
}

impl Cell for Layout {
    fn name(&self) -> String {
        self.name.to_owned()
    }
}

const fn layout(
    name: &'static str,
    source: &'static str,
    build: &'static str,
    package: &'static str,
) -> Layout {
    Layout { name, source, build, package, base_dirs: "", variable: "", file: "", link: "" }
}

const LAYOUTS: [Layout; 20] = [
    layout("qt-creator", "@/hello", "@/build-hello-Desktop-Debug", "@/hello/3rd/include"),
    layout("build-in-temporary-folder", "@/hello", "tmp/tmp.@", "@/hello/3rd/include"),
    layout("in-source", "@/hello", "@/hello", "@/hello/3rd/include"),
    layout("fetch-content-in-the-build-folder", "@/hello", "@/out", "@/out/_deps/package-src/include"),
    Layout {
        link: "@/hello/build=disk/@/out",
        ..layout("build-behind-a-link", "@/hello", "@/hello/build", "@/hello/3rd")
    },
    Layout {
        link: "link-@=real/@",
        ..layout("checkout-behind-a-link", "link-@/hello", "link-@/hello/build", "link-@/hello/3rd")
    },
    Layout {
        link: "link-@=real/@",
        ..layout("real-path-of-a-header", "link-@/hello", "link-@/hello/build", "real/@/hello/3rd")
    },
    Layout {
        link: "@/hello/lib=lib-of-@",
        ..layout("source-folder-behind-a-link", "@/hello", "@/hello/build", "@/hello/3rd")
    },
    Layout {
        variable: "CPM_SOURCE_CACHE=@/home/.cache/CPM",
        ..layout("cpm-source-cache", "@/hello", "@/hello/build", "@/home/.cache/CPM/fmt/0123/include")
    },
    Layout {
        base_dirs: "~/.conan2/p",
        variable: "HOME=@/home",
        ..layout("conan-cache", "@/hello", "@/build-hello", "@/home/.conan2/p/b/fmt0123/p/include")
    },
    Layout {
        base_dirs: "../../../..",
        ..layout(
            "vcpkg-build-trees",
            "@/vcpkg/buildtrees/fmt/src/12",
            "@/vcpkg/buildtrees/fmt/x64-linux-dbg",
            "@/vcpkg/installed/x64-linux/include",
        )
    },
    Layout {
        base_dirs: "../..",
        ..layout("workspace", "@/src/package", "@/build/package", "@/install/other/include")
    },
    Layout {
        file: "@/build/COLCON_IGNORE",
        ..layout("colcon", "@/src/package", "@/build/package", "@/install/other/include")
    },
    Layout {
        file: "@/.catkin_workspace",
        ..layout("catkin", "@/src/package", "@/build/package", "@/devel/include")
    },
    Layout {
        base_dirs: "..",
        ..layout(
            "yocto",
            "@/work/package/1.0/git",
            "@/work/package/1.0/build",
            "@/work/package/1.0/recipe-sysroot/usr/include",
        )
    },
    Layout {
        base_dirs: "\\${DEPENDENCIES}",
        variable: "DEPENDENCIES=deps-@",
        ..layout("fetchcontent-base-dir", "@/hello", "@/hello/build", "deps-@/package-src/include")
    },
    Layout {
        base_dirs: "\\${MISSING} \\${PACKAGES}",
        variable: "PACKAGES=link-@",
        link: "link-@=real/@/packages",
        ..layout("base-directory-behind-a-link", "@/hello", "@/hello/build", "real/@/packages/include")
    },
    Layout {
        base_dirs: "\\${PACKAGES}",
        variable: "PACKAGES=@/hello/packages-@",
        ..layout("base-directory-in-the-checkout", "@/hello", "@/out", "@/hello/packages-@/include")
    },
    Layout {
        variable: "PATH=tmp/pip-build-env-@/overlay/bin",
        ..layout(
            "pip-build-isolation",
            "tmp/pip-install-@/hello_0123",
            "tmp/tmp@/build",
            "tmp/pip-build-env-@/overlay/lib/python3.11/site-packages/pybind11/include",
        )
    },
    Layout {
        variable: "PATH=@/venv/bin",
        ..layout(
            "venv",
            "@/hello",
            "@/hello/build",
            "@/venv/lib/python3.11/site-packages/numpy/_core/include",
        )
    },
];

const OBJECTS: u64 = 2;

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// The checkout with this name, in debug mode.
fn place<'a>(sandbox: &'a Sandbox, tools: &Tools, layout: Layout, name: &str) -> Checkout<'a> {
    let folder = |path: &str| sandbox.root().join(path.replace('@', name));
    if let Some((link, target)) = layout.link.split_once('=') {
        fs::create_dir_all(folder(target)).expect("a folder");
        fs::create_dir_all(folder(link).parent().expect("a folder")).expect("a folder");
        symlink(folder(target), folder(link)).expect("a link");
    }
    let call = format!("toolchainkit_enable_cache(PROJECT layouts BASE_DIRS {})", layout.base_dirs);
    let call = if layout.base_dirs.is_empty() { call.replace(" BASE_DIRS ", "") } else { call };
    let checkout = Checkout::sample(sandbox, tools, &layout.source.replace('@', name), &call);
    let source = checkout.source.clone();
    fs::create_dir_all(source.join(".git")).expect("a repository");
    write(
        &source.join("CMakeLists.txt"),
        "cmake_minimum_required(VERSION 3.15...4.0)\nproject(hello C)\n\
         configure_file(config.h.in generated/config.h)\nadd_library(hello STATIC main.c lib/part.c)\n\
         target_include_directories(hello PRIVATE lib ${CMAKE_CURRENT_BINARY_DIR}/generated ${PACKAGE})\n",
    );
    write(&source.join("config.h.in"), "#define VERSION 1\n");
    write(
        &source.join("main.c"),
        "#include <package.h>\n#include \"part.h\"\n#include \"config.h\"\n\
         int whole(void);\nint whole(void) { return part() + package() + VERSION; }\n",
    );
    write(&source.join("lib/part.h"), "int part(void);\n");
    write(&source.join("lib/part.c"), "#include \"part.h\"\nint part(void) { return 1; }\n");
    if !layout.file.is_empty() {
        write(&folder(layout.file), "");
    }
    let package = folder(layout.package);
    write(&package.join("package.h"), "static inline int package(void) { return 2; }\n");
    let mut checkout = checkout
        .with_build_folder(folder(layout.build))
        .option(&format!("-DCMAKE_TOOLCHAIN_FILE={}/cmake/toolchain.cmake", source.display()))
        .option("-DCMAKE_BUILD_TYPE=Debug")
        .option(&format!("-DPACKAGE={}", package.display()));
    if let Some((name, path)) = layout.variable.split_once('=') {
        let mut value = folder(path).display().to_string();
        if name == "PATH" {
            write(&folder(path).with_file_name("pyvenv.cfg"), "home = /usr/bin\n");
            let of_sandbox = checkout.command("x");
            let mut variables = of_sandbox.get_envs();
            let path =
                variables.find_map(|(known, value)| (known == "PATH").then_some(value?)).expect("a PATH");
            value = format!("{value}:{}", path.display());
        }
        checkout = checkout.env(name, &value);
    }
    checkout
}

fn objects(checkout: &Checkout<'_>) -> Vec<PathBuf> {
    let folder = checkout.build_folder().join("CMakeFiles/hello.dir");
    ["main.c.o", "lib/part.c.o"].map(|name| folder.join(name)).to_vec()
}

fn a_second_checkout_hits((layout, cache): (Layout, Tool)) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("layout").on_path(&tools.ninja()).on_path(&tools.path(cache));
    // One name is longer, so a folder may be longer than another one in one checkout only.
    let first = place(&sandbox, &tools, layout, "first");
    first.configure();
    assert_eq!(first.counted(|| drop(first.build())), (0, OBJECTS));
    let second = place(&sandbox, &tools, layout, "the-second-one");
    second.configure();
    assert_eq!(second.counted(|| drop(second.build())), (OBJECTS, 0));
    let read = || objects(&second).iter().map(|path| fs::read(path).expect("an object")).collect::<Vec<_>>();
    let cached = read();
    for object in &cached {
        assert!(!contains(object, "/first/") && !contains(object, "-first/"), "the paths of the first one");
        assert!(!contains(object, "/toolchainkit-") && contains(object, "the-second-one"));
    }
    // The build tool knows the headers by the paths of this checkout.
    let known =
        second.command("ninja").arg("-C").arg(second.build_folder()).args(["-t", "deps"]).run().stdout;
    assert!(known.contains("package.h") && !known.contains("first"), "{known}");
    for path in known.lines().filter_map(|line| line.strip_prefix("    ")) {
        assert!(!path.starts_with(".t") && second.build_folder().join(path).exists(), "{path}");
    }
    // With base directories, ccache passes relative paths to the compiler.
    if matches!(cache, Tool::Sccache(_)) {
        second.building().arg("--clean-first").env("TOOLCHAINKIT_BYPASS", "1").run();
        assert!(read() == cached, "a compilation without the cache has the same objects");
    }
}

fn a_changed_header_in_a_base_directory_recompiles(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let layout = LAYOUTS.into_iter().find(|layout| layout.name == "conan-cache").expect("a layout");
    let sandbox = Sandbox::new("layout").on_path(&tools.ninja()).on_path(&tools.path(cache));
    for name in ["first", "the-second-one"] {
        let checkout = place(&sandbox, &tools, layout, name);
        checkout.configure();
        checkout.build();
        let header = sandbox.root().join(layout.package.replace('@', name)).join("package.h");
        fs::write(&header, format!("static inline int package(void) {{ return {}; }}\n", name.len()))
            .expect("a header");
        assert_eq!(checkout.counted(|| drop(checkout.build())), (0, 1), "{name}");
        // Messages name the header by its own path.
        fs::write(&header, "static inline int package(void) { return nothing; }\n").expect("a header");
        let failed = checkout.building().run_to_any_end();
        assert!(failed.text().contains(&format!("{}:1:", header.display())), "{}", failed.text());
    }
}

fn base_directories_that_cannot_be_used_are_reported() {
    let sccache = Tool::Sccache(Tools::SCCACHE);
    let Some(tools) = tools_for(&[sccache]) else { return };
    let sandbox = Sandbox::new("layout").on_path(&tools.ninja()).on_path(&tools.path(sccache));
    let mut layout = LAYOUTS[0];
    layout.base_dirs = "~ / \\${NOT_SET}/x a:b /usr/share";
    let checkout = place(&sandbox, &tools, layout, "first");
    let text = checkout.configure().text();
    for expected in [
        "left out: base directory ~ (it contains the home folder)",
        "left out: base directory / (it contains the home folder)",
        "left out: base directory ${NOT_SET}/x (NOT_SET is not set)",
        "left out: base directory a:b (the tools do not support its characters)",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let settings =
        fs::read_to_string(checkout.build_folder().join("toolchainkit/launcher.json")).expect("settings");
    assert!(settings.contains("\"places\": [[7, \"/usr/share\"]]"), "{settings}");
    let script = place(&sandbox, &tools, layout, "script").with_fallback();
    let text = script.configure().text();
    assert!(text.contains("left out: BASE_DIRS (needs toolchainkit-launch)"), "{text}");
}
