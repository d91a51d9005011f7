//! Texts of tools and servers, in the form in which they can be printed or stored: one filter for all of them.
//!
//! - The values of credentials are replaced by `***`, in every usual encoding: see `secrets`.
//! - What has the shape of a credential is replaced as well, such as the header `Authorization`, the key in a connection
//!   string, and the environment that sccache prints when it cannot start a compiler: see `shapes`.
//! - Control characters, and characters that change the direction of text, are shown as escapes.
//! - Commands for the runners of GitHub and Azure lose their effect.
//! - [`Filter::bounded`] limits the length.
//!
//! `cmake/parts/text.cmake` and `cmake/parts/fallback.sh` have the same filter for the texts that do not come from this program.

mod plain;
mod secrets;
mod shapes;

use std::borrow::Cow;

pub use self::plain::json_for_terminals;
pub use self::secrets::{SHORTEST, is_credential, name_patterns};
pub use self::shapes::key_patterns;

/// Stands for a credential.
pub const MASK: &str = "***";
/// The largest number of bytes of one text of a tool or a server.
pub const LONGEST: usize = 4096;
/// Stands for the rest of a text that is too long.
const CUT: &str = " …";
/// A text that is longer is cut before the search.
const SEARCHED: usize = 1 << 20;
/// Masking joins texts, which may then have the shape of a credential. Almost every text is final after the second round.
const ROUNDS: usize = 16;

/// The credentials that must not be shown.
#[derive(Clone, Default)]
pub struct Filter {
    hidden: Vec<String>,
}

/// Does not show the credentials.
impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filter").finish_non_exhaustive()
    }
}

impl Filter {
    /// Hides the values of all `variables` whose names are in `named`, or look like that of a credential.
    pub fn of_variables<N: AsRef<str>, V: AsRef<[u8]>>(
        variables: impl IntoIterator<Item = (N, V)>,
        named: &[&str],
    ) -> Self {
        let is_hidden = |name: &str| named.contains(&name) || is_credential(name);
        let found = variables.into_iter().filter(|(name, _)| is_hidden(name.as_ref()));
        Self { hidden: secrets::spellings(found.map(|(_, value)| value)) }
    }

    /// The text of a tool or a server, with at most [`LONGEST`] bytes.
    #[must_use]
    pub fn bounded(&self, text: &str) -> String {
        self.within(text, LONGEST)
    }

    /// A text of any length that contains texts of tools or servers.
    #[must_use]
    pub fn shown<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let shown = self.within(text, usize::MAX);
        if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
    }

    fn within(&self, text: &str, longest: usize) -> String {
        let mut shown = if longest < SEARCHED { self.beginning(text).to_owned() } else { text.to_owned() };
        for _ in 0..ROUNDS {
            let next = cut(plain::plain(&shapes::mask(&self.mask(&shown))), longest);
            if next == shown {
                break;
            }
            shown = next;
        }
        shown
    }

    /// The part of a long text to search. A credential at its end may be incomplete, so it is not shown.
    fn beginning<'a>(&self, text: &'a str) -> &'a str {
        if text.len() <= SEARCHED {
            return text;
        }
        let longest = self.hidden.first().map_or(0, String::len);
        &text[..text.floor_char_boundary(SEARCHED.saturating_sub(longest))]
    }

    fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for hidden in &self.hidden {
            if masked.contains(hidden.as_str()) {
                masked = masked.replace(hidden.as_str(), MASK);
            }
        }
        masked
    }
}

fn cut(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest - CUT.len()));
        text.push_str(CUT);
    }
    text
}

#[cfg(test)]
mod tests;
