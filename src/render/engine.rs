//! The template engine. Undefined variables are errors, and a template cannot bypass the escaping. The last extension before
//! `.j2` is the kind of the output, and determines how printed text is escaped. The environment has no built-in filters, such
//! as `safe`. Only text and numbers can be printed.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};

use super::escape::{self, EscapeError};
use crate::config::model::{Expandable, Segment};

/// All templates, by their path below `templates/`.
const TEMPLATES: &[(&str, &str)] = &[
    ("toolchain.cmake.j2", include_str!("../../templates/toolchain.cmake.j2")),
    ("toolchainkit-cache.cmake.j2", include_str!("../../templates/toolchainkit-cache.cmake.j2")),
    ("toolchain/base.cmake.j2", include_str!("../../templates/toolchain/base.cmake.j2")),
    ("toolchain/cache.cmake.j2", include_str!("../../templates/toolchain/cache.cmake.j2")),
    ("toolchain/checks.cmake.j2", include_str!("../../templates/toolchain/checks.cmake.j2")),
    ("toolchain/compilers.cmake.j2", include_str!("../../templates/toolchain/compilers.cmake.j2")),
    ("toolchain/environment.cmake.j2", include_str!("../../templates/toolchain/environment.cmake.j2")),
    ("toolchain/flags.cmake.j2", include_str!("../../templates/toolchain/flags.cmake.j2")),
    ("toolchain/flags_of_base.cmake.j2", include_str!("../../templates/toolchain/flags_of_base.cmake.j2")),
    ("toolchain/language.cmake.j2", include_str!("../../templates/toolchain/language.cmake.j2")),
    ("toolchain/linker.cmake.j2", include_str!("../../templates/toolchain/linker.cmake.j2")),
    ("toolchain/options.cmake.j2", include_str!("../../templates/toolchain/options.cmake.j2")),
    ("toolchain/target.cmake.j2", include_str!("../../templates/toolchain/target.cmake.j2")),
    ("toolchain/variables.cmake.j2", include_str!("../../templates/toolchain/variables.cmake.j2")),
    ("ci/commands.yml.j2", include_str!("../../templates/ci/commands.yml.j2")),
    ("ci/github.yml.j2", include_str!("../../templates/ci/github.yml.j2")),
    ("ci/gitlab.yml.j2", include_str!("../../templates/ci/gitlab.yml.j2")),
    ("ci/azure.yml.j2", include_str!("../../templates/ci/azure.yml.j2")),
    ("ci/jenkins.groovy.j2", include_str!("../../templates/ci/jenkins.groovy.j2")),
    ("presets/condition.json.j2", include_str!("../../templates/presets/condition.json.j2")),
    ("CMakePresets.json.j2", include_str!("../../templates/CMakePresets.json.j2")),
];

/// An environment with every template loaded.
pub(super) fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_debug(true);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?;
    environment.set_syntax(syntax);
    environment.set_auto_escape_callback(|name| AutoEscape::Custom(kind(name).into()));
    environment.set_formatter(print);
    environment.add_filter("identifier", |text: &str| escaped(escape::cmake_identifier(text)));
    environment.add_filter("element", |text: &str| escaped(escape::cmake_element(text)));
    environment.add_filter("below", below);
    environment.add_filter("expanded", |text: &str| quoted(expanded_inside(text)));
    environment.add_filter("inside", |text: &str| escaped(escape::cmake_quoted_inside(text)));
    environment.add_filter("program", |text: &str| {
        if text.contains('/') {
            below(text, "_toolchainkit_project_dir")
        } else {
            quoted(expanded_inside(text))
        }
    });
    environment.add_filter("env", |name: &str| {
        escaped(escape::cmake_identifier(name).map(|name| format!("ENV{{{name}}}")))
    });
    environment.add_filter("on_off", |value: bool| {
        Value::from_safe_string(if value { "ON" } else { "OFF" }.to_owned())
    });
    environment.add_filter("boolean", |value: bool| {
        Value::from_safe_string(if value { "true" } else { "false" }.to_owned())
    });
    environment.add_filter("length", |values: Vec<Value>| values.len());
    environment.add_test("none", |value: &Value| value.is_none());
    environment.add_filter("plain", |text: &str| escaped(escape::plain(text).map(str::to_owned)));
    environment.add_filter("expression", |text: &str| escaped(escape::github_expression(text)));
    environment.add_filter("macros", |text: &str| json(text));
    environment.add_filter("in_source_dir", |path: &str| {
        json(&format!("${{sourceDir}}/{}", escape::presets_literal(path)))
    });
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
        environment.add_template_owned(format!("{BUILTIN}{name}"), *source)?;
    }
    Ok(environment)
}

/// The prefix for the name of a built-in template that a user template has replaced.
const BUILTIN: &str = "builtin/";

/// Adds a user template.
pub(super) fn add(environment: &mut Environment<'static>, name: &str, text: &str) -> Result<(), Error> {
    if name.starts_with(BUILTIN) {
        let message = format!("a folder with this name is reserved for the built-in templates: {name}");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    environment.add_template_owned(name.to_owned(), text.to_owned())
}

/// `toolchain.cmake.j2` → `cmake`.
fn kind(template: &str) -> String {
    let name = template.strip_suffix(".j2").unwrap_or(template);
    name.rsplit_once('.').map_or("", |(_, extension)| extension).to_owned()
}

/// Writes a value to the output: text escaped for the kind of file, and whole numbers unchanged. Other values are
/// errors.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let text = match value.kind() {
        ValueKind::String if value.is_safe() => value.to_string(),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            match state.auto_escape() {
                AutoEscape::Custom(kind) if kind == "cmake" => {
                    let inside = escape::cmake_quoted_inside(text).map_err(invalid)?;
                    format!("\"{inside}\"")
                }
                AutoEscape::Custom(kind) if kind == "json" => {
                    json(&escape::presets_literal(text))?.to_string()
                }
                AutoEscape::Custom(kind) if kind == "yml" => {
                    format!("\"{}\"", escape::plain(text).map_err(invalid)?)
                }
                AutoEscape::Custom(kind) if kind == "groovy" => {
                    format!("'{}'", escape::plain(text).map_err(invalid)?)
                }
                other => return Err(Error::new(ErrorKind::BadEscape, format!("no escaping for {other:?}"))),
            }
        }
        ValueKind::Number => value.to_string(),
        kind => {
            let message = format!("a value of kind {kind} cannot be printed without a filter");
            return Err(Error::new(ErrorKind::BadEscape, message));
        }
    };
    out.write_str(&text).map_err(Error::from)
}

/// The inside of a quoted CMake argument in which `${NAME}` reads the environment variable.
fn expanded_inside(text: &str) -> Result<String, EscapeError> {
    let text = Expandable::new(text);
    let parts = text.segments().map(|part| match part {
        Segment::Text(text) => escape::cmake_quoted_inside(text),
        Segment::Variable(name) => Ok(format!("$ENV{{{name}}}")),
    });
    parts.collect()
}

fn quoted(inside: Result<String, EscapeError>) -> Result<Value, Error> {
    escaped(inside.map(|inside| format!("\"{inside}\"")))
}

/// `{{ path | below("variable") }}` → `"${variable}/path"`. An absolute path stays unchanged, and so does one that
/// starts with an environment variable.
fn below(path: &str, variable: &str) -> Result<Value, Error> {
    let variable = escape::cmake_identifier(variable).map_err(invalid)?;
    let inside = expanded_inside(path).map_err(invalid)?;
    let begins_with_variable = matches!(Expandable::new(path).segments().next(), Some(Segment::Variable(_)));
    let absolute = path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') || begins_with_variable;
    Ok(Value::from_safe_string(if absolute {
        format!("\"{inside}\"")
    } else {
        format!("\"${{{variable}}}/{inside}\"")
    }))
}

fn json(text: &str) -> Result<Value, Error> {
    let quoted = serde_json::to_string(text)
        .map_err(|source| Error::new(ErrorKind::BadSerialization, "not JSON").with_source(source))?;
    Ok(Value::from_safe_string(quoted))
}

fn escaped(result: Result<String, EscapeError>) -> Result<Value, Error> {
    result.map(Value::from_safe_string).map_err(invalid)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn invalid(source: EscapeError) -> Error {
    Error::new(ErrorKind::InvalidOperation, source.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    fn render(name: &str, template: &str, value: &Value) -> Result<String, Error> {
        let mut environment = environment()?;
        environment.add_template_owned(name.to_owned(), template.to_owned())?;
        environment.get_template(name)?.render(context! { x => value })
    }

    #[test]
    fn text_is_escaped_for_the_kind_of_file() {
        let value = Value::from("a\"$b");
        assert_eq!(render("t.cmake.j2", "set(X {{ x }})", &value).unwrap(), r#"set(X "a\"\$b")"#);
        assert_eq!(render("t.json.j2", "{{ x }}", &value).unwrap(), r#""a\"${dollar}b""#);
        assert!(render("t.txt.j2", "{{ x }}", &value).is_err());
    }

    #[test]
    fn a_template_cannot_bypass_the_escaping() {
        let value = Value::from("$x");
        for filter in ["safe", "e", "escape", "tojson", "string", "format", "replace", "upper"] {
            assert!(render("t.cmake.j2", &format!("{{{{ x | {filter} }}}}"), &value).is_err(), "{filter}");
        }
        for template in ["{{ x ~ '' }}", "{% set y = x %}{{ y }}", "{% set y %}{{ x }}{% endset %}{{ y }}"] {
            assert_eq!(render("t.cmake.j2", template, &value).unwrap(), "\"\\$x\"", "{template}");
        }
        assert!(render("t.cmake.j2", "{% autoescape false %}{{ x }}{% endautoescape %}", &value).is_err());
    }

    #[test]
    fn printing_anything_but_text_and_numbers_is_an_error() {
        for value in [Value::from(true), Value::from(()), Value::from(vec!["a"])] {
            assert!(render("t.cmake.j2", "{{ x }}", &value).is_err(), "{value:?}");
        }
        assert!(render("t.cmake.j2", "{{ y }}", &Value::from(1)).is_err());
    }
}
