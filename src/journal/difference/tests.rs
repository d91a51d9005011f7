use super::*;
use crate::journal::cause::Wording;
use crate::journal::content_digest;
use crate::journal::inputs::CompilerInput;

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn pairs(text: &[(&str, &str)]) -> Vec<(String, String)> {
    text.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The compilation of a source with three headers, and the dictionary.
#[derive(Clone)]
struct Compilation {
    inputs: Inputs,
    headers: Vec<(String, String)>,
}

impl Compilation {
    fn header(mut self, path: &str, content: &str) -> Self {
        self.headers.retain(|(known, _)| known != path);
        self.headers.push((path.to_owned(), content_digest(content.as_bytes())));
        self
    }

    fn without_header(mut self, path: &str) -> Self {
        self.headers.retain(|(known, _)| known != path);
        self
    }

    fn options(mut self, options: &str) -> Self {
        self.inputs.options = words(options);
        self
    }

    fn macros(mut self, macros: &[(&str, &str)]) -> Self {
        self.inputs.macros = pairs(macros);
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Inputs)) -> Self {
        change(&mut self.inputs);
        self
    }

    fn finished(&self) -> (Inputs, Headers) {
        let headers =
            self.headers.iter().map(|(path, digest)| Header { path: path.clone(), digest: digest.clone() });
        let headers: Vec<Header> = headers.collect();
        let lines: String = headers.iter().map(Header::line).collect();
        let known = HeaderInputs::Known(headers.iter().map(Header::id).collect());
        (Inputs { headers: known, ..self.inputs.clone() }, Headers::from_lines(&lines))
    }
}

fn compilation() -> Compilation {
    let inputs = Inputs {
        tool: "sccache 0.16.0".to_owned(),
        compiler: CompilerInput {
            path: "/usr/bin/g++".to_owned(),
            identity: "11".to_owned(),
            version: Some("g++ (Debian 12.2.0-14+deb12u1) 12.2.0".to_owned()),
        },
        options: words("-I<source>/include -isystem /opt/dep/include -O2 -std=c++17 -Wall -c -o a.o"),
        macros: pairs(&[("GIT_SHA", "aa"), ("LEVEL", "1")]),
        source: ("a.cpp".to_owned(), "s1".to_owned()),
        environment: pairs(&[("LANG", "C")]),
        settings: pairs(&[("location", "/home/a/.cache")]),
        ..Inputs::of_test(1000, "CMakeFiles/app.dir/a.cpp.o", "a.cpp")
    };
    Compilation { inputs, headers: Vec::new() }
        .header("include/a.h", "a")
        .header("<build>/gen/version.h", "1")
        .header("/usr/include/stdio.h", "stdio")
        .header("/usr/lib/gcc/x86_64-linux-gnu/12/include/stddef.h", "stddef")
        .header("/opt/dep/include/dep.h", "dep")
        .header("<home>/.conan/zlib.h", "zlib")
}

fn causes_moved(before: &Compilation, now: &Compilation, moved: &[&str]) -> Vec<Cause> {
    let ((before, headers_before), (now, headers_now)) = (before.finished(), now.finished());
    let moved: Vec<String> = moved.iter().map(|name| (*name).to_owned()).collect();
    let pair = Pair {
        before: &before,
        now: &now,
        headers_before: &headers_before,
        headers_now: &headers_now,
        moved: &moved,
    };
    pair.causes()
}

fn sentences(before: &Compilation, now: &Compilation) -> Vec<String> {
    causes_moved(before, now, &[]).iter().map(|cause| cause.sentence(Wording::Time, 0)).collect()
}

#[test]
fn each_cause_is_named() {
    let base = compilation();
    let options = |text: &str| base.clone().options(text);
    let cases: Vec<(Compilation, &str)> = vec![
        (
            base.clone().with(|inputs| {
                inputs.compiler.version = Some("g++ (Debian 12.3.0-1) 12.3.0".to_owned());
                inputs.compiler.identity = "12".to_owned();
            }),
            "the compiler changed: g++ 12.2.0 before, g++ 12.3.0 now",
        ),
        (
            base.clone().with(|inputs| {
                inputs.compiler.path = "/usr/bin/clang++".to_owned();
                inputs.compiler.version = Some("clang version 14.0.6".to_owned());
                inputs.compiler.identity = "13".to_owned();
            }),
            "the compiler changed: g++ 12.2.0 (/usr/bin/g++) before, clang version 14.0.6 (/usr/bin/clang++) now",
        ),
        (
            base.clone().with(|inputs| inputs.compiler.identity = "14".to_owned()),
            "the compiler /usr/bin/g++ was replaced by another file, without a new version",
        ),
        (
            base.clone().with(|inputs| inputs.tool = "sccache 0.19.0".to_owned()),
            "the cache tool changed: sccache 0.16.0 before, sccache 0.19.0 now",
        ),
        (
            base.clone().with(|inputs| inputs.tool = "ccache 4.14.2".to_owned()),
            "the place of the cache changed: sccache 0.16.0 before, ccache 4.14.2 now",
        ),
        (base.clone().macros(&[("GIT_SHA", "bb"), ("LEVEL", "1")]), "the macro GIT_SHA changed"),
        (base.clone().macros(&[("GIT_SHA", "aa"), ("LEVEL", "1"), ("NEW", "1")]), "the macro NEW is new"),
        (base.clone().macros(&[("GIT_SHA", "aa")]), "the macro LEVEL was removed"),
        (base.clone().macros(&[("LEVEL", "1"), ("GIT_SHA", "aa")]), "the order of the macros changed"),
        (
            options("-I<source>/include -isystem /opt/dep/include -O2 -std=c++20 -Wall"),
            "the option -std changed: -std=c++17 before, -std=c++20 now",
        ),
        (
            options("-I<source>/include -isystem /opt/dep/include -O2 -std=c++17 -Wall -Wextra"),
            "the option -Wextra is new",
        ),
        (
            options("-I<source>/include -isystem /opt/dep/include -O2 -std=c++17"),
            "the option -Wall was removed",
        ),
        (
            options("-I<source>/include -isystem /opt/dep/include -O2 -std=c++17 -Wall -march=native"),
            "the option -march=native is new",
        ),
        (
            options("-I<source>/include -isystem /opt/dep/include -O2 -Wall -std=c++17"),
            "the order of the options changed: `-Wall` where `-std=c++17` was",
        ),
        (
            options("-isystem /opt/dep/include -I<source>/include -O2 -std=c++17 -Wall"),
            "the order of the include folders changed",
        ),
        (
            options("-I<source>/include -I/x -isystem /opt/dep/include -O2 -std=c++17 -Wall"),
            "the include folder /x is new",
        ),
        (
            options("-I<source>/include -isystem /opt/dep/include -O2 -std=c++17 -Wall --sysroot=/sys"),
            "the include folder /sys is new",
        ),
        (base.clone().with(|inputs| inputs.source.1 = "s2".to_owned()), "the source a.cpp was edited"),
        (base.clone().header("include/a.h", "b"), "include/a.h was edited"),
        (
            base.clone().header("<build>/gen/version.h", "2"),
            "the generated file <build>/gen/version.h has other content now",
        ),
        (base.clone().header("/usr/include/stdio.h", "other"), "stdio.h changed (/usr/include/stdio.h)"),
        (base.clone().header("/opt/dep/include/dep.h", "other"), "dep.h changed (/opt/dep/include/dep.h)"),
        (
            base.clone().header("<home>/.conan/zlib.h", "other"),
            "<home>/.conan/zlib.h, outside of the checkout, has other content now",
        ),
        (
            base.clone().without_header("include/a.h").header("early/a.h", "a"),
            "a.h is found in another folder: include before, early now",
        ),
        (base.clone().header("include/b.h", "b"), "include/b.h is newly included"),
        (base.clone().without_header("include/a.h"), "include/a.h is no longer included"),
        (
            base.clone().with(|inputs| inputs.environment = pairs(&[("LANG", "de_DE.UTF-8")])),
            "the environment variable LANG changed",
        ),
        (
            base.clone().with(|inputs| inputs.environment = pairs(&[("CPATH", "#1"), ("LANG", "C")])),
            "the environment variable CPATH is new",
        ),
        (
            base.clone().with(|inputs| inputs.settings = pairs(&[("location", "/other")])),
            "the place of the cache changed: /home/a/.cache before, /other now",
        ),
        (
            base.clone()
                .with(|inputs| inputs.settings.push(("CCACHE_SLOPPINESS".to_owned(), "x".to_owned()))),
            "the setting CCACHE_SLOPPINESS of the cache tool is new",
        ),
    ];
    for (now, expected) in cases {
        let found = sentences(&base, &now);
        assert_eq!(found, [expected]);
    }
    assert_eq!(sentences(&base, &base), [""; 0]);
}

#[test]
fn a_file_that_an_option_names_is_no_header() {
    for (option, path) in [
        ("-fprofile-use=<source>/app.profdata", "app.profdata"),
        ("-specs=/opt/specs", "/opt/specs"),
        ("-fsanitize-ignorelist=list.txt", "<build>/list.txt"),
    ] {
        let base = compilation().options(option).header(path, "1");
        let found = sentences(&base, &base.clone().header(path, "2"));
        let name = options::name(option);
        assert_eq!(found, [format!("the file {path} of the option {name} has other content now")]);
    }
}

#[test]
fn a_header_without_a_known_content_is_no_cause() {
    let base = compilation();
    let mut unknown = base.clone();
    for (_, digest) in &mut unknown.headers {
        UNKNOWN_CONTENT.clone_into(digest);
    }
    assert_eq!(sentences(&base, &unknown), [""; 0]);
}

#[test]
fn a_build_type_is_one_cause() {
    let debug = compilation().options("-Wall -g").macros(&[("A", "1")]);
    let release = compilation().options("-Wall -O3").macros(&[("A", "1"), ("NDEBUG", "1")]);
    assert_eq!(sentences(&debug, &release), ["the build type changed: Debug before, Release now"]);
    let with_more = release.clone().options("-Wall -O3 -fno-rtti");
    assert_eq!(
        sentences(&debug, &with_more),
        ["the build type changed: Debug before, Release now", "the option -fno-rtti is new"]
    );
    // The flag of a user.
    let plain = compilation().options("-Wall").macros(&[("A", "1")]);
    assert_eq!(sentences(&plain, &debug), ["the option -g is new"]);
}

#[test]
fn the_consequences_of_a_cause_are_not_named() {
    let base = compilation();
    let upgraded = base
        .clone()
        .with(|inputs| {
            inputs.compiler.version = Some("g++ (Debian 13.1.0-1) 13.1.0".to_owned());
            inputs.compiler.identity = "12".to_owned();
        })
        .without_header("/usr/lib/gcc/x86_64-linux-gnu/12/include/stddef.h")
        .header("/usr/lib/gcc/x86_64-linux-gnu/13/include/stddef.h", "stddef13")
        .header("/usr/include/stdio.h", "other");
    assert_eq!(sentences(&base, &upgraded), ["the compiler changed: g++ 12.2.0 before, g++ 13.1.0 now"]);

    // A header that an edited header includes.
    let edited = base.clone().header("include/a.h", "b").header("include/b.h", "b");
    assert_eq!(sentences(&base, &edited), ["include/a.h was edited"]);

    // A folder that was added, and the header that is now found there.
    let searched = base
        .clone()
        .options("-I<source>/early -I<source>/include -isystem /opt/dep/include -O2 -std=c++17 -Wall")
        .without_header("include/a.h")
        .header("early/a.h", "a");
    assert_eq!(sentences(&base, &searched), ["the include folder early is new"]);

    // A folder that has no effect, beside a cause.
    let both = base
        .clone()
        .options("-I<source>/early -I<source>/include -isystem /opt/dep/include -O2 -std=c++17 -Wall")
        .header("include/a.h", "b");
    assert_eq!(sentences(&base, &both), ["include/a.h was edited"]);

    // Another root of the system.
    let rooted = |root: &str, content: &str| {
        base.clone()
            .options(&format!("--sysroot={root} -O2"))
            .without_header("/usr/include/stdio.h")
            .header(&format!("{root}/usr/include/stdio.h"), content)
    };
    assert_eq!(
        sentences(&rooted("/sys/a", "1"), &rooted("/sys/b", "2")),
        ["the folder of --sysroot changed: /sys/a before, /sys/b now"]
    );
    assert_eq!(
        sentences(&rooted("/sys/a", "1"), &rooted("/sys/a", "2")),
        ["stdio.h changed (/sys/a/usr/include/stdio.h)"]
    );
}

#[test]
fn the_path_of_another_checkout_is_a_cause_only_if_the_tool_keeps_it() {
    let with_option = compilation().options("-frandom-seed=<source>/a.cpp -I<source>/include");
    let moved = ["<source>", "<build>"];
    let name = |now: &Compilation| {
        causes_moved(now, now, &moved)
            .iter()
            .map(|cause| cause.sentence(Wording::Machines, 0))
            .collect::<Vec<_>>()
    };
    assert_eq!(name(&with_option), ["the option -frandom-seed contains the path of the checkout"]);
    assert_eq!(causes_moved(&with_option, &with_option, &[]), []);
    let newer = with_option.with(|inputs| inputs.tool = "sccache 0.19.0".to_owned());
    assert_eq!(name(&newer), [""; 0]);

    let map = compilation().options("-ffile-prefix-map=<source>=.");
    assert_eq!(name(&map), [""; 0]);
    let bound = map.with(|inputs| inputs.rules = vec!["checkout path in a path map".to_owned()]);
    assert_eq!(name(&bound), ["the option -ffile-prefix-map contains the path of the checkout"]);

    let in_macro = compilation().macros(&[("DATA", "0123456789abcdef<source>")]);
    assert_eq!(name(&in_macro), ["the macro DATA contains the path of the checkout"]);
}

#[test]
fn a_part_of_the_key_from_a_rule_has_its_cause() {
    let with_rule = |rule: &str, value: &str| {
        compilation().with(|inputs| {
            inputs.rules = vec![rule.to_owned()];
            inputs.settings.push((KEY_VARIABLES[0].to_owned(), value.to_owned()));
        })
    };
    let name = |rule: &str, moved: &[&str]| {
        let causes = causes_moved(&with_rule(rule, "1"), &with_rule(rule, "2"), moved);
        causes.iter().map(|cause| cause.sentence(Wording::Time, 0)).collect::<Vec<_>>()
    };
    let processor =
        "the processor is of another model, and an option compiles for the processor of the machine (native)";
    assert_eq!(name("native processor", &[]), [processor]);
    let wrapper = "the compiler /usr/bin/g++ was replaced by another file";
    assert_eq!(name("wrapper", &[]), [wrapper]);
    assert!(name("variables of the compiler", &[])[0].contains("the SDK at this path, is another one"));
    assert!(
        name("working directory in debug information", &[])[0]
            .starts_with("the working directory is another")
    );
    assert!(name("checkout path in a file", &["<source>"])[0].contains("the checkout has another path"));
}

#[test]
fn the_nearest_record_is_compared() {
    let base = compilation();
    let (now, headers) = base.finished();
    let (same, _) = base.clone().with(|inputs| inputs.at = 1).finished();
    let (other, _) = base.clone().macros(&[("X", "1")]).with(|inputs| inputs.at = 2).finished();
    let (failed, _) = base.clone().with(|inputs| inputs.outcome = Outcome::CompileError).finished();
    let causes = |before: &Inputs| {
        Pair { before, now: &now, headers_before: &headers, headers_now: &headers, moved: &[] }.causes()
    };
    let (found, causes_of_it) = nearest([&other, &failed, &same], causes).unwrap();
    assert_eq!((found.at, found.outcome, causes_of_it.len()), (1, Outcome::Miss, 0));
    let (found, _) = nearest([&other], causes).unwrap();
    assert_eq!(found.at, 2);
}

#[test]
fn time_macros_are_searched_in_files_of_the_project() {
    let (inputs, headers) = compilation().finished();
    let search = |file: &str| {
        let file = file.to_owned();
        time_macro(&inputs, &headers, &move |path| {
            Some(if path == file { b"x = __TIME__;".to_vec() } else { b"x".to_vec() })
        })
    };
    assert_eq!(search("a.cpp"), Some(("__TIME__", "a.cpp".to_owned())));
    assert_eq!(search("include/a.h"), Some(("__TIME__", "include/a.h".to_owned())));
    assert_eq!(search("/usr/include/stdio.h"), None);
}
