//! The index's values.

use std::collections::BTreeMap;

use base::{CallRef, WallTime};
use exchange::record::{CallRecord, Disposition, Party};
use serde::{Deserialize, Serialize};

use crate::journal::{Cursor, Pos};
use crate::live::OpenCallState;

/// An ended call: where its records are, and what it is searched by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CallRow {
    pub(crate) record: (u64, Pos),
    pub(crate) ladder: Option<(u64, Pos)>,
    pub(crate) events: Vec<(u64, Pos)>,
    pub(crate) started_at: WallTime,
    pub(crate) disposition: Disposition,
    pub(crate) from: Party,
    pub(crate) to: Party,
    pub(crate) dialled: String,
    /// Numbers of other people whose devices were called.
    pub(crate) others: Vec<String>,
}

/// Names and numbers from the network are cut to this many octets for searching; the record has them whole.
const TEXT_MAX: usize = 96;
/// At most this many other people are remembered for searching.
const OTHERS_MAX: usize = 32;

impl CallRow {
    pub(crate) fn new(record: (u64, Pos), call: &CallRecord, open: OpenCallState) -> Self {
        let mut row = CallRow {
            record,
            ladder: open.ladder,
            events: open.events,
            started_at: call.started_at,
            disposition: call.disposition,
            from: cut_party(&call.from),
            to: cut_party(&call.to),
            dialled: cut(&call.dialled),
            others: Vec::new(),
        };
        for leg in &call.legs {
            let number = cut(&leg.party.number);
            if row.others.len() < OTHERS_MAX && !row.numbers().any(|known| known == number) {
                row.others.push(number);
            }
        }
        row
    }

    /// All numbers under which the call is found; some may come twice.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = &str> {
        let main = [self.from.number.as_str(), self.to.number.as_str(), self.dialled.as_str()];
        main.into_iter().chain(self.others.iter().map(String::as_str)).filter(|number| !number.is_empty())
    }
}

/// The beginning of a recording: where its record is, and what it is searched by. The rows of its other
/// steps hold their place alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BeganRow {
    pub(crate) place: (u64, Pos),
    pub(crate) call: CallRef,
    pub(crate) at: WallTime,
    pub(crate) left: Party,
    pub(crate) right: Option<Party>,
}

impl BeganRow {
    pub(crate) fn new(place: (u64, Pos), call: CallRef, at: WallTime, left: &Party, right: Option<&Party>) -> Self {
        BeganRow { place, call, at, left: cut_party(left), right: right.map(cut_party) }
    }
}

fn cut_party(party: &Party) -> Party {
    Party { number: cut(&party.number), name: cut(&party.name) }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_MAX)].to_owned()
}

/// A version of the configuration without its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConfigRow {
    pub(crate) lsn: u64,
    pub(crate) pos: Pos,
    pub(crate) at: WallTime,
    pub(crate) author: String,
    pub(crate) reason: String,
    /// Whether the record has the whole text.
    pub(crate) whole: bool,
}

/// Up to where the journal is folded in, and what the fold has in hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Resume {
    pub(super) cursor: Cursor,
    pub(super) open: BTreeMap<CallRef, OpenCallState>,
}
