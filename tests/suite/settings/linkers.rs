//! The configured linker is used, regardless of the flags that the user adds.

use super::Checkout;
use crate::support::Tools;

#[test]
fn flags_of_the_user_do_not_change_the_linker() {
    for (version, compilers, linker, name) in
        [("3.15.3", "gcc", "mold", "mold "), (Tools::CMAKE, "clang", "lld", "LLD ")]
    {
        let toolchain = format!("toolchain: {{ compilers: {compilers}, linker: {linker} }}");
        let yaml = format!("cache: {{ enabled: false }}\n{toolchain}\n");
        let Some(checkout) = Checkout::new("linker", version, &["mold", "ld.lld"], &yaml) else { return };
        checkout
            .configure(&["-DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,now", "-DCMAKE_SHARED_LINKER_FLAGS=-Wl,-z,now"]);
        checkout.build();
        for file in ["b/main", "b/libpart.so"] {
            let comments = checkout.comments(file);
            assert!(comments.contains(name), "CMake {version}, {toolchain}, {file}: {comments}");
        }
    }
}
