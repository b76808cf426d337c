//! VEVENTs (RFC 5545 §3.6.1): from lines to what the feed is asked with.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::line::{self, Line, Lines};
use super::rule::Rule;
use super::shelf::Shelf;
use super::stamp::{self, Kind, Stamp};
use super::{Feed, FeedError, Length, Limits, Repeating, Skipped};
use crate::clock::{self, DAY_S};
use crate::dates::NAME_MAX;

/// Most zones of a calendar; a TZID beyond is a clock of whoever asks.
const ZONES_MAX: usize = 64;
/// How many skipped events are told one by one.
const SKIPPED_MAX: usize = 20;
/// The longest repetition, in seconds: 62 days. A question looks at so many days for each event.
const REPEATED_LENGTH_MAX_S: i64 = 62 * DAY_S;

pub(crate) fn read(text: &[u8], limits: &Limits) -> Result<Feed, FeedError> {
    if text.len() > limits.octets_max {
        return Err(FeedError::TooLarge { octets: text.len(), max: limits.octets_max });
    }
    let mut reader = Reader::new(limits);
    let mut lines = Lines::new(text);
    let mut begun = false;
    let mut ended = false;
    while let Some((number, text)) = lines.next() {
        let text = text.trim_end();
        if text.is_empty() {
            continue;
        }
        if !begun {
            begun = text.eq_ignore_ascii_case("BEGIN:VCALENDAR");
            if !begun {
                return Err(FeedError::NotCalendar);
            }
            continue;
        }
        // Several calendars in a row are one feed.
        ended = text.eq_ignore_ascii_case("END:VCALENDAR");
        if let Some(line) = Line::parse(text) {
            reader.line(number, &line)?;
        }
    }
    match (begun, ended) {
        (false, _) => Err(FeedError::NotCalendar),
        (true, false) => Err(FeedError::Unfinished),
        (true, true) => reader.finish(),
    }
}

/// An event as it was written.
#[derive(Default)]
struct Draft {
    line: usize,
    uid: String,
    summary: String,
    start: Option<Stamp>,
    end: Option<Stamp>,
    duration_s: Option<i64>,
    rule: Option<String>,
    except: Vec<Stamp>,
    added: Vec<Stamp>,
    replaces: Option<Stamp>,
    cancelled: bool,
    wrong: Option<&'static str>,
}

struct Reader<'a> {
    limits: &'a Limits,
    feed: Feed,
    zone_ids: BTreeMap<String, Option<usize>>,
    /// TZID to the IANA name that its VTIMEZONE gives (X-LIC-LOCATION).
    locations: BTreeMap<String, String>,
    zone_open: Option<String>,
    drafts: Vec<Draft>,
    open: Option<Draft>,
    /// Components inside the open event, such as alarms.
    inner: usize,
    dates: usize,
}

impl<'a> Reader<'a> {
    fn new(limits: &'a Limits) -> Reader<'a> {
        let feed = Feed { zones: vec![TimeZone::UTC], ..Feed::default() };
        Reader {
            limits,
            feed,
            zone_ids: BTreeMap::new(),
            locations: BTreeMap::new(),
            zone_open: None,
            drafts: Vec::new(),
            open: None,
            inner: 0,
            dates: 0,
        }
    }

    fn line(&mut self, number: usize, line: &Line<'_>) -> Result<(), FeedError> {
        let value = line.value.trim();
        match (line.name.as_str(), self.open.is_some()) {
            ("BEGIN", true) => self.inner += 1,
            ("END", true) if self.inner > 0 => self.inner -= 1,
            ("END", true) => self.drafts.extend(self.open.take()),
            ("BEGIN", false) if value.eq_ignore_ascii_case("VEVENT") => {
                if self.drafts.len() >= self.limits.events_max {
                    return Err(FeedError::TooMany { what: "events", max: self.limits.events_max });
                }
                self.open = Some(Draft { line: number, ..Draft::default() });
            }
            ("BEGIN", false) if value.eq_ignore_ascii_case("VTIMEZONE") => self.zone_open = Some(String::new()),
            ("END", false) if value.eq_ignore_ascii_case("VTIMEZONE") => self.zone_open = None,
            ("TZID", false) if self.zone_open.is_some() => self.zone_open = Some(value.to_owned()),
            ("X-LIC-LOCATION", false) if self.locations.len() < ZONES_MAX => {
                self.locations.extend(self.zone_open.clone().map(|id| (id, value.to_owned())));
            }
            ("X-WR-CALNAME", false) => self.feed.name = Some(line::text(value, NAME_MAX)),
            (_, true) if self.inner == 0 => return self.property(line, value),
            _ => {}
        }
        Ok(())
    }

    /// A property of the open event.
    fn property(&mut self, line: &Line<'_>, value: &str) -> Result<(), FeedError> {
        let Some(mut draft) = self.open.take() else { return Ok(()) };
        match line.name.as_str() {
            "UID" => draft.uid = value.to_owned(),
            "SUMMARY" => draft.summary = line::text(value, NAME_MAX),
            "STATUS" => draft.cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            "DTSTART" => draft.start = self.stamp(line, value, &mut draft.wrong),
            "DTEND" => draft.end = self.stamp(line, value, &mut draft.wrong),
            "RECURRENCE-ID" => draft.replaces = self.stamp(line, value, &mut draft.wrong),
            "DURATION" => match stamp::duration_s(value) {
                Some(seconds) => draft.duration_s = Some(seconds),
                None => draft.wrong = Some("a DURATION that is not understood"),
            },
            "RRULE" if draft.rule.is_some() => draft.wrong = Some("two repetitions in one event"),
            "RRULE" => draft.rule = Some(value.to_owned()),
            "EXDATE" | "RDATE" => {
                for date in value.split(',') {
                    self.dates += 1;
                    if self.dates > self.limits.dates_max {
                        return Err(FeedError::TooMany { what: "exceptions", max: self.limits.dates_max });
                    }
                    // An RDATE may be a period; its beginning is what counts, its length is the event's.
                    let date = date.split_once('/').map_or(date, |(begin, _)| begin);
                    let stamp = self.stamp(line, date, &mut draft.wrong);
                    if line.name == "EXDATE" { draft.except.extend(stamp) } else { draft.added.extend(stamp) }
                }
            }
            _ => {}
        }
        self.open = Some(draft);
        Ok(())
    }

    fn stamp(&mut self, line: &Line<'_>, value: &str, wrong: &mut Option<&'static str>) -> Option<Stamp> {
        let zone = line.param("TZID").and_then(|id| self.zone(id));
        let stamp = Stamp::parse(value, zone, UTC);
        if stamp.is_none() {
            *wrong = Some("a date that is not understood");
        }
        stamp
    }

    /// The feed's zone of a TZID; one that nobody knows is the clock of whoever asks.
    fn zone(&mut self, id: &str) -> Option<usize> {
        if let Some(known) = self.zone_ids.get(id) {
            return *known;
        }
        if self.zone_ids.len() >= ZONES_MAX {
            return None;
        }
        let location = self.locations.get(id).and_then(|iana| clock::zone(iana));
        let found = location.or_else(|| stamp::zone_of(id)).map(|zone| {
            self.feed.zones.push(zone);
            self.feed.zones.len() - 1
        });
        self.zone_ids.insert(id.to_owned(), found);
        found
    }

    fn finish(mut self) -> Result<Feed, FeedError> {
        let mut budget = Budget { count: self.limits.count_days_max, question: self.limits.question_days_max };
        let mut replaced: BTreeMap<&str, Vec<Stamp>> = BTreeMap::new();
        for draft in self.drafts.iter().filter(|draft| !draft.uid.is_empty()) {
            // A replaced repetition is an exception, and an event of its own unless it is cancelled.
            if let Some(stamp) = draft.replaces {
                replaced.entry(&draft.uid).or_default().push(stamp);
            }
        }
        let mut singles = Singles::default();
        for draft in self.drafts.iter().filter(|draft| !draft.cancelled) {
            let instead = replaced.get(draft.uid.as_str()).filter(|_| draft.replaces.is_none());
            let event = u32::try_from(self.feed.summaries.len()).unwrap_or(u32::MAX);
            match place(draft, instead.map_or(&[], Vec::as_slice), event, &self.feed.zones, &mut budget, &mut singles) {
                Ok(repeating) => {
                    self.feed.summaries.push(draft.summary.clone());
                    self.feed.repeating.extend(repeating);
                }
                Err(why) => {
                    self.feed.skipped_count += 1;
                    if self.feed.skipped.len() < SKIPPED_MAX {
                        self.feed.skipped.push(Skipped { line: draft.line, why });
                    }
                }
            }
            if self.feed.repeating.len() > self.limits.repeating_max {
                return Err(FeedError::TooMany { what: "repeating events", max: self.limits.repeating_max });
            }
        }
        // Where several cover a moment, the one that began last is asked first; ties stay as written.
        self.feed.repeating.sort_by_key(|repeating| match repeating.length {
            Length::Timed { from_s, .. } => core::cmp::Reverse(from_s),
            Length::Days(_) => core::cmp::Reverse(-1),
        });
        self.feed.timed = Shelf::new(&singles.timed);
        self.feed.floating = Shelf::new(&singles.floating);
        self.feed.days = Shelf::new(&singles.days);
        Ok(self.feed)
    }
}

/// What is left of the limits, in days looked at.
struct Budget {
    /// To find the ends of counted repetitions.
    count: usize,
    /// For one question.
    question: usize,
}

/// Single events, by which clock they follow: begin, end, event.
#[derive(Default)]
struct Singles {
    timed: Vec<(i64, i64, u32)>,
    floating: Vec<(i64, i64, u32)>,
    days: Vec<(i64, i64, u32)>,
}

impl Singles {
    /// An event of `length_s` by its own clock.
    fn add(&mut self, start: Stamp, length_s: i64, event: u32, zones: &[TimeZone]) {
        let begin = start.shown_s();
        let end = begin.saturating_add(length_s);
        match start.kind {
            Kind::Date => self.days.push((begin / DAY_S, end / DAY_S, event)),
            Kind::Floating(_) => self.floating.push((begin, end, event)),
            Kind::Zoned(_, zone) => {
                let zone = zones.get(zone).unwrap_or(&zones[UTC]);
                let ms = |seconds| clock::moment(seconds, zone).unix_ms();
                self.timed.push((ms(begin), ms(end), event));
            }
        }
    }
}

/// Puts an event among the singles, or gives back its repetition.
fn place(
    draft: &Draft,
    replaced: &[Stamp],
    event: u32,
    zones: &[TimeZone],
    budget: &mut Budget,
    singles: &mut Singles,
) -> Result<Option<Repeating>, &'static str> {
    if let Some(wrong) = draft.wrong {
        return Err(wrong);
    }
    let start = draft.start.ok_or("an event without DTSTART")?;
    let length_s = length_s(draft, start, zones)?;
    let mut except: Vec<i32> =
        draft.except.iter().chain(replaced).map(|at| at.shown_in(start.kind, zones).day.number).collect();
    except.sort_unstable();
    except.dedup();
    let add_more = |singles: &mut Singles| {
        for added in draft.added.iter().filter(|added| **added != start) {
            singles.add(*added, length_s, event, zones);
        }
    };
    let Some(text) = &draft.rule else {
        add_more(singles);
        if except.binary_search(&start.day.number).is_err() {
            singles.add(start, length_s, event, zones);
        }
        return Ok(None);
    };
    if length_s > REPEATED_LENGTH_MAX_S {
        return Err("a repetition longer than 62 days");
    }
    let until = |value: &str| {
        let until = Stamp::parse(value, None, UTC)?;
        let shown = until.shown_in(start.kind, zones);
        // A repetition later on the last day than UNTIL says is not one.
        let too_late = until.kind != Kind::Date && i64::from(shown.second) < start.shown_s().rem_euclid(DAY_S);
        Some(shown.day.number - i32::from(too_late))
    };
    let mut rule = Rule::parse(text, start.day, until)?;
    rule.settle(&mut budget.count)?;
    // A question looks back over the days on which a repetition that still lasts can have begun.
    let days = usize::try_from(length_s / DAY_S).unwrap_or(0) + 2;
    let left = budget.question.checked_sub(days * rule.cost());
    budget.question = left.ok_or("a repetition that would make every question slow")?;
    add_more(singles);
    let length = match start.kind {
        Kind::Date => Length::Days((length_s / DAY_S) as i32),
        Kind::Floating(from_s) => Length::Timed { zone: None, from_s, seconds: length_s },
        Kind::Zoned(from_s, zone) => Length::Timed { zone: Some(zone), from_s, seconds: length_s },
    };
    Ok(Some(Repeating { event, rule, except, length }))
}

/// How long an event lasts by its own clock (RFC 5545 §3.6.1: a date alone is a day, a time alone is no time).
fn length_s(draft: &Draft, start: Stamp, zones: &[TimeZone]) -> Result<i64, &'static str> {
    let all_day = start.kind == Kind::Date;
    let length_s = match (draft.end, draft.duration_s) {
        (Some(end), _) if (end.kind == Kind::Date) != all_day => {
            return Err("an end of another kind than the beginning");
        }
        (Some(end), _) => end.shown_in(start.kind, zones).seconds() - start.shown_s(),
        (None, Some(seconds)) => seconds,
        (None, None) if all_day => DAY_S,
        (None, None) => 0,
    };
    match length_s {
        ..0 => Err("an end before the beginning"),
        // Some programs write a day as ending on itself.
        0 if all_day => Ok(DAY_S),
        _ if all_day => Ok(length_s - length_s % DAY_S).map(|whole| whole.max(DAY_S)),
        _ => Ok(length_s),
    }
}

/// The place of UTC among the feed's zones.
const UTC: usize = 0;
