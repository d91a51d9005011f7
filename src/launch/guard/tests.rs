//! Tests of the guard with real files, and with a compiler that only prints its search path.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use super::{Answer, Guard, Permission, Question, Verdict};

/// A checkout with `src/a.c`, which includes `<x.h>` of `inc2`, and `"near.h"` of its own folder.
struct Checkout {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Checkout {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let checkout = Self { root: folder.path().canonicalize().expect("a path"), _folder: folder };
        checkout
            .write("src/a.c", "#include <x.h>\n#include \"near.h\"\n#if __has_include(\"opt.h\")\n#endif\n");
        checkout.write("src/near.h", "");
        checkout.write("inc2/x.h", "#include \"sub/y.h\"\n");
        checkout.write("inc2/sub/y.h", "");
        checkout.write("inc1/other.h", "");
        checkout.write("system/stdio.h", "");
        let compiler = "#!/bin/sh\ncd \"${0%/*}\"\necho '#include <...> search starts here:' >&2\n\
                        echo \" $PWD/system\" >&2\necho 'End of search list.' >&2\n";
        checkout.write_compiler(compiler);
        checkout
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs_err::write(path, text).expect("a file");
    }

    /// Another process writes the compiler. If this one did, a program that another test starts meanwhile would inherit the
    /// open file, and Linux does not run a file that is open for writing.
    fn write_compiler(&self, text: &str) {
        self.write("gcc.sh", text);
        let (from, to) = (self.root.join("gcc.sh"), self.root.join("gcc"));
        fs::set_permissions(&from, fs::Permissions::from_mode(0o755)).expect("a program");
        let status = crate::launch::process::command("cp").args([from, to]).status().expect("cp runs");
        assert!(status.success(), "{status}");
    }

    fn remove(&self, path: &str) {
        fs_err::remove_file(self.root.join(path)).expect("the file can be removed");
    }

    fn path(&self, path: &str) -> String {
        self.root.join(path).to_str().expect("UTF-8").to_owned()
    }

    fn question(&self) -> Question {
        Question {
            compiler: self.path("gcc"),
            flags: Vec::new(),
            is_cxx: false,
            directory: self.path("build"),
            source: self.path("src/a.c"),
            included: Vec::new(),
            folders: vec!["../inc1".to_owned(), self.path("inc2")],
            definitions: Vec::new(),
            depfile: "a.d".to_owned(),
            roots: vec![(self.path("")[..self.path("").len() - 1].to_owned(), 1)],
            context: String::new(),
            places: Vec::new(),
            with_contents: false,
        }
    }
}

fn permitted(guard: &mut Guard, question: &Question) -> Permission {
    match guard.answer(question) {
        Answer::Direct(permission) => permission,
        Answer::Without(reason) => panic!("{reason}"),
    }
}

fn fingerprint(guard: &mut Guard, question: &Question) -> String {
    permitted(guard, question).fingerprint
}

fn is_refused(guard: &mut Guard, question: &Question) -> bool {
    matches!(guard.answer(question), Answer::Without(_))
}

#[test]
fn the_contents_of_all_reachable_files_change_the_fingerprint_if_asked_for() {
    let checkout = Checkout::new();
    fs_err::create_dir_all(checkout.root.join("build")).expect("a folder");
    let mut guard = Guard::new(None);
    let questions = [false, true].map(|with_contents| Question { with_contents, ..checkout.question() });
    checkout.write("inc1/x.h", "int one;");
    checkout.write("other/x.h", "int two;");
    let first = questions.each_ref().map(|question| fingerprint(&mut guard, question));
    // The same size, and on most file systems the same times.
    for step in ["another content", "another file", "the first content"] {
        match step {
            "another content" => checkout.write("inc1/x.h", "int two;"),
            "another file" => {
                checkout.write("other/x.h", "int six;");
                fs_err::rename(checkout.root.join("other/x.h"), checkout.root.join("inc1/x.h"))
                    .expect("renamed");
            }
            _ => checkout.write("inc1/x.h", "int one;"),
        }
        let next = questions.each_ref().map(|question| fingerprint(&mut guard, question));
        assert_eq!(next[0], first[0], "{step}");
        assert_eq!(next[1] == first[1], step == "the first content", "{step}");
    }
}

#[test]
fn files_that_an_include_can_reach_change_the_fingerprint() {
    let checkout = Checkout::new();
    fs_err::create_dir_all(checkout.root.join("build")).expect("a folder");
    let mut guard = Guard::new(None);
    let first = fingerprint(&mut guard, &checkout.question());
    for path in [
        "inc1/x.h",
        "inc1/sub/y.h",
        "src/x.h/nothing",
        "src/opt.h",
        "inc1/opt.h",
        "system/opt.h",
        "inc2/near.h",
        "system/x.h",
        "inc1/stdc-predef.h",
    ] {
        checkout.write(path, "");
        let second = fingerprint(&mut guard, &checkout.question());
        // A folder is not a header.
        assert_eq!(second == first, path == "src/x.h/nothing", "{path}");
        checkout.remove(path);
        // Without the file, the fingerprint is the first one again.
        assert_eq!(fingerprint(&mut guard, &checkout.question()), first, "{path}");
    }
    assert_eq!(fingerprint(&mut Guard::new(None), &checkout.question()), first, "with a new guard");
}

#[test]
fn a_missing_folder_that_appears_is_noticed_although_its_parent_answers_for_it() {
    let checkout = Checkout::new();
    fs_err::create_dir_all(checkout.root.join("build")).expect("a folder");
    checkout.write("old/keep.h", "");
    checkout.write("new/missing/x.h", "");
    symlink("old", checkout.root.join("link")).expect("a link");
    let mut question = checkout.question();
    // The parents are in the search path, too, so the guard has listed them.
    let folders = [
        "../inc1",
        "../inc1/missing",
        "../inc1/missing/deeper",
        "../link",
        "../link/missing",
        "../none",
        "../none/missing",
    ];
    question.folders.splice(0..0, folders.map(str::to_owned));
    let mut guard = Guard::new(None);
    let same = |guard: &mut Guard, before: &str| fingerprint(guard, &question) == before;
    let first = fingerprint(&mut guard, &question);
    // Folders that changed just now are examined in any case.
    std::thread::sleep(std::time::Duration::from_millis(120));
    for path in ["inc1/missing/x.h", "inc1/missing/deeper/x.h", "none/missing/x.h"] {
        assert!(same(&mut guard, &first) && same(&mut guard, &first), "{path}");
        checkout.write(path, "");
        assert!(!same(&mut guard, &first), "{path} appears");
        fs_err::remove_dir_all(checkout.root.join(path).parent().expect("a folder"))
            .expect("the folder can be removed");
        std::thread::sleep(std::time::Duration::from_millis(120));
        assert!(same(&mut guard, &first), "{path} has disappeared");
    }
    assert!(same(&mut guard, &first) && same(&mut guard, &first));
    fs_err::remove_file(checkout.root.join("link")).expect("the link can be removed");
    symlink("new", checkout.root.join("link")).expect("a link");
    assert!(!same(&mut guard, &first), "the link leads to another folder");
}

#[test]
fn other_files_do_not_change_the_fingerprint() {
    let checkout = Checkout::new();
    fs_err::create_dir_all(checkout.root.join("build")).expect("a folder");
    let mut guard = Guard::new(None);
    let first = fingerprint(&mut guard, &checkout.question());
    for path in [
        ".git/index.lock",
        "src/.a.c.swp",
        "src/b.c",
        "src/a.o",
        "inc1/new.h",
        "inc2/x.h.orig",
        "build/a.o",
        "inc1/deep/x.h",
    ] {
        checkout.write(path, "#include \"opt.h\"\n");
        assert_eq!(fingerprint(&mut guard, &checkout.question()), first, "{path}");
    }
    checkout.write("inc2/x.h", "#include \"sub/y.h\"\nint x;\n");
    assert_eq!(fingerprint(&mut guard, &checkout.question()), first, "the tool compares contents");
    checkout.write("inc2/x.h", "#include \"sub/y.h\"\n#include \"z.h\"\n");
    assert_ne!(fingerprint(&mut guard, &checkout.question()), first, "another name");
}

#[test]
fn another_checkout_has_the_same_fingerprint() {
    let (one, two) = (Checkout::new(), Checkout::new());
    let mut guard = Guard::new(None);
    let without_system = |checkout: &Checkout| {
        // The folder of the compiler is the same for both.
        Question { compiler: one.path("gcc"), ..checkout.question() }
    };
    for checkout in [&one, &two] {
        fs_err::create_dir_all(checkout.root.join("build")).expect("a folder");
    }
    let of_one = fingerprint(&mut guard, &one.question());
    assert_ne!(
        fingerprint(&mut guard, &without_system(&two)),
        of_one,
        "the system folder is in the first checkout"
    );
    assert_eq!(fingerprint(&mut guard, &two.question()), of_one);
    let elsewhere = Question { context: "elsewhere".into(), ..one.question() };
    assert_ne!(fingerprint(&mut guard, &elsewhere), of_one);
}

#[test]
fn a_new_header_beside_an_included_header_changes_the_fingerprint() {
    let checkout = Checkout::new();
    fs_err::create_dir_all(checkout.root.join("build")).expect("a folder");
    checkout.write("src/a.c", "#include \"../third/x.h\"\n");
    checkout.write("third/x.h", "#include \"y.h\"\n");
    checkout.write("inc1/y.h", "");
    let mut guard = Guard::new(None);
    let first = fingerprint(&mut guard, &checkout.question());
    checkout.write("third/y.h", "");
    assert_ne!(fingerprint(&mut guard, &checkout.question()), first);
}

#[test]
fn a_changed_link_changes_the_fingerprint() {
    let checkout = Checkout::new();
    fs_err::create_dir_all(checkout.root.join("build")).expect("a folder");
    checkout.write("v1/x.h", "#include \"one.h\"\n");
    checkout.write("v2/x.h", "#include \"two.h\"\n");
    checkout.write("v3/nothing.h", "");
    let link = checkout.root.join("inc1");
    fs_err::remove_dir_all(&link).expect("the folder can be removed");
    let mut guard = Guard::new(None);
    let mut prints = Vec::new();
    for target in ["v1", "v2", "v3", "nowhere"] {
        let _ = fs::remove_file(&link);
        symlink(checkout.root.join(target), &link).expect("a link");
        prints.push(fingerprint(&mut guard, &checkout.question()));
    }
    // Folders without the header have the same effect.
    assert_eq!(prints[2], prints[3]);
    prints.pop();
    prints.sort();
    prints.dedup();
    assert_eq!(prints.len(), 3);
    fs::remove_file(&link).expect("the link can be removed");
    for target in ["../v1/x.h", "../v2/x.h", "../v3/missing.h"] {
        let _ = fs::remove_file(link.join("x.h"));
        fs_err::create_dir_all(&link).expect("a folder");
        symlink(target, link.join("x.h")).expect("a link");
        prints.push(fingerprint(&mut guard, &checkout.question()));
    }
    assert_ne!(prints[3], prints[4]);
    assert_ne!(prints[4], prints[5]);
}

/// As in Eigen, Dear ImGui and mbedtls, where a user may name a header for the configuration.
#[test]
fn a_header_that_only_an_undefined_macro_names_is_ignored() {
    let checkout = Checkout::new();
    fs_err::create_dir_all(checkout.root.join("build")).expect("a folder");
    let mut guard = Guard::new(None);
    checkout.write("src/near.h", "#ifdef CONFIG\n#include CONFIG\n#endif\n");
    let first = fingerprint(&mut guard, &checkout.question());
    // A definition in a header, in a new header, and in the command.
    checkout.write("inc2/sub/y.h", "#define CONFIG <config.h>\n");
    let defined = fingerprint(&mut guard, &checkout.question());
    checkout.write("inc1/config.h", "");
    assert_ne!(fingerprint(&mut guard, &checkout.question()), defined);
    checkout.write("inc2/sub/y.h", "");
    assert_eq!(fingerprint(&mut guard, &checkout.question()), first);
    checkout.write("src/opt.h", "#define CONFIG \"config.h\"\n");
    assert_ne!(fingerprint(&mut guard, &checkout.question()), first);
    checkout.remove("src/opt.h");
    let other = Question { definitions: vec!["CONFIG=<config.h>".to_owned()], ..checkout.question() };
    let before = fingerprint(&mut guard, &other);
    checkout.write("inc2/config.h", "");
    assert_ne!(fingerprint(&mut guard, &other), before);
}

#[test]
fn computed_and_precompiled_headers_prevent_direct_mode() {
    let checkout = Checkout::new();
    fs_err::create_dir_all(checkout.root.join("build")).expect("a folder");
    let mut guard = Guard::new(None);
    for text in [
        "#include STR(x.h)\n",
        "#include __HEADER\n",
        "#define HEADER\n#include HEADER\n",
        "#define HEADER A B\n#include HEADER\n",
        "#embed \"x\"\n",
    ] {
        checkout.write("src/near.h", text);
        assert!(is_refused(&mut guard, &checkout.question()), "{text}");
    }
    checkout.write("src/near.h", "#define HEADER <x.h>\n#include HEADER\n");
    let first = fingerprint(&mut guard, &checkout.question());
    checkout.write("src/near.h", "#include HEADER\n");
    let defined = Question { definitions: vec!["HEADER=\"late.h\"".to_owned()], ..checkout.question() };
    let second = fingerprint(&mut guard, &defined);
    assert_ne!(first, second);
    checkout.write("inc1/late.h", "");
    assert_ne!(fingerprint(&mut guard, &defined), second);
    checkout.write("src/near.h", "");
    checkout.write("inc2/x.h.gch", "");
    assert!(is_refused(&mut guard, &checkout.question()), "a precompiled header");
    checkout.remove("inc2/x.h.gch");
    assert!(!is_refused(&mut guard, &checkout.question()));
    let without_compiler = Question { compiler: checkout.path("none"), ..checkout.question() };
    assert!(is_refused(&mut guard, &without_compiler));
}

/// Asks the guard, runs `compile`, and returns the verdict.
fn compiled(guard: &mut Guard, question: &Question, compile: impl FnOnce()) -> Verdict {
    let permission = permitted(guard, question);
    compile();
    guard.check(question, &permission)
}

#[test]
fn a_fingerprint_is_not_used_again_after_a_change_during_a_compilation() {
    let checkout = Checkout::new();
    checkout.write("build/a.d", "a.o: ../src/a.c ../inc2/x.h \\\n ../inc2/sub/y.h\n");
    let mut guard = Guard::new(None);
    let question = checkout.question();
    let first = fingerprint(&mut guard, &question);
    assert_eq!(compiled(&mut guard, &question, || {}), Verdict::Valid);
    assert_eq!(fingerprint(&mut guard, &question), first);
    assert!(matches!(
        compiled(&mut guard, &question, || checkout.write("inc1/x.h", "")),
        Verdict::Invalid(_)
    ));
    checkout.remove("inc1/x.h");
    let second = fingerprint(&mut guard, &question);
    assert_ne!(second, first, "an object may be stored for other files");
    assert_eq!(fingerprint(&mut guard, &question), second);
}

#[test]
fn a_header_that_disappears_and_returns_spoils_it() {
    let checkout = Checkout::new();
    checkout.write("build/a.d", "a.o: ../src/a.c ../inc2/x.h \\\n ../inc2/sub/y.h\n");
    let mut guard = Guard::new(None);
    let question = checkout.question();
    let first = fingerprint(&mut guard, &question);
    let replace = || {
        fs_err::rename(checkout.root.join("inc2/sub/y.h"), checkout.root.join("y.h")).expect("it moves");
        fs_err::rename(checkout.root.join("y.h"), checkout.root.join("inc2/sub/y.h")).expect("it moves");
    };
    assert!(matches!(compiled(&mut guard, &question, replace), Verdict::Invalid(_)));
    assert_ne!(fingerprint(&mut guard, &question), first);
}

#[test]
fn headers_of_other_commands_do_not_spoil_it() {
    let checkout = Checkout::new();
    checkout.write("build/a.d", "a.o: ../src/a.c ../inc2/x.h \\\n ../inc2/sub/y.h\n");
    checkout.write("src/b.c", "#include \"gen/late.h\"\n");
    let mut guard = Guard::new(None);
    let question = checkout.question();
    // The other command has the same folders, or only some of them.
    let other = Question { source: checkout.path("src/b.c"), ..checkout.question() };
    let third = Question { folders: vec![checkout.path("inc2")], ..other.clone() };
    let first = fingerprint(&mut guard, &question);
    fingerprint(&mut guard, &other);
    fingerprint(&mut guard, &third);
    for path in ["inc2/gen/late.h", "inc1/gen/late.h", "src/gen/late.h"] {
        let generate = || checkout.write(path, "");
        assert_eq!(compiled(&mut guard, &question, generate), Verdict::Valid, "{path}");
    }
    let permission = permitted(&mut guard, &question);
    checkout.remove("inc1/gen/late.h");
    fingerprint(&mut guard, &other);
    fingerprint(&mut guard, &third);
    assert_eq!(guard.check(&question, &permission), Verdict::Valid, "the other command has asked meanwhile");
    assert_eq!(fingerprint(&mut guard, &question), first);
    let permission = permitted(&mut guard, &question);
    checkout.write("inc1/x.h", "");
    fingerprint(&mut guard, &other);
    assert!(matches!(guard.check(&question, &permission), Verdict::Invalid(_)));
}

#[test]
fn a_file_with_the_path_of_the_checkout_is_noticed() {
    let checkout = Checkout::new();
    let question = Question { places: vec![checkout.path("")], ..checkout.question() };
    let mut guard = Guard::new(None);
    let first = permitted(&mut guard, &question);
    assert!(!first.contains_place);
    let text = format!("#define DATA \"{}\"\n", checkout.path("data"));
    // Neither the folder, nor the extension, nor the time of the file matter; only whether a directive names it.
    checkout.write("inc2/never.h", &text);
    assert_eq!(permitted(&mut guard, &question).fingerprint, first.fingerprint);
    checkout.write("system/deep/x-src/place.tcc", &text);
    checkout.write("src/near.h", "#include <deep/x-src/place.tcc>\n");
    let second = permitted(&mut guard, &question);
    assert!(second.contains_place);
    assert_ne!(second.fingerprint, first.fingerprint);
    checkout.write("system/deep/x-src/place.tcc", "");
    assert!(!permitted(&mut guard, &question).contains_place);
}

#[test]
fn a_list_of_headers_with_an_unknown_file_is_invalid() {
    let checkout = Checkout::new();
    let question = checkout.question();
    let depfile = |text: &str| checkout.write("build/a.d", text);
    depfile("a.o: ../src/a.c");
    let mut guard = Guard::new(None);
    assert_eq!(compiled(&mut guard, &question, || depfile("a.o: ../src/a.c ../inc2/x.h\n")), Verdict::Valid);
    let outside = || depfile("a.o: ../src/a.c ../inc1/other.h\n");
    assert!(matches!(compiled(&mut guard, &question, outside), Verdict::Invalid(_)));
    assert!(is_refused(&mut guard, &question), "the command no longer uses direct mode");
    let mut guard = Guard::new(None);
    let gone = || checkout.remove("build/a.d");
    assert!(matches!(compiled(&mut guard, &question, gone), Verdict::Invalid(_)));
}

#[test]
fn the_list_of_headers_of_another_checkout_is_replaced() {
    let checkout = Checkout::new();
    fs_err::create_dir_all(checkout.root.join("build")).expect("a folder");
    let question = checkout.question();
    let mut guard = Guard::new(None);
    let other = "a.o: /other/checkout/src/a.c \\\n /other/checkout/inc2/x.h /other/checkout/inc2/sub/y.h\n";
    assert_eq!(compiled(&mut guard, &question, || checkout.write("build/a.d", other)), Verdict::Valid);
    let root = checkout.path("");
    let expected = other.replace("/other/checkout/", &root);
    assert_eq!(fs_err::read_to_string(checkout.root.join("build/a.d")).expect("a file"), expected);
    let unknown = other.replace("x.h", "z.h");
    assert!(matches!(
        compiled(&mut guard, &question, || checkout.write("build/a.d", &unknown)),
        Verdict::Invalid(_)
    ));
}

#[test]
fn the_guard_runs_each_compiler_once() {
    let checkout = Checkout::new();
    let memory = checkout.root.join("memory/folders.json");
    let asked = checkout.root.join("memory/asked");
    fs_err::create_dir_all(checkout.root.join("memory")).expect("a folder");
    let compiler = fs_err::read_to_string(checkout.root.join("gcc")).expect("a script");
    checkout.write_compiler(&compiler.replace("cd ", &format!("echo >>{}\ncd ", asked.display())));
    for _ in 0..3 {
        let mut guard = Guard::new(Some(memory.clone()));
        fingerprint(&mut guard, &checkout.question());
        fingerprint(&mut guard, &checkout.question());
    }
    assert_eq!(fs_err::read(&asked).expect("a file").len(), 1);
    let other = Question { flags: vec!["-m32".into()], ..checkout.question() };
    fingerprint(&mut Guard::new(Some(memory.clone())), &other);
    assert_eq!(fs_err::read(&asked).expect("a file").len(), 2);
    checkout.write("clang.cfg", "");
    fingerprint(&mut Guard::new(Some(memory.clone())), &other);
    assert_eq!(fs_err::read(&asked).expect("a file").len(), 3, "a configuration file beside the compiler");
    fs_err::write(&memory, "{").expect("a damaged file");
    fingerprint(&mut Guard::new(Some(memory)), &other);
    assert_eq!(fs_err::read(asked).expect("a file").len(), 4);
}
