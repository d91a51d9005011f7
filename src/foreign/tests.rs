//! Tests of the filter with random texts.

use proptest::prelude::*;

use super::*;

fn filter(secret: &str) -> Filter {
    Filter::of_variables([("CI_PASSWORD", secret), ("HOME", "/home/me")], &[])
}

fn none() -> Filter {
    Filter::default()
}

#[test]
fn a_value_is_hidden_in_every_encoding() {
    let secret = "p\"w: 100%@/é\\'&end";
    let filter = filter(secret);
    let once = format!("{secret:?}");
    for text in [
        secret.to_owned(),
        once.clone(),
        format!("{once:?}"),
        serde_json::Value::from(secret).to_string(),
        "p%22w%3A%20100%25%40%2F%C3%A9%5C%27%26end".to_owned(),
        "p%22w%3a%20100%25%40%2f%c3%a9%5c%27%26end".to_owned(),
        "p%22w%3A+100%25%40%2F%C3%A9%5C%27%26end".to_owned(),
        // Base64 of the value after no, one and two other bytes
        "cCJ3OiAxMDAlQC/DqVwnJmVuZDo=".to_owned(),
        "eHAidzogMTAwJUAvw6lcJyZlbmQ6".to_owned(),
        "eDpwInc6IDEwMCVAL8OpXCcmZW5kOg==".to_owned(),
    ] {
        let shown = filter.bounded(&format!("a {text} b"));
        assert!(shown.contains(MASK) && shown.len() < 20, "{text} is shown as {shown}");
    }
    assert_eq!(filter.bounded("at /home/me"), "at /home/me");
}

#[test]
fn a_short_value_is_not_searched_for() {
    assert_eq!(filter("abcde").bounded("abcde abcdef"), "abcde abcdef");
    assert_eq!(filter("abcdef").bounded("abcde abcdef"), "abcde ***");
}

#[test]
fn a_part_of_a_connection_string_is_hidden() {
    let filter = filter("DefaultEndpointsProtocol=https;AccountName=account;AccountKey:c2VjcmV0IGtleQ==;x=1");
    assert_eq!(filter.bounded("invalid part c2VjcmV0IGtleQ== of account"), "invalid part *** of account");
    assert_eq!(filter.bounded("invalid part AccountKey:c2VjcmV0IGtleQ=="), "invalid part AccountKey:***");
}

#[test]
fn shapes_of_credentials_are_hidden() {
    for (text, shown) in [
        ("Authorization: Basic dXNlcjpwdw==\nHost: h", "Authorization: ***\nHost: h"),
        (
            "{\"authorization\": \"Bearer abc.def\", \"host\": \"h\"}",
            "{\"authorization\": \"***\", \"host\": \"h\"}",
        ),
        ("(\\\"authorization\\\", \\\"Basic YTpi\\\") x", "(\\\"authorization\\\", \\\"***\\\") x"),
        ("x-amz-security-token:abc def", "x-amz-security-token:***"),
        (
            "AccountName=a;AccountKey=QUJD+/==;EndpointSuffix=core",
            "AccountName=a;AccountKey=***;EndpointSuffix=core",
        ),
        ("SharedAccessSignature=sv=2021&sig=a%2Fb;x=1", "SharedAccessSignature=***;x=1"),
        ("https://h/c?sv=1&sig=a%2Fb&se=2", "https://h/c?sv=1&sig=***&se=2"),
        ("?X-Amz-Credential=AK%2F2&X-Amz-Signature=00ff", "?X-Amz-Credential=***&X-Amz-Signature=***"),
        ("redis://user:pa/ss@host:6379/0", "redis://***@host:6379/0"),
        ("https://host:80/a@b and http://token@h", "https://host:80/a@b and http://***@h"),
        ("sent Bearer ghs_abcdef to h", "sent Bearer *** to h"),
        (
            "Basic authentication failed, Bearer realm=\"x\"",
            "Basic authentication failed, Bearer realm=\"x\"",
        ),
        ("password=hunter2, user=me", "password=***, user=me"),
        ("MY_TOKEN=\"a \\\" b\" c", "MY_TOKEN=\"***\" c"),
        ("unexpected token: ;", "unexpected token: ;"),
    ] {
        assert_eq!(none().bounded(text), shown);
    }
}

/// What sccache prints if it cannot start a compiler (0.10 to 0.19).
#[test]
fn the_environment_in_a_failure_of_sccache_is_hidden() {
    let command = "Command { std: env -u MAKEFLAGS -u MFLAGS A=\"1\" PLANTED=\"x \\\"y\\\" z\" B=\"\\u{1b}\" \"/c\" \"-E\", kill_on_drop: false }";
    let shown = "Command { std: *** \"/c\" \"-E\", kill_on_drop: false }";
    assert_eq!(none().bounded(command), shown);
    let quoted = |text: &str| format!("Compiler not supported: {:?}", format!("failed to spawn {text}"));
    assert_eq!(none().bounded(&quoted(command)), quoted(shown));
    let pairs = "env: [(\"A\", \"1\"), (\"PLANTED\", \"x\"), (\"B\", \"\")]";
    assert_eq!(none().bounded(pairs), "env: [***]");
}

#[test]
fn control_characters_are_escaped() {
    let shown = |text: &str| none().bounded(text);
    assert_eq!(shown("a\u{1b}[31mb\r\u{7f}"), "a\\u{1b}[31mb\\u{d}\\u{7f}");
    assert_eq!(shown("x\u{9b}2J\u{202e}y\u{2028}"), "x\\u{9b}2J\\u{202e}y\\u{2028}");
    assert_eq!(shown("ä\r\n\tb"), "ä\n\tb");
}

#[test]
fn commands_for_runners_have_no_effect() {
    let shown = |text: &str| none().bounded(text);
    assert_eq!(shown("::error::x\n  ::add-mask::y a::b"), "\\u{3a}:error::x\n  \\u{3a}:add-mask::y a::b");
    assert_eq!(shown("a ##[error]b ##vso[task.x]c ## [d]"), "a \\u{23}#[error]b \\u{23}#vso[task.x]c ## [d]");
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let shown = none().bounded(&"é".repeat(LONGEST));
    assert!(shown.ends_with("é …") && shown.len() <= LONGEST, "{}", shown.len());
    assert_eq!(none().shown(&"é".repeat(LONGEST)).chars().count(), LONGEST);
    let secret = "s3cret-value".repeat(3);
    let long = format!("{}{secret}", "-".repeat(SEARCHED - 10));
    assert!(!filter(&secret).bounded(&long).contains("s3cret"));
}

/// Texts with the parts that matter to the filter.
fn texts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => "[a-z \\\\\"'=:;&,@/?#*(){}<>%+-]{1,6}",
        2 => "\\PC{1,4}",
        1 => any::<char>().prop_map(String::from),
        2 => proptest::sample::select(vec![
            "::", "##[", "##vso[", "\n", "\r\n", "Authorization: ", "authorization", "password=", "AccountKey=", "sig=",
            "Bearer ", "Basic ", "://", "@", "A=\"b\" ", "-u X ", "(\"A\", \"b\"), ", "\u{1b}[1m", "***", "\\u{1b}",
            "SharedAccessSignature=", "Some(\"",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn the_result_is_plain_final_and_bounded(text in texts(), secret in "[ -~é]{6,20}", repeated in 1..60_usize) {
        let filter = filter(&secret);
        let text = format!("{text}{secret}{text}").repeat(repeated);
        let shown = filter.bounded(&text);
        prop_assert!(shown.len() <= LONGEST);
        prop_assert!(shown.chars().all(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')), "{shown:?}");
        prop_assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{shown:?}");
        prop_assert!(!shown.contains("##["));
        prop_assert_eq!(filter.bounded(&shown), shown.clone());
        if secret.chars().any(|letter| letter != '*') {
            for spelling in &filter.hidden {
                prop_assert!(!shown.contains(spelling.as_str()), "{spelling:?} in {shown:?}");
            }
        }
    }
}

#[test]
fn json_has_no_character_that_a_terminal_obeys() {
    let text = "a\u{1b}[31m\u{9b}2J\u{7f}\u{202e}ä\n";
    let json = format!("{:#}\n", serde_json::json!({ "text": text }));
    let printed = super::json_for_terminals(&json);
    assert!(!printed.contains(['\u{1b}', '\u{9b}', '\u{7f}', '\u{202e}']), "{printed}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap()["text"], text);
}
