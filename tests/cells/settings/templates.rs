//! User templates.

use super::Checkout;
use crate::list::tests;
use crate::support::{Run, Tools};

tests![a_template_extends_or_replaces_blocks, an_invalid_template_is_reported_with_its_line,];

const YAML: &str = "cache: { enabled: false }\ntoolchain: { linker: lld, defines: ['X=\"$a\"'] }\ntemplates: cmake/templates\n";

fn checkout(name: &str) -> Option<Checkout> {
    let checkout = Checkout::new(name, Tools::CMAKE, &[], "cache: { enabled: false }\n")?;
    checkout.write("toolchainkit.yaml", YAML);
    Some(checkout)
}

fn a_template_extends_or_replaces_blocks() {
    let Some(checkout) = checkout("templates") else { return };
    checkout.write(
        "cmake/templates/toolchain.cmake.j2",
        "{% extends \"builtin/toolchain.cmake.j2\" %}\n{% block options %}\n{{ super() }}\nset(OURS {{ toolchain.defines[0] }})\n{% endblock %}\n{% block end %}\nset(LAST {{ name }})\n{% endblock %}\n",
    );
    checkout.write("cmake/templates/toolchain/linker.cmake.j2", "{% include \"part/mine.cmake.j2\" %}\n");
    checkout.write(
        "cmake/templates/part/mine.cmake.j2",
        "add_link_options({{ toolchain.linker.flag }} -Wl,-z,now)\n",
    );
    checkout.write(
        "cmake/templates/CMakePresets.json.j2",
        "{% extends \"builtin/CMakePresets.json.j2\" %}\n{% block configure %}, \"description\": {{ preset.label }}{% endblock %}\n{% block configure_presets %}, { \"name\": \"mine\", \"inherits\": \"release\" }{% endblock %}\n",
    );
    checkout.command(env!("CARGO_BIN_EXE_toolchainkit"), &["generate"]).run();
    checkout.command(env!("CARGO_BIN_EXE_toolchainkit"), &["generate", "--check"]).run();
    let text = checkout.read("cmake/toolchain.cmake");
    assert!(text.contains("add_compile_definitions(\n  \"X=\\\"\\$a\\\"\")"), "{text}");
    assert!(text.contains("set(OURS \"X=\\\"\\$a\\\"\")") && text.contains("set(LAST \"\")"), "{text}");
    assert!(
        text.contains("add_link_options(\"-fuse-ld=lld\" -Wl,-z,now)") && !text.contains("CMAKE_LINKER_TYPE")
    );
    checkout.command("cmake", &["--preset", "mine"]).run();
    assert!(checkout.read("CMakePresets.json").contains("\"description\": \"Release\""));
}

fn an_invalid_template_is_reported_with_its_line() {
    let Some(checkout) = checkout("bad-templates") else { return };
    let missing = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"), &["generate"]).run_expecting(3);
    assert!(
        missing.stderr.contains("bad-template") && missing.stderr.contains("cmake/templates"),
        "{missing}"
    );
    let name = "cmake/templates/toolchain/linker.cmake.j2";
    let before = checkout.read("cmake/toolchain.cmake");
    for (text, line, what) in [
        ("# one\n{% if %}\n", Some(2), "expected"),
        ("# one\n\n{{ toolchain.nothing }}\n", Some(3), "undefined"),
        ("{{ toolchain.linker.flag | safe }}\n", Some(1), "safe"),
        ("{{ toolchain.defines }}\n", Some(1), "cannot be printed"),
    ] {
        checkout.write(name, text);
        for command in ["generate", "validate"] {
            let output =
                checkout.command(env!("CARGO_BIN_EXE_toolchainkit"), &[command]).run_expecting(3).stderr;
            let words = output.split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "");
            assert!(
                words.contains("bad-template") && words.contains("toolchain/linker.cmake.j2"),
                "{output}"
            );
            assert!(words.contains(what), "{what}: {output}");
            let line = line.map(|line| format!("line {line}")).unwrap_or_default();
            assert!(words.contains(&line), "{line}: {output}");
        }
    }
    checkout.write(name, "");
    checkout.write("cmake/templates/CMakePresets.json.j2", "{ not JSON\n");
    let output = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"), &["generate"]).run_expecting(3);
    assert!(output.stderr.contains("does not produce valid JSON"), "{output}");
    assert_eq!(checkout.read("cmake/toolchain.cmake"), before, "no file is partially written");
}
