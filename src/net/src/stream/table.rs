//! Which connections there are, who is a stranger, and who must go when a bound is reached.
//!
//! Every operation is O(log n) in the number of connections.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use sip::{Flow, Transport};

use super::outbox::Outbox;
use super::{StreamCounts, StreamOptions};

/// Flows that may wait for one connection to come up; they differ only in our own address, so there are few.
const ASKED_MAX: usize = 16;

#[derive(Debug)]
pub(super) struct Table {
    connections_max: usize,
    strangers_max: usize,
    strangers_per_source_max: usize,
    dialling_max: usize,
    queued_max: usize,
    /// The number of the next connection; never reused.
    next: u64,
    entries: HashMap<u64, Entry>,
    by_peer: HashMap<(Transport, SocketAddr), u64>,
    /// Oldest first.
    strangers: BTreeSet<u64>,
    strangers_by_source: HashMap<IpAddr, BTreeSet<u64>>,
    dialling: usize,
    refused: u64,
    /// No more come in: all is being ended.
    ending: bool,
}

/// One connection, as its task sees it.
#[derive(Clone, Debug)]
pub(super) struct Admitted {
    pub(super) flow: Flow,
    pub(super) outbox: Arc<Outbox>,
}

#[derive(Debug)]
struct Entry {
    flow: Flow,
    outbox: Arc<Outbox>,
    standing: Standing,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Stranger,
    Known,
}

#[derive(Debug)]
enum State {
    Up,
    /// Being opened for these flows.
    Dialling {
        asked: Vec<Flow>,
    },
}

/// What [`Table::look_up`] found.
pub(super) enum Lookup {
    /// A connection; `opened` is its flow if connection 0 was asked for and it is up already.
    Found { id: u64, opened: Option<Flow> },
    /// None.
    Absent,
}

impl Table {
    pub(super) fn new(options: &StreamOptions) -> Self {
        Table {
            connections_max: options.connections_max,
            strangers_max: options.strangers_max,
            strangers_per_source_max: options.strangers_per_source_max,
            dialling_max: options.dialling_max,
            queued_max: options.queued_max,
            next: 1,
            entries: HashMap::new(),
            by_peer: HashMap::new(),
            strangers: BTreeSet::new(),
            strangers_by_source: HashMap::new(),
            dialling: 0,
            refused: 0,
            ending: false,
        }
    }

    /// Takes in a connection that a stranger has opened; older strangers may have to go for it.
    pub(super) fn admit(&mut self, transport: Transport, local: SocketAddr, peer: SocketAddr) -> Option<Admitted> {
        if self.ending {
            return None;
        }
        let from_here = self.strangers_by_source.get(&source(peer.ip()));
        let oldest_from_here =
            from_here.filter(|ids| ids.len() >= self.strangers_per_source_max).and_then(|ids| ids.first().copied());
        let crowded = self.strangers.len() >= self.strangers_max || self.entries.len() >= self.connections_max;
        let oldest = self.strangers.first().copied().filter(|_| crowded);
        if let Some(id) = oldest_from_here.or(oldest) {
            self.evict(id);
        } else if self.entries.len() >= self.connections_max {
            self.refused += 1;
            return None;
        }
        let flow = Flow { transport, local, peer, connection: self.next };
        Some(self.insert(flow, Standing::Stranger, State::Up))
    }

    /// Makes the entry of a connection to be opened for `asked`; `None` at a bound.
    pub(super) fn dial(&mut self, asked: &Flow) -> Option<Admitted> {
        if self.ending {
            return None;
        }
        if self.entries.len() >= self.connections_max
            && let Some(&oldest) = self.strangers.first()
        {
            self.evict(oldest);
        }
        if self.entries.len() >= self.connections_max || self.dialling >= self.dialling_max {
            self.refused += 1;
            return None;
        }
        self.dialling += 1;
        let flow = Flow { connection: self.next, ..*asked };
        Some(self.insert(flow, Standing::Known, State::Dialling { asked: vec![*asked] }))
    }

    fn insert(&mut self, flow: Flow, standing: Standing, state: State) -> Admitted {
        let id = self.next;
        self.next += 1;
        let outbox = Arc::new(Outbox::new(self.queued_max));
        self.by_peer.insert((flow.transport, flow.peer), id);
        if standing == Standing::Stranger {
            self.strangers.insert(id);
            self.strangers_by_source.entry(source(flow.peer.ip())).or_default().insert(id);
        }
        self.entries.insert(id, Entry { flow, outbox: outbox.clone(), standing, state });
        Admitted { flow, outbox }
    }

    /// The connection that a message for `flow` goes to.
    pub(super) fn look_up(&mut self, flow: &Flow) -> Lookup {
        if flow.connection != 0 {
            return match self.entries.contains_key(&flow.connection) {
                true => Lookup::Found { id: flow.connection, opened: None },
                false => Lookup::Absent,
            };
        }
        let Some(&id) = self.by_peer.get(&(flow.transport, flow.peer)) else { return Lookup::Absent };
        let Some(entry) = self.entries.get_mut(&id) else { return Lookup::Absent };
        match &mut entry.state {
            State::Up => Lookup::Found { id, opened: Some(entry.flow) },
            State::Dialling { asked } => {
                if !asked.contains(flow) && asked.len() < ASKED_MAX {
                    asked.push(*flow);
                }
                Lookup::Found { id, opened: None }
            }
        }
    }

    /// Puts a message in line; a connection too slow for it is cut.
    pub(super) fn push(&mut self, id: u64, message: Bytes) {
        let Some(entry) = self.entries.get(&id) else { return };
        if !entry.outbox.push(message) {
            self.refused += 1;
        }
    }

    /// The peer has shown credentials.
    pub(super) fn mark_known(&mut self, id: u64) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if entry.standing == Standing::Stranger {
            entry.standing = Standing::Known;
            let peer = entry.flow.peer;
            self.forget_stranger(id, peer);
        }
    }

    pub(super) fn is_known(&self, id: u64) -> bool {
        self.entries.get(&id).is_some_and(|entry| entry.standing == Standing::Known)
    }

    /// The connection is up, from this address of ours: its flow as it is and the flows that asked for it.
    pub(super) fn opened(&mut self, id: u64, local: SocketAddr) -> Option<(Flow, Vec<Flow>)> {
        let entry = self.entries.get_mut(&id)?;
        entry.flow.local = local;
        match std::mem::replace(&mut entry.state, State::Up) {
            State::Dialling { asked } => {
                self.dialling -= 1;
                Some((entry.flow, asked))
            }
            State::Up => None,
        }
    }

    /// The connection has ended: the flows to be reported as closed.
    pub(super) fn remove(&mut self, id: u64) -> Vec<Flow> {
        let Some(entry) = self.entries.remove(&id) else { return Vec::new() };
        let key = (entry.flow.transport, entry.flow.peer);
        if self.by_peer.get(&key) == Some(&id) {
            self.by_peer.remove(&key);
        }
        if entry.standing == Standing::Stranger {
            self.forget_stranger(id, entry.flow.peer);
        }
        match entry.state {
            State::Up => vec![entry.flow],
            State::Dialling { asked } => {
                self.dialling -= 1;
                asked
            }
        }
    }

    /// Closes a connection after what is in line for it.
    pub(super) fn finish(&mut self, id: u64) {
        if let Some(entry) = self.entries.get(&id) {
            entry.outbox.finish();
        }
    }

    /// Ends all that are there. One that was accepted at this very moment is not taken in any more: nobody would end it.
    pub(super) fn finish_all(&mut self) {
        self.ending = true;
        self.entries.values().for_each(|entry| entry.outbox.finish());
    }

    pub(super) fn cut_all(&mut self) {
        self.entries.values().for_each(|entry| entry.outbox.cut());
    }

    pub(super) fn counts(&self) -> StreamCounts {
        StreamCounts { connections: self.entries.len(), strangers: self.strangers.len(), refused: self.refused }
    }

    /// Cuts a stranger. It stops counting at once; its task removes the entry when it notices.
    fn evict(&mut self, id: u64) {
        self.refused += 1;
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.outbox.cut();
            entry.standing = Standing::Known;
            let peer = entry.flow.peer;
            self.forget_stranger(id, peer);
        }
    }

    fn forget_stranger(&mut self, id: u64, peer: SocketAddr) {
        self.strangers.remove(&id);
        let key = source(peer.ip());
        if let Some(ids) = self.strangers_by_source.get_mut(&key) {
            ids.remove(&id);
            if ids.is_empty() {
                self.strangers_by_source.remove(&key);
            }
        }
    }
}

/// What counts as one source: an IPv4 address, or the /64 that one IPv6 subscriber has for itself.
fn source(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(connections: usize, strangers: usize, per_source: usize) -> Table {
        Table::new(&StreamOptions {
            connections_max: connections,
            strangers_max: strangers,
            strangers_per_source_max: per_source,
            ..StreamOptions::default()
        })
    }

    fn admit(table: &mut Table, peer: &str) -> Option<u64> {
        let local = "127.0.0.1:5060".parse().unwrap();
        table.admit(Transport::Tcp, local, peer.parse().unwrap()).map(|admitted| admitted.flow.connection)
    }

    #[test]
    fn a_crowd_from_one_source_crowds_out_itself() {
        let mut table = table(100, 100, 2);
        let first = admit(&mut table, "192.0.2.1:1").unwrap();
        let other = admit(&mut table, "192.0.2.2:1").unwrap();
        admit(&mut table, "192.0.2.1:2").unwrap();
        admit(&mut table, "192.0.2.1:3").unwrap();
        assert!(!table.strangers.contains(&first), "the source's oldest goes");
        assert!(table.strangers.contains(&other), "others stay");
        assert_eq!(table.counts(), StreamCounts { connections: 4, strangers: 3, refused: 1 });
        assert_eq!(table.remove(first).len(), 1);
        assert_eq!(table.counts().connections, 3);
    }

    #[test]
    fn who_comes_while_all_is_being_ended_is_not_taken_in() {
        let mut table = table(100, 100, 2);
        assert!(admit(&mut table, "192.0.2.1:1").is_some());
        table.finish_all();
        assert_eq!(admit(&mut table, "192.0.2.1:2"), None);
        assert_eq!(table.counts().connections, 1);
    }

    #[test]
    fn a_subscribers_ipv6_network_is_one_source() {
        let mut table = table(100, 100, 1);
        let first = admit(&mut table, "[2001:db8::1]:1").unwrap();
        admit(&mut table, "[2001:db8::ffff:2]:1").unwrap();
        assert!(!table.strangers.contains(&first));
        let second = admit(&mut table, "[2001:db8:0:1::1]:1").unwrap();
        assert!(table.strangers.contains(&second));
        assert_eq!(table.counts().strangers, 2);
    }

    #[test]
    fn known_connections_are_not_counted_per_source_and_never_evicted() {
        let mut table = table(4, 3, 2);
        for port in 1..=4 {
            let id = admit(&mut table, &format!("192.0.2.1:{port}")).unwrap();
            table.mark_known(id);
            assert!(table.is_known(id));
        }
        assert_eq!(admit(&mut table, "192.0.2.9:1"), None);
        assert_eq!(table.counts(), StreamCounts { connections: 4, strangers: 0, refused: 1 });
    }

    #[test]
    fn the_oldest_stranger_goes_when_all_are_too_many() {
        let mut table = table(100, 2, 10);
        let ids: Vec<u64> = (1..=3).map(|n| admit(&mut table, &format!("192.0.2.{n}:1")).unwrap()).collect();
        assert!(!table.strangers.contains(&ids[0]));
        assert!(table.strangers.contains(&ids[1]) && table.strangers.contains(&ids[2]));
        assert!(table.strangers_by_source.len() == 2);
    }

    #[test]
    fn flows_asked_for_share_one_connection() {
        let mut table = table(100, 100, 100);
        let local: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let asked = Flow { transport: Transport::Tcp, local, peer: "192.0.2.1:5060".parse().unwrap(), connection: 0 };
        assert!(matches!(table.look_up(&asked), Lookup::Absent));
        let id = table.dial(&asked).unwrap().flow.connection;
        assert!(matches!(table.look_up(&asked), Lookup::Found { id: found, opened: None } if found == id));
        let (flow, waiting) = table.opened(id, "127.0.0.1:4321".parse().unwrap()).unwrap();
        assert_eq!(waiting, [asked]);
        assert_eq!(flow.local.port(), 4321);
        assert!(matches!(table.look_up(&asked), Lookup::Found { opened: Some(as_is), .. } if as_is == flow));
        assert_eq!(table.remove(id), [flow]);
        assert!(matches!(table.look_up(&asked), Lookup::Absent));
        assert_eq!(table.dialling, 0);
    }
}
