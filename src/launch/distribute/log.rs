//! What distcc writes into its log, and what this program reports about a compilation.

use crate::journal::Placed;

/// Reads a report.
pub(super) fn parse(report: &[u8]) -> Option<Placed> {
    serde_json::from_slice(report).ok()
}

/// The report.
pub(super) fn text(placed: &Placed) -> String {
    serde_json::to_string(placed).unwrap_or_default()
}

/// The worker to which distcc has sent the compilation, as in `DISTCC_HOSTS`: `exec on 127.0.0.2:3632/4: /usr/bin/cc …`.
pub(super) fn worker(log: &str) -> Option<&str> {
    let sent = log.lines().rev().find_map(|line| line.split_once("] exec on ").map(|(_, rest)| rest))?;
    let end = sent.find(": ").unwrap_or(sent.len());
    Some(&sent[..end]).filter(|host| *host != "localhost")
}

/// Where a successful compilation ran: `compile a.cpp on 127.0.0.2:3632/4 completed ok`.
pub(super) fn completed(log: &str) -> Placed {
    let completed = log.lines().rev().find_map(|line| {
        let start = line.split_once("] compile ")?.1.strip_suffix(" completed ok")?;
        start.rsplit_once(" on ").map(|(_, host)| host)
    });
    match completed {
        Some("localhost") | None => Placed::Here,
        Some(host) => Placed::Remote(name(host).to_owned()),
    }
}

/// The name of a worker without its limit and options.
pub(super) fn name(entry: &str) -> &str {
    entry.split(['/', ',']).next().unwrap_or(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "distcc[17] compile from a b.cpp to a.o\n\
        distcc[17] exec on build@[::1]:36321/4,lzo: /usr/bin/c++ -O2 -c a.cpp -o a.o\n\
        distcc[17] cpp a b.cpp on localhost completed ok\n\
        distcc[17] compile a b.cpp on build@[::1]:36321/4,lzo completed ok\n";

    #[test]
    fn the_log_names_the_worker() {
        assert_eq!(worker(LOG), Some("build@[::1]:36321/4,lzo"));
        assert_eq!(completed(LOG), Placed::Remote("build@[::1]:36321".to_owned()));
        let here = "distcc[1] exec on localhost: cc\ndistcc[1] compile a.c on localhost completed ok\n";
        assert_eq!((worker(here), completed(here)), (None, Placed::Here));
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        for placed in [Placed::Remote("a:1".into()), Placed::Here, Placed::Retried("b \"x\"".into())] {
            assert_eq!(parse(text(&placed).as_bytes()), Some(placed));
        }
        assert_eq!(parse(b""), None);
    }
}
