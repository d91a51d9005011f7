//! What the launcher decides by itself, whatever the tool would do.

use camino::{Utf8Path, Utf8PathBuf};

use super::build_tree::Unit;
use super::reasons::Explanation;
use crate::probe::environment;

/// Why the launcher compiles `unit` without the tool at any time; `None` if it does not. For a launcher that did.
pub(super) fn kept_away(unit: &Unit) -> Option<Explanation> {
    let given = |wanted: &str| unit.words.iter().any(|word| word == wanted);
    if given("-DTOOLCHAINKIT_NO_CACHE") {
        return Some(Explanation::new(
            "it is compiled with the definition TOOLCHAINKIT_NO_CACHE",
            "without that it goes through the cache",
        ));
    }
    if given("-fbranch-probabilities") {
        return Some(Explanation::new(
            "with `-fbranch-probabilities` GCC reads a profile that the tool does not see",
            "ccache does see it (`cache.tool`)",
        ));
    }
    let text = fs_err::read(unit.directory.join(&unit.source)).unwrap_or_default();
    let has = |word: &str| text.windows(word.len()).any(|window| window == word.as_bytes());
    if has("incbin") || has("INCBIN") {
        return Some(Explanation::new(
            "it has the word `incbin`, and the tool does not see what an assembler statement includes",
            "ccache 4.14 does see that; otherwise leave such statements to a small source of their own",
        ));
    }
    let dated = environment::variable("SOURCE_DATE_EPOCH").is_some() && (has("__DATE__") || has("__TIME__"));
    dated.then(|| {
        Explanation::new(
            "it has the date in it, which SOURCE_DATE_EPOCH sets, and sccache takes that variable from the compiler",
            "leave the date to a small source of its own, or use ccache",
        )
    })
}

/// Why other checkouts do not share `unit`: a folder of the build that its command names has a file with a string that
/// begins with a path of this checkout. The launcher, a script in `<build>/toolchainkit`, has looked for such.
pub(super) fn bound_to_checkout(launcher: &Utf8Path, unit: &Unit) -> Option<Explanation> {
    let folder = launcher.parent()?;
    let build = folder.parent()?;
    unit.words.iter().find_map(|word| {
        let path = Utf8PathBuf::from(word.strip_prefix("-I").unwrap_or(word));
        let named = if path.is_dir() { path.as_path() } else { path.parent()? };
        let seen = folder.join("paths").join(named.strip_prefix(build).ok()?).join("seen");
        let text = fs_err::read_to_string(seen).ok()?;
        let line = text.lines().next()?;
        Some(Explanation::new(
            format!("no other checkout shares it, since what it may read names this one: {line}"),
            "put such a path into a source or a definition (-D) of its own, or read it when the program runs",
        ))
    })
}
