//! What `icecc` writes into its log (`ICECC_DEBUG=debug`, icecream 1.4).

/// What the log says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Log<'a> {
    /// How far the compilation is.
    pub(super) stage: Stage<'a>,
    /// The machine to which the scheduler has assigned it, as `host:port`.
    pub(super) worker: Option<&'a str>,
    /// Whether the compiler is sent to that machine. Its daemon then answers nobody else.
    pub(super) installs: bool,
    /// Why it was not compiled there.
    pub(super) failure: Option<Failure>,
}

/// A failure of icecream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The reason, without texts of other programs.
    pub(super) reason: String,
    /// Whether the daemon of this machine or the scheduler is at fault, so that the next compilation would fail, too.
    pub(super) is_of_daemon: bool,
}

/// How far a compilation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage<'a> {
    /// It waits for an answer.
    Waiting(Wait),
    /// It is on this machine.
    Remote(&'a str),
    /// It will run here, when the daemon allows it.
    Queued,
    /// It runs here.
    Here,
}

/// The answer that a compilation waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// Any answer of the daemon of this machine.
    Daemon,
    /// The compiler, which the daemon packs.
    Compiler,
    /// The machine that the scheduler chooses.
    Machine,
}

impl Wait {
    /// Why the compilation does not wait any more.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Daemon => "the daemon of icecream does not answer",
            Self::Compiler => "icecream has not packed the compiler yet",
            Self::Machine => "the scheduler of icecream does not answer, or no machine is free",
        }
    }
}

impl<'a> Log<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let mut log =
            Self { stage: Stage::Waiting(Wait::Daemon), worker: None, installs: false, failure: None };
        for line in text.lines() {
            // The lines begin with `ICECC[17] 2026-11-28 17:59:46: `.
            let Some(message) = line.split_once("] ").and_then(|(_, rest)| rest.splitn(4, ':').nth(3)) else {
                continue;
            };
            log.add(message.trim_start());
        }
        log
    }

    fn add(&mut self, message: &'a str) {
        let starts = |start: &str| message.starts_with(start);
        if let Some(rest) = message.strip_prefix("Have to use host ") {
            let worker = rest.split(" - ").next().unwrap_or(rest).trim();
            self.worker = Some(worker);
            self.stage = Stage::Remote(worker);
        } else if starts("<Transfer Environment>") {
            self.installs = true;
        } else if starts("<send compile_file>") {
            self.installs = false;
        } else if starts("asking for native environment") {
            self.stage = Stage::Waiting(Wait::Compiler);
        } else if starts("asking for host to use") {
            self.stage = Stage::Waiting(Wait::Machine);
        } else if starts("building myself") || starts("invoking:") {
            self.stage = Stage::Here;
        } else if starts("<building_local>") {
            self.stage = Stage::Queued;
        } else if starts("no local daemon found") {
            self.stage = Stage::Queued;
            self.fail("no daemon of icecream (iceccd) runs on this machine".to_owned(), true);
        } else if starts("daemon can't determine native environment") {
            self.fail("the daemon of icecream cannot pack the compiler".to_owned(), true);
        } else if starts("got exception") || starts("local build forced by remote exception") {
            self.stage = Stage::Queued;
            self.except(message);
        }
    }

    /// The first failure is the cause of the others.
    fn fail(&mut self, reason: String, is_of_daemon: bool) {
        self.failure.get_or_insert(Failure { reason, is_of_daemon });
    }

    /// Reads the number of an exception: `got exception Error 2 - no server found at 10.0.0.7 (10.0.0.7)`.
    fn except(&mut self, message: &str) {
        let number = message.split_once("Error ").and_then(|(_, rest)| rest.split(' ').next());
        let name = self.worker.map_or("a worker of icecream", super::peer::name);
        match number.unwrap_or_default() {
            "2" => self.fail(format!("{name} cannot be reached"), false),
            "101" => self.fail(format!("{name} has no memory left"), false),
            // The compiler has printed something, and only here it can show the lines of the source; or a file is only here.
            "102" | "103" | "104" => {}
            "1" | "24" | "29" if self.worker.is_none() => {
                self.fail("the daemon of icecream names no machine".to_owned(), true);
            }
            _ => self.fail(format!("{name} has not compiled"), false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: &str = "\
ICECC[23202] 2026-11-28 17:59:58: invoked as: icecc gcc -O2 -c probe.c -o probe.o
ICECC[23202] 2026-11-28 17:59:58: connected to /var/run/icecc/iceccd.socket
ICECC[23202] 2026-11-28 17:59:58: asking for native environment for /usr/bin/gcc
ICECC[23202] 2026-11-28 17:59:58: native /var/cache/icecc/native/8b59.tar.gz
ICECC[23202] 2026-11-28 17:59:58: preparing probe.c to be compiled for x86_64
ICECC[23202] 2026-11-28 17:59:58: asking for host to use
ICECC[23202] 2026-11-28 17:59:58: Have to use host 10.77.0.3:10245 - Job ID: 2 - env: x86_64 - has env: false - match j: 0
";

    fn stage(text: &str) -> Stage<'_> {
        Log::read(text).stage
    }

    #[test]
    fn each_line_changes_the_stage() {
        let lines = |count: usize| SENT.split_inclusive('\n').take(count).collect::<String>();
        assert_eq!(stage(""), Stage::Waiting(Wait::Daemon));
        assert_eq!(stage(&lines(2)), Stage::Waiting(Wait::Daemon));
        assert_eq!(stage(&lines(3)), Stage::Waiting(Wait::Compiler));
        assert_eq!(stage(&lines(6)), Stage::Waiting(Wait::Machine));
        assert_eq!(stage(SENT), Stage::Remote("10.77.0.3:10245"));
        let own = lines(6) + "ICECC[1] 2026-11-28 17:59:52: building myself, but telling localhost\n";
        assert_eq!(stage(&own), Stage::Here);
        assert_eq!(Log::read(&own).failure, None);
    }

    #[test]
    fn a_compiler_is_sent_before_the_source() {
        let installing = format!("{SENT}ICECC[1] 2026-11-28 19:20:44: <Transfer Environment>\n");
        assert!(Log::read(&installing).installs);
        let sent = "ICECC[1] 2026-11-28 19:20:49: </Transfer Environment: 5000ms>\n";
        assert!(Log::read(&format!("{installing}{sent}")).installs, "the worker unpacks it");
        let source = "ICECC[1] 2026-11-28 19:20:50: <send compile_file>\n";
        assert!(!Log::read(&format!("{installing}{sent}{source}")).installs);
    }

    #[test]
    fn a_failure_has_a_reason() {
        let exception = |text: &str| format!("{SENT}ICECC[1] 2026-11-28 18:06:41: {text}\n");
        let reason = |text: &str| Log::read(&exception(text)).failure.map(|failure| failure.reason);
        let unreachable = "got exception Error 2 - no server found at 10.77.0.3 (10.77.0.3) ";
        assert_eq!(reason(unreachable).as_deref(), Some("10.77.0.3 cannot be reached"));
        assert_eq!(stage(&exception(unreachable)), Stage::Queued);
        let lost = "got exception Error 14 - error reading message from remote (10.77.0.3) ";
        assert_eq!(reason(lost).as_deref(), Some("10.77.0.3 has not compiled"));
        let printed = "local build forced by remote exception: Error 102 - command needs stdout/stderr workaround, recompiling locally";
        assert_eq!(reason(printed), None);
        let none = "ICECC[1] 2026-11-28 18:07:18: no local daemon found\nICECC[1] 2026-11-28 18:07:18: invoking: /usr/bin/gcc\n";
        let log = Log::read(none);
        assert_eq!((log.stage, log.failure.map(|failure| failure.is_of_daemon)), (Stage::Here, Some(true)));
        let silent = "ICECC[1] 2026-11-28 18:07:18: asking for host to use\nICECC[1] 2026-11-28 18:07:18: got exception Error 1 - expected use_cs reply, but got 0 instead (this should be an exception!)\n";
        assert!(Log::read(silent).failure.is_some_and(|failure| failure.is_of_daemon));
    }

    #[test]
    fn a_file_with_such_a_name_changes_nothing() {
        let log =
            "ICECC[1] 2026-11-28 17:59:46: invoked as: icecc gcc -c Have to use host a: invoking: b.c\n";
        assert_eq!(stage(log), Stage::Waiting(Wait::Daemon));
    }
}
