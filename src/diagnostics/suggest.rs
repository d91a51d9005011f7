//! Suggestions: "did you mean …?"

/// The candidate that is most similar to `word`; `None` if `word` is not a likely misspelling of any.
#[must_use]
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // Jaro-Winkler favours a common prefix, as in `prefix` and `prefixes`. With the limit 0.8, `size` does not match
    // `dir`.
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

/// The words in backquotes, separated by commas, for "one of …".
#[must_use]
pub fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_close_candidates_only() {
        let keys = ["enabled", "tool", "size_gb", "dir", "remote"];
        assert_eq!(did_you_mean("enable", keys), Some("enabled"));
        assert_eq!(did_you_mean("size-gb", keys), Some("size_gb"));
        assert_eq!(did_you_mean("Tool", keys), Some("tool"));
        assert_eq!(did_you_mean("colour", keys), None);
    }
}
