use proptest::prelude::*;

use super::*;

const BREAKER: u64 = 60;
const IDLE: u64 = 600;

fn hello(want: Want, object: &str, base_dirs: &[&str]) -> Hello {
    Hello {
        protocol: PROTOCOL,
        want,
        settings: "ours".into(),
        base_dirs: base_dirs.iter().map(|&folder| folder.to_owned()).collect(),
        folder: "/build".into(),
        object: object.into(),
    }
}

/// A state machine and its clock.
struct Bench {
    state: State,
    now: Time,
}

impl Bench {
    fn new() -> Self {
        let (breaker, idle) = (Duration::from_secs(BREAKER), Duration::from_secs(IDLE));
        Self { state: State::new("ours".into(), breaker, idle, vec!["/a".into()]), now: Time::ZERO }
    }

    /// With a running daemon.
    fn up() -> Self {
        let mut bench = Self::new();
        bench.compile(0, "first.o");
        assert_eq!(bench.handle(Event::Started), [Action::SendAddress(0)]);
        bench.handle(Event::Done(0));
        bench
    }

    fn handle(&mut self, event: Event) -> Vec<Action> {
        self.state.handle(self.now, event)
    }

    fn compile(&mut self, client: Client, object: &str) -> Vec<Action> {
        self.handle(Event::Hello(client, hello(Want::Compile, object, &["/a"])))
    }

    /// Lets this number of seconds pass. Returns all actions.
    fn pass(&mut self, seconds: u64, programs: usize) -> Vec<Action> {
        let mut actions = Vec::new();
        for _ in 0..seconds {
            self.now += Duration::from_secs(1);
            actions.extend(self.handle(Event::Tick { programs }));
        }
        actions
    }
}

fn without(client: Client, message: Option<&str>) -> Action {
    Action::Send(client, Reply::Without { message: message.map(str::to_owned) })
}

fn again(client: Client) -> Action {
    Action::Send(client, Reply::Again)
}

#[test]
fn many_parallel_clients_start_one_daemon() {
    let mut bench = Bench::new();
    assert_eq!(bench.compile(0, "0.o"), [Action::Start(vec!["/a".into()])]);
    for client in 1..64 {
        assert_eq!(bench.compile(client, &format!("{client}.o")), []);
    }
    let answers: Vec<Action> = (0..64).map(Action::SendAddress).collect();
    assert_eq!(bench.handle(Event::Started), answers);
    assert!(bench.state.is_busy());
}

#[test]
fn a_daemon_that_does_not_start_is_reported_once_and_tried_again_after_a_minute() {
    let mut bench = Bench::new();
    bench.compile(0, "0.o");
    bench.compile(1, "1.o");
    let message = "sccache does not start: compiling without it for a minute";
    assert_eq!(bench.handle(Event::NotStarted("no".into())), [without(0, Some(message)), without(1, None)]);
    assert_eq!(bench.compile(2, "2.o"), [without(2, None)]);
    bench.pass(BREAKER, 0);
    // No client waits for it this time.
    assert_eq!(bench.compile(3, "3.o"), [Action::Start(vec!["/a".into()]), without(3, None)]);
    assert_eq!(bench.compile(4, "4.o"), [without(4, None)]);
    assert_eq!(bench.handle(Event::NotStarted("no".into())), [], "reported before");
    assert_eq!(bench.compile(5, "5.o"), [without(5, None)]);
    bench.pass(BREAKER, 0);
    bench.compile(6, "6.o");
    assert_eq!(bench.handle(Event::Started), []);
    assert_eq!(bench.compile(7, "7.o"), [Action::SendAddress(7)], "one client tries the tool");
    assert_eq!(bench.compile(8, "8.o"), [without(8, None)], "the others do not");
    bench.handle(Event::Done(7));
    assert_eq!(bench.compile(9, "9.o"), [Action::SendAddress(9)]);
}

#[test]
fn a_daemon_that_does_not_answer_for_ten_seconds_is_killed() {
    let mut bench = Bench::new();
    bench.handle(Event::Hello(0, hello(Want::Start, "", &[])));
    let actions = bench.pass(10, 0);
    let reason = "no answer within 10 s".to_owned();
    assert_eq!(actions, [Action::Kill, Action::Send(0, Reply::NotStarted { reason })]);
}

#[test]
fn start_server_closes_the_breaker() {
    let mut bench = Bench::up();
    bench.compile(1, "1.o");
    let message = Some("sccache fails: compiling without it for a minute".to_owned());
    assert_eq!(bench.handle(Event::Failed(1)), [Action::Send(1, Reply::FailureRecorded { message })]);
    assert_eq!(bench.compile(2, "2.o"), [without(2, None)]);
    assert_eq!(bench.handle(Event::Hello(3, hello(Want::Start, "", &[]))), [Action::SendAddress(3)]);
    assert_eq!(bench.compile(4, "4.o"), [Action::SendAddress(4)]);
}

#[test]
fn a_hanging_storage_opens_the_breaker_after_eight_seconds() {
    let mut bench = Bench::up();
    for client in 1..4 {
        bench.compile(client, &format!("{client}.o"));
    }
    assert_eq!(bench.pass(6, 0), []);
    let message = "the storage of sccache does not answer: compiling without sccache for a minute";
    let give_up = |client, message: Option<&str>| {
        Action::Send(client, Reply::GiveUp { message: message.map(str::to_owned) })
    };
    assert_eq!(
        bench.pass(1, 0),
        [Action::Suspend, give_up(1, Some(message)), give_up(2, None), give_up(3, None), Action::KillSoon]
    );
    // A client that gave up has left no compiler.
    bench.handle(Event::Disconnected(1));
    assert_eq!(bench.state.lost_compilers().count(), 0);
    assert_eq!(bench.handle(Event::Ended), [Action::KillOrphans]);
    assert_eq!(bench.compile(5, "5.o"), [without(5, None)]);
}

#[test]
fn long_compilations_are_not_a_hang() {
    let mut bench = Bench::up();
    for client in 1..5 {
        bench.compile(client, &format!("{client}.o"));
    }
    assert_eq!(bench.pass(60, 2), [], "the machine runs two compilers at a time");
    assert_eq!(bench.pass(3, 1), []);
    assert_eq!(bench.pass(60, 2), [], "a short moment does not count");
    let mut bench = Bench::up();
    bench.compile(1, "1.o");
    assert_eq!(bench.pass(600, 1), [], "one long compilation");
}

#[test]
fn a_new_base_directory_replaces_the_daemon_after_running_compilations() {
    let mut bench = Bench::up();
    bench.compile(1, "1.o");
    let another = hello(Want::Start, "", &["/b"]);
    assert_eq!(bench.handle(Event::Hello(2, another)), []);
    assert_eq!(bench.compile(3, "3.o"), [], "it waits for the next daemon");
    assert_eq!(bench.handle(Event::Done(1)), [Action::Stop]);
    let folders = vec!["/a".to_owned(), "/b".to_owned()];
    assert_eq!(bench.handle(Event::Ended), [Action::KillOrphans, Action::Start(folders)]);
    assert_eq!(bench.handle(Event::Started), [Action::SendAddress(2), Action::SendAddress(3)]);
}

#[test]
fn a_base_directory_that_appears_again_replaces_the_daemon() {
    let mut bench = Bench::up();
    bench.handle(Event::Hello(1, hello(Want::Start, "", &["/b"])));
    bench.state.forget_base_dirs(&["/b".to_owned()]);
    assert_eq!(bench.handle(Event::Ended), [Action::KillOrphans, Action::Start(vec!["/a".to_owned()])]);
    assert_eq!(bench.handle(Event::Started), [Action::SendAddress(1)]);
    assert_eq!(bench.handle(Event::Hello(2, hello(Want::Start, "", &["/b"]))), [Action::Stop]);
}

#[test]
fn no_client_waits_longer_than_ten_seconds_for_a_replacement() {
    let mut bench = Bench::up();
    bench.compile(1, "long.o");
    bench.handle(Event::Hello(2, hello(Want::Start, "", &["/b"])));
    bench.compile(3, "3.o");
    assert_eq!(bench.pass(10, 1), [Action::SendAddress(2), Action::SendAddress(3)]);
    assert_eq!(bench.compile(4, "4.o"), [Action::SendAddress(4)]);
    bench.handle(Event::Done(3));
    bench.handle(Event::Done(1));
    assert_eq!(bench.handle(Event::Done(4)), [Action::Stop], "the daemon is not busy");
}

#[test]
fn an_idle_supervisor_stops_but_not_during_a_compilation() {
    let mut bench = Bench::up();
    bench.compile(1, "1.o");
    assert_eq!(bench.pass(2 * IDLE, 1), []);
    bench.handle(Event::Done(1));
    assert_eq!(bench.pass(IDLE - 1, 0), []);
    assert_eq!(bench.handle(Event::Hello(2, hello(Want::Ping, "", &[]))), [Action::Send(2, Reply::Here)]);
    assert_eq!(bench.pass(1, 0), [Action::Hide, Action::Stop]);
    assert_eq!(bench.compile(3, "3.o"), [again(3)]);
    assert_eq!(bench.handle(Event::Ended), [Action::KillOrphans, Action::Exit]);
    let mut bench = Bench::up();
    bench.state.idle_time = Duration::ZERO;
    assert_eq!(bench.pass(10 * IDLE, 0), [], "0 is never");
}

#[test]
fn the_compiler_of_a_lost_client_is_searched_and_the_next_client_waits() {
    let mut bench = Bench::up();
    bench.compile(1, "1.o");
    bench.handle(Event::Disconnected(1));
    assert_eq!(bench.state.lost_compilers().collect::<Vec<_>>(), [("/build", "1.o")]);
    assert_eq!(bench.compile(2, "2.o"), [Action::SendAddress(2)], "another object");
    assert_eq!(bench.compile(3, "1.o"), []);
    let found = Event::Found { folder: "/build".into(), object: "1.o".into() };
    assert_eq!(bench.handle(found), [without(3, None)]);
    assert_eq!(bench.compile(4, "1.o"), [without(4, None)]);
    bench.pass(2, 1);
    assert_eq!(bench.state.lost_compilers().count(), 0);
    assert_eq!(bench.compile(5, "1.o"), [Action::SendAddress(5)]);
    // The compiler may have ended without a signal.
    bench.handle(Event::Disconnected(5));
    assert_eq!(bench.compile(6, "1.o"), []);
    assert_eq!(bench.pass(1, 0), [without(6, None)]);
}

#[test]
fn a_finished_client_leaves_no_compiler() {
    let mut bench = Bench::up();
    bench.compile(1, "1.o");
    bench.handle(Event::Done(1));
    bench.handle(Event::Disconnected(1));
    assert_eq!(bench.state.lost_compilers().count(), 0);
}

#[test]
fn a_killed_daemon_is_restarted_but_not_endlessly() {
    let mut bench = Bench::up();
    for round in 1..3 {
        assert_eq!(bench.handle(Event::Ended), [Action::KillOrphans]);
        assert_eq!(bench.compile(round, "1.o"), [Action::Start(vec!["/a".into()])]);
        assert_eq!(bench.handle(Event::Started), [Action::SendAddress(round)]);
    }
    bench.handle(Event::Ended);
    assert_eq!(bench.compile(4, "1.o"), [without(4, None)]);
}

#[test]
fn a_stop_waits_up_to_ten_seconds_for_compilations() {
    let mut bench = Bench::up();
    bench.compile(1, "1.o");
    bench.compile(2, "2.o");
    assert_eq!(bench.handle(Event::Hello(3, hello(Want::Stop, "", &[]))), [Action::Hide]);
    assert_eq!(bench.compile(4, "4.o"), [again(4)]);
    bench.handle(Event::Done(1));
    assert_eq!(bench.pass(9, 1), []);
    assert_eq!(
        bench.pass(1, 1),
        [Action::Suspend, Action::Send(2, Reply::GiveUp { message: None }), Action::KillSoon]
    );
    assert_eq!(
        bench.handle(Event::Ended),
        [Action::KillOrphans, Action::Send(3, Reply::Stopped), Action::Exit]
    );
}

#[test]
fn other_settings_replace_the_daemon_when_configuring_or_when_it_is_unused() {
    let other = |want| Hello { settings: "others".into(), ..hello(want, "1.o", &[]) };
    let mut bench = Bench::up();
    assert_eq!(bench.handle(Event::Hello(1, other(Want::Compile))), [without(1, None)]);
    bench.pass(10, 0);
    assert_eq!(bench.handle(Event::Hello(2, other(Want::Compile))), [Action::Hide, again(2), Action::Stop]);
    let mut bench = Bench::up();
    bench.compile(1, "1.o");
    assert_eq!(bench.handle(Event::Hello(2, other(Want::Start))), [Action::Hide, again(2)]);
    assert_eq!(bench.handle(Event::Done(1)), [Action::Stop]);
}

#[test]
fn without_its_folder_the_supervisor_waits_for_compilations_and_exits() {
    let mut bench = Bench::up();
    bench.compile(1, "1.o");
    assert_eq!(bench.handle(Event::FilesLost), [Action::Hide]);
    assert_eq!(bench.pass(30, 1), []);
    assert_eq!(bench.handle(Event::FilesLost), []);
    assert_eq!(bench.handle(Event::Done(1)), [Action::Stop]);
    assert_eq!(bench.handle(Event::Ended), [Action::KillOrphans, Action::Exit]);
}

fn any_event() -> impl Strategy<Value = Event> {
    let client = || 0..6_u64;
    let wants = prop_oneof![
        8 => Just(Want::Compile), 2 => Just(Want::Start), 1 => Just(Want::Stop), 1 => Just(Want::Ping)
    ];
    let hellos = (client(), wants, 0..3_usize, 0..20_usize).prop_map(|(client, want, object, rare)| {
        let folders: &[&str] = if rare == 0 { &["/c"] } else { &["/a"] };
        let mut hello = hello(want, ["a.o", "b.o", "c.o"][object], folders);
        if rare == 1 {
            hello.settings = "others".into();
        }
        Event::Hello(client, hello)
    });
    prop_oneof![
        8 => hellos,
        6 => client().prop_map(Event::Done),
        1 => client().prop_map(Event::Failed),
        2 => client().prop_map(Event::Disconnected),
        6 => Just(Event::Started),
        1 => Just(Event::NotStarted("no".into())),
        2 => Just(Event::Ended),
        10 => (0..3_usize).prop_map(|programs| Event::Tick { programs }),
        1 => Just(Event::FilesLost),
        1 => Just(Event::Unanswered),
        1 => Just(Event::Unwanted),
    ]
}

proptest! {
    /// For any sequence of events: each client gets exactly one answer within the timeouts, and the supervisor exits if
    /// it should.
    #[test]
    fn every_client_gets_one_answer_in_time(events in prop::collection::vec((any_event(), 0..3_u64), 1..120)) {
        let mut bench = Bench::new();
        let mut waiting: BTreeMap<Client, Time> = BTreeMap::new();
        let mut is_over = false;
        let mut daemon = false;
        let quiet = std::iter::repeat_n((Event::Tick { programs: 0 }, 1), 60);
        for (event, seconds) in events.into_iter().chain(quiet) {
            if is_over {
                break;
            }
            bench.now += Duration::from_secs(seconds);
            // Skip impossible events.
            match &event {
                Event::Hello(client, hello) => {
                    // A client has one request at a time.
                    if waiting.contains_key(client) || bench.state.sessions.contains_key(client) {
                        continue;
                    }
                    if hello.want != Want::Stop {
                        waiting.insert(*client, bench.now);
                    }
                }
                Event::Done(client) | Event::Failed(client) if waiting.contains_key(client) => continue,
                Event::Done(client) if !bench.state.sessions.contains_key(client) => continue,
                Event::Failed(client) if !bench.state.sessions.contains_key(client) => continue,
                Event::Disconnected(client) => drop(waiting.remove(client)),
                Event::Started | Event::NotStarted(_) if !bench.state.is_starting() => continue,
                Event::Ended if !daemon => continue,
                _ => {}
            }
            daemon &= !matches!(event, Event::Ended | Event::NotStarted(_));
            let failed = if let Event::Failed(client) = &event { Some(*client) } else { None };
            let mut queue = bench.handle(event);
            // A daemon that is stopped or killed ends.
            while !queue.is_empty() {
                let mut next = Vec::new();
                for action in queue {
                    match action {
                        Action::SendAddress(client) => prop_assert!(waiting.remove(&client).is_some()),
                        Action::Send(client, reply) => match reply {
                            Reply::GiveUp { .. } | Reply::Repeat { .. } => prop_assert!(!waiting.contains_key(&client)),
                            Reply::FailureRecorded { .. } => prop_assert_eq!(failed, Some(client)),
                            Reply::Stopped => {}
                            _ => {
                                waiting.remove(&client);
                            }
                        },
                        Action::Start(_) => {
                            prop_assert!(!daemon, "one daemon at a time");
                            daemon = true;
                        }
                        Action::Stop | Action::Kill | Action::KillSoon => {
                            if std::mem::take(&mut daemon) {
                                next.extend(bench.handle(Event::Ended));
                            }
                        }
                        Action::Exit => is_over = true,
                        Action::Suspend | Action::KillOrphans | Action::Hide => {}
                    }
                }
                queue = next;
            }
            for (client, since) in &waiting {
                let waited = bench.now.saturating_sub(*since);
                prop_assert!(waited <= Duration::from_secs(35), "{} waits for {:?}", client, waited);
            }
        }
        prop_assert!(is_over || waiting.is_empty(), "clients still wait: {:?}", waiting);
    }
}

#[test]
fn servers_that_do_not_answer_let_all_compilations_repeat_with_another_daemon() {
    let repeat = |client, is_outage| Action::Send(client, Reply::Repeat { is_outage });
    for (event, is_outage) in [(Event::Unanswered, true), (Event::Unwanted, false)] {
        let mut bench = Bench::up();
        bench.compile(1, "1.o");
        bench.compile(2, "2.o");
        assert_eq!(
            bench.handle(event),
            [Action::Suspend, repeat(1, is_outage), repeat(2, is_outage), Action::KillSoon]
        );
        assert_eq!(bench.compile(1, "1.o"), [], "it waits for the next daemon");
        assert_eq!(bench.handle(Event::Unanswered), [], "the daemon is ending");
        assert_eq!(bench.handle(Event::Ended), [Action::KillOrphans, Action::Start(vec!["/a".into()])]);
        assert_eq!(bench.handle(Event::Started), [Action::SendAddress(1)]);
    }
}

#[test]
fn a_daemon_that_is_to_be_replaced_is_not_stopped_during_a_compilation() {
    let mut bench = Bench::up();
    bench.compile(1, "1.o");
    bench.state.replace_daemon(bench.now);
    assert_eq!(bench.compile(2, "2.o"), [], "it waits for the other one");
    assert_eq!(bench.pass(10, 1), [Action::SendAddress(2)], "but not for a long one");
    bench.handle(Event::Done(1));
    assert_eq!(bench.handle(Event::Done(2)), [Action::Stop]);
    assert_eq!(bench.compile(3, "3.o"), []);
    assert_eq!(bench.handle(Event::Ended), [Action::KillOrphans, Action::Start(vec!["/a".into()])]);
}
