//! People who do anything at any time: random scripts with all faults on, from one seed.

use base::Duration;
use config::Config;
use exchange::io::Command;
use sdp::Direction;
use sip::message::Method;

use crate::company::BOARD_PIN;
use crate::network::Faults;
use crate::phone::{Answering, CallId, Habits, Keys, Stage};
use crate::plane::PlaneFaults;
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

impl Chaos {
    /// A world of six phones with mixed habits.
    pub fn new(seed: u64, options: ChaosOptions) -> Self {
        let mut world = World::seeded(seed).without(Method::Register);
        for number in ["101", "102", "103", "104", "105", "106"] {
            let habits = random_habits(&mut world);
            world.add_phone(number, habits);
            let answering = random_answering(&mut world);
            world.answering(number, answering);
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
        self.world.assert_quiet();
        self.world
    }

    fn deed(&mut self) {
        let numbers = self.world.numbers();
        let number = numbers[self.world.random.below(numbers.len() as u64) as usize].clone();
        match self.world.random.below(100) {
            0..35 => self.dial(&number),
            35..50 => self.hang_up(&number),
            50..58 => self.change(&number, Direction::SendOnly),
            58..66 => self.change(&number, Direction::SendRecv),
            66..71 => self.reinvite_without_offer(&number),
            71..78 => self.transfer_blind(&number),
            78..85 => self.transfer_attended(&number),
            85..88 => self.press(&number),
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
        const DIALLED: [&str; 24] = [
            "101", "102", "103", "104", "105", "106", "102", "103", "400", "400", "401", "*43", "107", "999", "600",
            "600", "601", "*60", "*65", "*9664", "*9197", "*33101", "*33102", "*33104",
        ];
        let dialled = DIALLED[self.world.random.below(DIALLED.len() as u64) as usize];
        self.world.with(number, |phone, now| phone.dial(now, dialled));
    }

    fn press(&mut self, number: &str) {
        const KEYS: [&str; 9] = ["*1", "*1", "*3", "4", "5", "6", BOARD_PIN, "0815#", "*1*3"];
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
        const TARGETS: [&str; 8] = ["101", "102", "103", "104", "105", "106", "999", "600"];
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
            true => self.world.power_off(number),
            false => self.world.power_on(number),
        };
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

fn random_answering(world: &mut World) -> Answering {
    let after = Duration::from_millis(world.random.below(4_000));
    match world.random.below(10) {
        0..7 => Answering::After(after),
        7 => Answering::Reject(486, after),
        8 => Answering::Never,
        _ => Answering::Mute,
    }
}
