//! Configurations of the backends.

use toolchainkit::caching::remote::{Access, Backend, RemoteFields, Section};

/// A configuration with all settings of the backend, even if they contradict each other.
pub(crate) fn everything(backend: &dyn Backend, endpoint: &str, access: Access) -> RemoteFields {
    let mut config = RemoteFields::new(backend.name());
    config.access = access;
    for field in backend.fields() {
        let value = match (field.section, field.name) {
            (Section::Credentials, _) => "${X}",
            (_, "endpoint") => endpoint,
            _ => "1",
        };
        config.set(field.section, field.name, value);
    }
    config
}
