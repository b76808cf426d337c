//! The world: one clock, one network, the box, its disk and its audio plane, and the phones.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use base::{Duration, Instant, Random, WallTime};
use bytes::Bytes;
use config::{Config, Srtp};
use exchange::io::{Answer, Command, Input, Locate, Located, Mail, Output, Refusal, Sent};
use exchange::{Exchange, ExchangeOptions, Restored};
use media::control::DigitWay;
use sdp::Direction;
use sip::message::Method;
use sip::{Flow, Transport};

use crate::audio;
use crate::company::{BOX, company, phone_address, secret_of};
use crate::ladder::{Ladder, name_of};
use crate::network::{Faults, Network, Packet};
use crate::phone::{Answering, CallId, Habits, Keys, Phone, Stage};
use crate::plane::FakePlane;
use crate::provider::{Account, Provider, Verdict};
use crate::store::{Acknowledgement, FakeStore, StoreFaults};
use crate::watch::{Violation, Watch};

/// The wall clock when a world begins: 2026-01-05 08:00 UTC, a Monday.
const DAWN: WallTime = WallTime::from_unix_ms(1_767_600_000_000);

/// The box asks to be woken at the same instant at most this often in a row.
const SPIN_MAX: u32 = 1_000;

/// Everything around one exchange.
#[derive(Debug)]
pub struct World {
    seed: u64,
    now: Instant,
    pub(crate) random: Random,
    pub(crate) config: Arc<Config>,
    exchange: Exchange,
    /// The network.
    pub network: Network,
    /// The disk.
    pub store: FakeStore,
    /// The audio plane.
    pub plane: FakePlane,
    phones: BTreeMap<String, Phone>,
    by_address: BTreeMap<SocketAddr, String>,
    /// Providers' servers, by their phones' names: what they do before their far end hears of it.
    providers: BTreeMap<String, Provider>,
    /// Names of the simulated world, with what name servers say of them.
    names: BTreeMap<String, Vec<SocketAddr>>,
    /// The invariants.
    pub watch: Watch,
    ladder: Ladder,
    inputs: VecDeque<Input>,
    /// Octets received from and sent to each address.
    traffic: BTreeMap<SocketAddr, (usize, usize)>,
    spin: (Instant, u32),
    /// When a message last passed the box.
    last_message: Instant,
    /// Crash of the box: phones may keep calls that it has forgotten.
    crashes: u32,
    /// What came of commands that were asked, in order.
    pub answers: Vec<Result<Answer, Refusal>>,
    /// Mails that were to be sent.
    pub mails: Vec<Mail>,
    /// Recordings whose files were removed.
    pub removed: Vec<String>,
}

impl World {
    /// A world with a good network, a healthy disk, and no phones; the same number gives the same run.
    pub fn seeded(seed: u64) -> Self {
        let mut random = Random::from_number(seed);
        let mut part = || Random::from_number(random.next_u64());
        let config = Arc::new(company());
        let network = Network::new(Faults::NONE, part());
        let store = FakeStore::new(StoreFaults::NONE, part());
        let inactivity = Duration::from_secs(config.media.inactivity_s.into());
        let mut plane = FakePlane::new(config.listen.rtp, inactivity, part());
        plane.encrypted_only = config.media.srtp == Srtp::Required;
        let exchange = new_exchange(Instant::ZERO, &config, part(), Restored::default());
        let mut world = World {
            seed,
            now: Instant::ZERO,
            random: part(),
            config,
            exchange,
            network,
            store,
            plane,
            phones: BTreeMap::new(),
            by_address: BTreeMap::new(),
            providers: BTreeMap::new(),
            names: BTreeMap::new(),
            watch: Watch::default(),
            ladder: Ladder::default(),
            inputs: VecDeque::new(),
            traffic: BTreeMap::new(),
            spin: (Instant::ZERO, 0),
            last_message: Instant::ZERO,
            crashes: 0,
            answers: Vec::new(),
            mails: Vec::new(),
            removed: Vec::new(),
        };
        world.drain();
        world
    }

    /// Adds phones for these extensions and lets them register.
    #[must_use]
    pub fn phones<'a>(mut self, numbers: impl IntoIterator<Item = &'a str>) -> Self {
        for number in numbers {
            self.add_phone(number, Habits::PLAIN);
        }
        self.advance(Duration::from_secs(1));
        self.ladder.clear();
        self
    }

    /// Adds one phone, which begins to register.
    pub fn add_phone(&mut self, number: &str, habits: Habits) {
        let random = Random::from_number(self.random.next_u64());
        let mut phone = Phone::new(number, &secret_of(number), phone_address(number), BOX, habits, random);
        phone.register(self.now);
        self.by_address.insert(phone.address(), number.to_owned());
        self.phones.insert(number.to_owned(), phone);
        self.collect_from_phones();
    }

    /// Adds a server of a provider. Its far end is the phone of that name.
    pub fn add_provider(&mut self, name: &str, address: SocketAddr, account: Account) -> &mut Self {
        let random = Random::from_number(self.random.next_u64());
        let phone = Phone::new(name, "", address, BOX, Habits::PLAIN, random);
        self.watch.expect(address.ip());
        self.by_address.insert(address, name.to_owned());
        self.phones.insert(name.to_owned(), phone);
        self.providers.insert(name.to_owned(), Provider::new(address, account));
        self
    }

    /// What name servers say of a name from now on.
    pub fn name(&mut self, name: &str, addresses: &[SocketAddr]) -> &mut Self {
        self.names.insert(name.to_owned(), addresses.to_vec());
        self
    }

    /// A provider's server.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn provider(&mut self, name: &str) -> &mut Provider {
        self.providers.get_mut(name).expect("a provider of that name")
    }

    /// Leaves messages of this method out of the ladder.
    #[must_use]
    pub fn without(mut self, method: Method) -> Self {
        self.ladder.leave_out(method);
        self
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The wall clock.
    pub fn wall(&self) -> WallTime {
        DAWN + self.now.saturating_since(Instant::ZERO)
    }

    /// The numbers of all phones, in order.
    pub fn numbers(&self) -> Vec<String> {
        self.phones.keys().cloned().collect()
    }

    /// A phone.
    ///
    /// # Panics
    /// If there is none of that number.
    pub fn phone(&self, number: &str) -> &Phone {
        self.phones.get(number).expect("a phone of that number")
    }

    /// A phone, to change its habits. What it shall send goes through [`World::with`].
    ///
    /// # Panics
    /// If there is none of that number.
    pub fn phone_mut(&mut self, number: &str) -> &mut Phone {
        self.phones.get_mut(number).expect("a phone of that number")
    }

    /// Lets a phone do something; what it sends is on its way then.
    pub fn with<T>(&mut self, number: &str, act: impl FnOnce(&mut Phone, Instant) -> T) -> T {
        let now = self.now;
        let done = act(self.phone_mut(number), now);
        self.collect_from_phones();
        done
    }

    // ---- the words stories are told in ----

    /// One phone dials.
    pub fn dial(&mut self, number: &str, dialled: &str) -> &mut Self {
        self.with(number, |phone, now| phone.dial(now, dialled));
        self
    }

    /// What a phone does with calls from now on.
    pub fn answering(&mut self, number: &str, answering: Answering) -> &mut Self {
        self.phone_mut(number).answering = answering;
        self
    }

    /// The phone hangs its oldest call up, whatever it does.
    pub fn hang_up(&mut self, number: &str) -> &mut Self {
        let call = self.oldest(number);
        self.with(number, |phone, now| phone.hang_up(now, call));
        self
    }

    /// The phone holds the other end of its oldest call.
    pub fn hold(&mut self, number: &str) -> &mut Self {
        self.change(number, Direction::SendOnly)
    }

    /// The phone takes its oldest call up again.
    pub fn resume(&mut self, number: &str) -> &mut Self {
        self.change(number, Direction::SendRecv)
    }

    fn change(&mut self, number: &str, wanted: Direction) -> &mut Self {
        let call = self.oldest(number);
        let could = self.with(number, |phone, now| phone.change(now, call, wanted));
        assert!(could, "{number} cannot change its call now");
        self
    }

    /// The phone transfers its oldest call to a number.
    pub fn transfer(&mut self, number: &str, target: &str) -> &mut Self {
        let call = self.oldest(number);
        let could = self.with(number, |phone, now| phone.transfer_blind(now, call, target));
        assert!(could, "{number} cannot transfer now");
        self
    }

    /// The phone joins the other ends of its two calls.
    pub fn join(&mut self, number: &str) -> &mut Self {
        let calls: Vec<CallId> = self.phone(number).calls().map(|call| call.id).collect();
        let [first, second] = calls.as_slice() else { panic!("{number} has not two calls but {}", calls.len()) };
        let (first, second) = (*first, *second);
        let could = self.with(number, |phone, now| phone.transfer_attended(now, first, second));
        assert!(could, "{number} cannot transfer now");
        self
    }

    /// The person at the phone presses keys in its oldest call, as the phone tells them.
    pub fn press(&mut self, number: &str, keys: &str) -> &mut Self {
        let call = self.oldest(number);
        self.press_in(number, call, keys)
    }

    /// The same in a certain call.
    pub fn press_in(&mut self, number: &str, call: CallId, keys: &str) -> &mut Self {
        let phone = self.phone(number);
        let port = phone.calls().find(|known| known.id == call).and_then(|call| call.box_port);
        let now = self.now;
        match (phone.habits.keys, port) {
            (Keys::Event, Some(port)) => self.plane.press(now, port, keys, DigitWay::Event),
            (Keys::InBand, Some(port)) => self.plane.press(now, port, keys, DigitWay::InBand),
            (Keys::Info, _) => self.with(number, |phone, now| phone.press_by_info(now, call, keys)),
            (Keys::Event | Keys::InBand, None) => {}
        }
        self
    }

    /// What the phone's oldest call hears: the names of sounds and tones that are played, else the numbers of the
    /// phones that could be heard if they spoke; a room of its own counts as nothing.
    pub fn hears(&self, number: &str) -> String {
        let port = self.phone(number).calls().next().and_then(|call| call.box_port);
        let Some(stream) = port.and_then(|port| self.plane.stream_at(port)) else { return "nothing".to_owned() };
        if let Some(list) = self.plane.played_to(stream) {
            return list.items.iter().map(audio::name_of_item).collect::<Vec<_>>().join(" ");
        }
        let heard = self.plane.heard_by(stream);
        let numbers = heard.iter().map(|stream| audio::owner(&self.phones, &self.plane, *stream).unwrap_or("?"));
        let numbers: Vec<&str> = numbers.collect();
        if numbers.is_empty() { "nothing".to_owned() } else { numbers.join(" ") }
    }

    fn oldest(&self, number: &str) -> CallId {
        self.phone(number).calls().next().expect("a call at that phone").id
    }

    /// What the phone's calls do, oldest first.
    pub fn stages(&self, number: &str) -> Vec<Stage> {
        self.phone(number).calls().map(|call| call.stage).collect()
    }

    /// Which way audio flows in the phone's calls that are up, as the phone sees it.
    pub fn directions(&self, number: &str) -> Vec<Direction> {
        self.phone(number).calls().filter_map(|call| call.direction).collect()
    }

    /// The phone watches an address of the box: `dialog`, `presence`, `message-summary` or `as-feature-event`.
    pub fn subscribe(&mut self, number: &str, event: &str, target: &str) -> &mut Self {
        self.with(number, |phone, now| phone.subscribe(now, event, target));
        self
    }

    /// What a phone's lamp for an address shows: `idle`, `early<101`, `2/0`; empty if it was told nothing.
    pub fn lamp(&self, number: &str, target: &str) -> &str {
        self.phone(number).lamp(target)
    }

    /// The wall clock is read.
    pub fn clock(&mut self) -> &mut Self {
        self.input(Input::Clock(self.wall()));
        self
    }

    /// A command from a page that waits for what comes of it.
    pub fn ask(&mut self, command: Command) -> Option<Result<Answer, Refusal>> {
        self.input(Input::Ask { ticket: 0, command });
        self.answers.pop()
    }

    /// What became of a mail.
    pub fn mail_sent(&mut self, id: &str, result: Sent) -> &mut Self {
        self.input(Input::MailSent { id: id.to_owned(), result });
        self
    }

    /// A command from a page.
    pub fn command(&mut self, command: Command) -> &mut Self {
        self.input(Input::Command(command));
        self
    }

    /// A changed configuration is applied.
    pub fn configure(&mut self, change: impl FnOnce(&mut Config)) -> &mut Self {
        let mut config = (*self.config).clone();
        change(&mut config);
        self.config = Arc::new(config);
        self.plane.encrypted_only = self.config.media.srtp == Srtp::Required;
        self.input(Input::Config(Arc::clone(&self.config)));
        self
    }

    /// The process of the box is killed and starts again at once, with what is on disk.
    pub fn crash(&mut self) -> &mut Self {
        let wall = self.wall();
        let restored = self.store.crash(wall);
        self.watch.forget_lost(self.store.durable());
        self.watch.crash(&restored);
        self.plane.crash();
        for recording in restored.unfinished_recordings() {
            self.plane.recover(self.now, recording);
        }
        self.crashes += 1;
        self.network.disconnect_all();
        self.inputs.clear();
        for phone in self.phones.values_mut().filter(|phone| phone.connection() != 0) {
            phone.disconnected(self.now);
        }
        let random = Random::from_number(self.random.next_u64());
        let mut options = options(self.now, &self.config, random, restored);
        options.wall = wall;
        self.exchange = Exchange::new(options);
        self.ladder.note(self.now, "pbx is killed and starts again");
        self.drain();
        self.take_inputs();
        self.collect_from_phones();
        self
    }

    /// Somebody at this address sends these octets to the box in one datagram.
    pub fn send(&mut self, from: SocketAddr, bytes: impl Into<Bytes>) -> &mut Self {
        self.network.send(self.now, Packet { from, to: BOX, connection: 0, bytes: bytes.into() });
        self
    }

    /// A phone loses power; the box hears nothing of it.
    pub fn power_off(&mut self, number: &str) -> &mut Self {
        let connection = self.phone(number).connection();
        self.network.disconnect(connection);
        self.phone_mut(number).crash();
        self
    }

    /// A phone's power is back.
    pub fn power_on(&mut self, number: &str) -> &mut Self {
        self.with(number, Phone::reboot);
        self
    }

    /// A phone's connection breaks, and both ends notice. Nothing happens to a phone without one.
    pub fn disconnect(&mut self, number: &str) -> &mut Self {
        let now = self.now;
        let phone = self.phone_mut(number);
        let (connection, peer) = (phone.connection(), phone.address());
        if connection != 0 {
            phone.disconnected(now);
            self.network.disconnect(connection);
            let flow = Flow { transport: Transport::Tcp, local: BOX, peer, connection };
            self.input(Input::FlowFailed { flow });
            self.collect_from_phones();
        }
        self
    }

    /// Every connection to a provider's server breaks, and the box notices.
    pub fn break_connections(&mut self, provider: &str) -> &mut Self {
        let peer = self.phone(provider).address();
        for connection in self.network.connections_of(peer) {
            self.network.disconnect(connection);
            let flow = Flow { transport: Transport::Tcp, local: BOX, peer, connection };
            self.input(Input::FlowFailed { flow });
        }
        self
    }

    /// Lets time pass, up to and including all that happens at the end of it.
    pub fn advance(&mut self, time: Duration) -> &mut Self {
        let end = self.now + time;
        while let Some(next) = self.next_event().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.step();
        }
        self.now = end;
        self
    }

    /// The ladder since the last [`World::take_ladder`].
    pub fn take_ladder(&mut self) -> String {
        let text = self.ladder.text();
        self.ladder.clear();
        text
    }

    /// Octets that the box has received from and sent to this address.
    pub fn traffic(&self, peer: SocketAddr) -> (usize, usize) {
        self.traffic.get(&peer).copied().unwrap_or_default()
    }

    /// How many of each thing the exchange has.
    pub fn counts(&self) -> exchange::Counts {
        self.exchange.counts()
    }

    /// Everybody who is up and alive agrees with the exchange that nothing is left.
    ///
    /// # Panics
    /// If something leaked.
    pub fn assert_quiet(&self) {
        let verdict = self.watch.quiet(self.now, &self.exchange.counts(), self.plane.left_over());
        self.judge(verdict);
        let stuck = self.phones.values().filter(|phone| phone.alive && phone.calls().next().is_some());
        let stuck: Vec<String> =
            stuck.map(|phone| format!("{} {:?}", phone.number, phone.calls().collect::<Vec<_>>())).collect();
        if !stuck.is_empty() {
            self.judge(Err(format!("phones that still believe in a call: {stuck:?}")));
        }
    }

    /// Where nothing is under way, phones and audio plane must agree on who hears whom. Says nothing while
    /// anything changes, nor of calls that the box has forgotten in a crash.
    ///
    /// # Panics
    /// If they do not agree.
    pub fn assert_audio_agrees(&self) {
        let changing = |stage| matches!(stage, Stage::Changing | Stage::Leaving);
        let busy = self.phones.values().any(|phone| phone.calls().any(|call| changing(call.stage)));
        // The longest wait between two tries of a change (RFC 3261 §14.1) and T2 are 4 s.
        let calm = self.now.saturating_since(self.last_message) > Duration::from_secs(5);
        if calm && !busy && self.network.is_empty() && self.crashes == 0 {
            self.judge(audio::check(&self.phones, &self.plane));
            self.judge(audio::check_recordings(&self.phones, &self.plane, &self.config, &self.watch));
        }
    }

    /// Nobody is in a call: every lamp of phones that are alive must say so.
    ///
    /// # Panics
    /// If one does not.
    pub fn assert_lamps_idle(&self) {
        for phone in self.phones.values().filter(|phone| phone.alive) {
            let lit = |shows: &str| ["trying", "early", "confirmed", "held"].iter().any(|word| shows.contains(word));
            for (target, shows) in phone.lamps().filter(|(_, shows)| shows.is_empty() || lit(shows)) {
                self.judge(Err(format!("the lamp of {} for {target} shows “{shows}”", phone.number)));
            }
        }
    }

    /// How often the process of the box was killed.
    pub fn crashes(&self) -> u32 {
        self.crashes
    }

    // ---- the loop ----

    fn next_event(&self) -> Option<Instant> {
        let phones = self.phones.values().filter_map(Phone::poll_timeout).min();
        let parts = [
            self.network.poll_timeout(),
            self.store.poll_timeout(),
            self.plane.poll_timeout(),
            self.exchange.poll_timeout(),
            phones,
        ];
        parts.into_iter().flatten().min()
    }

    /// The first thing that is due; ties are decided by this order.
    fn step(&mut self) {
        let now = self.now;
        if let Some(packet) = self.network.receive(now) {
            return self.deliver(packet);
        }
        if let Some(acknowledgement) = self.store.commit(now) {
            let input = match acknowledgement {
                Acknowledgement::Durable { upto } => {
                    self.watch.durable(upto);
                    Input::Durable { upto }
                }
                Acknowledgement::Failed { upto } => Input::StoreFailed { upto },
            };
            return self.input(input);
        }
        if self.plane.poll_timeout().is_some_and(|at| at <= now) {
            let phones = &self.phones;
            let by_ip = |ip| phones.values().find(|phone| phone.address().ip() == ip || phone.own_ip() == ip);
            let event = self.plane.report(now, |remote, local| {
                by_ip(remote.rtp.ip()).is_some_and(|phone| phone.sends_audio_to(local.port()))
            });
            if let Some(event) = event {
                self.input(Input::Media(event));
            }
            return;
        }
        if let Some(phone) = self.phones.values_mut().find(|phone| phone.poll_timeout().is_some_and(|at| at <= now)) {
            phone.handle_timeout(now);
            return self.collect_from_phones();
        }
        if self.exchange.poll_timeout().is_some_and(|at| at <= now) {
            self.spin = if self.spin.0 == now { (now, self.spin.1 + 1) } else { (now, 0) };
            if self.spin.1 > SPIN_MAX {
                self.judge(Err("the exchange wakes again and again without getting on".to_owned()));
            }
            self.input(Input::Timeout);
        }
    }

    fn deliver(&mut self, packet: Packet) {
        let Packet { from, to, connection, bytes } = packet;
        if to == BOX {
            self.traffic.entry(from).or_default().0 += bytes.len();
            let Ok(Some(message)) = sip::message::parse(bytes.clone()) else { return };
            self.ladder.message(self.now, &name_of(from), "pbx", &message);
            self.last_message = self.now;
            self.watch.before_message(from, &message);
            let flow = Flow { transport: transport_of(connection), local: BOX, peer: from, connection };
            self.input(Input::Sip { flow, message: Box::new(message), raw: bytes });
        } else if let Some(number) = self.by_address.get(&to) {
            if let Some(provider) = self.providers.get_mut(number) {
                let calls = self.phones.get(number).map_or(0, |phone| phone.calls().count());
                match provider.receive(self.now, from, &bytes, calls) {
                    Verdict::Pass => {}
                    Verdict::Drop => return,
                    Verdict::Answer(answer) => {
                        let packet = Packet { from: to, to: from, connection, bytes: answer };
                        self.network.send(self.now, packet);
                        return;
                    }
                }
            }
            let Some(phone) = self.phones.get_mut(number) else { return };
            phone.receive(self.now, from, connection, bytes);
            self.collect_from_phones();
        }
    }

    /// One input and what follows from it; what the network reports of sending comes as further inputs.
    fn input(&mut self, input: Input) {
        self.inputs.push_back(input);
        self.take_inputs();
    }

    fn take_inputs(&mut self) {
        while let Some(input) = self.inputs.pop_front() {
            self.exchange.handle(self.now, input);
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.exchange.poll_output() {
            let verdict = self.carry_out(output);
            self.judge(verdict);
        }
        self.watch.after_input();
        let verdict = self.watch.step(self.now, &self.exchange.counts());
        self.judge(verdict);
    }

    fn carry_out(&mut self, output: Output) -> Result<(), Violation> {
        match output {
            Output::Transmit { flow, bytes } => self.transmit(flow, bytes),
            Output::Media(command) => self.plane.command(self.now, command),
            Output::Record(record) => {
                self.watch.record(self.now, &record)?;
                self.store.append(self.now, *record);
                Ok(())
            }
            Output::Event(event) => self.watch.event(&event),
            Output::Answer { result, .. } => {
                self.answers.push(result);
                Ok(())
            }
            Output::Locate { question, what } => {
                let targets = located(&self.names, &what);
                self.inputs.push_back(Input::Located { question, targets, holds: Duration::from_secs(300) });
                Ok(())
            }
            Output::Mail(mail) => {
                self.mails.push(*mail);
                Ok(())
            }
            Output::RemoveRecording { file } => {
                let named = self.store.restored(self.wall()).named_files().contains(&file);
                self.removed.push(file.clone());
                if named { Err(format!("{file} was removed, and the journal names it")) } else { Ok(()) }
            }
        }
    }

    fn transmit(&mut self, flow: Flow, bytes: Bytes) -> Result<(), Violation> {
        let message = match sip::message::parse(bytes.clone()) {
            Ok(message) => message, // none: a keep-alive
            Err(_) => return Err(format!("the box sent what cannot be read: {}", String::from_utf8_lossy(&bytes))),
        };
        if let Some(message) = &message {
            self.ladder.message(self.now, "pbx", &name_of(flow.peer), message);
            self.last_message = self.now;
        }
        self.watch.transmit(flow.peer, message.as_ref())?;
        self.traffic.entry(flow.peer).or_default().1 += bytes.len();
        let mut connection = flow.connection;
        if flow.transport == Transport::Tcp && connection == 0 {
            // The box calls a phone that listens at its contact address.
            let phone = self.by_address.get(&flow.peer).and_then(|number| self.phones.get(number));
            if phone.is_some_and(|phone| phone.alive && phone.habits.tcp) {
                connection = self.network.connect(flow.peer);
                self.inputs.push_back(Input::FlowOpened { asked: flow, flow: Flow { connection, ..flow } });
            }
        }
        let reached = (flow.transport == Transport::Udp || connection != 0)
            && self.network.send(self.now, Packet { from: BOX, to: flow.peer, connection, bytes });
        if !reached {
            self.inputs.push_back(Input::FlowFailed { flow });
        }
        Ok(())
    }

    fn collect_from_phones(&mut self) {
        let mut complaints = Vec::new();
        for phone in self.phones.values_mut() {
            let from = phone.address();
            while let Some((flow, bytes)) = phone.poll_transmit() {
                let mut connection = flow.connection;
                if flow.transport == Transport::Tcp && connection == 0 {
                    if phone.connection() == 0 {
                        phone.connected(self.network.connect(from));
                    }
                    connection = phone.connection();
                }
                self.network.send(self.now, Packet { from, to: flow.peer, connection, bytes });
            }
            complaints.append(&mut phone.take_complaints());
        }
        if let Some(complaint) = complaints.into_iter().next() {
            self.judge(Err(complaint));
        }
    }

    fn judge(&self, verdict: Result<(), Violation>) {
        if let Err(violation) = verdict {
            if let Some(path) = std::env::var_os("SIM_DUMP") {
                let dump = format!("{:#?}\n{}", self.exchange, self.ladder.text());
                std::fs::write(path, dump).expect("the place for the dump can be written");
            }
            panic!("seed {} at {:?}: {violation}\n…\n{}", self.seed, self.now, self.ladder.tail(60));
        }
    }
}

fn transport_of(connection: u64) -> Transport {
    if connection == 0 { Transport::Udp } else { Transport::Tcp }
}

fn options(now: Instant, config: &Arc<Config>, random: Random, restored: Restored) -> ExchangeOptions {
    ExchangeOptions { now, wall: DAWN, config: Arc::clone(config), rtp: config.listen.rtp, random, restored }
}

fn new_exchange(now: Instant, config: &Arc<Config>, random: Random, restored: Restored) -> Exchange {
    Exchange::new(options(now, config, random, restored))
}

/// What name servers say; an address is one.
fn located(names: &BTreeMap<String, Vec<SocketAddr>>, what: &Locate) -> Vec<Located> {
    let transport = what.transport.unwrap_or(Transport::Udp);
    let literal = what.host.parse().ok().map(|ip| SocketAddr::new(ip, what.port.unwrap_or(5060)));
    let found = names.get(&what.host).cloned().unwrap_or_else(|| literal.into_iter().collect());
    found.into_iter().map(|addr| Located { addr, transport, name: what.host.clone(), local: BOX }).collect()
}
