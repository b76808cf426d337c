//! Each machine as a table: (state, input) → state, what is sent, handed up and reported, and the timers then armed
//! with their milliseconds. Only timers that are armed fire.

use std::fmt::Write as _;

use super::*;
use crate::transaction::client::{self, Client};
use crate::transaction::client_invite::{self, InviteClient};
use crate::transaction::server::{self, Server};
use crate::transaction::server_invite::{self, InviteServer};
use crate::transaction::timing::Timer;
use crate::transaction::turn::Turn;

const TIMERS: [Timer; 18] = [
    Timer::A,
    Timer::B,
    Timer::D,
    Timer::E,
    Timer::F,
    Timer::G,
    Timer::H,
    Timer::I,
    Timer::J,
    Timer::K,
    Timer::L,
    Timer::M,
    Timer::Repeat1xx,
    Timer::Repeat2xx,
    Timer::Prack,
    Timer::Trying,
    Timer::Unanswered,
    Timer::Cancelled,
];

/// One machine on a bench.
struct Bench {
    flow: Flow,
    tx: Tx,
    timers: Timers<Row>,
    outputs: Outputs,
    timing: Timing,
}

impl Bench {
    fn new(flow: Flow, tx: Tx) -> Self {
        Bench { flow, tx, timers: Timers::new(), outputs: Outputs::default(), timing: Timing::default() }
    }

    fn turn(&mut self) -> Turn<'_> {
        Turn {
            now: Instant::ZERO,
            tx: self.tx,
            flow: self.flow,
            timing: &self.timing,
            timers: &mut self.timers,
            outputs: &mut self.outputs,
            passed_up: false,
            cancel: None,
        }
    }

    fn is_armed(&self, timer: Timer) -> bool {
        self.timers.deadline(&Row { tx: self.tx, timer }).is_some()
    }

    /// Does one step and writes the row. A timer that fires is no longer armed, as in life.
    fn row<S: std::fmt::Debug>(
        mut self,
        out: &mut String,
        from: &str,
        input: &str,
        fired: Option<Timer>,
        step: impl FnOnce(&mut Turn<'_>) -> S,
    ) {
        while self.outputs.transmits.pop_front().is_some() {}
        while self.outputs.events.pop_front().is_some() {}
        let before = self.outputs.counters;
        if let Some(timer) = fired {
            self.timers.cancel(Row { tx: self.tx, timer });
        }
        let mut turn = self.turn();
        let state = step(&mut turn);
        let (up, cancel) = (turn.passed_up, turn.cancel.is_some());
        if self.outputs.counters.unexpected > before.unexpected {
            return; // Listed by their absence.
        }
        let state = format!("{state:?}");
        let to = state.split([' ', '(']).next().unwrap();
        let mut effects = Vec::new();
        effects.extend(self.outputs.transmits.iter().map(|t| format!("send {}", start_line(&t.bytes))));
        if cancel {
            effects.push("send CANCEL".into());
        }
        if up {
            effects.push("up".into());
        }
        effects.extend(
            self.outputs.events.iter().map(|event| format!("{event:?}").replace("Id(1)", "").replace("Id(2)", "#2")),
        );
        let armed = TIMERS.iter().filter_map(|timer| {
            let deadline = self.timers.deadline(&Row { tx: self.tx, timer: *timer })?;
            Some(format!("{timer:?}={}", deadline.as_nanos() / 1_000_000))
        });
        let armed: Vec<String> = if to == "Terminated" { Vec::new() } else { armed.collect() };
        writeln!(out, "{from} + {input} => {to}: {} [{}]", effects.join(", "), armed.join(" ")).unwrap();
    }
}

/// Pairs that are not in a table are unexpected: they change nothing and are counted.
fn check(actual: &str, expected: &str) {
    assert!(actual == expected, "the table differs; it is now\n{actual}");
}

fn server_bytes(status: u16) -> Bytes {
    respond_to(&theirs("INVITE", "192.0.2.20:5062;branch=z9hG4bK1"), status).to_bytes()
}

fn invite_client(flow: Flow) -> String {
    type Prepare = fn(&mut Turn<'_>) -> InviteClient;
    fn calling(turn: &mut Turn<'_>) -> InviteClient {
        let mut invite = ours(Method::Invite);
        invite.headers.push_front(message::HeaderName::Via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1");
        InviteClient::start(invite.to_bytes(), turn)
    }
    let refusal = respond_to(&theirs("INVITE", "192.0.2.1;branch=z9hG4bK1"), 486);
    let states: [(&str, Prepare); 7] = [
        ("Calling", calling),
        ("Calling(cancel held)", |t| calling(t).step(client_invite::Input::Cancel(ClientId(2)), t)),
        ("Proceeding", |t| calling(t).step(client_invite::Input::Provisional, t)),
        ("Proceeding(cancelled)", |t| {
            let state = calling(t).step(client_invite::Input::Provisional, t);
            state.step(client_invite::Input::Cancel(ClientId(2)), t)
        }),
        ("Accepted", |t| calling(t).step(client_invite::Input::Success, t)),
        ("Completed", |t| {
            let refusal = respond_to(&theirs("INVITE", "192.0.2.1;branch=z9hG4bK1"), 486);
            calling(t).step(client_invite::Input::Failure(&refusal), t)
        }),
        ("Terminated", |_| InviteClient::Terminated),
    ];
    let mut out = String::new();
    for (name, prepare) in states {
        let mut try_input = |label: &str, input: client_invite::Input<'_>, fired: Option<Timer>| {
            let mut bench = Bench::new(flow, Tx::Client(ClientId(1)));
            let mut turn = bench.turn();
            let state = prepare(&mut turn);
            if !format!("{state:?}").starts_with(name.split('(').next().unwrap()) {
                return; // Completed does not last on reliable transports.
            }
            if fired.is_none_or(|timer| bench.is_armed(timer)) {
                bench.row(&mut out, name, label, fired, |turn| state.step(input, turn));
            }
        };
        try_input("1xx", client_invite::Input::Provisional, None);
        try_input("2xx", client_invite::Input::Success, None);
        try_input("486", client_invite::Input::Failure(&refusal), None);
        try_input("cancel", client_invite::Input::Cancel(ClientId(2)), None);
        try_input("flow failed", client_invite::Input::FlowFailed, None);
        for timer in TIMERS {
            try_input(&format!("{timer:?}"), client_invite::Input::Fired(timer), Some(timer));
        }
    }
    out
}

#[test]
fn invite_client_udp() {
    check(&invite_client(udp()), include_str!("tables/invite_client_udp.txt"));
}

#[test]
fn invite_client_tcp() {
    check(&invite_client(tcp()), include_str!("tables/invite_client_tcp.txt"));
}

fn non_invite_client(flow: Flow) -> String {
    type Prepare = fn(&mut Turn<'_>) -> Client;
    fn trying(turn: &mut Turn<'_>) -> Client {
        Client::start(theirs("OPTIONS", "192.0.2.1;branch=z9hG4bK1").to_bytes(), turn)
    }
    let states: [(&str, Prepare); 4] = [
        ("Trying", trying),
        ("Proceeding", |t| trying(t).step(client::Input::Provisional, t)),
        ("Completed", |t| trying(t).step(client::Input::Final, t)),
        ("Terminated", |_| Client::Terminated),
    ];
    let mut out = String::new();
    for (name, prepare) in states {
        let mut try_input = |label: &str, input: client::Input, fired: Option<Timer>| {
            let mut bench = Bench::new(flow, Tx::Client(ClientId(1)));
            let mut turn = bench.turn();
            let state = prepare(&mut turn);
            if format!("{state:?}").starts_with(name) && fired.is_none_or(|timer| bench.is_armed(timer)) {
                bench.row(&mut out, name, label, fired, |turn| state.step(input, turn));
            }
        };
        try_input("1xx", client::Input::Provisional, None);
        try_input("final", client::Input::Final, None);
        try_input("flow failed", client::Input::FlowFailed, None);
        for timer in TIMERS {
            try_input(&format!("{timer:?}"), client::Input::Fired(timer), Some(timer));
        }
    }
    out
}

#[test]
fn non_invite_client_udp() {
    check(&non_invite_client(udp()), include_str!("tables/non_invite_client_udp.txt"));
}

#[test]
fn non_invite_client_tcp() {
    check(&non_invite_client(tcp()), include_str!("tables/non_invite_client_tcp.txt"));
}

fn invite_server(flow: Flow) -> String {
    type Prepare = fn(&mut Turn<'_>) -> InviteServer;
    fn respond(status: u16) -> server_invite::Input {
        server_invite::Input::Respond { status: StatusCode(status), bytes: server_bytes(status), to_tag: 0 }
    }
    fn begin(turn: &mut Turn<'_>) -> InviteServer {
        InviteServer::start(respond_to(&theirs("INVITE", "192.0.2.20:5062;branch=z9hG4bK1"), 100), turn)
    }
    let states: [(&str, Prepare); 9] = [
        ("Proceeding(silent)", begin),
        ("Proceeding(180)", |t| begin(t).step(respond(180), t)),
        ("Proceeding(reliable)", |t| {
            begin(t).step(server_invite::Input::RespondReliably { bytes: server_bytes(183) }, t)
        }),
        ("Proceeding(cancelled)", |t| begin(t).step(respond(180), t).step(server_invite::Input::Cancel, t)),
        ("Accepted", |t| begin(t).step(respond(200), t)),
        ("Accepted(confirmed)", |t| begin(t).step(respond(200), t).step(server_invite::Input::Confirm, t)),
        ("Completed", |t| begin(t).step(respond(486), t)),
        ("Confirmed", |t| begin(t).step(respond(486), t).step(server_invite::Input::Ack { to_tag: 0 }, t)),
        ("Terminated", |_| InviteServer::Terminated),
    ];
    let mut out = String::new();
    for (name, prepare) in states {
        let mut try_input = |label: &str, input: server_invite::Input, fired: Option<Timer>| {
            let mut bench = Bench::new(flow, Tx::Server(ServerId(1)));
            let mut turn = bench.turn();
            let state = prepare(&mut turn);
            if !format!("{state:?}").starts_with(name.split('(').next().unwrap()) {
                return;
            }
            if fired.is_none_or(|timer| bench.is_armed(timer)) {
                bench.row(&mut out, name, label, fired, |turn| state.step(input, turn));
            }
        };
        try_input("INVITE", server_invite::Input::Invite, None);
        for status in [180, 200, 486] {
            try_input(&status.to_string(), respond(status), None);
        }
        try_input("rel183", server_invite::Input::RespondReliably { bytes: server_bytes(183) }, None);
        try_input("PRACK", server_invite::Input::ConfirmProvisional, None);
        try_input("ACK", server_invite::Input::Ack { to_tag: 0 }, None);
        try_input("ACK(other tag)", server_invite::Input::Ack { to_tag: 9 }, None);
        try_input("confirm", server_invite::Input::Confirm, None);
        try_input("CANCEL", server_invite::Input::Cancel, None);
        for timer in TIMERS {
            try_input(&format!("{timer:?}"), server_invite::Input::Fired(timer), Some(timer));
        }
    }
    out
}

#[test]
fn invite_server_udp() {
    check(&invite_server(udp()), include_str!("tables/invite_server_udp.txt"));
}

#[test]
fn invite_server_tcp() {
    check(&invite_server(tcp()), include_str!("tables/invite_server_tcp.txt"));
}

fn non_invite_server(flow: Flow) -> String {
    type Prepare = fn(&mut Turn<'_>) -> Server;
    fn respond(status: u16) -> server::Input {
        let bytes = respond_to(&theirs("BYE", "192.0.2.20:5062;branch=z9hG4bK1"), status).to_bytes();
        server::Input::Respond { status: StatusCode(status), bytes }
    }
    fn begin(turn: &mut Turn<'_>) -> Server {
        Server::start(respond_to(&theirs("BYE", "192.0.2.20:5062;branch=z9hG4bK1"), 100), turn)
    }
    let states: [(&str, Prepare); 4] = [
        ("Trying", begin),
        ("Proceeding", |t| {
            let state = begin(t);
            t.disarm(Timer::Trying);
            state.step(server::Input::Fired(Timer::Trying), t)
        }),
        ("Completed", |t| begin(t).step(respond(200), t)),
        ("Terminated", |_| Server::Terminated),
    ];
    let mut out = String::new();
    for (name, prepare) in states {
        let mut try_input = |label: &str, input: server::Input, fired: Option<Timer>| {
            let mut bench = Bench::new(flow, Tx::Server(ServerId(1)));
            let mut turn = bench.turn();
            let state = prepare(&mut turn);
            if format!("{state:?}").starts_with(name) && fired.is_none_or(|timer| bench.is_armed(timer)) {
                bench.row(&mut out, name, label, fired, |turn| state.step(input, turn));
            }
        };
        try_input("BYE", server::Input::Request, None);
        for status in [100, 180, 200, 408] {
            try_input(&status.to_string(), respond(status), None);
        }
        for timer in TIMERS {
            try_input(&format!("{timer:?}"), server::Input::Fired(timer), Some(timer));
        }
    }
    out
}

#[test]
fn non_invite_server_udp() {
    check(&non_invite_server(udp()), include_str!("tables/non_invite_server_udp.txt"));
}

#[test]
fn non_invite_server_tcp() {
    check(&non_invite_server(tcp()), include_str!("tables/non_invite_server_tcp.txt"));
}
