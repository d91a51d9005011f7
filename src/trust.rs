//! Whether a file may be believed: executed, read to decide what is executed, connected to, or written through.
//!
//! The rule is in ARCHITECTURE.md. [`judge`] applies it to the metadata of a path, without I/O, and [`check`] reads the
//! metadata. `_toolchainkit_is_trusted` in the CMake module is the same rule.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

/// The administrator.
const ROOT: u32 = 0;
/// The group of administrators of macOS, to which Homebrew gives its folders.
const ADMIN_OF_MACOS: u32 = 80;
/// The number of links in a path after which Linux gives up, too.
const MOST_LINKS: usize = 40;

const STICKY: u32 = 0o1000;
const WRITE_OF_GROUP: u32 = 0o020;
const WRITE_OF_OTHERS: u32 = 0o002;
const SEARCH_OF_OTHERS: u32 = 0o011;

/// The use of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// State of this user, such as a run folder.
    State,
    /// A program that the user has selected, for example with PATH. The prefix of an administrator is accepted, too.
    Program,
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its path.
    pub path: PathBuf,
    /// Whether it is a link.
    pub is_link: bool,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// The number of its owner.
    pub owner: u32,
    /// The number of its group.
    pub group: u32,
    /// Its permissions.
    pub mode: u32,
    /// The index of the folder that contains it; `None` for the first one.
    pub parent: Option<usize>,
}

/// The people of the machine, as far as the rule needs them.
pub trait People {
    /// This user.
    fn user(&self) -> u32;
    /// Other users who are trusted for this path, such as the owner of the source tree.
    fn others(&self) -> &[u32];
    /// Whether only `owner` is a member of `group`.
    fn is_private(&self, group: u32, owner: u32) -> bool;
    /// Whether the number stands for all users that this namespace does not know. One of them is the administrator.
    fn is_unmapped(&self, owner: u32) -> bool;
}

/// The reason why a file is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// It belongs to another user.
    Owner {
        /// The part of the path.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// Other users can write to it.
    Writable {
        /// The part of the path.
        path: PathBuf,
        /// The group that can write to it; `None` if all users can.
        group: Option<u32>,
    },
    /// Its metadata cannot be read.
    Unknown {
        /// The path.
        path: PathBuf,
        /// The error.
        reason: String,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner { path, owner } => write!(f, "{} belongs to user {owner}", path.display()),
            Self::Writable { path, group: Some(group) } => {
                write!(f, "group {group} can write to {0} (chmod g-w {0})", path.display())
            }
            Self::Writable { path, group: None } => {
                write!(f, "every user can write to {0} (chmod o-w {0})", path.display())
            }
            Self::Unknown { path, reason } => write!(f, "{} cannot be checked ({reason})", path.display()),
        }
    }
}

impl std::error::Error for Doubt {}

impl From<Doubt> for io::Error {
    fn from(doubt: Doubt) -> Self {
        Self::new(io::ErrorKind::PermissionDenied, doubt)
    }
}

/// What is known about a part after it was accepted.
#[derive(Clone, Copy, Default)]
struct Accepted {
    /// The group cannot reach what is in this folder.
    is_closed: bool,
    /// The user to whom the administrator has given this folder.
    delegate: Option<u32>,
}

/// Applies the rule to the parts of a path, each after the folder that contains it.
///
/// # Errors
///
/// The reason why the path is not trusted.
pub fn judge(parts: &[Part], people: &dyn People, purpose: Purpose) -> Result<(), Doubt> {
    let is_trusted = |owner: u32| owner == ROOT || owner == people.user() || people.others().contains(&owner);
    let mut accepted: Vec<Accepted> = Vec::with_capacity(parts.len());
    for part in parts {
        let parent = part.parent.and_then(|index| Some((parts.get(index)?, *accepted.get(index)?)));
        let inherited = parent.map(|(_, accepted)| accepted).unwrap_or_default();
        // Only an administrator can have put something into such a folder, or given it away.
        let is_put_by_administrator = parent.is_some_and(|(parent, _)| {
            (parent.owner == ROOT || people.is_unmapped(parent.owner))
                && parent.mode & (WRITE_OF_GROUP | WRITE_OF_OTHERS) == 0
        });
        let is_of_unmapped = people.is_unmapped(part.owner) && (parent.is_none() || is_put_by_administrator);
        let mut delegate = inherited.delegate;
        if !is_trusted(part.owner) && !is_of_unmapped && delegate != Some(part.owner) {
            if purpose != Purpose::Program || !is_put_by_administrator {
                return Err(Doubt::Owner { path: part.path.clone(), owner: part.owner });
            }
            delegate = Some(part.owner);
        }
        let is_closed = inherited.is_closed
            || part.is_folder && is_trusted(part.owner) && part.mode & SEARCH_OF_OTHERS == 0;
        accepted.push(Accepted { is_closed, delegate });
        // In a sticky folder, others cannot replace what belongs to a trusted user.
        if part.is_link || part.is_folder && part.mode & STICKY != 0 {
            continue;
        }
        let is_of_administrator = purpose == Purpose::Program
            && (part.owner == ROOT || is_of_unmapped || delegate == Some(part.owner));
        // A new file in such a folder belongs to the user who writes it, and is then refused.
        let is_open_to_all = is_of_administrator && part.is_folder && people.user() != ROOT;
        if part.mode & WRITE_OF_OTHERS != 0 && !is_open_to_all {
            return Err(Doubt::Writable { path: part.path.clone(), group: None });
        }
        let is_open_to_group = is_of_administrator
            || purpose == Purpose::Program && cfg!(target_os = "macos") && part.group == ADMIN_OF_MACOS;
        if part.mode & WRITE_OF_GROUP != 0
            && !(is_open_to_group || inherited.is_closed || people.is_private(part.group, part.owner))
        {
            return Err(Doubt::Writable { path: part.path.clone(), group: Some(part.group) });
        }
    }
    Ok(())
}

/// Checks a path, and every folder above it. What does not exist is trusted, if its folder is.
///
/// # Errors
///
/// The reason why the path is not trusted.
pub fn check(path: &Path, purpose: Purpose) -> Result<(), Doubt> {
    judge(&parts(path)?, &Here::new(&[]), purpose)
}

/// Checks a program. Inside of the current folder, whose files the user builds, only what is below this folder is checked. If
/// others can write to the current folder, they can also change the sources, and only the owners are checked.
///
/// # Errors
///
/// The reason why the program is not trusted.
pub fn check_program(path: &Path) -> Result<(), Doubt> {
    let mut parts = parts(path)?;
    let folder = std::env::current_dir().unwrap_or_default();
    let above = parts.iter().position(|part| part.path == folder && folder.parent().is_some());
    let mut others = Vec::new();
    if let Some(index) = above {
        let of_folder = parts[index].mode;
        others.push(parts[index].owner);
        parts.drain(..=index);
        for part in &mut parts {
            part.mode &= !(of_folder & (WRITE_OF_GROUP | WRITE_OF_OTHERS));
            part.parent = part.parent.and_then(|parent| parent.checked_sub(index + 1));
        }
    }
    judge(&parts, &Here::new(&others), Purpose::Program)
}

/// Checks an open file in a folder that the user has named, such as a build folder. The file may also belong to the owner of
/// `beside`, a program that runs anyway.
///
/// # Errors
///
/// The reason why the file is not trusted.
pub fn check_open(file: &fs::File, path: &Path, beside: &Path) -> Result<(), Doubt> {
    let found = file.metadata().map_err(|error| unknown(path, &error))?;
    let part = part(path.to_path_buf(), &found, None);
    let here = Here::new(&[]);
    let by_this_user = judge(std::slice::from_ref(&part), &here, Purpose::State);
    match (&by_this_user, fs::metadata(beside)) {
        (Err(Doubt::Owner { .. }), Ok(program)) => {
            judge(&[part], &Here::new(&[program.uid()]), Purpose::State)
        }
        _ => by_this_user,
    }
}

fn unknown(path: &Path, error: &io::Error) -> Doubt {
    Doubt::Unknown { path: path.to_path_buf(), reason: error.to_string() }
}

fn part(path: PathBuf, found: &fs::Metadata, parent: Option<usize>) -> Part {
    Part {
        path,
        is_link: found.is_symlink(),
        is_folder: found.is_dir(),
        owner: found.uid(),
        group: found.gid(),
        mode: found.permissions().mode(),
        parent,
    }
}

/// The parts of an absolute path, with its links and the folders behind them. Ends at the first part that does not exist.
fn parts(path: &Path) -> Result<Vec<Part>, Doubt> {
    let absolute = std::path::absolute(path).map_err(|error| unknown(path, &error))?;
    let mut left: VecDeque<OsString> = names(&absolute).collect();
    let root = PathBuf::from("/");
    let found = fs::symlink_metadata(&root).map_err(|error| unknown(&root, &error))?;
    let mut parts = vec![part(root, &found, None)];
    let mut folder = 0;
    let mut links = 0;
    while let Some(name) = left.pop_front() {
        if name == ".." {
            folder = parts[folder].parent.unwrap_or(0);
            continue;
        }
        let path = parts[folder].path.join(&name);
        let found = match fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(unknown(&path, &error)),
        };
        parts.push(part(path.clone(), &found, Some(folder)));
        if !found.is_symlink() {
            folder = parts.len() - 1;
            continue;
        }
        links += 1;
        if links > MOST_LINKS {
            return Err(Doubt::Unknown { path, reason: "too many links".to_owned() });
        }
        let target = fs::read_link(&path).map_err(|error| unknown(&path, &error))?;
        if target.is_absolute() {
            folder = 0;
        }
        for name in names(&target).collect::<Vec<_>>().into_iter().rev() {
            left.push_front(name);
        }
    }
    Ok(parts)
}

fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    })
}

/// The people of this machine.
struct Here<'a> {
    user: u32,
    others: &'a [u32],
}

impl<'a> Here<'a> {
    fn new(others: &'a [u32]) -> Self {
        Self { user: rustix::process::geteuid().as_raw(), others }
    }
}

impl People for Here<'_> {
    fn user(&self) -> u32 {
        self.user
    }

    fn others(&self) -> &[u32] {
        self.others
    }

    fn is_private(&self, group: u32, owner: u32) -> bool {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        is_private_group(group, owner, &read("/etc/group"), &read("/etc/passwd"))
    }

    fn is_unmapped(&self, owner: u32) -> bool {
        const OVERFLOW: u32 = 65534;
        owner == OVERFLOW && {
            let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
            !map.is_empty() && !is_mapped(owner, &map)
        }
    }
}

/// Whether a line of `/proc/self/uid_map` (first number, first number outside, count) contains this number.
fn is_mapped(user: u32, map: &str) -> bool {
    map.lines().any(|line| {
        let numbers: Vec<u32> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        matches!(numbers[..], [first, _, count] if user >= first && user - first < count)
    })
}

/// Whether `group` is the group that many systems create for each user: it has the number or the name of the user, and no other
/// member.
fn is_private_group(group: u32, owner: u32, groups: &str, users: &str) -> bool {
    if group == ROOT {
        return true;
    }
    let field = |line: &str, index: usize| line.split(':').nth(index).unwrap_or_default().to_owned();
    let is_number = |text: &str, number: u32| text.parse() == Ok(number);
    let name = users.lines().find(|line| is_number(&field(line, 2), owner)).map(|line| field(line, 0));
    let entry = groups.lines().find(|line| is_number(&field(line, 2), group));
    let has_name = name.is_some() && entry.map(|line| field(line, 0)) == name;
    let members = entry.map(|line| field(line, 3)).unwrap_or_default();
    let has_other_members =
        members.split(',').any(|member| !member.trim().is_empty() && Some(member.trim()) != name.as_deref());
    let is_of_another_user =
        users.lines().any(|line| is_number(&field(line, 3), group) && !is_number(&field(line, 2), owner));
    (group == owner || has_name) && !has_other_members && !is_of_another_user
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn the_table_of_cases() {
        use Purpose::{Program, State};
        let own = (USER, USER, DIR | 0o755);
        let cases: &[(&str, u32, &[u32], Purpose, &[(u32, u32, u32)], Option<usize>)] = &[
            ("own", USER, &[], State, &[SLASH, own, (USER, USER, 0o644)], None),
            ("of root", USER, &[], State, &[SLASH, (0, 0, 0o644)], None),
            ("below /tmp", USER, &[], State, &[SLASH, TMP, own, (USER, USER, 0o600)], None),
            (
                "of another user below /tmp",
                USER,
                &[],
                State,
                &[SLASH, TMP, (ENEMY, ENEMY, DIR | 0o755)],
                Some(2),
            ),
            (
                "own file in a folder of another user",
                USER,
                &[],
                State,
                &[SLASH, TMP, (ENEMY, 0, DIR | 0o777), own],
                Some(2),
            ),
            (
                "file of another user in an own folder",
                USER,
                &[],
                State,
                &[SLASH, own, (ENEMY, ENEMY, 0o644)],
                Some(2),
            ),
            (
                "sticky folder of another user",
                USER,
                &[],
                State,
                &[SLASH, (ENEMY, 0, DIR | 0o1777), own],
                Some(1),
            ),
            (
                "world-writable folder above",
                USER,
                &[],
                State,
                &[SLASH, (USER, USER, DIR | 0o777), own],
                Some(1),
            ),
            ("world-writable file", USER, &[], State, &[SLASH, own, (USER, USER, 0o666)], Some(2)),
            ("sticky bit of a file", USER, &[], State, &[SLASH, own, (USER, USER, 0o1666)], Some(2)),
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
            (
                "root on a checkout of a user",
                0,
                &[USER],
                State,
                &[SLASH, own, (USER, USER, DIR | 0o775)],
                None,
            ),
            ("root, not the checkout", 0, &[], State, &[SLASH, own], Some(1)),
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
}
