//! Addresses in settings of the tools.

/// Percent-encodes a text for a URL, except the unreserved characters of RFC 3986. The text need not be UTF-8, because the
/// value of an environment variable need not be.
pub(crate) fn percent_encode(text: &[u8]) -> String {
    percent_encode_except(text, b"")
}

/// Like [`percent_encode`], but does not encode the characters in `kept`, either.
pub(crate) fn percent_encode_except(text: &[u8], kept: &[u8]) -> String {
    use std::fmt::Write as _;
    // Enough for every text. A string that grows would leave a copy of a secret in the memory that it has freed.
    let mut encoded = String::with_capacity(text.len() * 3);
    for &byte in text {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_keeps_unreserved_characters_only() {
        assert_eq!(percent_encode(b"aZ09-._~"), "aZ09-._~");
        assert_eq!(percent_encode("p:w@/% ü|".as_bytes()), "p%3Aw%40%2F%25%20%C3%BC%7C");
        assert_eq!(percent_encode(b"\xff"), "%FF");
        assert_eq!(percent_encode_except(b"/a b/*", b"/*"), "/a%20b/*");
    }
}
