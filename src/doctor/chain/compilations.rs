//! How many compilations of the build go through the launcher, and why the others do not.

use super::{Finding, Link, Mode, OF_LINK, Subject};
use crate::doctor::{BuildTree, Bypassing, Launchers, Way};

pub(super) const LINK: Link = Link { name: "launchers", limit: OF_LINK, examine };

fn examine(subject: &Subject) -> Vec<Finding> {
    let about = LINK.name;
    let Some(build) = subject.build() else { return Vec::new() };
    if build.mode == Mode::None && !build.has_other_launchers {
        return Vec::new();
    }
    // The link `build` reports this.
    if BuildTree::open(&build.folder).is_ok_and(|tree| !tree.is_generated()) {
        return Vec::new();
    }
    let languages = build.languages.iter().map(String::as_str).collect::<Vec<_>>();
    let examined = BuildTree::open(&build.folder)
        .and_then(|tree| Launchers::of(&tree, build.cache(), build.has_program, &languages));
    let Launchers { total, ours, bypassing } = match examined {
        Ok(launchers) => launchers,
        Err(error) => {
            let text = format!("not checked: {error}");
            return vec![Finding::doubtful(about, text, "check a source file with `--why`")];
        }
    };
    let counted = format!("{ours} of {total} compilations use this cache");
    if bypassing.is_empty() {
        return vec![Finding::fine(about, counted)];
    }
    bypassing.iter().map(|group| of_group(group, &counted)).collect()
}

fn of_group(group: &Bypassing, counted: &str) -> Finding {
    let about = LINK.name;
    let Bypassing { language, way, number, settings, .. } = group;
    let words = match way {
        Way::Ours => "use it".to_owned(),
        Way::Direct => "run the compiler without a launcher".to_owned(),
        Way::Other(name) => format!("use {name} instead"),
        Way::OtherFirst(name) => format!("use {name} before this cache"),
        Way::OtherLast(name) => format!("use {name} in addition to this cache"),
    };
    let causes = if settings.is_empty() { String::new() } else { format!(": {}", settings.join(", and ")) };
    let text = format!("{counted}; {number} in {language} {words}{causes}");
    let help = match way {
        Way::Direct if settings.is_empty() => {
            "call toolchainkit_enable_cache() before the targets are created, and configure the build again"
        }
        Way::OtherLast(_) if settings.iter().all(|setting| !setting.contains("LAUNCHER")) => {
            "use the compiler itself in a new build folder, for example CXX=g++ instead of CXX=\"ccache g++\""
        }
        _ if settings.is_empty() => "remove the launcher of the project, and configure the build again",
        _ => "remove this setting, and configure the build again",
    };
    if group.is_harmless {
        Finding::doubtful(about, text, help)
    } else if group.is_whole_language {
        Finding::degraded(about, text, help)
    } else {
        Finding::broken(about, text, help)
    }
}
