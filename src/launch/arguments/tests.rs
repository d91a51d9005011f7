use super::*;

fn read(line: &str) -> Arguments {
    Arguments::parse(line.split_whitespace().map(OsString::from).collect(), &|_| None)
}

#[test]
fn a_command_of_cmake_is_parsed() {
    let arguments = read(
        "-DA=1 -D B -Iinc -I /abs -isystem sys -iquote q -include f.h -O2 -MD -MT m.o -MF m.d -x c -o m.o -c src/m.c",
    );
    assert!(arguments.is_compilation());
    assert_eq!(arguments.sources(), [Path::new("src/m.c")]);
    assert_eq!(arguments.object(), Some(Path::new("m.o")));
    assert_eq!(arguments.depfile(), Some(Path::new("m.d")));
    assert_eq!(arguments.include_folders(), ["inc", "/abs", "sys", "q"].map(Path::new));
    assert_eq!(arguments.included_files(), [Path::new("f.h")]);
    assert_eq!(arguments.macros(), ["A=1", "B"]);
    assert!(arguments.defines("A") && arguments.defines("B") && !arguments.defines("C"));
}

#[test]
fn the_default_depfile_has_the_name_of_the_object() {
    assert_eq!(read("-MD -c a.c -o x/a.o").depfile(), Some(Path::new("x/a.d")));
    assert_eq!(read("-Wp,-MD,p.d -c a.c -o a.o").depfile(), Some(Path::new("p.d")));
    assert_eq!(read("-c a.c -o a.o").depfile(), None);
}

#[test]
fn values_of_options_are_not_sources() {
    assert_eq!(read("-target x86_64 -Xclang -fx --param a=1 -c - ").sources().len(), 0);
    assert!(read("-c -x c -").uses_standard_input());
    assert_eq!(read("-c -- -a.c").sources(), [Path::new("-a.c")]);
}

#[test]
fn response_files_are_quoted_as_for_gcc() {
    let cases: [(&[u8], &[&str]); 7] = [
        (b"a b\nc\td\r\n", &["a", "b", "c", "d"]),
        (b"'a b' \"c d\"", &["a b", "c d"]),
        (br#"-DA=\"x\" -DB="\"y z\"""#, &["-DA=\"x\"", "-DB=\"y z\""]),
        (b"a'b c'd", &["ab cd"]),
        (b"'' \"\"", &["", ""]),
        (br"a\ b 'c\'d'", &["a b", "c'd"]),
        (br"end\", &["end"]),
    ];
    for (text, expected) in cases {
        assert_eq!(words(text), expected, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn response_files_of_cl_are_quoted_as_on_windows() {
    let cases: [(&[u8], &[&str]); 8] = [
        (b"/c a.c\r\n/nologo\r\n", &["/c", "a.c", "/nologo"]),
        (br#"/IC:\x\ "/FoC:\a b\\" c.c"#, &[r"/IC:\x\", r"/FoC:\a b\", "c.c"]),
        (br#"/DA=\"x\" /DB="\"y z\"""#, &["/DA=\"x\"", "/DB=\"y z\""]),
        (b"/DA='x y'", &["/DA='x", "y'"]),
        (br#""a""b""#, &["a\"b"]),
        (b"\"a\nb\" /c", &["a\nb", "/c"]),
        (b"\xff\xfe/\0c\0 \0\xe9\0", &["/c", "\u{e9}"]),
        (b"\xef\xbb\xbf/c", &["/c"]),
    ];
    for (text, expected) in cases {
        assert_eq!(words_of_windows(text), expected, "{}", String::from_utf8_lossy(text));
    }
    let parsed = Arguments::parse_in(Style::Msvc, vec!["@a".into()], &|_| Some(br"/c C:\p\a.c".to_vec()));
    assert_eq!(parsed.all(), ["/c", r"C:\p\a.c"]);
}

#[test]
fn a_command_of_cl_is_parsed() {
    for line in [
        "/nologo /DA=1 /D B -DC /Iinc /I more -imsvcsys /external:Iext /FIf.h /O2 /Zi /FS /c /FoCMakeFiles\\m.obj /Fdx.pdb src/m.c",
        "/nologo /DA=1 /D B /DC -Iinc /I more -imsvc sys /external:I ext -FI f.h -c /Fo: CMakeFiles\\m.obj -Tcsrc/m.c /link x.lib",
    ] {
        let words = line.split(' ').map(OsString::from).collect();
        let arguments = Arguments::parse_in(Style::Msvc, words, &|_| None);
        assert!(arguments.is_compilation(), "{line}");
        assert_eq!(arguments.sources(), [Path::new("src/m.c")], "{line}");
        assert_eq!(arguments.object(), Some(Path::new("CMakeFiles\\m.obj")), "{line}");
        assert_eq!(arguments.include_folders(), ["inc", "more", "sys", "ext"].map(Path::new), "{line}");
        assert_eq!(arguments.included_files(), [Path::new("f.h")], "{line}");
        assert_eq!(arguments.macros(), ["A=1", "B", "C"], "{line}");
    }
    #[cfg(unix)]
    {
        let words = ["/c", "/home/me/a.c", "/Fo/tmp/a.obj"].map(OsString::from).to_vec();
        let arguments = Arguments::parse_in(Style::Msvc, words, &|_| None);
        assert_eq!(arguments.sources(), [Path::new("/home/me/a.c")]);
        assert_eq!(arguments.object(), Some(Path::new("/tmp/a.obj")));
    }
}

#[test]
fn the_style_is_that_of_the_name_of_the_compiler() {
    for name in
        ["cl", "cl.exe", "CL.EXE", r"C:\VC\bin\cl.exe", "C:/llvm/clang-cl.exe", "/usr/bin/clang-cl-16"]
    {
        assert_eq!(Style::of(OsStr::new(name)), Style::Msvc, "{name}");
    }
    for name in ["gcc", "clang.exe", r"C:\cl\gcc.exe", "/usr/bin/clang++", "nvcl"] {
        assert_eq!(Style::of(OsStr::new(name)), Style::Gcc, "{name}");
    }
}

#[test]
fn a_recursive_response_file_ends() {
    let arguments = Arguments::parse(vec!["@a".into()], &|_| Some(b"-O2 @a".to_vec()));
    assert_eq!(arguments.all().last(), Some(&"@a".into()));
    assert_eq!(arguments.raw(), ["@a"]);
    let wide = Arguments::parse(vec!["@a".into()], &|_| Some(b"@a @a @a @a".to_vec()));
    assert!(wide.all().len() <= 4 * MOST);
    assert!(!arguments.is_complete() && !wide.is_complete());
}

#[test]
fn the_size_of_response_files_is_limited() {
    let parse = |text: Vec<u8>| Arguments::parse(vec!["@a".into()], &move |_| Some(text.clone()));
    assert!(parse(b"-O2 ".repeat(MOST_ARGUMENTS)).is_complete());
    assert!(!parse(b"-O2 ".repeat(MOST_ARGUMENTS + 1)).is_complete());
    assert!(parse(vec![b'x'; MOST_BYTES]).is_complete());
    assert!(!parse(vec![b'x'; MOST_BYTES + 1]).is_complete());
    let twice = Arguments::parse(vec!["@a".into(), "@a".into()], &|_| Some(vec![b'x'; MOST_BYTES]));
    assert!(!twice.is_complete());
}

#[test]
fn only_regular_files_are_response_files() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| Arguments::read(vec![format!("@{name}").into()], folder.path(), Style::Gcc);
    fs_err::write(folder.path().join("small"), "-c a.c").unwrap();
    assert!(read("small").is_complete() && read("small").is_compilation());
    assert!(read("absent").is_complete(), "the compiler reports it");
    fs_err::File::create(folder.path().join("large")).unwrap().set_len(1 << 40).unwrap();
    assert!(!read("large").is_complete());
    #[cfg(unix)]
    assert!(!read("/dev/zero").is_complete());
    assert!(!read(".").is_complete());
}

#[test]
fn different_architectures_are_counted() {
    for (line, expected) in [
        ("-c a.c", false),
        ("-arch arm64 -c a.c", false),
        ("-arch arm64 -arch arm64 -c a.c", false),
        ("-arch arm64 -c -arch x86_64 a.c", true),
        ("-arch arm64 -arch arm64 -arch x86_64 -c a.c", true),
        ("-arch x86_64 -arch arm64 -arch arm64 -c a.c", true),
        ("-arch arm64 -c a.c -arch", false),
    ] {
        let read = read(line);
        assert_eq!(read.has_several_architectures(), expected, "{line}");
        assert_eq!(read.sources(), [Path::new("a.c")], "{line}");
    }
}

#[test]
fn a_missing_response_file_stays_an_argument() {
    assert_eq!(read("@none -c").all(), ["@none", "-c"]);
}
