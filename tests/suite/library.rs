//! The example of toolchainkit as a library.

use std::fs;

use camino::Utf8Path;

#[path = "../../examples/library/main.rs"]
mod example;

#[test]
fn the_example_of_the_library_works() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    // Without a tool on this machine, there are no arguments.
    if let Some(arguments) = example::cmake_arguments(&folder.join("cache")).unwrap() {
        assert!(
            arguments.iter().any(|argument| argument.starts_with("-DCMAKE_CXX_COMPILER_LAUNCHER=")),
            "{arguments:?}"
        );
        assert!(folder.join("cache").is_dir());
    }
    let yaml = "cache: { tool: sccache, remote: { type: redis, endpoint: 'redis://h:1' } }\n";
    assert_eq!(example::generate(yaml, folder).unwrap().len(), 4);
    assert!(
        fs::read_to_string(folder.join("cmake/toolchainkit-cache.cmake"))
            .unwrap()
            .contains("SCCACHE_REDIS_ENDPOINT")
    );
    assert!(example::generate(yaml, folder).unwrap().is_empty(), "nothing has changed");
    let error = example::generate("cahe: {}\n", folder).unwrap_err();
    assert!(error.to_string().contains("cahe"), "{error}");
}
