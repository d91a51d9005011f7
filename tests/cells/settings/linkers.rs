//! The configured linker is used, regardless of the flags that the user adds.

use super::Checkout;
use crate::list::{CMake, tests};
use crate::support::{Tools, versions};

tests![
    flags_of_the_user_do_not_change_the_linker in [(CMake(versions::cmake("3.15")), ("gcc", "mold", "mold ")), (CMake(Tools::CMAKE), ("clang", "lld", "LLD "))],
];

fn flags_of_the_user_do_not_change_the_linker(
    (CMake(version), (compilers, linker, name)): (CMake, (&'static str, &'static str, &'static str)),
) {
    let toolchain = format!("toolchain: {{ compilers: {compilers}, linker: {linker} }}");
    let yaml = format!("cache: {{ enabled: false }}\n{toolchain}\n");
    let Some(checkout) = Checkout::new("linker", version, &["mold", "ld.lld"], &yaml) else { return };
    checkout.configure(&["-DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,now", "-DCMAKE_SHARED_LINKER_FLAGS=-Wl,-z,now"]);
    checkout.build();
    for file in ["b/main", "b/libpart.so"] {
        let comments = checkout.comments(file);
        assert!(comments.contains(name), "CMake {version}, {toolchain}, {file}: {comments}");
    }
}
