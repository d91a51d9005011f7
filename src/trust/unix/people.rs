//! The users and groups of this machine.

use std::fs;

use super::{People, ROOT};

/// The people of this machine.
pub(super) struct Here<'a> {
    user: u32,
    others: &'a [u32],
}

impl<'a> Here<'a> {
    pub(super) fn new(others: &'a [u32]) -> Self {
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
        is_private_group(group, owner, &read("/etc/group"), &read("/etc/passwd"))
    }

    fn is_unmapped(&self, owner: u32) -> bool {
        const OVERFLOW: u32 = 65534;
        owner == OVERFLOW && {
            let map = read("/proc/self/uid_map");
            !map.is_empty() && !is_mapped(owner, &map)
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a system without the file is treated as one with an empty file"
)]
fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Whether a line of `/proc/self/uid_map` (first number, first number outside, count) contains this number.
pub(super) fn is_mapped(user: u32, map: &str) -> bool {
    map.lines().any(|line| {
        let numbers: Vec<u32> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        matches!(numbers[..], [first, _, count] if user >= first && user - first < count)
    })
}

/// Whether `group` is the group that many systems create for each user: it has the number or the name of the user, and no other
/// member.
pub(super) fn is_private_group(group: u32, owner: u32, groups: &str, users: &str) -> bool {
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
