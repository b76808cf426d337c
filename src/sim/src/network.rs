//! Between the box and the phones: datagrams that come late, twice, out of order, or not at all; and
//! connections, on which all comes in order until they break.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use base::{Duration, Instant, Random};
use bytes::Bytes;

/// How bad the network is. Chances are in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// The shortest way.
    pub delay_min: Duration,
    /// The longest way, stragglers excepted. Any spread reorders.
    pub delay_max: Duration,
    /// Datagrams that never arrive.
    pub loss: u16,
    /// Datagrams that arrive twice.
    pub duplication: u16,
    /// Datagrams that take up to 700 ms longer, so that even retransmissions overtake them.
    pub straggling: u16,
}

impl Faults {
    /// A quiet office network: 1 ms, nothing lost.
    pub const NONE: Faults = Faults {
        delay_min: Duration::from_millis(1),
        delay_max: Duration::from_millis(1),
        loss: 0,
        duplication: 0,
        straggling: 0,
    };

    /// A bad one: 0–30 ms, a tenth lost, a twentieth twice, a twentieth far too late.
    pub const BAD: Faults = Faults {
        delay_min: Duration::ZERO,
        delay_max: Duration::from_millis(30),
        loss: 100,
        duplication: 50,
        straggling: 50,
    };
}

/// A datagram under way, or a message on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Who sent it.
    pub from: SocketAddr,
    /// Whom it is for.
    pub to: SocketAddr,
    /// The connection's number; 0 for a datagram.
    pub connection: u64,
    /// What it says.
    pub bytes: Bytes,
}

/// All that is under way.
#[derive(Debug)]
pub struct Network {
    /// How bad it is now.
    pub faults: Faults,
    random: Random,
    in_flight: BTreeMap<(Instant, u64), Packet>,
    sent: u64,
    /// Open connections: the phone's end of each, and when the last message of each direction arrives.
    connections: BTreeMap<u64, Connection>,
    last_connection: u64,
}

#[derive(Clone, Copy, Debug)]
struct Connection {
    phone: SocketAddr,
    to_box_at: Instant,
    to_phone_at: Instant,
}

impl Network {
    /// An empty network.
    pub fn new(faults: Faults, random: Random) -> Self {
        let (in_flight, connections) = (BTreeMap::new(), BTreeMap::new());
        Network { faults, random, in_flight, sent: 0, connections, last_connection: 0 }
    }

    /// Takes a datagram, which may arrive once, twice or never; or a message on a connection, which arrives
    /// behind the one before unless the connection breaks. False if that connection is not open.
    pub fn send(&mut self, now: Instant, packet: Packet) -> bool {
        if packet.connection != 0 {
            return self.send_on_connection(now, packet);
        }
        if self.chance(self.faults.loss) {
            return true;
        }
        if self.chance(self.faults.duplication) {
            let delay = self.delay();
            self.put(now + delay, packet.clone());
        }
        let delay = self.delay();
        self.put(now + delay, packet);
        true
    }

    fn send_on_connection(&mut self, now: Instant, packet: Packet) -> bool {
        let delay = self.delay();
        let Some(connection) = self.connections.get_mut(&packet.connection) else { return false };
        let last = if packet.to == connection.phone { &mut connection.to_phone_at } else { &mut connection.to_box_at };
        *last = (*last).max(now + delay);
        let at = *last;
        self.put(at, packet);
        true
    }

    /// Opens a connection of a phone; its number.
    pub fn connect(&mut self, phone: SocketAddr) -> u64 {
        self.last_connection += 1;
        let connection = Connection { phone, to_box_at: Instant::ZERO, to_phone_at: Instant::ZERO };
        self.connections.insert(self.last_connection, connection);
        self.last_connection
    }

    /// The connections that stand to a peer.
    pub fn connections_of(&self, peer: SocketAddr) -> Vec<u64> {
        self.connections.iter().filter(|(_, c)| c.phone == peer).map(|(number, _)| *number).collect()
    }

    /// Whether the connection stands.
    pub fn is_connected(&self, connection: u64) -> bool {
        self.connections.contains_key(&connection)
    }

    /// Breaks a connection; what was under way on it is lost.
    pub fn disconnect(&mut self, connection: u64) {
        self.connections.remove(&connection);
        self.in_flight.retain(|_, packet| packet.connection != connection);
    }

    /// Breaks all connections.
    pub fn disconnect_all(&mut self) {
        self.connections.clear();
        self.in_flight.retain(|_, packet| packet.connection == 0);
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// When the next one arrives.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.in_flight.keys().next().map(|(at, _)| *at)
    }

    /// The next one that has arrived by `now`.
    pub fn receive(&mut self, now: Instant) -> Option<Packet> {
        let entry = self.in_flight.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    fn put(&mut self, at: Instant, packet: Packet) {
        self.sent += 1;
        self.in_flight.insert((at, self.sent), packet);
    }

    fn delay(&mut self) -> Duration {
        let spread = (self.faults.delay_max.saturating_sub(self.faults.delay_min)).as_micros();
        let mut delay = self.faults.delay_min + Duration::from_micros(self.random.below(spread as u64 + 1));
        if self.chance(self.faults.straggling) {
            delay += Duration::from_millis(self.random.below(700));
        }
        delay
    }

    fn chance(&mut self, thousandths: u16) -> bool {
        // Drawn even where the chance is nil, so that a run without one fault resembles the run with it.
        self.random.below(1000) < u64::from(thousandths)
    }
}
