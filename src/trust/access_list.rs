//! Access lists of Windows, in the security descriptor definition language:
//! `D:PAI(A;OICI;FA;;;SY)(A;;0x1200a9;;;S-1-5-21-1-2-3-1001)`.

/// Names a file or folder, replaces one in a folder, or changes who may do so.
pub(super) const REPLACE: u32 = DELETE_CHILD | DELETE | CHANGE_LIST | CHANGE_OWNER | GENERIC_ALL;
/// Writes to a file, or creates one in a folder.
pub(super) const WRITE: u32 = REPLACE | 0x2 | 0x4 | GENERIC_WRITE;
/// Reads a file or the names in a folder, reaches files in it, or writes.
pub(super) const REACH: u32 = WRITE | 0x1 | 0x20 | GENERIC_READ | GENERIC_EXECUTE;

const DELETE_CHILD: u32 = 0x40;
const DELETE: u32 = 0x1_0000;
const CHANGE_LIST: u32 = 0x4_0000;
const CHANGE_OWNER: u32 = 0x8_0000;
const GENERIC_ALL: u32 = 0x1000_0000;
const GENERIC_EXECUTE: u32 = 0x2000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;
const GENERIC_READ: u32 = 0x8000_0000;

/// Rights by their abbreviations.
const RIGHTS: &[(&str, u32)] = &[
    ("GA", GENERIC_ALL),
    ("GX", GENERIC_EXECUTE),
    ("GW", GENERIC_WRITE),
    ("GR", GENERIC_READ),
    ("FA", 0x1f_01ff),
    ("FR", 0x12_0089),
    ("FW", 0x12_0116),
    ("FX", 0x12_00a0),
    ("SD", DELETE),
    ("RC", 0x2_0000),
    ("WD", CHANGE_LIST),
    ("WO", CHANGE_OWNER),
    ("CC", 0x1),
    ("DC", 0x2),
    ("LC", 0x4),
    ("SW", 0x8),
    ("RP", 0x10),
    ("WP", 0x20),
    ("DT", 0x40),
    ("LO", 0x80),
    ("CR", 0x100),
];

/// Who may do everything anyway: the system, administrators of the machine and of the domain, and the installer of Windows.
/// `CO` and `OW` stand for the owner.
const ADMINISTRATORS: &[&str] = &[
    "SY",
    "BA",
    "LA",
    "DA",
    "EA",
    "CO",
    "OW",
    "S-1-5-18",
    "S-1-5-32-544",
    "S-1-3-0",
    "S-1-3-4",
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
];

/// Whether a user with this SID is trusted by `user`.
pub(super) fn is_trusted(sid: &str, user: &str) -> bool {
    sid == user || ADMINISTRATORS.contains(&sid)
}

/// The first of the others to whom the list gives one of the rights; `None` if there is none. A list that is not understood gives
/// everything to everybody.
pub(super) fn granted_to(list: &str, user: &str, rights: u32) -> Option<String> {
    const EVERYBODY: &str = "WD";
    let everybody = || Some(EVERYBODY.to_owned());
    let Some(entries) = list.strip_prefix("D:") else { return everybody() };
    let Some((flags, _)) = entries.split_once('(') else {
        // No entry: nobody may do anything, unless the list is not there.
        return if entries.contains("NO_ACCESS_CONTROL") { everybody() } else { None };
    };
    for entry in entries[flags.len()..].split_terminator(')') {
        let fields: Vec<&str> = entry.trim_start_matches('(').split(';').collect();
        let [kind, inheritance, granted, _, _, sid, ..] = fields[..] else { return everybody() };
        let is_inherited_only = inheritance.as_bytes().chunks(2).any(|flag| flag == b"IO");
        if kind.contains('D') || is_inherited_only || is_trusted(sid, user) {
            continue;
        }
        if mask(granted) & rights != 0 {
            return Some(sid.to_owned());
        }
    }
    None
}

/// The rights of an entry; all if they are not understood.
fn mask(text: &str) -> u32 {
    if let Some(digits) = text.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).unwrap_or(u32::MAX);
    }
    let of_pair =
        |pair: &[u8]| RIGHTS.iter().find(|(name, _)| name.as_bytes() == pair).map(|(_, right)| *right);
    text.as_bytes().chunks(2).map(|pair| of_pair(pair).unwrap_or(u32::MAX)).fold(0, |sum, right| sum | right)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "S-1-5-21-1-2-3-1001";

    #[test]
    fn only_rights_of_others_matter() {
        for (list, rights, expected) in [
            ("D:P(A;OICI;FA;;;S-1-5-21-1-2-3-1001)(A;OICI;FA;;;SY)(A;;FA;;;BA)", REACH, None),
            // The folder of applications of a user.
            ("D:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;FA;;;S-1-5-21-1-2-3-1001)", REACH, None),
            ("D:AI(A;;FA;;;S-1-5-21-1-2-3-1002)", REACH, Some("S-1-5-21-1-2-3-1002")),
            // C:\ of a new Windows: authenticated users can create folders, and own them.
            (
                "D:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)",
                REPLACE,
                None,
            ),
            ("D:(A;;LC;;;AU)", WRITE, Some("AU")),
            ("D:AI(A;OICIID;0x1301bf;;;AU)", REPLACE, Some("AU")),
            ("D:(A;OICI;0x1200a9;;;BU)", WRITE, None),
            ("D:(A;OICI;0x1200a9;;;BU)", REACH, Some("BU")),
            ("D:(D;;FA;;;WD)(A;;FA;;;BA)", REACH, None),
            ("D:(XA;;FX;;;S-1-1-0;(WIN://SYSAPPID Exists))", REACH, Some("S-1-1-0")),
            ("D:", REACH, None),
            ("D:NO_ACCESS_CONTROL", REPLACE, Some("WD")),
            ("", REPLACE, Some("WD")),
            ("D:(A;;FA)", REPLACE, Some("WD")),
            ("D:(A;;ZZ;;;WD)", REPLACE, Some("WD")),
        ] {
            assert_eq!(granted_to(list, USER, rights).as_deref(), expected, "{list}");
        }
    }
}
