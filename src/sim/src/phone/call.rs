//! What a phone knows of one of its calls.

use bytes::Bytes;
use sdp::Direction;
use sip::dialog::Dialog;
use sip::message::Request;
use sip::transaction::{ClientId, ServerId};

use super::audio::Audio;

/// A call of one phone, numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

#[derive(Debug)]
pub(crate) struct Call {
    /// What was dialled; none where the call came in.
    pub(crate) dialled: Option<String>,
    pub(crate) audio: Audio,
    pub(crate) state: State,
}

#[derive(Debug)]
pub(crate) enum State {
    /// The phone calls.
    Calling(Calling),
    /// It rings here.
    Ringing(Ringing),
    /// People talk.
    Up(Box<Up>),
    /// BYE is sent; one of the box may cross it.
    Leaving(Box<Dialog>),
}

#[derive(Debug)]
pub(crate) struct Calling {
    pub(crate) client: ClientId,
    pub(crate) request: Request,
    pub(crate) early: Option<Dialog>,
    pub(crate) last_rseq: u32,
    pub(crate) given_up: bool,
    pub(crate) rings: bool,
    pub(crate) challenges: u8,
    /// A description came before the answer: the 200's must be the same (RFC 6337 §3.1.1).
    pub(crate) preview: bool,
}

#[derive(Debug)]
pub(crate) struct Ringing {
    pub(crate) server: ServerId,
    pub(crate) request: Request,
    pub(crate) dialog: Dialog,
    pub(crate) tag: String,
    /// The RSeq of a 180 that waits for its PRACK.
    pub(crate) reliable: Option<u32>,
    /// The answer that a 183 already said.
    pub(crate) early: Option<Bytes>,
}

#[derive(Debug)]
pub(crate) struct Up {
    pub(crate) dialog: Dialog,
    /// The phone's 2xx without its ACK.
    pub(crate) unconfirmed: Option<Unconfirmed>,
    /// The phone's 2xx made an offer: the ACK brings the answer.
    pub(crate) answer_due: bool,
    pub(crate) modify: Modify,
    /// Hang up as soon as that is allowed (RFC 3261 §15).
    pub(crate) bye_wanted: bool,
    /// A REFER is under way.
    pub(crate) referred: bool,
}

/// A 2xx to an INVITE that waits for its ACK.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unconfirmed {
    pub(crate) server: ServerId,
    /// The INVITE's, and the ACK's.
    pub(crate) cseq: u32,
}

/// A change of the session that the phone asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modify {
    Quiet,
    Asking { wanted: Direction, before: Direction, with_offer: bool },
    Backoff { wanted: Direction, with_offer: bool },
}

/// A call as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallView {
    /// Which.
    pub id: CallId,
    /// What it does.
    pub stage: Stage,
    /// Which way audio flows, as the phone sees it.
    pub direction: Option<Direction>,
    /// The phone's RTP port.
    pub port: u16,
    /// The box's RTP port, once agreed.
    pub box_port: Option<u16>,
    /// The phone's key and the box's, where audio is encrypted.
    pub keys: Option<([u8; 30], [u8; 30])>,
}

/// What a call does, as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The phone calls, nobody rings yet.
    Calling,
    /// The phone calls and hears that it rings.
    Alerting,
    /// It rings here.
    Ringing,
    /// People talk.
    Up,
    /// People talk and a change is under way.
    Changing,
    /// It is being hung up.
    Leaving,
}

impl Call {
    pub(crate) fn view(&self, id: CallId) -> CallView {
        let stage = match &self.state {
            State::Calling(calling) if calling.rings => Stage::Alerting,
            State::Calling(_) => Stage::Calling,
            State::Ringing(_) => Stage::Ringing,
            State::Up(up) if up.unconfirmed.is_none() && up.modify == Modify::Quiet && !up.bye_wanted => Stage::Up,
            State::Up(_) => Stage::Changing,
            State::Leaving(_) => Stage::Leaving,
        };
        CallView {
            id,
            stage,
            direction: self.audio.agreed(),
            port: self.audio.port(),
            box_port: self.audio.box_port(),
            keys: self.audio.keys(),
        }
    }

    pub(crate) fn dialog(&self) -> Option<&Dialog> {
        match &self.state {
            State::Calling(calling) => calling.early.as_ref(),
            State::Ringing(ringing) => Some(&ringing.dialog),
            State::Up(up) => Some(&up.dialog),
            State::Leaving(dialog) => Some(dialog),
        }
    }

    pub(crate) fn up(&mut self) -> Option<&mut Up> {
        match &mut self.state {
            State::Up(up) => Some(up),
            State::Calling(_) | State::Ringing(_) | State::Leaving(_) => None,
        }
    }
}

impl Up {
    pub(crate) fn new(dialog: Dialog) -> Self {
        Up { dialog, unconfirmed: None, answer_due: false, modify: Modify::Quiet, bye_wanted: false, referred: false }
    }
}
