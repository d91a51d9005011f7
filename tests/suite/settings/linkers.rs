//! The linker is the one that is asked for, as the programs themselves tell.

use super::Checkout;
use crate::support::{Run, Tools};

#[test]
fn mold_and_lld_are_really_used() {
    for version in ["3.15.3", "3.25.2", Tools::CMAKE] {
        for (linker, name) in [("mold", "mold "), ("lld", "LLD ")] {
            for compilers in ["gcc", "clang"] {
                let yaml = format!(
                    "cache: {{ enabled: false }}\ntoolchain: {{ compilers: {compilers}, linker: {linker} }}\n"
                );
                let Some(checkout) = Checkout::new("linker", version, &["mold", "ld.lld"], &yaml) else {
                    return;
                };
                // A user's flags take nothing away.
                checkout.configure(&["-DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,now"]);
                checkout.build();
                for file in ["b/main", "b/libpart.so"] {
                    let comments = checkout.comments(file);
                    assert!(
                        comments.contains(name),
                        "CMake {version}, {compilers}, {linker}, {file}: {comments}"
                    );
                }
                let other = checkout.command("b/main", &[]).run();
                assert_eq!(other.stdout, "none 2 2\n");
            }
        }
    }
}
