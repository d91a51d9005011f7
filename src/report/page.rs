//! The template engine for the page. As in [`crate::render`], a template cannot bypass the escaping: there is no filter, each text
//! is escaped for HTML, and only texts, numbers and the two types of this program that contain markup can be printed.

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Object, ObjectRepr, Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::svg::Svg;
use super::view::Page;
use crate::foreign::Filter;

const TEMPLATES: [(&str, &str); 2] = [
    ("report.html.j2", include_str!("../../templates/report/report.html.j2")),
    ("parts.html.j2", include_str!("../../templates/report/parts.html.j2")),
];
const STYLE: &str = include_str!("../../templates/report/report.css");

/// What the template gets.
#[derive(Serialize)]
struct Context {
    page: Page,
    version: &'static str,
    /// The digest of the style sheet, for the policy of the page: no other style is applied, and no script is run.
    style_digest: String,
    style: Value,
}

/// The page as HTML.
pub(super) fn render(page: Page, filter: &Filter) -> Result<String, Error> {
    let context = Context {
        page,
        version: env!("CARGO_PKG_VERSION"),
        style_digest: base64(&Sha256::digest(STYLE)),
        style: Value::from_object(StyleSheet),
    };
    environment(filter)?.get_template(TEMPLATES[0].0)?.render(Serde(context))
}

fn environment(filter: &Filter) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("html".into()));
    let filter = filter.clone();
    environment.set_formatter(move |out, state, value| print(out, state, value, &filter));
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// Writes a value to the page.
fn print(out: &mut Output<'_>, state: &State<'_, '_>, value: &Value, filter: &Filter) -> Result<(), Error> {
    if let Some(svg) = value.downcast_object_ref::<Svg>() {
        return out.write_str(svg.as_str()).map_err(Error::from);
    }
    if value.downcast_object_ref::<StyleSheet>().is_some() {
        return out.write_str(STYLE).map_err(Error::from);
    }
    let text = match value.kind() {
        // The result of a macro of the template. There is no filter that makes such a text.
        ValueKind::String if value.is_safe() => value.to_string(),
        ValueKind::String if matches!(state.auto_escape(), AutoEscape::Custom(kind) if kind == "html") => {
            escape(&filter.shown(value.as_str().unwrap_or_default()))
        }
        ValueKind::Number => value.to_string(),
        kind => {
            let message = format!("a value of kind {kind} cannot be printed");
            return Err(Error::new(ErrorKind::BadEscape, message));
        }
    };
    out.write_str(&text).map_err(Error::from)
}

/// The style sheet of the page.
#[derive(Debug)]
struct StyleSheet;

impl Object for StyleSheet {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// A text as the content of an element, or as the value of an attribute in quotes. Characters that no HTML may contain are
/// replaced.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' => escaped.push(letter),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(letter),
        }
    }
    escaped
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(*group.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let is_padding = at > group.len();
            text.push(if is_padding { '=' } else { char::from(DIGITS[bits >> (18 - 6 * at) & 63]) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    fn rendered(template: &str, value: &Value) -> Result<String, Error> {
        let mut environment = environment(&Filter::default())?;
        environment.add_template_owned("t.html.j2".to_owned(), template.to_owned())?;
        environment.get_template("t.html.j2")?.render(context! { x => value })
    }

    #[test]
    fn each_text_is_escaped() {
        let value = Value::from("<script>\"a'&\0");
        let escaped = "&lt;script&gt;&quot;a&#39;&amp;\\u{0}";
        for template in [
            "{{ x }}",
            "{{ x ~ '' }}",
            "{% set y = x %}{{ y }}",
            "{% set y %}{{ x }}{% endset %}{{ y }}",
            "{% macro m(y) %}{{ y }}{% endmacro %}{{ m(x) }}",
        ] {
            assert_eq!(rendered(template, &value).unwrap(), escaped, "{template}");
        }
    }

    #[test]
    fn a_template_cannot_bypass_the_escaping() {
        let value = Value::from("<b>");
        for filter in ["safe", "e", "escape", "tojson", "string", "format", "replace", "upper", "join"] {
            assert!(rendered(&format!("{{{{ x | {filter} }}}}"), &value).is_err(), "{filter}");
        }
        assert!(rendered("{% autoescape false %}{{ x }}{% endautoescape %}", &value).is_err());
        for value in [Value::from(true), Value::from(()), Value::from(vec!["a"])] {
            assert!(rendered("{{ x }}", &value).is_err(), "{value:?}");
        }
        assert!(rendered("{{ y }}", &value).is_err(), "an unknown variable");
    }

    #[test]
    fn credentials_are_hidden() {
        let filter = Filter::of_variables([("TOKEN_OF_MINE", "hunter2hunter2")], &["TOKEN_OF_MINE"]);
        let mut environment = environment(&filter).unwrap();
        environment.add_template("t.html.j2", "{{ x }}").unwrap();
        let text =
            environment.get_template("t.html.j2").unwrap().render(context! { x => "a hunter2hunter2" });
        assert_eq!(text.unwrap(), "a ***");
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }
}
