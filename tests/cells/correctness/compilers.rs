//! The compiler is part of the key of an object.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{CACHES, Cell};
use crate::cmake_module::Checkout;
use crate::list::tests;
use crate::support::{Run, Sandbox, Tool, Tools, write_script};

tests![
    an_upgrade_of_the_compiler_in_place_recompiles in CACHES,
    another_compiler_behind_a_wrapper_recompiles in CACHES,
    another_environment_of_a_wrapper_recompiles in CACHES,
    a_changed_configuration_file_of_the_compiler_recompiles in CACHES,
    an_upgrade_behind_a_masquerade_folder_recompiles in CACHES,
    a_compiler_with_any_name_has_correct_line_numbers in CACHES,
    an_unknown_compiler_is_not_cached in CACHES,
    a_compilation_by_cl_with_debug_information_bypasses_sccache in CACHES,
    a_compiler_of_two_words_is_cached in CACHES,
    a_universal_object_is_that_of_all_architectures in CACHES,
    another_deployment_target_or_sdk_recompiles in CACHES,
    debug_information_has_the_working_directory in CACHES,
];

/// The object depends on the optimisation level, but the preprocessed text does not.
const SOURCE: &str = "int twice(int number) { return number + number; }\n";

/// A compiler whose version changes only the objects.
fn write_compiler(path: &Path, version: u8) {
    write_script(path, &format!("exec /usr/bin/gcc -O{version} \"$@\""));
}

/// Runs `trial` with a checkout that is configured for this cache.
fn with(cache: Tool, trial: impl Fn(&Sandbox, &Checkout<'_>)) {
    let cell = Cell { compiler: super::GCC, cache };
    let Some(tools) = cell.tools(&[]) else { return };
    let sandbox = Cell::sandbox(&tools);
    let checkout = cell.checkout(&sandbox, &tools, "project");
    fs::write(checkout.source.join("main.c"), SOURCE).expect("a source");
    trial(&sandbox, &checkout);
}

fn an_upgrade_of_the_compiler_in_place_recompiles(cache: Tool) {
    with(cache, |sandbox, checkout| {
        let compiler = sandbox.dir("compilers").join("my-gcc");
        write_compiler(&compiler, 0);
        let link = compiler.with_file_name("linked-gcc");
        symlink(&compiler, &link).expect("a link");
        for called in [&compiler, &link] {
            write_compiler(&compiler, 0);
            age(&compiler, "1 hour ago");
            checkout.configure();
            let first = compile(checkout, called);
            // ccache also notices an upgrade with the same size and time.
            write_compiler(&compiler, 1);
            age(&compiler, if matches!(cache, Tool::Sccache(_)) { "2 hours ago" } else { "1 hour ago" });
            let second = compile(checkout, called);
            assert!(first != second, "{cache}: a stale object with {}", called.display());
            assert!(compile(checkout, called) == second, "{cache}");
        }
    });
}

fn another_compiler_behind_a_wrapper_recompiles(cache: Tool) {
    with(cache, |sandbox, checkout| {
        let wrapper = sandbox.dir("compilers").join("my-gcc");
        let inner = wrapper.with_file_name("gcc-inside");
        let upgrade = |version: u8| {
            let options = format!("case $1 in --version) echo gcc {version}; exit ;; esac");
            write_script(&inner, &format!("{options}\nexec /usr/bin/gcc -O{version} \"$@\""));
        };
        write_script(&wrapper, &format!("exec {} \"$@\"", inner.display()));
        upgrade(0);
        checkout.configure();
        let first = compile(checkout, &wrapper);
        upgrade(1);
        let second = compile(checkout, &wrapper);
        assert!(first != second, "{cache}: a stale object");
        upgrade(0);
        assert!(compile(checkout, &wrapper) == first, "{cache}");
    });
}

fn another_environment_of_a_wrapper_recompiles(cache: Tool) {
    with(cache, |sandbox, checkout| {
        let wrapper = sandbox.dir("compilers").join("my-gcc");
        write_script(&wrapper, "exec /usr/bin/gcc $MY_OPTIONS \"$@\"");
        checkout.configure();
        let with = |options: &str| compile_with(checkout, &wrapper, &[], &[("MY_OPTIONS", options)]);
        let first = with("-O0");
        assert!(with("-O2") != first, "{cache}: a stale object");
        assert!(with("-O0") == first, "{cache}");
        let counts = checkout.counted(|| drop(with("-O2")));
        assert_eq!(counts, (1, 0), "{cache}");
    });
}

/// Clang reads `clang.cfg` in its own folder.
fn a_changed_configuration_file_of_the_compiler_recompiles(cache: Tool) {
    if Tools::require(&[Tool::System("clang-22")]).is_none() {
        return;
    }
    with(cache, |sandbox, checkout| {
        let llvm = Path::new("/usr/lib/llvm-22");
        let folder = sandbox.dir("llvm/bin");
        fs::copy(llvm.join("bin/clang"), folder.join("clang")).expect("a copy of the compiler");
        symlink(llvm.join("lib"), folder.with_file_name("lib")).expect("a link");
        checkout.configure();
        let configured = |options: Option<&str>| {
            let file = folder.join("clang.cfg");
            match options {
                Some(options) => fs::write(file, options).expect("a configuration file"),
                None => drop(fs::remove_file(file)),
            }
            compile_with(checkout, &folder.join("clang"), &["-MD"], &[])
        };
        let included = |options: &str| {
            fs::write(folder.join("other.cfg"), options).expect("an included file");
            configured(Some("@other.cfg\n"))
        };
        let first = configured(None);
        let second = configured(Some("-O2\n"));
        assert!(second != first, "{cache}: a stale object after a new file");
        assert!(configured(Some("-O0\n")) == first, "{cache}: a stale object after a change");
        assert!(included("-O2\n") == second, "{cache}: a stale object with an included file");
        assert!(included("-O0\n") == first, "{cache}: a stale object after a change of an included file");
        let counts = checkout.counted(|| assert!(configured(None) == first, "{cache}: a removed file"));
        assert_eq!(counts, (1, 0), "{cache}");
    });
}

fn an_upgrade_behind_a_masquerade_folder_recompiles(cache: Tool) {
    with(cache, |sandbox, checkout| {
        let folder = sandbox.dir("masquerade");
        let own = sandbox.dir("own").join("ccache");
        fs::copy("/bin/true", &own).expect("a program with the name ccache");
        let called = folder.join("my-gcc");
        symlink(&own, &called).expect("a link");
        let real = sandbox.dir("compilers").join("my-gcc");
        checkout.configure();
        let path =
            format!("{}:{}:/usr/bin:/bin", folder.display(), real.parent().expect("a folder").display());
        let with = |version: u8| {
            write_compiler(&real, version);
            compile_with(checkout, &called, &[], &[("PATH", &path)])
        };
        let first = with(0);
        assert!(with(2) != first, "{cache}: an object of the old compiler");
        assert!(with(0) == first, "{cache}");
    });
}

fn a_compiler_with_any_name_has_correct_line_numbers(cache: Tool) {
    with(cache, |sandbox, checkout| {
        checkout.configure();
        for name in ["mpicc", "em-plus", "CC", "icpx"] {
            let compiler = sandbox.dir("compilers").join(name);
            symlink("/usr/bin/gcc", &compiler).expect("a link");
            let with = |text: &str| {
                fs::write(checkout.source.join("main.c"), text).expect("a source");
                compile_with(checkout, &compiler, &["-g"], &[])
            };
            let first = with(SOURCE);
            assert!(with(&format!("\n\n{SOURCE}")) != first, "{cache}: outdated line numbers with {name}");
            assert!(with(SOURCE) == first, "{cache}: {name}");
            let counts = checkout.counted(|| drop(with(SOURCE)));
            assert_eq!(counts, (1, 0), "{cache}: {name}");
        }
    });
}

/// A universal object of macOS, with a header that is another one for each architecture. sccache before 0.19 preprocesses it for one
/// architecture, and the depfile has the headers of the last one.
fn a_universal_object_is_that_of_all_architectures(cache: Tool) {
    const HEADER: &str = "#if defined(__x86_64__)\n#include \"intel.h\"\n#else\n#include \"arm.h\"\n#endif\n";
    if Tools::require(&[Tool::System("clang-14"), Tool::System("llvm-lipo-14")]).is_none() {
        return;
    }
    let cell = Cell { compiler: super::GCC, cache };
    let Some(tools) = cell.tools(&[]) else { return };
    let sandbox = Cell::sandbox(&tools);
    let clang = Path::new("/usr/bin/clang-14");
    let programs = sandbox.dir("programs");
    symlink("/usr/bin/llvm-lipo-14", programs.join("lipo")).expect("a link");
    let path = format!("{}:/usr/bin:/bin", programs.display());
    for (number, [first, last]) in [["x86_64", "arm64"], ["arm64", "x86_64"]].into_iter().enumerate() {
        let options = ["--target=x86_64-apple-macosx11", "-arch", first, "-arch", last, "-MD", "-Iinclude"];
        let checkouts = ["one", "two"].map(|name| {
            let checkout = cell.checkout(&sandbox, &tools, &format!("{name}-{number}"));
            checkout.configure();
            fs::create_dir_all(checkout.source.join("include")).expect("a folder");
            checkout
        });
        let write = |checkout: &Checkout<'_>, name: &str, text: &str| {
            fs::write(checkout.source.join(name), text).expect("a file");
        };
        let without_cache = |checkout: &Checkout<'_>| {
            let mut command = checkout.command(clang);
            command.env("PATH", &path).args(options).args(["-c", "main.c", "-o", "main.o"]);
            command.current_dir(&checkout.source).run();
            fs::read(checkout.source.join("main.o")).expect("an object")
        };
        let compiled = |checkout: &Checkout<'_>| {
            let variables = [("PATH", path.as_str()), ("SCCACHE_CACHE_MULTIARCH", "1")];
            compile_with(checkout, clang, &options, &variables)
        };
        let is_right = |checkout: &Checkout<'_>, what: &str| {
            assert!(compiled(checkout) == without_cache(checkout), "{cache}, {first} {last}: {what}");
        };
        for checkout in &checkouts {
            write(checkout, "main.c", &format!("{HEADER}const char *text = TEXT;\n"));
            for name in ["include/intel.h", "include/arm.h"] {
                write(checkout, name, "#define TEXT \"1\"\n");
            }
            is_right(checkout, "the first object");
        }
        let checkout = &checkouts[0];
        let is_cached = !matches!(cache, Tool::Sccache(Tools::SCCACHE));
        let counts = checkout.counted(|| is_right(checkout, "again"));
        assert_eq!(counts, (u64::from(is_cached), 0), "{cache}, {first} {last}");
        for name in ["include/intel.h", "include/arm.h"] {
            write(checkout, name, "#define TEXT \"2\"\n");
            is_right(checkout, "a changed header");
            let earlier = name.replace("include/", "");
            write(checkout, &earlier, "#define TEXT \"3\"\n");
            is_right(checkout, "a new header");
            fs::remove_file(checkout.source.join(earlier)).expect("the header");
            is_right(checkout, "a removed header");
            for checkout in &checkouts {
                let text = checkout.source.join("data");
                write(checkout, name, &format!("#define TEXT \"{}\"\n", text.display()));
                is_right(checkout, "a header with the path of the checkout");
            }
        }
        for checkout in &checkouts {
            let object = compile_with(checkout, clang, &[&options[..], &["-g"]].concat(), &[("PATH", &path)]);
            let has = |folder: &Path| {
                let text = folder.to_str().expect("UTF-8").as_bytes();
                object.windows(text.len()).any(|part| part == text)
            };
            let other = checkouts.iter().find(|other| other.source != checkout.source && has(&other.source));
            let what = format!("{cache}, {first} {last}: debug information");
            assert!(has(&checkout.source) && other.is_none(), "{what}");
        }
    }
}

/// Clang for macOS reads both from the environment, too. The object contains the deployment target and the version of the SDK. A
/// further variable changes the options.
fn another_deployment_target_or_sdk_recompiles(cache: Tool) {
    if Tools::require(&[Tool::System("clang-14")]).is_none() {
        return;
    }
    with(cache, |sandbox, checkout| {
        checkout.configure();
        fs::write(checkout.source.join("main.c"), "#include <sdk.h>\nint sdk = SDK;\n").expect("a source");
        let describe = |name: &str, version: &str| {
            let text = format!("{{\"Version\": \"{version}\", \"MaximumDeploymentTarget\": \"99\"}}");
            fs::write(sandbox.dir(name).join("SDKSettings.json"), text).expect("a description");
        };
        for name in ["11.sdk", "12.sdk"] {
            let header = sandbox.dir(&format!("{name}/usr/include")).join("sdk.h");
            fs::write(header, "#define SDK 1\n").expect("a header");
            describe(name, "11.0");
        }
        let sdk =
            |version: &str| sandbox.root().join(format!("{version}.sdk")).to_str().expect("UTF-8").to_owned();
        let with = |target: &str, version: &str, is_option: bool| {
            let (option, root) = (format!("-mmacosx-version-min={target}"), sdk(version));
            let options =
                ["--target=x86_64-apple-darwin", "-MD", option.as_str(), "-isysroot", root.as_str()];
            let variables = [("MACOSX_DEPLOYMENT_TARGET", target), ("SDKROOT", root.as_str())];
            let (options, variables) =
                if is_option { (&options[..], &[][..]) } else { (&options[..2], &variables[..]) };
            compile_with(checkout, Path::new("/usr/bin/clang-14"), options, variables)
        };
        for is_option in [false, true] {
            let first = with("11.0", "11", is_option);
            let second = with("12.0", "11", is_option);
            assert!(first != second, "{cache}: the deployment target, {is_option}");
            describe("11.sdk", "12.0");
            assert!(with("12.0", "11", is_option) != second, "{cache}: the SDK, {is_option}");
            describe("11.sdk", "11.0");
            assert!(with("12.0", "12", is_option) == second, "{cache}: another folder, {is_option}");
            let (hits, misses) =
                checkout.counted(|| assert!(with("11.0", "11", is_option) == first, "{cache}"));
            assert!(hits > 0 && misses == 0, "{cache}, {is_option}");
        }
        fs::write(checkout.source.join("main.c"), SOURCE).expect("a source");
        let optimized = |options: &str| {
            let variables = [("CCC_OVERRIDE_OPTIONS", options)];
            compile_with(checkout, Path::new("/usr/bin/clang-14"), &["-MD"], &variables)
        };
        let first = optimized("#+-O0");
        assert!(optimized("#+-O2") != first, "{cache}: options in a variable");
        assert!(optimized("#+-O0") == first, "{cache}: options in a variable");
    });
}

/// Also that of a build without CMake, in any folder: sccache has no working directory in its key.
fn debug_information_has_the_working_directory(cache: Tool) {
    let cell = Cell { compiler: super::GCC, cache };
    let Some(tools) = cell.tools(&[Tool::System("clang-14"), Tool::System("clang-22")]) else { return };
    let sandbox = Cell::sandbox(&tools);
    let checkouts = ["one", "two"].map(|name| {
        let checkout = cell.checkout(&sandbox, &tools, name);
        checkout.configure();
        fs::create_dir_all(checkout.source.join("sub")).expect("a folder");
        fs::write(checkout.source.join("main.c"), SOURCE).expect("a source");
        checkout
    });
    let outside = [sandbox.dir("elsewhere"), sandbox.dir("one-more")];
    for compiler in ["gcc", "clang-14", "clang-22"] {
        for checkout in &checkouts {
            let own = ["", "sub", "build"].map(|name| checkout.source.join(name));
            // Without the slash at its end.
            let own = own.map(|folder| folder.components().collect::<PathBuf>());
            for folder in own.iter().chain(&outside) {
                for _ in 0..2 {
                    let object = folder.join("main.o");
                    let mut command = checkout.launcher();
                    command
                        .current_dir(folder)
                        .arg(Path::new("/usr/bin").join(compiler))
                        .args(["-g", "-MD", "-c"]);
                    command.arg(checkout.source.join("main.c")).arg("-o").arg(&object).run();
                    let object = fs::read(object).expect("an object");
                    let what = format!("{cache}, {compiler} in {}", folder.display());
                    assert!(names(&object, folder), "{what}");
                    let mut others = own.iter().chain(&outside);
                    let other =
                        others.find(|other| *other != folder && **other != own[0] && names(&object, other));
                    assert_eq!(other, None, "{what}");
                    let other = checkouts
                        .iter()
                        .find(|other| other.source != checkout.source && names(&object, &other.source));
                    assert!(other.is_none(), "{what}: the other checkout");
                }
            }
        }
    }
}

/// Whether an object has the path of this folder.
fn names(object: &[u8], folder: &Path) -> bool {
    let text = format!("{}\0", folder.to_str().expect("UTF-8"));
    object.windows(text.len()).any(|part| part == text.as_bytes())
}

/// sccache treats every compiler with the macros of GCC as GCC. This one does not support the options for line numbers.
fn an_unknown_compiler_is_not_cached(cache: Tool) {
    with(cache, |sandbox, checkout| {
        let compiler = sandbox.dir("compilers").join("other-cc");
        let other = "case $* in *-dM*) echo '#define __EDG__ 1'; exit ;; *-profile-arcs*) exit 9 ;; esac";
        write_script(&compiler, &format!("{other}\nexec /usr/bin/gcc \"$@\""));
        checkout.configure();
        let first = compile(checkout, &compiler);
        let mut again = Vec::new();
        let counts = checkout.counted(|| again = compile(checkout, &compiler));
        assert!(first == again, "{cache}");
        let expected = if matches!(cache, Tool::Sccache(_)) { (0, 0) } else { (1, 0) };
        assert_eq!(counts, expected, "{cache}");
    });
}

/// cl.exe is known by its name. This one is GCC.
fn a_compilation_by_cl_with_debug_information_bypasses_sccache(cache: Tool) {
    with(cache, |sandbox, checkout| {
        let compiler = sandbox.dir("compilers").join("cl");
        write_script(
            &compiler,
            "for word; do shift; [ \"$word\" = -Z7 ] || set -- \"$@\" \"$word\"; done\nexec /usr/bin/gcc \"$@\"",
        );
        checkout.configure();
        let journal =
            || fs::read_to_string(checkout.build_folder().join("toolchainkit/journal/log")).unwrap();
        compile_with(checkout, &compiler, &["-Z7"], &[]);
        let is_bypassed = journal().contains("line numbers, MSVC");
        assert_eq!(is_bypassed, matches!(cache, Tool::Sccache(_)), "{}", journal());
    });
}

/// Like `zig cc`, without zig: sccache detects the compiler by running only the first word.
fn a_compiler_of_two_words_is_cached(cache: Tool) {
    with(cache, |sandbox, checkout| {
        let program = sandbox.dir("compilers").join("zig");
        let write = |version: u8| {
            let run = format!("shift; exec /usr/bin/gcc -O{version} \"$@\"");
            write_script(&program, &format!("case $1 in cc) {run} ;; *) exit 1 ;; esac"));
        };
        write(0);
        checkout.configure();
        let compile = || compile_with(checkout, &program, &["cc"], &[]);
        let first = compile();
        let mut again = Vec::new();
        assert_eq!(checkout.counted(|| again = compile()), (1, 0), "{cache}");
        assert!(first == again, "{cache}");
        write(1);
        assert!(compile() != first, "{cache}: an outdated object");
    });
}

fn age(path: &Path, time: &str) {
    std::process::Command::new("touch").args(["-d", time]).arg(path).run();
}

/// Compiles `main.c` with the launcher of a build, and returns the object.
fn compile(checkout: &Checkout<'_>, compiler: &Path) -> Vec<u8> {
    compile_with(checkout, compiler, &[], &[])
}

/// The same with more options and more environment variables.
fn compile_with(
    checkout: &Checkout<'_>,
    compiler: &Path,
    options: &[&str],
    environment: &[(&str, &str)],
) -> Vec<u8> {
    let object: PathBuf = checkout.source.join("main.o");
    checkout
        .launcher()
        .envs(environment.iter().copied())
        .arg(compiler)
        .args(options)
        .args(["-c", "main.c", "-o"])
        .arg(&object)
        .current_dir(&checkout.source)
        .run();
    fs::read(object).expect("an object")
}
