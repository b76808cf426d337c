//! People who do anything at any time: random scripts with all faults on, from one seed.

use base::{Duration, Redacted};
use config::{Config, Destination, InboundRoute, OutboundRoute, Trunk, TrunkKind, TrunkTransport};
use exchange::io::Command;
use sdp::Direction;
use sip::message::Method;

use crate::company::BOARD_PIN;
use crate::network::Faults;
use crate::phone::{Answering, CallId, Habits, Keys, Stage};
use crate::plane::PlaneFaults;
use crate::provider::{Account, Conduct, provider_address};
use crate::store::StoreFaults;
use crate::world::World;

/// What may go wrong in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChaosOptions {
    /// The network.
    pub network: Faults,
    /// The disk.
    pub store: StoreFaults,
    /// The machine below the audio plane.
    pub plane: PlaneFaults,
    /// Phones lose power.
    pub phones_crash: bool,
    /// The box is killed.
    pub box_crashes: bool,
    /// Administrators interfere: calls ended, extensions disabled, devices forgotten.
    pub administrators: bool,
    /// There is a line to a provider, whose far end is one of the people.
    pub line: bool,
    /// How many things people do.
    pub deeds: u32,
}

impl ChaosOptions {
    /// People alone, in a world that works.
    pub const PEOPLE: ChaosOptions = ChaosOptions {
        network: Faults::NONE,
        store: StoreFaults::NONE,
        plane: PlaneFaults::NONE,
        phones_crash: false,
        box_crashes: false,
        administrators: false,
        line: false,
        deeds: 60,
    };

    /// Everything at once.
    pub const ALL: ChaosOptions = ChaosOptions {
        network: Faults::BAD,
        store: StoreFaults::BAD,
        plane: PlaneFaults::BAD,
        phones_crash: true,
        box_crashes: true,
        administrators: true,
        line: false,
        deeds: 60,
    };
}

/// A run of random deeds.
#[derive(Debug)]
pub struct Chaos {
    /// The world it happens in.
    pub world: World,
    options: ChaosOptions,
}

/// Now and then nobody does anything for so long that all changes come to their end.
const CALM: Duration = Duration::from_secs(14);

/// After the last deed: silence ends ghost calls, timers B, F and H run out, twice over.
const SETTLING: Duration = Duration::from_secs(200);

/// After phones have taken their subscriptions back: timers of the last transactions.
const ENDING: Duration = Duration::from_secs(40);

/// Short, so that runs see refreshes, and what the dead watched is forgotten in the end.
const LAMPS_EXPIRE_S: u32 = 90;

impl Chaos {
    /// A world of six phones with mixed habits.
    pub fn new(seed: u64, options: ChaosOptions) -> Self {
        let mut world = World::seeded(seed).without(Method::Register);
        for number in ["101", "102", "103", "104", "105", "106"] {
            let habits = random_habits(&mut world);
            world.add_phone(number, habits);
            let answering = random_answering(&mut world);
            world.answering(number, answering);
            watch_something(&mut world, number);
        }
        if options.line {
            add_line(&mut world);
        }
        world.advance(Duration::from_secs(1));
        world.network.faults = options.network;
        world.store.faults = options.store;
        world.plane.faults = options.plane;
        Chaos { world, options }
    }

    /// All deeds, then everybody hangs up, and after a while nothing may be left.
    ///
    /// # Panics
    /// If an invariant breaks; the message names the seed.
    pub fn run(mut self) -> World {
        for _ in 0..self.options.deeds {
            let pause = self.world.random.below(1_500);
            self.world.advance(Duration::from_millis(pause));
            self.deed();
            if self.world.random.below(10) == 0 {
                self.world.advance(CALM);
                self.world.assert_audio_agrees();
            }
        }
        self.everybody_hangs_up();
        self.world.advance(SETTLING);
        self.world.assert_lamps_idle();
        for number in self.world.numbers() {
            self.world.with(&number, |phone, now| phone.unsubscribe_all(now));
        }
        self.world.advance(ENDING);
        self.world.assert_quiet();
        self.world
    }

    fn deed(&mut self) {
        let numbers = self.world.numbers();
        let number = numbers[self.world.random.below(numbers.len() as u64) as usize].clone();
        match self.world.random.below(100) {
            0..32 => self.dial(&number),
            32..44 => self.hang_up(&number),
            44..51 => self.change(&number, Direction::SendOnly),
            51..58 => self.change(&number, Direction::SendRecv),
            58..62 => self.reinvite_without_offer(&number),
            62..67 => self.transfer_blind(&number),
            67..72 => self.transfer_attended(&number),
            72..86 => self.press(&number),
            86..88 => self.operate(&number),
            88..90 => {
                let answering = random_answering(&mut self.world);
                self.world.answering(&number, answering);
            }
            90..94 if self.options.phones_crash => self.toggle_power(&number),
            94 if self.options.phones_crash => drop(self.world.disconnect(&number)),
            95..98 if self.options.administrators => self.administrate(&number),
            98..100 if self.options.box_crashes => drop(self.world.crash()),
            _ => {}
        }
    }

    fn dial(&mut self, number: &str) {
        const DIALLED: [&str; 40] = [
            "101", "102", "103", "104", "105", "106", "102", "103", "400", "400", "401", "*43", "107", "999", "600",
            "600", "601", "*60", "*65", "*9664", "*9197", "*33101", "*33102", "*33104", "**101", "**102", "**400",
            "*8", "*8", "*8", "700", "701", "702", "*85701", "*85702", "*80102", "*80103", "800", "*82102", "*82103",
        ];
        const OUTSIDE: [&str; 4] = ["0470000001", "+32470000001", "112", "025551234"];
        if self.options.line && self.world.random.below(3) == 0 {
            let dialled = OUTSIDE[self.world.random.below(OUTSIDE.len() as u64) as usize];
            self.change_conduct();
            self.world.with(number, |phone, now| phone.dial(now, dialled));
            return;
        }
        let dialled = DIALLED[self.world.random.below(DIALLED.len() as u64) as usize];
        self.world.with(number, |phone, now| phone.dial(now, dialled));
    }

    /// The provider is in another mood.
    fn change_conduct(&mut self) {
        const CONDUCTS: [Conduct; 8] = [
            Conduct::Plain,
            Conduct::Plain,
            Conduct::Careful,
            Conduct::Careful,
            Conduct::NeverContent,
            Conduct::Refusing(503),
            Conduct::Redirecting,
            Conduct::Silent,
        ];
        let name = if self.world.random.below(2) == 0 { LINES[0] } else { LINES[1] };
        self.world.provider(name).conduct = CONDUCTS[self.world.random.below(CONDUCTS.len() as u64) as usize];
    }

    fn press(&mut self, number: &str) {
        const KEYS: [&str; 30] = [
            "*1", "*1", "*3", "4", "5", "6", BOARD_PIN, "0815#", "*1*3", "*88", "*88", "##", "##102#", "##103",
            "##701#", "##999#", "##600#", "*2", "*2101#", "*2102#", "*2103#", "*2104", "*2701#", "*2**102#", "*3",
            "*4", "*5", "*5", "*6", "103#",
        ];
        let keys = KEYS[self.world.random.below(KEYS.len() as u64) as usize];
        if let Some(call) = self.any_call(number) {
            self.world.press_in(number, call, keys);
        }
    }

    fn any_call(&mut self, number: &str) -> Option<CallId> {
        let calls: Vec<CallId> = self.world.phone(number).calls().map(|call| call.id).collect();
        let index = self.world.random.below(calls.len() as u64) as usize;
        calls.get(index).copied()
    }

    fn hang_up(&mut self, number: &str) {
        if let Some(call) = self.any_call(number) {
            self.world.with(number, |phone, now| phone.hang_up(now, call));
        }
    }

    fn change(&mut self, number: &str, wanted: Direction) {
        if let Some(call) = self.any_call(number) {
            self.world.with(number, |phone, now| phone.change(now, call, wanted));
        }
    }

    fn reinvite_without_offer(&mut self, number: &str) {
        if let Some(call) = self.any_call(number) {
            self.world.with(number, |phone, now| phone.reinvite_without_offer(now, call));
        }
    }

    fn transfer_blind(&mut self, number: &str) {
        const TARGETS: [&str; 11] = ["101", "102", "103", "104", "105", "106", "999", "600", "700", "700", "702"];
        let target = TARGETS[self.world.random.below(TARGETS.len() as u64) as usize];
        if let Some(call) = self.any_call(number) {
            self.world.with(number, |phone, now| phone.transfer_blind(now, call, target));
        }
    }

    fn transfer_attended(&mut self, number: &str) {
        let up: Vec<CallId> =
            self.world.phone(number).calls().filter(|call| call.stage == Stage::Up).map(|call| call.id).collect();
        if let [first, second, ..] = up.as_slice() {
            let (first, second) = (*first, *second);
            self.world.with(number, |phone, now| phone.transfer_attended(now, first, second));
        }
    }

    fn toggle_power(&mut self, number: &str) {
        match self.world.phone(number).alive {
            true => drop(self.world.power_off(number)),
            false => {
                self.world.power_on(number);
                watch_something(&mut self.world, number);
            }
        }
    }

    /// An operator at a panel.
    fn operate(&mut self, number: &str) {
        const TARGETS: [&str; 7] = ["101", "102", "103", "104", "600", "700", "999"];
        let to = TARGETS[self.world.random.below(TARGETS.len() as u64) as usize].to_owned();
        let calls: Vec<_> = self.world.watch.live().calls.keys().copied().collect();
        let call = calls.get(self.world.random.below(calls.len() as u64) as usize).copied();
        let extension = number.to_owned();
        let command = match (self.world.random.below(3), call) {
            (0, Some(call)) => Command::Transfer { call, extension, to },
            (1, Some(call)) => Command::Pickup { call, extension },
            _ => Command::Dial { extension, number: to, by: "operator".to_owned() },
        };
        self.world.command(command);
    }

    fn administrate(&mut self, number: &str) {
        match self.world.random.below(3) {
            0 => {
                if let Some(call) = self.world.watch.live().calls.keys().next().copied() {
                    self.world.command(Command::HangUp(call));
                }
            }
            1 => drop(self.world.command(Command::Unregister(number.to_owned()))),
            _ => drop(self.world.configure(|config: &mut Config| {
                if let Some(extension) = config.extensions.get_mut(number) {
                    extension.enabled = !extension.enabled;
                }
            })),
        }
    }

    /// Network and disk heal, phones refuse new calls, every call is hung up, and phones sign off.
    fn everybody_hangs_up(&mut self) {
        self.world.network.faults = Faults::NONE;
        self.world.store.faults = StoreFaults::NONE;
        if self.options.line {
            for name in LINES {
                self.world.provider(name).conduct = Conduct::Plain;
            }
            self.world.configure(|config| config.trunks.clear());
        }
        for _ in 0..3 {
            for number in self.world.numbers() {
                self.world.answering(&number, Answering::Reject(486, Duration::ZERO));
                let calls: Vec<CallId> = self.world.phone(&number).calls().map(|call| call.id).collect();
                for call in calls {
                    self.world.with(&number, |phone, now| phone.hang_up(now, call));
                }
            }
            self.world.advance(Duration::from_secs(5));
        }
        for number in self.world.numbers() {
            self.world.with(&number, |phone, now| {
                if phone.alive {
                    phone.unregister(now)
                }
            });
        }
    }
}

/// Two servers of one provider, by two trunks: one registers, one is known by its address. Calls in go to everybody.
fn add_line(world: &mut World) {
    let account = Account { user: "account".into(), password: "secret".into(), realm: "carrier.example".into() };
    for (name, n) in LINES.into_iter().zip(1..) {
        world.add_provider(name, provider_address(n), account.clone());
        world.name(&format!("{name}.example"), &[provider_address(n)]);
        let answering = random_answering(world);
        world.answering(name, answering);
    }
    world.configure(|config: &mut Config| {
        for (name, kind) in LINES.into_iter().zip([TrunkKind::Register, TrunkKind::Address]) {
            let trunk = Trunk {
                kind,
                user: Some("account".to_owned()),
                password: Some(Redacted("secret".to_owned())),
                numbers: vec!["+3225551234".to_owned()],
                transport: TrunkTransport::Udp,
                options_s: 10,
                expires_s: 60,
                calls_max: 3,
                minutes_max: 1,
                prices: vec!["+32 10".to_owned()],
                ..Trunk::new(name.to_owned(), format!("{name}.example"))
            };
            config.trunks.insert(name.to_owned(), trunk);
        }
        let names = LINES.map(str::to_owned).to_vec();
        let out =
            OutboundRoute { balance: true, ..OutboundRoute::new("out".to_owned(), vec!["+X.".to_owned()], names) };
        config.outbound_routes.insert("out".to_owned(), out);
        let into = InboundRoute::new("in".to_owned(), Destination::Number("400".to_owned()));
        config.inbound_routes.insert("in".to_owned(), into);
        config.emergency.notify = vec!["106".to_owned()];
    });
}

/// The provider's servers and the trunks to them.
const LINES: [&str; 2] = ["p1", "p2"];

fn random_habits(world: &mut World) -> Habits {
    let mut flip = || world.random.below(2) == 1;
    let (sha256, reliable, early_media) = (flip(), flip(), flip());
    let (late_offer, update, old_hold) = (flip() && flip(), flip(), flip() && flip());
    let (early_media, tcp) = (early_media && !reliable, flip() && flip());
    let nat = !tcp && flip() && flip();
    let secure = flip() && flip() && flip();
    let codecs: &[&str] = match world.random.below(8) {
        0 => &["PCMU"],
        1 => &["G722"],
        2 => &["opus"],
        3 => &["opus", "PCMA"],
        _ => Habits::PLAIN.codecs,
    };
    let keys = match world.random.below(6) {
        0 => Keys::InBand,
        1 => Keys::Info,
        _ => Keys::Event,
    };
    let expires_s = 60;
    Habits { sha256, reliable, early_media, late_offer, update, old_hold, tcp, nat, expires_s, codecs, keys, secure }
}

/// Every other phone watches a colleague or a group.
fn watch_something(world: &mut World, number: &str) {
    const WATCHED: [&str; 8] = ["101", "102", "103", "104", "105", "400", "600", "list+401"];
    world.phone_mut(number).lamps_expire_s = LAMPS_EXPIRE_S;
    if world.random.below(2) == 0 {
        let target = WATCHED[world.random.below(WATCHED.len() as u64) as usize];
        world.subscribe(number, "dialog", target);
    }
}

fn random_answering(world: &mut World) -> Answering {
    let after = Duration::from_millis(world.random.below(4_000));
    match world.random.below(10) {
        0..7 => Answering::After(after),
        7 => Answering::Reject(486, after),
        8 => Answering::Never,
        _ => Answering::Mute,
    }
}
