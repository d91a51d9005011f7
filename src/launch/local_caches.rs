//! The local caches of this user, and the removal of those that nobody uses.
//!
//! Each configuration of a build registers its checkout in `<user's cache folder>/checkouts`. A cache whose checkouts are
//! all gone is removed after [`GRACE`]: by a supervisor, which looks once a day, or by `toolchainkit cache clean`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::process::{self, Lock};
use super::reading;
use crate::trust::{self, Purpose};

/// The folder for the caches of projects, in the user's cache folder.
const CACHES: &str = "cache";
/// The folder for the cache of all projects with `cache.shared: user`.
const SHARED: &str = "shared";
/// The folder with one file for each checkout and cache.
const CHECKOUTS: &str = "checkouts";
/// The folder with one file for each build folder: the hash of its `cache.json`, and its path.
const BUILDS: &str = "builds";
/// The lock of sccache's daemon in its folder.
pub(super) const DISK_LOCK: &str = ".toolchainkit-lock";
/// The beginning of the name of a folder that is being removed.
const REMOVED: &str = ".removed-";
/// The time without a use after which a cache without checkouts is removed. A checkout may be on a disk that is not mounted.
pub const GRACE: Duration = Duration::from_hours(30 * 24);
/// The time between two searches for caches without checkouts.
const DAY: Duration = Duration::from_hours(24);

/// The file that a configuration writes.
#[derive(Debug, Clone, Deserialize)]
struct Registration {
    checkout: PathBuf,
    #[serde(default)]
    project: String,
    folder: PathBuf,
}

/// The kind of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In the user's cache folder, for one project.
    Project,
    /// In the user's cache folder, for all projects with `cache.shared: user`.
    User,
    /// In a folder that the configuration sets (`cache.dir`). It is never removed.
    Dir,
}

/// A local cache.
#[derive(Debug, Clone)]
pub struct LocalCache {
    /// The folder of the objects.
    pub folder: PathBuf,
    /// Where it is.
    pub kind: Kind,
    /// The projects that use it.
    pub projects: BTreeSet<String>,
    /// The checkouts that use it, including removed ones.
    pub checkouts: BTreeSet<PathBuf>,
}

/// The size and the time of the last use of a cache.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// The used space on the disk, in bytes.
    pub bytes: u64,
    /// The newest time stamp of a file. A hit updates the statistics of ccache, and a start of sccache its lock.
    pub last_used: SystemTime,
}

impl LocalCache {
    /// The existing checkouts.
    pub fn existing(&self) -> impl Iterator<Item = &PathBuf> {
        self.checkouts.iter().filter(|checkout| checkout.is_dir())
    }

    /// Whether checkouts are known and all of them are gone. An older version registered no checkouts.
    #[must_use]
    pub fn is_orphaned(&self) -> bool {
        !self.checkouts.is_empty() && self.existing().next().is_none()
    }

    /// Reads the size and the time of the last use. This visits all files of the cache.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let mut usage = Usage { bytes: 0, last_used: SystemTime::UNIX_EPOCH };
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in entries(&folder) {
                let Ok(found) = fs::symlink_metadata(&entry) else { continue };
                usage.bytes += process::disk_usage(&found);
                if found.is_dir() {
                    folders.push(entry);
                } else if let Ok(modified) = found.modified() {
                    usage.last_used = usage.last_used.max(modified);
                }
            }
        }
        usage
    }
}

/// The caches of this user, by path.
#[must_use]
pub fn list(user_folder: &Path) -> Vec<LocalCache> {
    let mut caches = Vec::new();
    for project in entries(&user_folder.join(CACHES)) {
        let name = project.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !name.starts_with('.') {
            let folders = entries(&project).into_iter().filter(|path| path.is_dir());
            caches.extend(folders.map(|folder| LocalCache {
                folder,
                kind: Kind::Project,
                projects: BTreeSet::from([name.clone()]),
                checkouts: BTreeSet::new(),
            }));
        }
    }
    for folder in entries(&user_folder.join(SHARED)).into_iter().filter(|path| path.is_dir()) {
        let (projects, checkouts) = (BTreeSet::new(), BTreeSet::new());
        caches.push(LocalCache { folder, kind: Kind::User, projects, checkouts });
    }
    for (_, registration) in registrations(user_folder) {
        let Registration { checkout, project, folder } = registration;
        let mut is_known = false;
        // A daemon uses a second folder beside the first one, if another machine or container uses that.
        for cache in caches.iter_mut().filter(|cache| is_same_or_beside(&cache.folder, &folder)) {
            is_known = true;
            cache.checkouts.insert(checkout.clone());
            if cache.kind != Kind::Project {
                cache.projects.insert(project.clone());
            }
        }
        if !is_known && folder.is_dir() {
            caches.push(LocalCache {
                folder,
                kind: Kind::Dir,
                projects: BTreeSet::from([project]),
                checkouts: BTreeSet::from([checkout]),
            });
        }
    }
    caches.sort_by(|one, other| one.folder.cmp(&other.folder));
    caches
}

fn is_same_or_beside(folder: &Path, registered: &Path) -> bool {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    folder.parent() == registered.parent()
        && name(folder).zip(name(registered)).is_some_and(|(name, registered)| {
            name.strip_prefix(&registered).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
}

/// None, if another user could have written one: they decide what is removed.
fn registrations(user_folder: &Path) -> Vec<(PathBuf, Registration)> {
    if trust::check(&user_folder.join(CHECKOUTS), Purpose::State).is_err() {
        return Vec::new();
    }
    let files = entries(&user_folder.join(CHECKOUTS)).into_iter();
    let registration = |path: PathBuf| {
        let registration: Registration = serde_json::from_str(&read(&path)?).ok()?;
        registration.folder.is_absolute().then_some((path, registration))
    };
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter_map(registration)
        .collect()
}

/// The build folders of this user that CMake has configured with the module, also those that are gone. `places` are the folders of
/// this user; see [`process::user_folders`].
#[must_use]
pub fn build_folders(places: impl IntoIterator<Item = PathBuf>) -> BTreeSet<PathBuf> {
    let registries = places.into_iter().map(|place| place.join(BUILDS));
    let trusted = registries.filter(|registry| trust::check(registry, Purpose::State).is_ok());
    let registrations = trusted.flat_map(|registry| entries(&registry));
    registrations.filter_map(|path| read(&path)?.lines().nth(1).map(PathBuf::from)).collect()
}

/// The text of a small file.
fn read(path: &Path) -> Option<String> {
    const LARGEST: u64 = 1 << 16;
    String::from_utf8(reading::read(path, LARGEST).ok()?).ok()
}

/// The paths in a folder, sorted; none if it cannot be read.
pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())));
    let mut entries: Vec<PathBuf> = entries.map(Iterator::collect).unwrap_or_default();
    entries.sort();
    entries
}

/// Removes a cache in the user's cache folder, and the registrations of its removed checkouts. `false` if a daemon uses it.
///
/// # Errors
///
/// If the cache is in another folder, or cannot be removed.
pub fn remove(user_folder: &Path, cache: &LocalCache) -> io::Result<bool> {
    if cache.kind == Kind::Dir || !cache.folder.starts_with(user_folder) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is not in the user's cache folder"));
    }
    trust::check(&cache.folder, Purpose::State)?;
    // The lock is held until the folder has another name.
    let path = cache.folder.join(DISK_LOCK);
    let lock = if path.exists() {
        let Ok(lock) = Lock::take(&path) else { return Ok(false) };
        Some(lock)
    } else {
        None
    };
    let parent = cache.folder.parent().unwrap_or(user_folder);
    let id = std::process::id();
    let name = cache.folder.file_name().unwrap_or_default().to_string_lossy();
    // A folder with an open file cannot be renamed on Windows.
    let lock = lock.filter(|_| process::RENAMES_FOLDERS_IN_USE);
    // A build that starts now makes a new folder, and finds no half-removed one.
    let removed = user_folder.join(CACHES).join(format!("{REMOVED}{id}-{name}"));
    fs::rename(&cache.folder, &removed)?;
    drop(lock);
    for (path, registration) in registrations(user_folder) {
        if registration.folder == cache.folder && !registration.checkout.is_dir() {
            fs::remove_file(path)?;
        }
    }
    fs::remove_dir_all(removed)?;
    if cache.kind == Kind::Project {
        // This fails if the project has another cache.
        let _ = fs::remove_dir(parent);
    }
    Ok(true)
}

/// Removes the caches without checkouts that were not used for [`GRACE`], at most once a day.
pub(super) fn remove_orphans_daily(user_folder: &Path) {
    let caches = user_folder.join(CACHES);
    let stamp = caches.join(".searched");
    let now = SystemTime::now();
    let is_older =
        |time: SystemTime, age: Duration| now.duration_since(time).is_ok_and(|passed| passed > age);
    let searched = fs::metadata(&stamp).and_then(|found| found.modified());
    // A time that is more than a day in the future is wrong.
    if searched.is_ok_and(|time| !is_older(time, DAY) && time <= now + DAY) {
        return;
    }
    if File::create(&stamp).is_err() {
        return;
    }
    for entry in entries(&caches) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // A removal was interrupted.
        if name.starts_with(REMOVED) {
            let _ = fs::remove_dir_all(&entry);
        }
    }
    for cache in list(user_folder) {
        let is_candidate = cache.kind == Kind::Project && cache.is_orphaned();
        if is_candidate && is_older(cache.usage().last_used, GRACE) {
            let _ = remove(user_folder, &cache);
        }
    }
    for (path, registration) in registrations(user_folder) {
        if !registration.checkout.is_dir() && !registration.folder.is_dir() {
            let _ = fs::remove_file(path);
        }
    }
    for path in entries(&user_folder.join(BUILDS)) {
        let written = fs::metadata(&path).and_then(|found| found.modified());
        let is_old = written.is_ok_and(|time| is_older(time, GRACE));
        let build = read(&path).and_then(|text| text.lines().nth(1).map(PathBuf::from));
        if is_old && build.is_some_and(|build| !build.is_dir()) {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    struct User {
        folder: tempfile::TempDir,
    }

    impl User {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap() }
        }

        fn path(&self) -> &Path {
            self.folder.path()
        }

        fn cache(&self, project: &str, days: u64) -> PathBuf {
            let folder = self.path().join("cache").join(project).join("ccache");
            fs::create_dir_all(folder.join("0")).unwrap();
            let file = File::create(folder.join("0/stats")).unwrap();
            file.set_len(10_000).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(days * 24 * 3600 + 60)).unwrap();
            folder
        }

        fn register(&self, name: &str, checkout: &Path, folder: &Path) {
            let checkouts = self.path().join("checkouts");
            fs::create_dir_all(&checkouts).unwrap();
            let text = serde_json::json!({ "checkout": checkout, "project": "p", "folder": folder });
            let mut file = File::create(checkouts.join(format!("{name}.json"))).unwrap();
            file.write_all(text.to_string().as_bytes()).unwrap();
        }
    }

    #[test]
    fn only_old_caches_without_checkouts_are_removed() {
        let user = User::new();
        let gone = Path::new("/does/not/exist");
        let (kept, old, recent, unknown) = (
            user.cache("used", 90),
            user.cache("old", 31),
            user.cache("recent", 29),
            user.cache("unknown", 400),
        );
        user.register("a", user.path(), &kept);
        user.register("b", gone, &kept);
        user.register("c", gone, &old);
        user.register("d", gone, &recent);
        fs::create_dir_all(user.path().join("cache/.removed-1-ccache/0")).unwrap();
        fs::create_dir_all(user.path().join("builds")).unwrap();
        for (name, build, days) in [("a", user.path(), 90), ("b", gone, 29), ("c", gone, 31)] {
            let mut file = File::create(user.path().join("builds").join(name)).unwrap();
            write!(file, "0123\n{}", build.display()).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_hours(days * 24 + 1)).unwrap();
        }
        remove_orphans_daily(user.path());
        assert!(kept.is_dir() && recent.is_dir() && unknown.is_dir());
        assert!(!old.exists() && !user.path().join("cache/old").exists());
        assert!(!user.path().join("cache/.removed-1-ccache").exists());
        assert!(!user.path().join("checkouts/c.json").exists());
        assert!(user.path().join("checkouts/b.json").exists());
        assert!(
            ["a", "b", "c"].map(|name| user.path().join("builds").join(name).exists()) == [true, true, false]
        );
        // The next search is in a day.
        let late = user.cache("late", 31);
        user.register("e", gone, &late);
        remove_orphans_daily(user.path());
        assert!(late.is_dir());
        for days in [1, 365] {
            let stamp = File::options().append(true).open(user.path().join("cache/.searched")).unwrap();
            let shift = Duration::from_secs(days * 24 * 3600 + 60);
            let time = if days == 1 { SystemTime::now() - shift } else { SystemTime::now() + shift };
            stamp.set_modified(time).unwrap();
            remove_orphans_daily(user.path());
            assert!(!late.exists());
            user.cache("late", 31);
            user.register("e", gone, &late);
        }
    }

    #[test]
    fn a_cache_of_a_running_daemon_is_not_removed() {
        let user = User::new();
        let folder = user.cache("p", 90);
        let lock = Lock::take(&folder.join(DISK_LOCK)).unwrap();
        let cache = list(user.path()).remove(0);
        assert!(!remove(user.path(), &cache).unwrap());
        assert!(folder.is_dir());
        drop(lock);
        assert!(remove(user.path(), &cache).unwrap());
        assert!(!folder.exists());
    }

    #[test]
    fn a_folder_of_the_configuration_is_listed_and_never_removed() {
        let user = User::new();
        let elsewhere = tempfile::tempdir().unwrap();
        File::create(elsewhere.path().join("object")).unwrap().write_all(&vec![1; 100_000]).unwrap();
        user.register("a", user.path(), elsewhere.path());
        let beside = user.path().join("cache/p/ccache-0123456789abcdef");
        fs::create_dir_all(&beside).unwrap();
        user.register("b", user.path(), &user.path().join("cache/p/ccache"));
        let caches = list(user.path());
        let of = |folder: &Path| caches.iter().find(|cache| cache.folder == folder).unwrap();
        assert_eq!(of(elsewhere.path()).kind, Kind::Dir);
        assert!(of(elsewhere.path()).usage().bytes >= 100_000);
        assert!(remove(user.path(), of(elsewhere.path())).is_err());
        assert!(!of(&beside).is_orphaned());
        assert!(elsewhere.path().join("object").exists());
    }
}
