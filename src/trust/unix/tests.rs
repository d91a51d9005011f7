//! The rule as a table of cases, and the parts of paths.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::people::{is_mapped, is_private_group};
use super::*;

const USER: u32 = 1000;
const ENEMY: u32 = 1234;
const SITE: u32 = 5000;

struct Names {
    user: u32,
    others: Vec<u32>,
    unmapped: Option<u32>,
}

impl People for Names {
    fn user(&self) -> u32 {
        self.user
    }
    fn others(&self) -> &[u32] {
        &self.others
    }
    fn is_private(&self, group: u32, owner: u32) -> bool {
        group == owner
    }
    fn is_unmapped(&self, owner: u32) -> bool {
        Some(owner) == self.unmapped
    }
}

const DIR: u32 = 0o040_000;
const LINK: u32 = 0o120_777;

/// A chain of folders, the last one a file if its mode says so: `(owner, group, mode)`.
fn chain(parts: &[(u32, u32, u32)]) -> Vec<Part> {
    let part = |(index, &(owner, group, mode)): (usize, &(u32, u32, u32))| Part {
        path: PathBuf::from(format!("/{index}")),
        is_link: mode & 0o170_000 == 0o120_000,
        is_folder: mode & DIR != 0,
        owner,
        group,
        mode: mode & 0o7777,
        parent: index.checked_sub(1),
    };
    parts.iter().enumerate().map(part).collect()
}

fn verdict(user: u32, others: &[u32], purpose: Purpose, parts: &[(u32, u32, u32)]) -> Option<usize> {
    let people = Names { user, others: others.to_vec(), unmapped: None };
    judge(&chain(parts), &people, purpose).err().map(|doubt| match doubt {
        Doubt::Owner { path, .. } | Doubt::Writable { path, .. } | Doubt::Unknown { path, .. } => {
            path.to_str().unwrap()[1..].parse().unwrap()
        }
    })
}

const SLASH: (u32, u32, u32) = (0, 0, DIR | 0o755);
const TMP: (u32, u32, u32) = (0, 0, DIR | 0o1777);

/// The name, the user, other trusted users, the purpose, the parts of the path, and the index of the refused one.
type Case = (&'static str, u32, &'static [u32], Purpose, &'static [(u32, u32, u32)], Option<usize>);

#[test]
fn the_table_of_cases() {
    const OWN: (u32, u32, u32) = (USER, USER, DIR | 0o755);
    use Purpose::{Program, State};
    let cases: &[Case] = &[
        ("own", USER, &[], State, &[SLASH, OWN, (USER, USER, 0o644)], None),
        ("of root", USER, &[], State, &[SLASH, (0, 0, 0o644)], None),
        ("below /tmp", USER, &[], State, &[SLASH, TMP, OWN, (USER, USER, 0o600)], None),
        ("of another user below /tmp", USER, &[], State, &[SLASH, TMP, (ENEMY, ENEMY, DIR | 0o755)], Some(2)),
        (
            "own file in a folder of another user",
            USER,
            &[],
            State,
            &[SLASH, TMP, (ENEMY, 0, DIR | 0o777), OWN],
            Some(2),
        ),
        (
            "file of another user in an own folder",
            USER,
            &[],
            State,
            &[SLASH, OWN, (ENEMY, ENEMY, 0o644)],
            Some(2),
        ),
        ("sticky folder of another user", USER, &[], State, &[SLASH, (ENEMY, 0, DIR | 0o1777), OWN], Some(1)),
        ("world-writable folder above", USER, &[], State, &[SLASH, (USER, USER, DIR | 0o777), OWN], Some(1)),
        ("world-writable file", USER, &[], State, &[SLASH, OWN, (USER, USER, 0o666)], Some(2)),
        ("sticky bit of a file", USER, &[], State, &[SLASH, OWN, (USER, USER, 0o1666)], Some(2)),
        (
            "group of the user alone",
            USER,
            &[],
            State,
            &[SLASH, (USER, USER, DIR | 0o775), (USER, USER, 0o664)],
            None,
        ),
        ("group of others", USER, &[], State, &[SLASH, (USER, 100, DIR | 0o775)], Some(1)),
        (
            "closed folder above",
            USER,
            &[],
            State,
            &[SLASH, (USER, 100, DIR | 0o700), (USER, 100, DIR | 0o775)],
            None,
        ),
        (
            "closed folder, open to all below",
            USER,
            &[],
            State,
            &[SLASH, (USER, 100, DIR | 0o700), (USER, 100, DIR | 0o777)],
            Some(2),
        ),
        (
            "closed folder, file of another user",
            USER,
            &[],
            State,
            &[SLASH, (USER, 100, DIR | 0o700), (ENEMY, 0, 0o644)],
            Some(2),
        ),
        ("own link", USER, &[], State, &[SLASH, TMP, (USER, USER, LINK)], None),
        ("link of another user", USER, &[], State, &[SLASH, TMP, (ENEMY, ENEMY, LINK)], Some(2)),
        ("root on a checkout of a user", 0, &[USER], State, &[SLASH, OWN, (USER, USER, DIR | 0o775)], None),
        ("root, not the checkout", 0, &[], State, &[SLASH, OWN], Some(1)),
        (
            "program of a site",
            USER,
            &[],
            Program,
            &[SLASH, (SITE, SITE, DIR | 0o2775), (SITE, 77, DIR | 0o2775), (SITE, 77, 0o775)],
            None,
        ),
        ("state of a site", USER, &[], State, &[SLASH, (SITE, SITE, DIR | 0o755)], Some(1)),
        (
            "program of another user in the site",
            USER,
            &[],
            Program,
            &[SLASH, (SITE, 77, DIR | 0o2775), (ENEMY, 77, 0o755)],
            Some(2),
        ),
        ("program below /tmp", USER, &[], Program, &[SLASH, TMP, (ENEMY, ENEMY, DIR | 0o755)], Some(2)),
        (
            "program in root's group-writable folder",
            USER,
            &[],
            Program,
            &[SLASH, (0, 50, DIR | 0o2775), (0, 50, 0o755)],
            None,
        ),
        (
            "program in root's open folder",
            USER,
            &[],
            Program,
            &[SLASH, (0, 0, DIR | 0o777), (USER, USER, 0o755)],
            None,
        ),
        (
            "program of another user there",
            USER,
            &[],
            Program,
            &[SLASH, (0, 0, DIR | 0o777), (ENEMY, ENEMY, 0o755)],
            Some(2),
        ),
        (
            "root runs a program in an open folder",
            0,
            &[],
            Program,
            &[SLASH, (0, 0, DIR | 0o777), (0, 0, 0o755)],
            Some(1),
        ),
        ("world-writable program of root", USER, &[], Program, &[SLASH, (0, 0, 0o777)], Some(1)),
        (
            "program in an own open folder",
            USER,
            &[],
            Program,
            &[SLASH, (USER, USER, DIR | 0o777), (USER, USER, 0o755)],
            Some(1),
        ),
    ];
    for (name, user, others, purpose, parts, expected) in cases {
        assert_eq!(verdict(*user, others, *purpose, parts), *expected, "{name}");
    }
}

#[test]
fn unmapped_owners_are_the_administrator_except_where_others_can_write() {
    let people = Names { user: USER, others: Vec::new(), unmapped: Some(65534) };
    let slash = (65534, 65534, DIR | 0o755);
    let tmp = (65534, 65534, DIR | 0o1777);
    assert_eq!(judge(&chain(&[slash, (65534, 65534, 0o755)]), &people, Purpose::State), Ok(()));
    assert!(judge(&chain(&[slash, tmp, (65534, 65534, 0o755)]), &people, Purpose::State).is_err());
    assert!(is_mapped(65534, "         0          0 4294967295\n"));
    assert!(!is_mapped(65534, "         0       1000          1\n"));
    assert!(!is_mapped(65534, ""));
}

#[test]
fn a_private_group_has_one_member() {
    let users =
        "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/:\nbob:x:1001:1005::/:\neve:x:1002:100::/:\n";
    let groups = "root:x:0:\nann:x:1000:\nbob:x:1005:bob\nusers:x:100:\nteam:x:1002:ann,eve\n";
    for (group, owner, expected) in [
        (0, 1000, true),
        (1000, 1000, true),
        (1000, 1001, false),
        (1005, 1001, true),
        (100, 1002, false),
        (100, 100, false),
        (1002, 1002, false),
        (7000, 7000, true),
        (7001, 7000, false),
    ] {
        assert_eq!(is_private_group(group, owner, groups, users), expected, "{group} {owner}");
    }
    let shared = format!("{users}kim:x:1009:1000::/:\n");
    assert!(!is_private_group(1000, 1000, groups, &shared), "another user has this group");
}

#[test]
fn links_are_followed_part_by_part() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("real/deep")).unwrap();
    std::os::unix::fs::symlink("real/deep/..", root.join("relative")).unwrap();
    std::os::unix::fs::symlink(root.join("relative"), root.join("absolute")).unwrap();
    let paths = |path: &str| -> Vec<PathBuf> {
        let parts = parts(&root.join(path)).unwrap();
        parts.iter().filter_map(|part| Some(part.path.strip_prefix(&root).ok()?.to_owned())).collect()
    };
    let expected: Vec<PathBuf> = ["", "absolute"].map(PathBuf::from).to_vec();
    let found = paths("absolute/missing/x");
    assert_eq!(found[..2], expected);
    for part in ["relative", "real", "real/deep"] {
        assert!(found.contains(&PathBuf::from(part)), "{found:?}");
    }
    std::os::unix::fs::symlink("loop", root.join("loop")).unwrap();
    assert!(matches!(parts(&root.join("loop")), Err(Doubt::Unknown { .. })));
    assert_eq!(check(&root.join("absolute"), Purpose::State), Ok(()));
    fs::set_permissions(root.join("real"), fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
    let doubt = check(&root.join("absolute/deep"), Purpose::State).unwrap_err();
    assert_eq!(doubt, Doubt::Writable { path: root.join("real"), group: None });
}
