//! Trunks: calls over providers' lines, registrations with them, whether they live.
//!
//! Owns what is known of each trunk of the configuration that is switched on: a [`Line`]. One file for each thing that
//! is done with it: [`servers`] (where it is), [`account`] (our registration there), [`credentials`] (what we prove to
//! know, and to whom), [`health`] (whether it answers), [`state`] (what is told of it), [`way`] (calls out), [`next_way`] (where
//! they go on when something fails), [`invite`] and [`identity`] (what such a call looks like), [`proof`] (who we are in it), [`inbound`] (calls in), [`charge`] (what they cost and how long they
//! may last), [`emergency`], [`test_call`], [`number`].
//!
//! Refuses to decide who may call what: that is the dial plan's, whose [`dialplan::Outside`] it carries out.
//!
//! **Invariants:** a trunk's password answers challenges of that trunk's servers for its own realm and no others. A
//! call over a trunk has the rights of nobody here. Calls of one trunk never wait for another one.
//!
//! RFCs: 3261 §10 and §22, 3263 §4.3, 3323, 3325, 5806, 7044.

mod account;
mod charge;
mod credentials;
mod emergency;
mod health;
mod identity;
mod inbound;
mod invite;
mod next_way;
mod number;
mod proof;
mod servers;
mod state;
mod test_call;
mod way;

use std::collections::BTreeMap;

use base::{Instant, Timers, WallTime};
use bytes::Bytes;
use config::Trunk;
use dialplan::state::Fact;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use sip::message::{Host, Response, Uri};
use sip::transaction::ClientId;
use sip::{Flow, Transport};

use crate::Exchange;
use crate::live::{Event, TrunkState};
use account::{Account, Leaving};
use credentials::Credentials;
use health::Health;
use inbound::Network;
use servers::Servers;

pub(crate) use inbound::TrunkCaller;
pub(crate) use way::Way;

/// A trunk that is switched on, for as long as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LineId(u32);

/// Why a trunk wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum TrunkTimer {
    /// Its servers are to be looked for.
    Locate(LineId),
    /// Its registration is to be made, refreshed, or given up for this time.
    Register(LineId),
    /// It is to be asked whether it lives, or has not answered.
    Options(LineId),
    /// Whoever leaves has had time enough.
    Left,
}

/// All trunks that are switched on.
#[derive(Debug, Default)]
pub(crate) struct Trunks {
    lines: BTreeMap<LineId, Line>,
    names: BTreeMap<String, LineId>,
    last_line: u32,
    timers: Timers<TrunkTimer>,
    questions: HashMap<u64, LineId>,
    last_question: u64,
    /// Requests of ours that belong to no call.
    errands: HashMap<ClientId, TrunkErrand>,
    /// Registrations that are being taken back before the box stops.
    leaving_until: Option<Instant>,
}

/// What a request outside any call was for.
#[derive(Debug)]
enum TrunkErrand {
    Register(LineId),
    Options(LineId),
    Leave(Box<Leaving>),
}

/// One trunk.
#[derive(Debug)]
pub(crate) struct Line {
    trunk: Trunk,
    /// The user part of our Contact there: whoever calls it was told it by us.
    contact: String,
    servers: Servers,
    account: Account,
    credentials: Credentials,
    health: Health,
    networks: Vec<Network>,
    /// What was told last.
    told: TrunkState,
    since: WallTime,
}

/// The user part of our Contact at a trunk, kept over a restart: until the provider is told another one it calls us by
/// it. Under `trunk/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KnownAs {
    contact: String,
}

impl Fact for KnownAs {
    const KIND: &'static str = "trunk";
}

impl Line {
    /// The host that requests are for.
    fn host(&self) -> &str {
        &self.trunk.host
    }

    /// Our Contact for requests on `flow`, where this is our address.
    fn contact_on(&self, flow: Flow, address: Host) -> Uri {
        let mut contact = Uri::sip(&self.contact, address, Some(self.servers.our_port(flow)));
        if flow.transport != Transport::Udp {
            contact.params.set("transport", Some(Bytes::from(flow.transport.uri_name())));
        }
        contact
    }
}

impl Trunks {
    /// A trunk that is switched on.
    pub(crate) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.get(self.names.get(name)?)
    }

    fn line_mut(&mut self, name: &str) -> Option<&mut Line> {
        self.lines.get_mut(self.names.get(name)?)
    }

    /// When the next trunk wakes.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Whether registrations are still being taken back.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving_until.is_some() && self.errands.values().any(|errand| matches!(errand, TrunkErrand::Leave(_)))
    }
}

impl Exchange {
    /// Brings the lines into step with the configuration: new ones begin, those that are gone take their registration
    /// back, those whose account or servers changed do both.
    pub(crate) fn apply_trunks(&mut self) {
        let config = self.config.clone();
        let gone: Vec<LineId> = self
            .trunks
            .lines
            .iter()
            .filter(|(_, line)| {
                config.trunks.get(&line.trunk.name).is_none_or(|new| !new.enabled || !same_account(&line.trunk, new))
            })
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            self.end_line(id);
        }
        if self.stopping {
            return;
        }
        for trunk in config.trunks.values().filter(|trunk| trunk.enabled) {
            match self.trunks.line_mut(&trunk.name) {
                Some(line) => {
                    line.trunk = trunk.clone();
                    line.networks = inbound::networks_of(trunk);
                }
                None => self.begin_line(trunk.clone()),
            }
        }
    }

    fn begin_line(&mut self, trunk: Trunk) {
        self.trunks.last_line += 1;
        let id = LineId(self.trunks.last_line);
        let account = Account::new(self.random.token(24), self.random.token(12));
        let contact = match self.facts.get::<KnownAs>(&trunk.name) {
            Some(known) => known.contact,
            None => {
                let known = KnownAs { contact: self.random.token(16) };
                self.put_fact(&trunk.name, Some(&known), "");
                known.contact
            }
        };
        let line = Line {
            contact,
            servers: Servers::default(),
            account,
            credentials: Credentials::default(),
            health: Health::default(),
            networks: inbound::networks_of(&trunk),
            told: TrunkState::Registering,
            since: self.wall(),
            trunk,
        };
        self.trunks.names.insert(line.trunk.name.clone(), id);
        self.trunks.lines.insert(id, line);
        self.tell_trunk(id);
        self.locate_servers(id);
    }

    /// A trunk is switched off, or everything of it has changed.
    fn end_line(&mut self, id: LineId) {
        self.leave_account(id);
        let Some(line) = self.trunks.lines.remove(&id) else { return };
        for timer in [TrunkTimer::Locate(id), TrunkTimer::Register(id), TrunkTimer::Options(id)] {
            self.trunks.timers.cancel(timer);
        }
        self.trunks.questions.retain(|_, line| *line != id);
        self.trunks.names.remove(&line.trunk.name);
        self.facts.state.down.remove(&line.trunk.name);
        if !self.config.trunks.contains_key(&line.trunk.name) {
            self.put_fact::<KnownAs>(&line.trunk.name, None, "");
        }
        self.publish(Event::TrunkGone { name: line.trunk.name });
    }

    /// The box is about to stop: every registration is taken back.
    pub(crate) fn leave_all_trunks(&mut self) {
        let until = self.now + account::LEAVING_MAX;
        self.trunks.leaving_until = Some(until);
        self.trunks.timers.set(TrunkTimer::Left, until);
        let ids: Vec<LineId> = self.trunks.lines.keys().copied().collect();
        for id in ids {
            self.end_line(id);
        }
    }

    /// Trunks whose time has come.
    pub(crate) fn run_trunk_timers(&mut self) {
        while let Some(timer) = self.trunks.timers.pop_due(self.now) {
            match timer {
                TrunkTimer::Locate(id) => self.locate_servers(id),
                TrunkTimer::Register(id) => self.register_due(id),
                TrunkTimer::Options(id) => self.options_due(id),
                TrunkTimer::Left => self.trunks.leaving_until = None,
            }
            self.drain_transaction_events();
        }
    }

    /// A response to a request of ours that belongs to no call. False if it was none of a trunk's.
    pub(crate) fn trunk_response(&mut self, client: ClientId, response: &Response) -> bool {
        if response.status.is_provisional() {
            return self.trunks.errands.contains_key(&client);
        }
        // Not when the transaction ends: over a connection it has ended by now.
        match self.trunks.errands.remove(&client) {
            Some(TrunkErrand::Register(id)) => self.register_answered(id, client, response),
            Some(TrunkErrand::Options(id)) => self.options_answered(id, client),
            Some(TrunkErrand::Leave(leaving)) => self.leave_answered(*leaving, response),
            None => return false,
        }
        true
    }

    /// A request of a trunk's that got no answer.
    pub(crate) fn trunk_unanswered(&mut self, client: ClientId) {
        match self.trunks.errands.remove(&client) {
            Some(TrunkErrand::Register(id)) => self.register_unanswered(id, client),
            Some(TrunkErrand::Options(id)) => self.options_unanswered(id, client),
            Some(TrunkErrand::Leave(_)) | None => {}
        }
    }

    /// A connection ended: whoever used it opens a new one.
    pub(crate) fn trunk_flow_failed(&mut self, flow: Flow) {
        let ids: Vec<LineId> = self.trunks.lines.keys().copied().collect();
        for id in ids {
            let lost = self.trunks.lines.get_mut(&id).is_some_and(|line| line.servers.flow_failed(flow));
            if lost {
                self.register_soon(id); // the provider can no longer reach us by it (RFC 5626 §4.4.1)
            }
        }
    }

    /// A connection that was asked for stands.
    pub(crate) fn trunk_flow_opened(&mut self, asked: Flow, flow: Flow) {
        for line in self.trunks.lines.values_mut() {
            line.servers.flow_opened(asked, flow);
        }
    }
}

/// Whether all that a registration and the search for servers depend on is the same.
fn same_account(a: &Trunk, b: &Trunk) -> bool {
    let account = |t: &Trunk| {
        let secret = t.password.as_ref().map(|p| p.0.clone());
        (t.kind, t.user.clone(), t.auth_user.clone(), secret, t.realm.clone(), t.expires_s)
    };
    let place = |t: &Trunk| (t.host.clone(), t.port, t.transport, t.proxy.clone(), t.options_s, t.verify);
    account(a) == account(b) && place(a) == place(b)
}

#[cfg(test)]
mod tests {
    use base::Redacted;

    use super::*;

    /// A trunk by registration.
    pub(super) fn trunk(name: &str) -> Trunk {
        Trunk {
            user: Some("account".to_owned()),
            password: Some(Redacted("secret".to_owned())),
            numbers: vec!["+3225551234".to_owned()],
            ..Trunk::new(name.to_owned(), "provider.example".to_owned())
        }
    }

    #[test]
    fn what_an_account_depends_on() {
        let a = trunk("a");
        let mut b = a.clone();
        b.calls_max = 3;
        assert!(same_account(&a, &b));
        b.password = Some(Redacted("another".to_owned()));
        assert!(!same_account(&a, &b));
    }
}
