//! Archives with the right digest that do not have the form of a release.

use super::{Bench, Tar, add, header, tar_gz, top, zip};
use crate::support::Run;
use crate::support::servers::Releases;

/// Serves `archive` with its own digest, and returns the error message.
fn error_message(bench: &mut Bench, archive: &[u8]) -> String {
    bench.releases.put(&super::asset(), archive);
    bench.sha256 = super::sha256(archive);
    let refused = bench.install("plain").run_expecting(5);
    bench.assert_nothing_left();
    refused.stderr
}

/// The expected part of the error message, and the function that corrupts the archive.
type Case<'a> = (&'a str, Box<dyn FnOnce(&mut Tar) + 'a>);

#[test]
fn archives_with_invalid_entries_are_rejected() {
    let Some(mut bench) = Bench::start() else { return };
    let executable = std::mem::take(&mut bench.executable);
    let good = |tar: &mut Tar| add(tar, &format!("{}/ccache", top()), &executable);
    let link = |tar: &mut Tar, name: &str, kind| {
        let mut header = header(name, kind);
        header.set_link_name("/bin/sh").expect("a target");
        header.set_cksum();
        tar.append(&header, &[][..]).expect("an entry in memory");
    };
    let special =
        |tar: &mut Tar, kind| tar.append(&header("top/special", kind), &[][..]).expect("an entry in memory");

    let cases: Vec<Case<'_>> = vec![
        ("outside the archive's folder", Box::new(|tar| add(tar, "../ccache", &executable))),
        ("outside the archive's folder", Box::new(|tar| add(tar, "top/../../ccache", &executable))),
        ("an absolute path", Box::new(|tar| add(tar, "/tmp/ccache", &executable))),
        ("a link", Box::new(|tar| link(tar, "top/ccache", tar::EntryType::Symlink))),
        ("a link", Box::new(|tar| link(tar, "top/ccache", tar::EntryType::Link))),
        ("a link", Box::new(|tar| link(tar, "top/LICENSE", tar::EntryType::Symlink))),
        ("neither a file nor a folder", Box::new(|tar| special(tar, tar::EntryType::Char))),
        ("neither a file nor a folder", Box::new(|tar| special(tar, tar::EntryType::Block))),
        ("neither a file nor a folder", Box::new(|tar| special(tar, tar::EntryType::Fifo))),
        ("two files `ccache`", Box::new(|tar| add(tar, "ccache", &executable))),
        ("two files `ccache`", Box::new(|tar| add(tar, &format!("{}/ccache", top()), &executable))),
    ];
    for (words, spoil) in cases {
        // The invalid entry comes last, after the valid one that a careless program would have unpacked.
        let archive = tar_gz(|tar| {
            good(tar);
            spoil(tar);
        });
        let message = error_message(&mut bench, &archive);
        assert!(message.contains(words), "{words}: {message}");
    }
    let message = error_message(&mut bench, &tar_gz(|tar| add(tar, "top/README.md", b"")));
    assert!(message.contains("no file `ccache`"), "{message}");
    let message = error_message(&mut bench, &tar_gz(|tar| add(tar, "top/\u{1b}[31m/../x", b"")));
    assert!(!message.contains('\u{1b}'), "control characters of an archive are escaped: {message}");
}

#[test]
fn zip_bombs_and_damaged_archives_are_rejected() {
    let Some(mut bench) = Bench::start() else { return };
    let zeros = vec![0; 260 << 20];
    let message = error_message(&mut bench, &tar_gz(|tar| add(tar, "top/ccache", &zeros)));
    assert!(message.contains("larger than 256 MiB"), "{message}");
    let message = error_message(&mut bench, &zip(&[("top/ccache", &zeros)]));
    assert!(message.contains("larger than 256 MiB"), "{message}");
    let message =
        error_message(&mut bench, &tar_gz(|tar| (0..2).for_each(|_| add(tar, "top/README.md", &zeros))));
    assert!(message.contains("larger than 512 MiB"), "{message}");

    let good = super::good_archive(&bench.executable);
    let message = error_message(&mut bench, &good[..good.len() / 2]);
    assert!(message.contains("damaged"), "{message}");
    let message = error_message(&mut bench, b"<html>not found</html>");
    assert!(message.contains("neither a tar.gz nor a zip"), "{message}");
    let outside = zip(&[("../ccache", &bench.executable)]);
    let message = error_message(&mut bench, &outside);
    assert!(message.contains("outside the archive's folder"), "{message}");
}

#[test]
fn executables_that_do_not_work_are_rejected() {
    let Some(mut bench) = Bench::start() else { return };
    for (content, words) in [
        (&b"\x7fELF and nothing more"[..], "cannot be started"),
        (b"#!/bin/sh\necho sccache 0.16.0\n", "it is not ccache"),
        (b"#!/bin/sh\necho ccache version 4.13.0\n", "version 4.13.0, not 4.14.2"),
        (b"#!/bin/sh\nexit 1\n", "it is not ccache"),
    ] {
        let message = error_message(&mut bench, &tar_gz(|tar| add(tar, "top/ccache", content)));
        assert!(message.contains(words), "{words}: {message}");
    }
}

#[test]
fn a_zip_archive_is_accepted() {
    let Some(bench) = Bench::start() else { return };
    let archive = zip(&[("top/README.md", b"ccache"), ("top/ccache", &bench.executable)]);
    let bench = Bench::with(Releases::start(), bench.executable.clone(), &archive);
    bench.install("plain").run();
    bench.assert_installed();
}
