//! Calls over providers' lines, with their ladders: what all these stories share.

mod failover;
mod inbound;
mod limits;
mod outside;
mod people;
mod registration;
mod special;

use base::Redacted;
use config::{Config, Destination, InboundRoute, NumberForm, OutboundRoute, Srtp, Trunk, TrunkKind, TrunkTransport};
use exchange::io::Command;
use exchange::live::TrunkState;
use exchange::record::{CallEventKind, CallRecord, Cause, Record};
use expect_test::{Expect, expect};
use sdp::Direction;
use sim::phone::{Answering, Stage};
use sim::provider::{Account, Conduct, provider_address};
use sim::{World, millis, secs};
use sip::message::{HeaderName, Method, Request};

/// A trunk that its provider knows by registration, with a number of ours.
pub(crate) fn trunk(name: &str, host: &str) -> Trunk {
    Trunk {
        user: Some("account".to_owned()),
        password: Some(Redacted("secret".to_owned())),
        numbers: vec!["+3225551234".to_owned()],
        caller_id: Some("+3225551234".to_owned()),
        transport: TrunkTransport::Udp,
        options_s: 0,
        ..Trunk::new(name.to_owned(), host.to_owned())
    }
}

/// One whose provider knows our address.
pub(crate) fn by_address(name: &str, host: &str) -> Trunk {
    Trunk { kind: TrunkKind::Address, user: None, ..trunk(name, host) }
}

pub(crate) fn account() -> Account {
    let text = str::to_owned;
    Account { user: text("account"), password: text("secret"), realm: text("carrier.example") }
}

/// A world with a provider of so many servers, `p1` and so on, all of them `carrier.example` and each of them a name of
/// its own; with these phones; and with these trunks, over which all numbers outside are called in turn, and whose calls
/// go to 101.
pub(crate) fn world(servers: u8, phones: &[&str], trunks: impl IntoIterator<Item = Trunk>) -> World {
    let mut w = World::seeded(7).without(Method::Register).phones(phones.iter().copied());
    let addresses: Vec<_> = (1..=servers).map(provider_address).collect();
    w.name("carrier.example", &addresses);
    for n in 1..=servers {
        let name = format!("p{n}");
        w.add_provider(&name, provider_address(n), account());
        w.name(&format!("{name}.example"), &[provider_address(n)]);
    }
    let trunks: Vec<Trunk> = trunks.into_iter().collect();
    w.configure(|config: &mut Config| {
        let names: Vec<String> = trunks.iter().map(|t| t.name.clone()).collect();
        let out = OutboundRoute::new("out".to_owned(), vec!["+X.".to_owned()], names);
        let into = InboundRoute::new("in".to_owned(), Destination::Number("101".to_owned()));
        config.outbound_routes.insert("out".to_owned(), out);
        config.inbound_routes.insert("in".to_owned(), into);
        config.trunks.extend(trunks.into_iter().map(|t| (t.name.clone(), t)));
    });
    w.advance(secs(1));
    w.take_ladder();
    w
}

pub(crate) fn state(w: &World, name: &str) -> TrunkState {
    w.watch.live().trunks[name].state.clone()
}

pub(crate) fn down(why: &str) -> TrunkState {
    TrunkState::Down { why: why.to_owned() }
}

pub(crate) fn test_call(w: &mut World, trunk: &str, number: &str) {
    w.command(Command::TestTrunk { trunk: trunk.into(), number: number.into(), by: "admin".into() });
}

pub(crate) fn check(w: &mut World, expected: Expect) {
    expected.assert_eq(&w.take_ladder());
}

/// The final records so far.
pub(crate) fn ended(w: &World) -> Vec<CallRecord> {
    let records = w.store.durable().iter();
    records
        .filter_map(|r| if let Record::CallEnded(ended) = r { Some(CallRecord::clone(ended)) } else { None })
        .collect()
}

/// Why the last call went where it went, as far as trunks are concerned.
pub(crate) fn reasons(w: &World) -> String {
    let last = ended(w).pop().expect("a call has ended");
    let lines = last.reasons.iter().filter(|r| r.contains("over trunk") || r.starts_with("trunk"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// What was noted in calls.
pub(crate) fn notes(w: &World) -> String {
    let notes = w.store.durable().iter().filter_map(|r| match r {
        Record::CallEvent(event) => match &event.what {
            CallEventKind::Note { text } => Some(format!("{text}\n")),
            _ => None,
        },
        _ => None,
    });
    notes.collect()
}

/// The provider's far end calls a number of ours.
pub(crate) fn call_in(w: &mut World, provider: &str, dialled: &str, differs: impl FnOnce(&mut Request)) {
    w.with(provider, |phone, now| phone.dial_as(now, dialled, differs)).expect("the far end has a free line");
}

pub(crate) fn from(request: &mut Request, from: &str) {
    request.headers.set(HeaderName::From, format!("{from};tag=far"));
}
