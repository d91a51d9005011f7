//! minisign signatures, with which the ccache project signs its releases.

use minisign_verify::{PublicKey, Signature};

use crate::caching::tool::{Tool, Version};

/// The public key of ccache's releases (ccache.dev/download.html).
pub(super) const CCACHE_KEY: &str = "RWQX7yXbBedVfI4PNx6FLdFXu9GHUFsr28s4BVGxm4BeybtnX3P06saF";

/// The reason why a signature does not verify a file.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// The signature does not match the key and the file.
    #[error("the signature does not match: {0}")]
    Invalid(#[from] minisign_verify::Error),
    /// The signature is not text.
    #[error("the signature is not text")]
    NotText(#[from] std::str::Utf8Error),
    /// The signature belongs to another file.
    #[error("the signature belongs to another file ({0})")]
    OtherFile(String),
}

/// Whether the project signs the archive of this version.
pub(super) fn is_signed(tool: Tool, version: Version) -> bool {
    tool == Tool::Ccache && version.at_least(Version::new(4, 13, 2))
}

/// Verifies `file` with `signature`, which must contain the name `asset`: otherwise an older signed release would pass,
/// too.
pub(super) fn check(file: &[u8], signature: &[u8], asset: &str, key: &str) -> Result<(), SignatureError> {
    let key = PublicKey::from_base64(key)?;
    let signature = Signature::decode(std::str::from_utf8(signature)?)?;
    key.verify(file, &signature, false)?;
    let comment = signature.trusted_comment();
    let signed = comment.split('\t').find_map(|field| field.strip_prefix("file:"));
    match signed {
        Some(name) if name.trim() != asset => Err(SignatureError::OtherFile(name.escape_debug().to_string())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Created with `minisign -S`; only this test uses the key.
    const KEY: &str = "RWSqCSvR9xPmhhE+0eYNzMD94KhPd+LESXx2jaUlLvP2cKeSC59C2Q/6";
    const ASSET: &str = "ccache-4.99.0-darwin.tar.gz";
    const CONTENT: &[u8] = b"an archive\n";
    const SIGNATURE: &str = "untrusted comment: signature from minisign secret key\n\
        RUSqCSvR9xPmhkRQkh74KlViD0atb2I3GlB9gIOuJW+IsnzYM2uAvan/U5n927Vlz2lZoK3062Mq4Fdyia7DtFPPBGWC9uYt7Qk=\n\
        trusted comment: timestamp:1795356582\tfile:ccache-4.99.0-darwin.tar.gz\thashed\n\
        4U9wqlKliA86gW59ZXKgEkgOHIHlLGlU/my7QOduI0XnIxZJVTFSgSefYea+uEDHWx/QiJM7B8TXMNGlKpGxCw==\n";

    #[test]
    fn verifies_only_the_signed_file() {
        let check = |content, signature: &str, asset| check(content, signature.as_bytes(), asset, KEY);
        assert!(check(CONTENT, SIGNATURE, ASSET).is_ok());
        assert!(matches!(check(b"an archivf\n", SIGNATURE, ASSET), Err(SignatureError::Invalid(_))));
        let renamed = SIGNATURE.replace("file:ccache-4.99.0", "file:ccache-5.00.0");
        assert!(matches!(
            check(CONTENT, &renamed, "ccache-5.00.0-darwin.tar.gz"),
            Err(SignatureError::Invalid(_))
        ));
        assert!(matches!(
            check(CONTENT, SIGNATURE, "ccache-5.0-darwin.tar.gz"),
            Err(SignatureError::OtherFile(_))
        ));
        assert!(check(CONTENT, "", ASSET).is_err());
    }

    #[test]
    fn the_key_of_ccache_is_valid_and_does_not_verify_the_test_file() {
        let result = super::check(CONTENT, SIGNATURE.as_bytes(), ASSET, CCACHE_KEY);
        assert!(
            matches!(result, Err(SignatureError::Invalid(minisign_verify::Error::UnexpectedKeyId))),
            "{result:?}"
        );
    }
}
