//! `distribute:`

use std::net::IpAddr;

use super::Scope;
use crate::caching::secret::Credential;
use crate::config::model::{Distribute, DistributeHost, Engine};
use crate::config::node::{Node, shorten};
use crate::config::raw;
use crate::diagnostics::{Code, Diagnostic, Severity};

const SECTION: &str = "distribute";

/// The valid settings; `None` if the section is absent or has an error.
pub(super) fn validate(
    raw: Option<raw::Distribute>,
    is_cached: bool,
    scope: &mut Scope<'_>,
) -> Option<Distribute> {
    let raw = raw?;
    let local = raw.local.unwrap_or_default();
    let is_preprocess_set = local.preprocess.is_some();
    let Some(engine) = raw.engine else {
        let help = "add `engine: distcc`, or remove the section";
        scope.error(&[SECTION], Code::MissingSetting, "the program that distributes is not set", help);
        return None;
    };
    let engine = match engine {
        raw::EngineChoice::Distcc => Engine::Distcc,
        raw::EngineChoice::Icecream => Engine::Icecream,
        raw::EngineChoice::SccacheDist => Engine::SccacheDist,
    };
    for (is_set, keys, unsupported) in [
        (raw.hosts.is_some(), &["hosts"][..], hosts_without_list(engine)),
        (raw.scheduler.is_some(), &["scheduler"], scheduler_elsewhere(engine)),
        (raw.credentials.is_some(), &["credentials"], credentials_elsewhere(engine)),
        (raw.slots.is_some(), &["slots"], slots_of_hosts(engine)),
        (is_preprocess_set, &["local", "preprocess"], preprocessors_of_others(engine)),
    ] {
        if let Some((message, help)) = unsupported.filter(|_| is_set) {
            let keys: Vec<&str> = std::iter::once(SECTION).chain(keys.iter().copied()).collect();
            scope.error(&keys, Code::UnsupportedByTool, message, help);
        }
    }
    let mut distribute = Distribute { slots: raw.slots, ..Distribute::with(engine) };
    match engine {
        Engine::Distcc => distribute.hosts = hosts(raw.hosts, scope),
        Engine::Icecream => {}
        Engine::SccacheDist => {
            if !is_cached {
                let message = "sccache-dist is a part of sccache, which `cache.enabled: false` switches off";
                let help = "enable the cache, or use distcc or icecream";
                scope.error(&[SECTION, "engine"], Code::ConflictingSettings, message, help);
            }
            distribute.scheduler = scheduler(raw.scheduler, scope);
            distribute.token = token(raw.credentials.unwrap_or_default(), scope);
        }
    }
    Some(Distribute {
        local_slots: local.slots,
        preprocess: local.preprocess.unwrap_or(Distribute::PREPROCESS),
        links: local.links,
        timeout_s: raw.timeout_s.unwrap_or(Distribute::TIMEOUT_S),
        on_failure: raw.on_failure.unwrap_or_default(),
        ..distribute
    })
}

/// A message and the help for a key that an engine does not have.
type Unsupported = (&'static str, &'static str);

const fn hosts_without_list(engine: Engine) -> Option<Unsupported> {
    match engine {
        Engine::Distcc => None,
        Engine::Icecream => Some((
            "icecream has no list of workers: its scheduler knows them, and the daemon of this machine knows the scheduler",
            "remove `hosts`, and run `iceccd -s SCHEDULER` on each machine",
        )),
        Engine::SccacheDist => Some((
            "sccache-dist has no list of workers: its scheduler knows the servers",
            "remove `hosts`, and write the URL of the scheduler as `scheduler`",
        )),
    }
}

const fn scheduler_elsewhere(engine: Engine) -> Option<Unsupported> {
    match engine {
        Engine::Distcc => Some(("distcc has no scheduler", "remove it, and list the workers in `hosts`")),
        Engine::Icecream => Some((
            "clients of icecream have no setting for the scheduler: the daemon of each machine knows it",
            "remove it, and run `iceccd -s SCHEDULER` on each machine",
        )),
        Engine::SccacheDist => None,
    }
}

const fn credentials_elsewhere(engine: Engine) -> Option<Unsupported> {
    match engine {
        Engine::Distcc => Some((
            "distcc has no token",
            "remove it; SSH (`host: USER@HOST`) and the firewall protect the workers",
        )),
        Engine::Icecream => Some(("icecream has no token", "remove it; the firewall protects the network")),
        Engine::SccacheDist => None,
    }
}

const fn slots_of_hosts(engine: Engine) -> Option<Unsupported> {
    match engine {
        Engine::Distcc => {
            Some(("with distcc, each worker has slots of its own", "use `hosts: [{ host: NAME, slots: 8 }]`"))
        }
        Engine::Icecream | Engine::SccacheDist => None,
    }
}

const fn preprocessors_of_others(engine: Engine) -> Option<Unsupported> {
    match engine {
        Engine::Distcc => None,
        Engine::Icecream => {
            Some(("icecream has no limit of preprocessors", "remove it, or use `local.slots`"))
        }
        Engine::SccacheDist => Some(("sccache limits the preprocessors itself", "remove it")),
    }
}

/// Reports a missing key, unless a wrong value of it was reported before.
fn report_missing(keys: &[&str], message: &str, help: &str, scope: &mut Scope<'_>) {
    if scope.node.find(keys).is_none_or(Node::is_null) {
        scope.error(&[SECTION], Code::MissingSetting, message, help);
    }
}

/// The URL of the scheduler. The token goes to it, and the objects come from its servers.
fn scheduler(raw: Option<String>, scope: &mut Scope<'_>) -> Option<String> {
    const KEYS: &[&str] = &[SECTION, "scheduler"];
    const EXAMPLE: &str = "write a URL such as https://sccache.example";
    let Some(url) = raw else {
        let help = "add `scheduler: https://HOST`";
        report_missing(KEYS, "sccache-dist needs the URL of its scheduler", help, scope);
        return None;
    };
    let mut fail = |code, message: String, help| scope.error(KEYS, code, message, help);
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = |letter: char| letter.is_ascii_graphic() && !"\"'\\<>{}".contains(letter);
    if !matches!(scheme, "http" | "https") || authority.is_empty() || !url.chars().all(is_plain) {
        fail(
            Code::BadValue,
            "the address of the scheduler is not a URL of http or https".to_owned(),
            EXAMPLE,
        );
    } else if authority.contains('@') {
        let help = "remove the part before `@`, and write credentials: { token: \"${NAME}\" }";
        fail(Code::SecretInConfig, "the URL of the scheduler contains a user".to_owned(), help);
    } else if scheme == "http" && !is_this_machine(host_name(authority)) {
        let message = format!("the token would go to `{}` without encryption", host_name(authority));
        fail(Code::UnprotectedNetwork, message, "use https, with a proxy in front of the scheduler");
    }
    Some(url)
}

fn is_this_machine(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The token for the scheduler.
fn token(raw: raw::DistributeCredentials, scope: &mut Scope<'_>) -> Option<Credential> {
    const KEYS: &[&str] = &[SECTION, "credentials", "token"];
    const HELP: &str = "write credentials: { token: \"${NAME}\" }, with the name of an environment variable";
    let Some(text) = raw.token else {
        report_missing(KEYS, "sccache-dist needs the token of its scheduler", HELP, scope);
        return None;
    };
    let Some(name) = Credential::variable_name(&text) else {
        let message = "`token` must be the name of an environment variable".to_owned();
        let fault = Diagnostic::error(Code::SecretInConfig, message).at(scope.node.place_of(KEYS));
        scope.sink.push(fault.with_label("the value is hidden").with_help(HELP));
        return None;
    };
    Some(Credential::Variable(name.to_owned()))
}

/// Warns about a limit of links that no generator but Ninja knows.
pub(super) fn check_generator(distribute: &Distribute, generator: &str, scope: &mut Scope<'_>) {
    if distribute.links.is_none() || generator.starts_with("Ninja") {
        return;
    }
    let message = format!("`{generator}` has no pools, so the limit of links has no effect");
    warn(
        &[SECTION, "local", "links"],
        Code::UnsupportedGenerator,
        message,
        "use Ninja, or remove this key",
        scope,
    );
}

fn warn(keys: &[&str], code: Code, message: String, help: &str, scope: &mut Scope<'_>) {
    let place = scope.node.place_of(keys);
    scope
        .sink
        .push(Diagnostic::error(code, message).with_severity(Severity::Warning).at(place).with_help(help));
}

fn hosts(raw: Option<Vec<raw::DistributeHost>>, scope: &mut Scope<'_>) -> Vec<DistributeHost> {
    const KEYS: &[&str] = &[SECTION, "hosts"];
    let is_given = scope.node.find(KEYS).is_some();
    let raw = raw.unwrap_or_default();
    if raw.is_empty() && scope.node.find(KEYS).is_none_or(|node| node.items().is_empty()) {
        let keys = if is_given { KEYS } else { &KEYS[..1] };
        let help = "list the workers: hosts: [{ host: 10.0.0.5, slots: 8 }]";
        scope.error(keys, Code::MissingSetting, "distcc needs at least one worker", help);
    }
    let mut hosts: Vec<DistributeHost> = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let Some(host) = raw.host else {
            let message = "this worker has no address".to_owned();
            scope.item_error(KEYS, index, Code::MissingSetting, message, "add `host: NAME`");
            continue;
        };
        if let Err((message, help)) = check_host(&host) {
            scope.item_error(KEYS, index, Code::BadValue, message, help);
        } else if hosts.iter().any(|known| known.host == host) {
            let message = format!("`{host}` is listed twice");
            scope.item_error(KEYS, index, Code::DuplicateName, message, "remove one of the two");
        } else if !is_protected(&host) {
            warn_about_network(&host, index, scope);
        }
        hosts.push(DistributeHost {
            slots: raw.slots.unwrap_or(DistributeHost::SLOTS),
            compress: raw.compress.unwrap_or(false),
            host,
        });
    }
    hosts
}

fn warn_about_network(host: &str, index: usize, scope: &mut Scope<'_>) {
    let name = host_name(host);
    let message = format!(
        "distcc sends sources to `{name}` without encryption, and anybody there can send objects back"
    );
    let help = format!("use SSH: \"USER@{name}\", or an address in a private network");
    let item = scope.node.find(&[SECTION, "hosts"]).and_then(|list| list.items().get(index));
    let place = item.map_or_else(|| scope.node.place_of(&[SECTION, "hosts"]), Node::place);
    let fault = Diagnostic::error(Code::UnprotectedNetwork, message).with_severity(Severity::Warning);
    scope.sink.push(fault.at(place).with_help(help));
}

/// Checks the address of a worker, which becomes a word of `DISTCC_HOSTS`.
fn check_host(host: &str) -> Result<(), (String, &'static str)> {
    const HELP: &str =
        "write a name or address, such as 10.0.0.5, worker.lan:3632, \"[fd00::5]\" or build@worker";
    if host.is_empty() {
        return Err(("the address of this worker is empty".to_owned(), HELP));
    }
    if let Some((_, options)) = host.split_once([',', '/']) {
        return Err(if options.split(',').any(|option| option == "cpp") {
            ("pump mode (`cpp`) does not work together with a cache".to_owned(), "remove `,cpp`")
        } else {
            (
                format!("`{}` contains options of distcc", shorten(host)),
                "write them as `slots` and `compress`",
            )
        });
    }
    let is_valid = |letter: char| letter.is_ascii_alphanumeric() || ".:_-@[]%".contains(letter);
    if let Some(letter) = host.chars().find(|letter| !is_valid(*letter)) {
        return Err((format!("the address of this worker contains {letter:?}"), HELP));
    }
    if host.starts_with(['-', '+', '%']) || host.matches('@').count() > 1 || host.ends_with('@') {
        return Err((format!("`{}` is not an address", shorten(host)), HELP));
    }
    if host.eq_ignore_ascii_case("localhost") {
        let help = "remove it; `local.slots` limits the compilers of this machine";
        return Err(("distcc compiles for `localhost` without a worker".to_owned(), help));
    }
    Ok(())
}

/// The name or address without user and port.
fn host_name(host: &str) -> &str {
    let host = host.rsplit('@').next().unwrap_or(host);
    if let Some(inside) = host.strip_prefix('[') {
        return inside.split(']').next().unwrap_or(inside);
    }
    host.split(':').next().unwrap_or(host)
}

/// Whether the connection is by SSH, or in a network that is not public: a private address, or a name that is not one of the
/// public DNS.
fn is_protected(host: &str) -> bool {
    if host.contains('@') {
        return true;
    }
    let name = host_name(host);
    match name.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Err(_) => {
            const PRIVATE: [&str; 5] = [".local", ".lan", ".internal", ".home.arpa", ".localhost"];
            !name.contains('.') || PRIVATE.iter().any(|end| name.to_ascii_lowercase().ends_with(end))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_be_asked_without_encryption() {
        for (authority, is_ours) in [
            ("127.0.0.1:10600", true),
            ("localhost", true),
            ("[::1]:80", true),
            ("10.0.0.5", false),
            ("localhost.example", false),
        ] {
            assert_eq!(is_this_machine(host_name(authority)), is_ours, "{authority}");
        }
    }

    #[test]
    fn only_private_networks_and_ssh_are_protected() {
        for host in [
            "10.1.2.3",
            "192.168.0.4:3632",
            "127.0.0.2",
            "[fd00::5]:3632",
            "build@example.com",
            "w1",
            "w1.lan",
        ] {
            assert!(is_protected(host), "{host}");
        }
        for host in ["8.8.8.8", "worker.example.com", "[2001:db8::1]", "172.32.0.1:1"] {
            assert!(!is_protected(host), "{host}");
        }
    }

    #[test]
    fn an_address_has_no_options() {
        for host in ["10.0.0.5", "worker.lan:3632", "[fd00::5]", "build@worker", "@worker"] {
            assert_eq!(check_host(host), Ok(()), "{host}");
        }
        for host in
            ["", "a/4", "a,lzo", "a,cpp,lzo", "a b", "--randomize", "+zeroconf", "localhost", "a@b@c", "a@"]
        {
            assert!(check_host(host).is_err(), "{host}");
        }
    }
}
