//! Any text is a configuration or a list of errors, and the files of a configuration are always the same and can be read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toolchainkit::config::{self, SourceFile};
use toolchainkit::diagnostics::{Diagnostic, Report, Style};
use toolchainkit::output::{FileKind, FileSet};
use toolchainkit::plan::Plan;
use toolchainkit::render::env::{self, Shell};
use toolchainkit::render::render;

fuzz_target!(|text: &str| {
    let source = SourceFile::new("toolchainkit.yaml", text);
    match config::load(&source) {
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty());
            check_report(&source, &diagnostics);
        }
        Ok(loaded) => {
            check_report(&source, &loaded.warnings);
            let plan = Plan::build(&loaded.config);
            let files = render(&plan).expect("every valid configuration can be rendered");
            assert_eq!(files, render(&Plan::build(&loaded.config)).unwrap());
            check_files(&files);
            check_environment(&plan);
        }
    }
});

fn check_report(source: &SourceFile, diagnostics: &[Diagnostic]) {
    let excerpt = source.excerpt();
    for diagnostic in diagnostics {
        let places = diagnostic.related.iter().map(|(place, _)| place).chain([&diagnostic.place]);
        for span in places.filter_map(|place| place.span.clone()) {
            assert!(source.text().get(span.clone()).is_some(), "{span:?} is not a range of the text");
        }
    }
    let report = Report::new(diagnostics, Some(&excerpt));
    let text = report.to_text(Style::default());
    assert!(diagnostics.iter().all(|diagnostic| text.contains(diagnostic.code.as_str())));
    assert_eq!(report.to_json().as_array().map(Vec::len), Some(diagnostics.len()));
}

fn check_files(files: &FileSet) {
    for file in files.iter() {
        assert!(file.text.ends_with('\n') && !file.text.contains('\r'), "{}", file.path);
        assert!(file.path.is_relative() && !file.path.as_str().contains(".."), "{}", file.path);
        assert!(files.iter().filter(|other| other.path == file.path).count() == 1, "{}", file.path);
        if file.kind == FileKind::Presets {
            check_presets(&file.text);
        }
    }
}

/// CMake rejects a file in which two presets of a kind have the same name, or a preset inherits an unknown one.
fn check_presets(text: &str) {
    let presets: serde_json::Value = serde_json::from_str(text).expect("JSON");
    assert!(presets.pointer("/vendor/toolchainkit").is_some());
    let configure = presets["configurePresets"].as_array().expect("a list");
    let mut names = std::collections::HashSet::new();
    for preset in configure {
        assert!(names.insert(preset["name"].as_str().expect("a name")), "{preset} is not the first of its name");
        let parents = preset["inherits"].as_array().into_iter().flatten();
        for parent in parents.filter_map(|parent| parent.as_str()) {
            assert!(names.contains(parent), "{preset} inherits from an unknown preset");
        }
    }
}

fn check_environment(plan: &Plan) {
    let shells = [Shell::Sh, Shell::Fish, Shell::PowerShell, Shell::Cmd, Shell::Github, Shell::Dotenv];
    for cache in plan.variants.iter().filter_map(|variant| variant.cache.as_ref()) {
        for tool in &cache.tools {
            for shell in shells {
                // Some shells cannot represent all values.
                let _ = env::environment(shell, tool, &cache.servers);
            }
        }
    }
}
