//! Random inputs in any order: the invariants of the module doc hold, and nothing is left in the end.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::message::HeaderName;

/// What the run remembers to judge by.
struct Run {
    layer: TransactionLayer,
    random: Random,
    now: Instant,
    servers: BTreeMap<ServerId, Request>,
    clients: BTreeSet<ClientId>,
    ended: BTreeSet<String>,
    /// Requests of ours as the peer would have received them.
    sent: Vec<(Flow, Request)>,
    /// Requests of the peer's, to be repeated, acknowledged and cancelled.
    received: Vec<(Flow, Request)>,
}

const METHODS: [&str; 6] = ["INVITE", "OPTIONS", "BYE", "INFO", "REGISTER", "UPDATE"];
const STATUSES: [u16; 10] = [100, 180, 183, 200, 202, 302, 408, 486, 487, 603];

impl Run {
    fn new(seed: u64) -> Self {
        let limits =
            TransactionLimits { servers_max: 12, clients_max: 12, finished_max: 6, ..TransactionLimits::default() };
        Run {
            layer: TransactionLayer::new(limits, Random::from_number(seed)),
            random: Random::from_number(seed ^ 0xffff),
            now: at(0),
            servers: BTreeMap::new(),
            clients: BTreeSet::new(),
            ended: BTreeSet::new(),
            sent: Vec::new(),
            received: Vec::new(),
        }
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let at = self.random.below(from.len() as u64) as usize;
        from.get(at).cloned()
    }

    fn flow(&mut self) -> Flow {
        let unopened = Flow { connection: 0, ..tcp() };
        self.pick(&[udp(), tcp(), unopened, flow(Transport::Tls, BOX, PHONE)]).unwrap()
    }

    fn step(&mut self) {
        match self.random.below(12) {
            0 | 1 => self.new_request(),
            2 => self.repeat_request(),
            3 | 4 => self.respond(),
            5 => {
                let (flow, method) = (self.flow(), self.pick(&[Method::Invite, Method::Options]).unwrap());
                if let Ok(id) = self.layer.send_request(self.now, flow, ours(method)) {
                    assert!(self.clients.insert(id));
                }
            }
            6 | 7 => self.receive_response(),
            8 => {
                let ids: Vec<ClientId> = self.clients.iter().copied().collect();
                if let Some(cancel) = self.pick(&ids).and_then(|id| self.layer.cancel(self.now, id)) {
                    assert!(self.clients.insert(cancel));
                }
            }
            9 => {
                let flow = self.flow();
                if self.random.below(2) == 0 {
                    self.layer.flow_failed(self.now, flow);
                } else {
                    self.layer.flow_opened(Flow { connection: 0, ..tcp() }, tcp());
                }
            }
            10 => {
                let ids: Vec<ServerId> = self.servers.keys().copied().collect();
                if let Some(id) = self.pick(&ids) {
                    self.layer.confirm(self.now, id);
                    self.layer.confirm_provisional(self.now, id);
                }
            }
            _ => {
                self.now += Duration::from_millis(self.random.below(6000));
                self.layer.handle_timeout(self.now);
            }
        }
        self.drain();
    }

    fn new_request(&mut self) {
        let (flow, method, n) = (self.flow(), self.pick(&METHODS).unwrap(), self.random.below(30));
        let via = if n < 5 { PHONE.to_owned() } else { format!("{PHONE};branch=z9hG4bK{n}") };
        let mut request = theirs(method, &via);
        request.headers.set(HeaderName::CallId, format!("call-{n}"));
        self.receive(flow, request);
    }

    fn repeat_request(&mut self) {
        let Some((flow, mut request)) = self.pick(&self.received.clone()) else { return };
        let method = self.pick(&[request.method.clone(), Method::Ack, Method::Cancel]).unwrap();
        request.headers.set(HeaderName::CSeq, format!("3 {method}"));
        request.method = method;
        self.receive(flow, request);
    }

    fn receive(&mut self, flow: Flow, request: Request) {
        match self.layer.receive_request(self.now, flow, &request) {
            Incoming::New => {
                if let Ok(id) = self.layer.accept(self.now, flow, &request) {
                    assert!(self.servers.insert(id, request.clone()).is_none());
                    self.received.push((flow, request));
                }
            }
            Incoming::Cancel { invite } => assert!(self.servers.contains_key(&invite)),
            Incoming::Absorbed | Incoming::Ack | Incoming::CancelUnmatched | Incoming::Merged => {}
        }
    }

    fn respond(&mut self) {
        let ids: Vec<ServerId> = self.servers.keys().copied().collect();
        let (Some(id), Some(status)) = (self.pick(&ids), self.pick(&STATUSES)) else { return };
        let response = respond_to(&self.servers[&id], status);
        if status == 183 {
            self.layer.respond_reliably(self.now, id, &response);
        } else {
            self.layer.respond(self.now, id, &response);
        }
    }

    fn receive_response(&mut self) {
        let (Some((flow, request)), Some(status)) = (self.pick(&self.sent.clone()), self.pick(&STATUSES)) else {
            return;
        };
        if request.method == Method::Ack {
            return;
        }
        if let Some(id) = self.layer.receive_response(self.now, flow, &respond_to(&request, status)) {
            assert!(self.clients.contains(&id), "a response for a transaction that has ended");
        }
    }

    fn drain(&mut self) {
        while let Some(Transmit { flow, bytes, origin }) = self.layer.poll_transmit() {
            if let (Message::Request(request), Origin::Client(_)) = (parse(&bytes), origin) {
                self.sent.push((flow, request));
            }
        }
        while let Some(event) = self.layer.poll_event() {
            match event {
                TransactionEvent::ClientEnded(id) => {
                    assert!(self.clients.remove(&id), "{id:?} ended twice");
                    self.ended.insert(format!("{id:?}"));
                }
                TransactionEvent::ServerEnded(id) => {
                    assert!(self.servers.remove(&id).is_some(), "{id:?} ended twice");
                    self.ended.insert(format!("{id:?}"));
                }
                TransactionEvent::ClientTimeout(id) | TransactionEvent::ClientFlowFailed(id) => {
                    assert!(self.clients.contains(&id), "{event:?} after its end");
                }
                TransactionEvent::AckTimeout(id) | TransactionEvent::PrackTimeout(id) => {
                    assert!(self.servers.contains_key(&id), "{event:?} after its end");
                }
            }
        }
        let held: usize = self.clients.len() + self.servers.len();
        // A CANCEL that is held back has an id but no transaction yet.
        assert!(self.layer.len() <= held && self.layer.clients() <= 24, "{} of {held}", self.layer.len());
    }
}

#[test]
fn any_order_of_inputs_leaves_nothing_behind() {
    for seed in 0..150 {
        let mut run = Run::new(seed);
        for _ in 0..400 {
            run.step();
        }
        // The users do their duty: what is open is refused or given up.
        for (id, request) in run.servers.clone() {
            run.layer.respond(run.now, id, &respond_to(&request, 500));
        }
        for (flow, request) in run.sent.clone() {
            if request.method == Method::Invite {
                run.layer.receive_response(run.now, flow, &respond_to(&request, 500));
            }
        }
        run.drain();
        run.now += Duration::from_secs(100);
        run.layer.handle_timeout(run.now);
        run.drain();
        assert!(run.layer.is_empty() && run.layer.poll_timeout().is_none(), "seed {seed}: {} left", run.layer.len());
        assert!(run.clients.is_empty() && run.servers.is_empty(), "seed {seed}");
        assert!(run.layer.by_flow.is_empty(), "seed {seed}");
        assert!(run.ended.len() > 20, "seed {seed}: hardly anything happened");
    }
}
