//! Times, durations and states in the words that pages show.

use base::{Duration, WallTime};
use config::Config;
use exchange::live::LiveState;
use exchange::record::{Cause, Disposition, Party, Role};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The time zone of the box's pages.
#[derive(Clone, Debug)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// The configured one; UTC if this system does not know it.
    pub fn of(config: &Config) -> Self {
        Zone(TimeZone::get(&config.system.time_zone).unwrap_or(TimeZone::UTC))
    }

    /// `21 Nov 2026 14:03:22`
    pub fn date_time(&self, at: WallTime) -> String {
        self.format(at, "%-d %b %Y %H:%M:%S")
    }

    /// `14:03:22` on the day of `now`, else `21 Nov 14:03`, with the year if it is another.
    pub fn near(&self, at: WallTime, now: WallTime) -> String {
        if self.format(at, "%F") == self.format(now, "%F") {
            self.format(at, "%H:%M:%S")
        } else if self.format(at, "%Y") == self.format(now, "%Y") {
            self.format(at, "%-d %b %H:%M")
        } else {
            self.format(at, "%-d %b %Y %H:%M")
        }
    }

    /// `14:03:22.125`
    pub fn exact(&self, at: WallTime) -> String {
        self.format(at, "%H:%M:%S%.3f")
    }

    /// `2026-11-21 14:03:22`, as spreadsheets read it
    pub fn sortable(&self, at: WallTime) -> String {
        self.format(at, "%F %H:%M:%S")
    }

    /// `2026-11-21T14:03`, as a form's field for a moment holds it
    pub fn field(&self, at: WallTime) -> String {
        self.format(at, "%FT%H:%M")
    }

    /// The moment that such a field, or a person, means: `2026-11-21T14:03`, `2026-11-21 14:03`.
    pub fn moment(&self, text: &str) -> Option<WallTime> {
        let at = text.trim().parse::<jiff::civil::DateTime>().ok()?.to_zoned(self.0.clone()).ok()?;
        Some(WallTime::from_unix_ms(at.timestamp().as_millisecond()))
    }

    /// The first moment of this date (`2026-11-21`); `None` if it is none.
    pub fn day_start(&self, date: &str) -> Option<WallTime> {
        let date: jiff::civil::Date = date.parse().ok()?;
        Some(WallTime::from_unix_ms(date.to_zoned(self.0.clone()).ok()?.timestamp().as_millisecond()))
    }

    /// The first moment after this date.
    pub fn day_end(&self, date: &str) -> Option<WallTime> {
        let date: jiff::civil::Date = date.parse().ok()?;
        self.day_start(&date.tomorrow().ok()?.to_string())
    }

    fn format(&self, at: WallTime, pattern: &str) -> String {
        match Timestamp::from_millisecond(at.unix_ms()) {
            Ok(at) => at.to_zoned(self.0.clone()).strftime(pattern).to_string(),
            Err(_) => "?".to_owned(),
        }
    }
}

/// `2026-11-21T14:03:22.125Z`, for machines.
pub(crate) fn iso(at: WallTime) -> String {
    Timestamp::from_millisecond(at.unix_ms()).map_or_else(|_| String::new(), |at| format!("{at:.3}"))
}

/// `0:07`, `3:12`, `1:02:03`
pub(crate) fn clock(length: Duration) -> String {
    let s = length.as_secs();
    match s / 3600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        h => format!("{h}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

/// `0.4 s`, `7.2 s`, then as [`clock`]: for sounds, of which many are a word long.
pub(crate) fn short_clock(length: Duration) -> String {
    let ms = length.as_millis();
    if ms < 10_000 { format!("{}.{} s", ms / 1000, ms / 100 % 10) } else { clock(length) }
}

/// `3 days 4 h`, `2 h 5 min`, `6 min`, `under a minute`
pub(crate) fn roughly(length: Duration) -> String {
    let m = length.as_secs() / 60;
    match (m / 1440, m / 60 % 24, m % 60) {
        (0, 0, 0) => "under a minute".to_owned(),
        (0, 0, m) => format!("{m} min"),
        (0, h, m) => format!("{h} h {m} min"),
        (1, h, _) => format!("1 day {h} h"),
        (d, h, _) => format!("{d} days {h} h"),
    }
}

/// `812 KB`, `1.2 MB`
pub(crate) fn octets(n: u64) -> String {
    match n {
        0..1_000 => count(usize::try_from(n).unwrap_or(0), "octet", "octets"),
        1_000..1_000_000 => format!("{} KB", n / 1_000),
        1_000_000..1_000_000_000 => format!("{}.{} MB", n / 1_000_000, n / 100_000 % 10),
        _ => format!("{}.{} GB", n / 1_000_000_000, n / 100_000_000 % 10),
    }
}

/// With its first letter as a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(char::to_uppercase).into_iter().flatten().chain(chars).collect()
}

/// A clause as a sentence: `no route leads there` → `No route leads there.`
pub(crate) fn sentence(clause: &str) -> String {
    let end = if clause.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{end}", capital(clause))
}

/// `1 call`, `3 calls`
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `Ada Lovelace · 101`, or what there is of it.
pub(crate) fn party(party: &Party) -> String {
    match (party.name.is_empty(), party.number.is_empty()) {
        (false, false) => format!("{} · {}", party.name, party.number),
        (false, true) => party.name.clone(),
        (true, false) => party.number.clone(),
        (true, true) => "unknown".to_owned(),
    }
}

/// A word, and the tone of the dot before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// `ok`, `busy`, `warn`, `bad` or `off`: a class of the style sheet.
    pub tone: &'static str,
    pub word: &'static str,
}

pub(crate) fn live_state(state: LiveState) -> State {
    let (tone, word) = match state {
        LiveState::Calling => ("warn", "Calling"),
        LiveState::Ringing => ("warn", "Ringing"),
        LiveState::Talking => ("ok", "Talking"),
        LiveState::Held => ("off", "On hold"),
        LiveState::Parked { .. } => ("off", "Parked"),
    };
    State { tone, word }
}

pub(crate) fn disposition(disposition: Disposition) -> State {
    let (tone, word) = match disposition {
        Disposition::Answered => ("ok", "Answered"),
        Disposition::NoAnswer => ("warn", "No answer"),
        Disposition::Busy => ("warn", "Busy"),
        Disposition::Failed => ("bad", "Failed"),
    };
    State { tone, word }
}

/// The key of a disposition in links, forms and the API.
pub(crate) fn disposition_key(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Answered => "answered",
        Disposition::NoAnswer => "no-answer",
        Disposition::Busy => "busy",
        Disposition::Failed => "failed",
    }
}

/// All dispositions, in the order of the filter.
pub(crate) const DISPOSITIONS: [Disposition; 4] =
    [Disposition::Answered, Disposition::NoAnswer, Disposition::Busy, Disposition::Failed];

/// Why a call or leg ended, as a clause.
pub(crate) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::NormalClearing => "hung up after talking",
        Cause::Cancelled => "the caller gave up",
        Cause::AnsweredElsewhere => "answered on another device",
        Cause::Busy => "busy",
        Cause::Declined => "declined",
        Cause::NoAnswer => "nobody answered in time",
        Cause::Unregistered => "no device was registered",
        Cause::UnknownNumber => "no such number",
        Cause::Forbidden => "not allowed",
        Cause::NoCommonCodec => "no codec in common",
        Cause::Unreachable => "the device did not answer to SIP",
        Cause::Timeout => "no audio for too long, or the session timer ran out",
        Cause::Overload => "the box was at its limit",
        Cause::PeerError => "the device broke the protocol",
        Cause::Internal => "a fault of this box",
        Cause::Interrupted => "the box stopped during the call",
        Cause::AdministratorEnded => "ended by an administrator",
        Cause::Transferred => "went on elsewhere after a transfer",
    }
}

pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Administrator => "administrator",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        let zone = Zone(TimeZone::UTC);
        let at = WallTime::from_unix_ms(1_700_000_000_125);
        assert_eq!(zone.date_time(at), "14 Nov 2023 22:13:20");
        assert_eq!(zone.exact(at), "22:13:20.125");
        assert_eq!(zone.near(at, at + Duration::from_secs(60)), "22:13:20");
        assert_eq!(zone.near(at, at + Duration::from_secs(86_400)), "14 Nov 22:13");
        assert_eq!(iso(at), "2023-11-14T22:13:20.125Z");
        assert_eq!(zone.day_end("2023-11-14"), zone.day_start("2023-11-15"));
        assert_eq!(zone.day_start("2023-02-30"), None);
        assert_eq!(zone.date_time(WallTime::from_unix_ms(i64::MAX)), "?");
    }

    #[test]
    fn durations_read_as_clocks() {
        let seconds = [0, 7, 192, 3723].map(|s| clock(Duration::from_secs(s)));
        assert_eq!([440, 9_990, 10_000].map(|ms| short_clock(Duration::from_millis(ms))), ["0.4 s", "9.9 s", "0:10"]);
        assert_eq!(seconds, ["0:00", "0:07", "3:12", "1:02:03"]);
        assert_eq!(roughly(Duration::from_secs(100 * 3600)), "4 days 4 h");
        assert_eq!([1, 999_999, 1_250_000, 20_000_000_000].map(octets), ["1 octet", "999 KB", "1.2 MB", "20.0 GB"]);
    }
}
