//! The JSON schemas of commands.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Asserts that the JSON of a command has the form of its schema.
pub(crate) fn assert_valid(command: &str, document: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{command}.v1.json"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).expect("a schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let errors = validator.iter_errors(document).map(|error| error.to_string()).collect::<Vec<_>>();
    assert!(errors.is_empty(), "{errors:?}\n{document:#}");
}
