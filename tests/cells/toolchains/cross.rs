//! Programs for other machines: compiled with cross compilers, run in an emulator, and cached. Each case builds with an
//! empty cache and `-DCMAKE_TOOLCHAIN_FILE`, removes the build folder and, with a remote cache, the local cache, and
//! builds again with a preset: every object must come from the cache.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::end_to_end::build::{Build, CCACHE, SCCACHE, Setup};
use crate::list::{self, tests};
use crate::support::removing::remove_folder;
use crate::support::servers::Redis;
use crate::support::versions::CMAKES;
use crate::support::{Project, Run, Tool, Tools};

tests![trial in cells()];

/// The machine of a compiled program, from the header of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Machine {
    /// `EI_CLASS` and `e_machine` of an ELF file.
    Elf(u8, u16),
    /// The machine of a PE file.
    Pe(u16),
}

struct Target {
    name: &'static str,
    /// The YAML below `toolchain:`.
    toolchain: &'static str,
    needs: &'static [Tool],
    machine: Machine,
    /// The emulator; empty if the build machine can run the programs.
    runner: &'static [&'static str],
    /// The file name of the program.
    program: &'static str,
    /// Whether the target has no C++ library.
    only_c: bool,
    /// Whether the target needs large packages, which only `tests/setup.sh --full` installs.
    large: bool,
}

const AARCH64: Target = Target {
    name: "aarch64",
    toolchain: "compilers: { c: aarch64-linux-gnu-gcc, cxx: aarch64-linux-gnu-g++ }
  target: { system: Linux, processor: aarch64 }",
    needs: &[Tool::System("aarch64-linux-gnu-g++"), Tool::System("qemu-aarch64")],
    machine: Machine::Elf(2, 183),
    runner: &["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"],
    program: "sample",
    only_c: false,
    large: false,
};

static TARGETS: [Target; 8] = [
    AARCH64,
    Target {
        name: "armhf",
        toolchain: "compilers: { c: arm-linux-gnueabihf-gcc, cxx: arm-linux-gnueabihf-g++ }
  target: { system: Linux, processor: arm }",
        needs: &[Tool::System("arm-linux-gnueabihf-g++"), Tool::System("qemu-arm")],
        machine: Machine::Elf(1, 40),
        runner: &["qemu-arm", "-L", "/usr/arm-linux-gnueabihf"],
        ..AARCH64
    },
    Target {
        name: "sysroot",
        toolchain: "compilers: { c: clang, cxx: clang++ }
  linker: lld
  target: { system: Linux, processor: aarch64, triple: aarch64-linux-gnu, sysroot: sysroot }",
        needs: &[
            Tool::System("clang"),
            Tool::System("ld.lld"),
            Tool::System("aarch64-linux-gnu-g++"),
            Tool::System("qemu-aarch64"),
        ],
        runner: &["qemu-aarch64", "-L", "sysroot"],
        ..AARCH64
    },
    Target {
        name: "m32",
        toolchain: "flags: { c: -m32, cxx: -m32 }",
        needs: &[Tool::System("g++"), Tool::Multilib],
        machine: Machine::Elf(1, 3),
        runner: &[],
        ..AARCH64
    },
    Target {
        name: "mingw",
        toolchain: "compilers: { c: x86_64-w64-mingw32-gcc, cxx: x86_64-w64-mingw32-g++ }
  target: { system: Windows, processor: x86_64 }
  flags: { linker: -static }",
        needs: &[Tool::System("x86_64-w64-mingw32-g++"), Tool::System("wine")],
        machine: Machine::Pe(0x8664),
        runner: &["wine"],
        program: "sample.exe",
        large: true,
        ..AARCH64
    },
    Target {
        name: "bare-metal",
        toolchain: "compilers: { c: arm-none-eabi-gcc }
  try_compile: static-library
  target: { system: Generic, processor: arm }
  flags: { linker: \"--specs=rdimon.specs\" }",
        needs: &[Tool::System("arm-none-eabi-gcc"), Tool::System("qemu-arm")],
        machine: Machine::Elf(1, 40),
        runner: &["qemu-arm"],
        only_c: true,
        large: true,
        ..AARCH64
    },
    Target {
        name: "musl",
        toolchain: "compilers: zig
  target: { system: Linux, processor: x86_64, triple: x86_64-linux-musl }",
        needs: &[Tool::Zig],
        machine: Machine::Elf(2, 62),
        runner: &[],
        large: true,
        ..AARCH64
    },
    Target {
        name: "musl-aarch64",
        toolchain: "compilers: zig
  target: { system: Linux, processor: aarch64, triple: aarch64-linux-musl }",
        needs: &[Tool::Zig, Tool::System("qemu-aarch64")],
        runner: &["qemu-aarch64"],
        large: true,
        ..AARCH64
    },
];

/// A target, and the tools to build it with.
#[derive(Clone, Copy)]
struct Cell {
    target: &'static Target,
    setup: Setup,
}

impl list::Cell for Cell {
    fn name(&self) -> String {
        (self.target.name, self.setup).name()
    }
}

/// Each target with two CMakes and both cache tools, so that the first four targets cover all CMakes; with `--full`, with
/// all of them.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (index, target) in TARGETS.iter().enumerate() {
        if target.large && !Tools::full() {
            continue;
        }
        for (position, cmake) in CMAKES.into_iter().enumerate() {
            for (cache, setup) in [SCCACHE, CCACHE].into_iter().enumerate() {
                if Tools::full() || (position / 2 == index && position % 2 == cache) {
                    let setup = if index.is_multiple_of(2) { setup } else { setup.make() };
                    cells.push(Cell { target, setup: setup.cmake(cmake) });
                }
            }
        }
    }
    cells
}

fn trial(Cell { target, setup }: Cell) {
    let servers: &[Tool] = if setup.is_sccache() { Redis::NEEDS } else { &[] };
    let Some(tools) = setup.tools(&[target.needs, servers].concat()) else { return };
    let server = setup.is_sccache().then(Redis::start);
    let remote = server.as_ref().map_or(String::new(), |redis| {
        format!("{{ type: redis, endpoint: \"redis://{}\" }}", redis.server.address())
    });
    let more = format!("toolchain:\n  {}\n", target.toolchain);
    let mut build = Build::with_yaml(target.name, setup, &tools, &remote, Vec::new(), &more);
    if target.only_c {
        build.project = Project::write(build.project.root(), 3, 0);
    }
    prepare(&mut build, target, &tools);
    build.toolchainkit(&["generate"]);
    let objects = build.project.objects();

    let configured = build.configuring_by_file("cmake/toolchain.cmake").run();
    let cold = build.build();
    check(&build, target);
    assert_eq!(
        build.hits_and_misses(),
        (0, objects),
        "{target}, cold\n{configured}\n{cold}",
        target = target.name
    );
    build.wait_until_stored();

    build.stop_daemon();
    remove_folder(&build.folder());
    if server.is_some() {
        fs::remove_dir_all(build.sandbox.cache_home().join("toolchainkit/cache")).expect("the local cache");
    }
    let configured = build.configure();
    let before = build.hits_and_misses();
    let warm = build.build();
    check(&build, target);
    let after = build.hits_and_misses();
    let counted = (after.0 - before.0, after.1 - before.1);
    assert_eq!(counted, (objects, 0), "{target}, warm\n{configured}\n{warm}", target = target.name);
}

/// Creates the files that a developer for this target has.
fn prepare(build: &mut Build, target: &Target, tools: &Tools) {
    if target.needs.contains(&Tool::Zig) {
        // zig builds its C library on first use, which takes minutes; tests/setup.sh has done this.
        let zig = tools.path(Tool::Zig);
        let libraries = zig.with_file_name("libraries");
        let text = format!(
            "export ZIG_GLOBAL_CACHE_DIR='{libraries}' ZIG_LOCAL_CACHE_DIR='{libraries}'\nexec '{zig}' \"$@\"",
            libraries = libraries.display(),
            zig = zig.display()
        );
        build.script("zig", &text);
    }
    if target.toolchain.contains("sysroot:") {
        write_sysroot(&build.project.root().join("sysroot"));
    }
}

/// Debian's files for aarch64, in the layout of an aarch64 machine. A linker resolves the absolute paths in a linker
/// script below the sysroot, so `libc.so` gets other paths.
fn write_sysroot(sysroot: &Path) {
    let (library, usr) = (sysroot.join("usr/lib"), sysroot.join("usr"));
    let gcc = "gcc-cross/aarch64-linux-gnu";
    let version = fs::read_dir(Path::new("/usr/lib").join(gcc)).expect("GCC").next().expect("a version");
    let version = version.expect("a version").path();
    let gcc = library.join(gcc).join(version.file_name().expect("a version"));
    fs::create_dir_all(&gcc).expect("a folder");
    fs::create_dir_all(usr.join("aarch64-linux-gnu")).expect("a folder");
    symlink("usr/lib", sysroot.join("lib")).expect("a link");
    symlink("/usr/aarch64-linux-gnu/include", usr.join("include")).expect("a link");
    for name in ["include", "lib"] {
        symlink(Path::new("..").join(name), usr.join("aarch64-linux-gnu").join(name)).expect("a link");
    }
    link_all(&version, &gcc);
    link_all(Path::new("/usr/aarch64-linux-gnu/lib"), &library);
    fs::remove_file(library.join("libc.so")).expect("the linker script");
    let script = "GROUP ( libc.so.6 libc_nonshared.a AS_NEEDED ( ld-linux-aarch64.so.1 ) )\n";
    fs::write(library.join("libc.so"), script).expect("a linker script");
}

fn link_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        symlink(entry.path(), to.join(entry.file_name())).expect("a link");
    }
}

/// Checks that the program is for the right machine, and prints the expected text.
fn check(build: &Build, target: &Target) {
    let program = build.folder().join(target.program);
    assert_eq!(machine(&program), target.machine, "{}", target.name);
    let line = target.runner.iter().map(AsRef::as_ref).chain([program.as_os_str()]).collect::<Vec<_>>();
    let printed = build.bare(line[0]).args(&line[1..]).env("WINEDEBUG", "-all").run().stdout;
    assert_eq!(printed.replace("\r\n", "\n"), build.project.output(1));
}

fn machine(program: &Path) -> Machine {
    let bytes = fs::read(program).expect("the program");
    let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    if bytes.starts_with(b"\x7fELF") {
        return Machine::Elf(bytes[4], half(18));
    }
    assert!(bytes.starts_with(b"MZ"), "neither ELF nor PE");
    Machine::Pe(half(usize::from(half(0x3c)) + 4))
}
