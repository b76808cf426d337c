//! What the tones of each country are: ITU-T E.180 supplement 2, shortened to one tone for each purpose.

use super::{Country, Tone};

/// A stretch of a cadence: up to two frequencies, or silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Hz; 0 is none. A carrier modulated with its carrier suppressed is written as its two side tones.
    pub(super) hz: [u16; 2],
    /// Milliseconds; 0 goes on without end.
    pub(super) ms: u16,
    /// dB below the level of the tone.
    pub(super) down_db: u8,
}

/// A whole tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cadence {
    pub(super) parts: &'static [Part],
    /// Level of each frequency, dBm0.
    pub(super) level: i8,
}

/// The five tones in which countries differ.
struct Plan {
    dial: &'static [Part],
    ringback: &'static [Part],
    busy: &'static [Part],
    congestion: &'static [Part],
    waiting: &'static [Part],
}

/// Frequency of most exchanges, the one that E.180 §4 recommends.
const A: [u16; 2] = [425, 0];
/// E.180 §2 asks for −10 dBm0 ± 5 dB at the exchange; a little below keeps clear of limiters on the way.
const LEVEL: i8 = -13;
/// What sounds into a conversation is quieter.
const LEVEL_IN_CALL: i8 = -20;

/// The cadence of a tone in a country.
pub(super) fn cadence(tone: Tone, country: Country) -> Cadence {
    let plan = plan(country);
    // North America has a level for each tone (Telcordia GR-506 §17.2.6).
    let american = matches!(&country.0.map(|letter| letter.to_ascii_lowercase()), b"us" | b"ca");
    let level = |usual: i8, there: i8| if american { there } else { usual };
    let (parts, level) = match tone {
        Tone::Dial => (plan.dial, level(LEVEL, -13)),
        Tone::Ringback => (plan.ringback, level(LEVEL, -19)),
        Tone::Busy => (plan.busy, level(LEVEL, -24)),
        Tone::Congestion => (plan.congestion, level(LEVEL, -24)),
        Tone::CallWaiting => (plan.waiting, level(LEVEL_IN_CALL, -13)),
        Tone::SpecialInformation => (SPECIAL_INFORMATION, LEVEL),
        Tone::RecordWarning => (RECORD_WARNING, LEVEL_IN_CALL),
        Tone::Confirm if american => (CONFIRM_AMERICAN, LEVEL_IN_CALL),
        Tone::Confirm => (CONFIRM, LEVEL_IN_CALL),
        Tone::Enter => (ENTER, LEVEL_IN_CALL),
        Tone::Leave => (LEAVE, LEVEL_IN_CALL),
        Tone::Milliwatt => (MILLIWATT, 0),
    };
    Cadence { parts, level }
}

const fn on(hz: [u16; 2], ms: u16) -> Part {
    Part { hz, ms, down_db: 0 }
}

const fn off(ms: u16) -> Part {
    Part { hz: [0, 0], ms, down_db: 0 }
}

/// E.180 §5: three tones of 330 ms, rising; said once, an announcement follows.
const SPECIAL_INFORMATION: &[Part] = &[on([950, 0], 330), on([1_400, 0], 330), on([1_800, 0], 330), off(1_000)];
/// E.180 §9: 1,400 Hz.
const RECORD_WARNING: &[Part] = &[on([1_400, 0], 500)];
const CONFIRM: &[Part] = &[on(A, 100), off(100), on(A, 100), off(100), on(A, 100), off(100)];
const CONFIRM_AMERICAN: &[Part] =
    &[on([350, 440], 100), off(100), on([350, 440], 100), off(100), on([350, 440], 100), off(100)];
/// A room's door has no standard: two notes, up for coming and down for going.
const ENTER: &[Part] = &[on([600, 0], 120), on([800, 0], 120)];
const LEAVE: &[Part] = &[on([800, 0], 120), on([600, 0], 120)];
const MILLIWATT: &[Part] = &[on([1_004, 0], 0)];

/// E.180 §§4–8, preferred values.
const RECOMMENDED: Plan = Plan {
    dial: &[on(A, 0)],
    ringback: &[on(A, 1_000), off(4_000)],
    busy: &[on(A, 500), off(500)],
    congestion: &[on(A, 250), off(250)],
    waiting: &[on(A, 200), off(600), on(A, 200), off(5_000)],
};

fn plan(country: Country) -> Plan {
    match &country.0.map(|letter| letter.to_ascii_lowercase()) {
        b"at" => {
            const {
                const F: [u16; 2] = [420, 0];
                Plan {
                    dial: &[on(F, 0)],
                    ringback: &[on(F, 1_000), off(5_000)],
                    busy: &[on(F, 400), off(400)],
                    congestion: &[on(F, 200), off(200)],
                    waiting: &[on(F, 40), off(1_950)],
                }
            }
        }
        b"au" => {
            const {
                const F: [u16; 2] = [413, 438];
                Plan {
                    dial: &[on(F, 0)],
                    ringback: &[on(F, 400), off(200), on(F, 400), off(2_000)],
                    busy: &[on(A, 375), off(375)],
                    // The same cadence, every second burst 10 dB quieter.
                    congestion: &[on(A, 375), off(375), Part { hz: A, ms: 375, down_db: 10 }, off(375)],
                    waiting: &[on(A, 200), off(200), on(A, 200), off(4_400)],
                }
            }
        }
        b"be" => {
            const {
                Plan {
                    ringback: &[on(A, 1_000), off(3_000)],
                    congestion: &[on(A, 167), off(167)],
                    waiting: &[on([1_400, 0], 175), off(175), on([1_400, 0], 175), off(3_500)],
                    ..RECOMMENDED
                }
            }
        }
        b"br" => {
            const {
                Plan {
                    busy: &[on(A, 250), off(250)],
                    congestion: &[on(A, 250), off(250), on(A, 750), off(250)],
                    waiting: &[on(A, 50), off(1_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"ch" => {
            const {
                Plan {
                    congestion: &[on(A, 200), off(200)],
                    waiting: &[on(A, 200), off(200), on(A, 200), off(4_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"cn" => {
            const {
                const F: [u16; 2] = [450, 0];
                Plan {
                    dial: &[on(F, 0)],
                    ringback: &[on(F, 1_000), off(4_000)],
                    busy: &[on(F, 350), off(350)],
                    congestion: &[on(F, 700), off(700)],
                    waiting: &[on(F, 400), off(4_000)],
                }
            }
        }
        b"cz" => {
            const {
                Plan {
                    dial: &[on(A, 330), off(330), on(A, 660), off(660)],
                    busy: &[on(A, 330), off(330)],
                    congestion: &[on(A, 165), off(165)],
                    waiting: &[on(A, 330), off(9_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"de" | b"lu" => {
            const {
                Plan {
                    busy: &[on(A, 480), off(480)],
                    congestion: &[on(A, 240), off(240)],
                    waiting: &[on(A, 200), off(200), on(A, 200), off(5_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"dk" => {
            const {
                Plan {
                    congestion: &[on(A, 200), off(200)],
                    waiting: &[on(A, 200), off(600), on(A, 200), off(3_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"es" => {
            const {
                Plan {
                    ringback: &[on(A, 1_500), off(3_000)],
                    busy: &[on(A, 200), off(200)],
                    congestion: &[on(A, 200), off(200), on(A, 200), off(200), on(A, 200), off(600)],
                    waiting: &[on(A, 175), off(175), on(A, 175), off(3_500)],
                    ..RECOMMENDED
                }
            }
        }
        b"fi" => {
            const {
                Plan {
                    busy: &[on(A, 300), off(300)],
                    congestion: &[on(A, 200), off(200)],
                    waiting: &[on(A, 150), off(150), on(A, 150), off(8_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"fr" => {
            const {
                const F: [u16; 2] = [440, 0];
                Plan {
                    dial: &[on(F, 0)],
                    ringback: &[on(F, 1_500), off(3_500)],
                    busy: &[on(F, 500), off(500)],
                    congestion: &[on(F, 250), off(250)],
                    waiting: &[on(F, 300), off(10_000)],
                }
            }
        }
        b"gb" => {
            const {
                const F: [u16; 2] = [400, 0];
                const RING: [u16; 2] = [400, 450];
                Plan {
                    dial: &[on([350, 440], 0)],
                    ringback: &[on(RING, 400), off(200), on(RING, 400), off(2_000)],
                    busy: &[on(F, 375), off(375)],
                    congestion: &[on(F, 400), off(350), on(F, 225), off(525)],
                    waiting: &[on(F, 100), off(3_000)],
                }
            }
        }
        b"gr" => {
            const {
                Plan {
                    dial: &[on(A, 200), off(300), on(A, 700), off(800)],
                    busy: &[on(A, 300), off(300)],
                    congestion: &[on(A, 150), off(150)],
                    waiting: &[on(A, 300), off(10_000), on(A, 500), off(10_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"hu" => {
            const {
                Plan {
                    ringback: &[on(A, 1_250), off(3_750)],
                    busy: &[on(A, 300), off(300)],
                    congestion: &[on(A, 300), off(300)],
                    waiting: &[on(A, 40), off(1_960)],
                    ..RECOMMENDED
                }
            }
        }
        b"ie" => {
            const {
                const RING: [u16; 2] = [400, 450];
                Plan {
                    ringback: &[on(RING, 400), off(200), on(RING, 400), off(2_000)],
                    waiting: &[on(A, 180), off(200), on(A, 200), off(4_500)],
                    ..RECOMMENDED
                }
            }
        }
        b"in" => {
            const {
                const F: [u16; 2] = [400, 0];
                // 400 Hz modulated by 25 Hz.
                const MODULATED: [u16; 2] = [375, 425];
                Plan {
                    dial: &[on(MODULATED, 0)],
                    ringback: &[on(MODULATED, 400), off(200), on(MODULATED, 400), off(2_000)],
                    busy: &[on(F, 750), off(750)],
                    congestion: &[on(F, 250), off(250)],
                    waiting: &[on(F, 200), off(100), on(F, 200), off(7_500)],
                }
            }
        }
        b"it" => {
            const {
                Plan {
                    dial: &[on(A, 200), off(200), on(A, 600), off(1_000)],
                    congestion: &[on(A, 200), off(200)],
                    waiting: &[on(A, 400), off(100), on(A, 250), off(100), on(A, 150), off(14_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"jp" => {
            const {
                const F: [u16; 2] = [400, 0];
                // 400 Hz modulated by 16 Hz.
                const MODULATED: [u16; 2] = [384, 416];
                Plan {
                    dial: &[on(F, 0)],
                    ringback: &[on(MODULATED, 1_000), off(2_000)],
                    busy: &[on(F, 500), off(500)],
                    congestion: &[on(F, 500), off(500)],
                    waiting: &[on(MODULATED, 500), off(8_000)],
                }
            }
        }
        b"nl" => const { Plan { waiting: &[on(A, 500), off(9_500)], ..RECOMMENDED } },
        b"no" => {
            const {
                Plan {
                    congestion: &[on(A, 200), off(200)],
                    waiting: &[on(A, 200), off(600), on(A, 200), off(10_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"nz" => {
            const {
                const F: [u16; 2] = [400, 0];
                const RING: [u16; 2] = [400, 450];
                Plan {
                    dial: &[on(F, 0)],
                    ringback: &[on(RING, 400), off(200), on(RING, 400), off(2_000)],
                    busy: &[on(F, 500), off(500)],
                    congestion: &[on(F, 250), off(250)],
                    waiting: &[on(F, 200), off(3_000)],
                }
            }
        }
        b"pl" => {
            const {
                Plan {
                    congestion: &[on(A, 500), off(500)],
                    waiting: &[on(A, 150), off(150), on(A, 150), off(4_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"pt" => {
            const {
                Plan {
                    ringback: &[on(A, 1_000), off(5_000)],
                    congestion: &[on(A, 200), off(200)],
                    waiting: &[on(A, 200), off(200), on(A, 200), off(5_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"ru" => {
            const {
                Plan {
                    ringback: &[on(A, 800), off(3_200)],
                    busy: &[on(A, 400), off(400)],
                    congestion: &[on(A, 200), off(200)],
                    waiting: &[on(A, 200), off(5_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"se" => {
            const {
                Plan {
                    ringback: &[on(A, 1_000), off(5_000)],
                    busy: &[on(A, 250), off(250)],
                    congestion: &[on(A, 250), off(750)],
                    waiting: &[on(A, 200), off(500), on(A, 200), off(5_000)],
                    ..RECOMMENDED
                }
            }
        }
        b"us" | b"ca" => {
            const {
                const RING: [u16; 2] = [440, 480];
                const BUSY: [u16; 2] = [480, 620];
                Plan {
                    dial: &[on([350, 440], 0)],
                    ringback: &[on(RING, 2_000), off(4_000)],
                    busy: &[on(BUSY, 500), off(500)],
                    congestion: &[on(BUSY, 250), off(250)],
                    waiting: &[on([440, 0], 300), off(9_700)],
                }
            }
        }
        _ => RECOMMENDED,
    }
}
