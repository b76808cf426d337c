//! The SIP ladder: a lane for each device and one for the box, an arrow for each message, drawn as SVG.
//!
//! The messages are foreign text: only words cut from their first line and CSeq reach the drawing, and all of it is
//! escaped by the template.

use std::collections::BTreeMap;

use base::LegId;
use exchange::record::{Direction, LadderMessage, LadderRecord, LegRole, LegSummary};

use crate::words::Zone;

/// Width of a lane in the drawing's units.
const LANE: usize = 190;
/// Longest word on an arrow.
const WORD_MAX: usize = 34;

#[derive(Debug, PartialEq)]
pub(super) struct LadderView {
    pub width: usize,
    pub lanes: Vec<Lane>,
    pub rows: Vec<RowView>,
    pub left_out: u32,
}

#[derive(Debug, PartialEq)]
pub(super) struct Lane {
    pub x: usize,
    pub name: String,
    pub note: String,
}

#[derive(Debug, PartialEq)]
pub(super) struct RowView {
    pub at: String,
    /// `request`, `answer`, `waiting` or `refusal`: a class of the style sheet.
    pub kind: &'static str,
    pub word: String,
    /// From and to, for readers who do not see the arrow.
    pub spoken: String,
    pub from: usize,
    pub to: usize,
    /// The arrow's tip, as the points of a triangle.
    pub tip: String,
    pub middle: usize,
    pub text: String,
}

/// What is read from a message for its arrow.
#[derive(Debug, PartialEq)]
struct Heading {
    kind: &'static str,
    word: String,
}

pub(super) fn draw(
    ladder: &LadderRecord,
    legs: &[LegSummary],
    zone: &Zone,
    name: impl Fn(LegId) -> String,
) -> LadderView {
    let order = order(ladder, legs);
    let place: BTreeMap<Option<LegId>, usize> = order.iter().enumerate().map(|(at, lane)| (*lane, at)).collect();
    let x = |lane: usize| lane * LANE + LANE / 2;
    let lanes: Vec<Lane> = order.iter().enumerate().map(|(at, lane)| lane_of(x(at), *lane, ladder, &name)).collect();
    // `order` always holds the box, under `None`.
    let box_x = x(place.get(&None).copied().unwrap_or(0));
    let rows = ladder.messages.iter().map(|message| {
        let other = message.leg.and_then(|leg| place.get(&Some(leg))).map_or(box_x + LANE / 2, |at| x(*at));
        let (from, to) = if message.direction == Direction::In { (other, box_x) } else { (box_x, other) };
        let heading = heading(&message.text);
        let peer = message.leg.map_or_else(|| message.peer.to_string(), &name);
        let way = if message.direction == Direction::In { "to the box from" } else { "from the box to" };
        let back = if to > from { to - 8 } else { to + 8 };
        RowView {
            at: zone.exact(message.at),
            kind: heading.kind,
            spoken: format!("{} {way} {peer}", heading.word),
            word: heading.word,
            from,
            to,
            tip: format!("{to},26 {back},22 {back},30"),
            middle: usize::midpoint(from, to),
            text: message.text.clone(),
        }
    });
    LadderView { width: order.len() * LANE, rows: rows.collect(), lanes, left_out: ladder.left_out }
}

/// The lanes from left to right: callers, the box, those it called.
fn order(ladder: &LadderRecord, legs: &[LegSummary]) -> Vec<Option<LegId>> {
    let role = |leg: LegId| legs.iter().find(|summary| summary.leg == leg).map(|summary| summary.role);
    let mut all: Vec<LegId> = legs.iter().map(|summary| summary.leg).collect();
    for leg in ladder.messages.iter().filter_map(|message| message.leg) {
        if !all.contains(&leg) {
            all.push(leg);
        }
    }
    // A device that no message went to or from has nothing to show.
    all.retain(|leg| ladder.messages.iter().any(|message| message.leg == Some(*leg)));
    let (callers, called): (Vec<LegId>, Vec<LegId>) =
        all.into_iter().partition(|leg| role(*leg) == Some(LegRole::Caller));
    callers.into_iter().map(Some).chain([None]).chain(called.into_iter().map(Some)).collect()
}

fn lane_of(x: usize, lane: Option<LegId>, ladder: &LadderRecord, name: impl Fn(LegId) -> String) -> Lane {
    match lane {
        None => Lane { x, name: "This box".to_owned(), note: String::new() },
        Some(leg) => {
            let first = ladder.messages.iter().find(|message| message.leg == Some(leg));
            let note = first.map(|message| message.peer.to_string()).unwrap_or_default();
            Lane { x, name: cut(&name(leg), 24), note }
        }
    }
}

fn heading(text: &str) -> Heading {
    let first = text.lines().next().unwrap_or_default();
    let body = if text.contains("\nv=0") { " · SDP" } else { "" };
    if let Some(status) = first.strip_prefix("SIP/2.0 ") {
        let kind = match status.bytes().next() {
            // A challenge is the ordinary way to a password, no trouble (RFC 3261 §22.1).
            _ if status.starts_with("401") || status.starts_with("407") => "waiting",
            Some(b'1') => "waiting",
            Some(b'2') => "answer",
            _ => "refusal",
        };
        let method = cseq_method(text).map(|method| format!(" ({method})")).unwrap_or_default();
        return Heading { kind, word: cut(&format!("{status}{method}{body}"), WORD_MAX) };
    }
    let method = first.split(' ').next().unwrap_or_default();
    Heading { kind: "request", word: cut(&format!("{method}{body}"), WORD_MAX) }
}

fn cseq_method(text: &str) -> Option<&str> {
    let headers = text.lines().skip(1).take_while(|line| !line.is_empty());
    let value =
        headers.filter_map(|line| line.split_once(':')).find(|(name, _)| name.trim().eq_ignore_ascii_case("cseq"))?.1;
    value.split_whitespace().nth(1)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// The whole ladder as text, to be copied into a mail or a ticket.
pub(super) fn as_text(messages: &[LadderMessage], zone: &Zone) -> String {
    let mut out = String::new();
    for message in messages {
        let arrow = if message.direction == Direction::In { "<-" } else { "->" };
        out.push_str(&format!(
            "--- {} {arrow} {}\n{}\n",
            zone.exact(message.at),
            message.peer,
            message.text.trim_end()
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_cut_from_whatever_the_message_is() {
        for (text, kind, word) in [
            ("INVITE sip:102@box SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\n", "request", "INVITE · SDP"),
            ("SIP/2.0 180 Ringing\r\ncseq : 1 INVITE\r\n\r\n", "waiting", "180 Ringing (INVITE)"),
            ("SIP/2.0 200 OK\r\nCSeq: 2 BYE\r\n\r\n", "answer", "200 OK (BYE)"),
            ("SIP/2.0 401 Unauthorized\r\n\r\n", "waiting", "401 Unauthorized"),
            ("SIP/2.0 486 Busy Here\r\n\r\n", "refusal", "486 Busy Here"),
            ("", "request", ""),
            ("SIP/2.0 \u{1F600}", "refusal", "\u{1F600}"),
        ] {
            assert_eq!(heading(text), Heading { kind, word: word.to_owned() }, "{text}");
        }
        assert_eq!(heading(&"é".repeat(100)).word.chars().count(), WORD_MAX);
    }
}
