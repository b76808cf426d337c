//! The phone's side of offer and answer, kept plain on purpose: it is the judge of the box's.

use std::net::{IpAddr, Ipv4Addr};

use sdp::{Crypto, Direction, Format, LocalMedia, Session};

use super::{Habits, Keys};

/// One call's audio at the phone.
#[derive(Clone, Debug)]
pub(crate) struct Audio {
    ours: LocalMedia,
    /// What the person wants: `SendOnly` holds the other side.
    wanted: Direction,
    /// The direction last agreed on, as the phone sees it.
    agreed: Option<Direction>,
    habits: Habits,
    /// The phone's key, where it encrypts: it offers nothing else, and takes a call in the clear as it comes. What was
    /// agreed first in a call stays.
    key: Option<[u8; 30]>,
    sent: Option<Session>,
    received: Option<Session>,
    /// The versions must not run back (RFC 3264 §8).
    last_version: Option<(u64, u64)>,
}

impl Audio {
    pub(crate) fn new(address: IpAddr, port: u16, session_id: u64, habits: Habits, key: Option<[u8; 30]>) -> Self {
        let ours = LocalMedia { address, port, session_id, version: 0, username: "-".to_owned() };
        Audio {
            ours,
            wanted: Direction::SendRecv,
            agreed: None,
            habits,
            key,
            sent: None,
            received: None,
            last_version: None,
        }
    }

    pub(crate) fn wanted(&self) -> Direction {
        self.wanted
    }

    pub(crate) fn set_wanted(&mut self, wanted: Direction) {
        self.wanted = wanted;
    }

    /// Which way audio flows by what was agreed last.
    pub(crate) fn agreed(&self) -> Option<Direction> {
        self.agreed
    }

    /// The port of the box that the phone's audio goes to, if it sends any.
    pub(crate) fn sends_to(&self) -> Option<u16> {
        self.agreed.filter(|direction| direction.sends())?;
        self.box_port()
    }

    /// The phone's own RTP port.
    pub(crate) fn port(&self) -> u16 {
        self.ours.port
    }

    /// The box's port by what was agreed last.
    pub(crate) fn box_port(&self) -> Option<u16> {
        self.agreed?;
        Some(self.received.as_ref()?.audio()?.1.port)
    }

    /// A new offer, of all codecs.
    pub(crate) fn offer(&mut self) -> Session {
        let mut session = sdp::offer(&self.ours, self.habits.codecs);
        self.leave_out_events(&mut session);
        if self.key.is_some() {
            session.media[0].protocol = SECURED.to_owned();
        }
        self.lock(&mut session, 1);
        self.direct(&mut session, self.wanted);
        if let Some(previous) = &self.sent {
            session = sdp::keep_layout(session, previous, &[]);
        }
        self.ours.version = session.origin.version;
        self.sent = Some(session.clone());
        session
    }

    /// The answer to an offer of the box; none if there is nothing in common.
    pub(crate) fn answer(&mut self, offer: Session) -> Result<Session, String> {
        self.note_version(&offer)?;
        if self.agreed.is_none() && offer.audio().is_some_and(|(_, audio)| audio.protocol == CLEAR) {
            self.key = None;
        }
        self.ours.version += 1;
        let mut session = sdp::answer(&offer, &self.ours, self.habits.codecs)
            .map_err(|error| format!("offer of no use: {error}: {} for {:?}", numbers(&offer), self.habits.codecs))?;
        self.leave_out_events(&mut session);
        let tag = offered_tag(&offer, self.key.as_ref())?;
        self.lock(&mut session, tag);
        let offered = offer.audio().map(|(_, audio)| audio.direction).unwrap_or_default();
        let direction = self.wanted.and(offered.mirrored());
        self.direct(&mut session, direction);
        self.sent = Some(session.clone());
        self.received = Some(offer);
        self.agreed = Some(direction);
        Ok(session)
    }

    /// The box's answer to the last offer; what is wrong with it.
    pub(crate) fn answered(&mut self, answer: Session) -> Result<(), String> {
        self.note_version(&answer)?;
        let Some(offer) = &self.sent else { return Err("an answer without an offer".to_owned()) };
        sdp::check_answer(offer, &answer).map_err(|mismatch| {
            format!("answer does not fit: {mismatch}: asked for {}, got {}", numbers(offer), numbers(&answer))
        })?;
        let Some((_, audio)) = answer.audio() else { return Err("the box refused the audio".to_owned()) };
        let asked = offer.audio().map(|(_, audio)| audio.formats.clone()).unwrap_or_default();
        if let Some(strange) = audio.formats.iter().find(|format| !asked.iter().any(|a| a.payload == format.payload)) {
            return Err(format!("the answer names {strange:?}, which was not offered"));
        }
        if offered_tag(&answer, self.key.as_ref())? != 1 {
            return Err("the answer takes up a key that was not offered".to_owned());
        }
        self.agreed = Some(audio.direction.mirrored().and(self.wanted));
        self.received = Some(answer);
        Ok(())
    }

    /// The phone's key and the box's, as far as both are known.
    pub(crate) fn keys(&self) -> Option<([u8; 30], [u8; 30])> {
        let (_, audio) = self.received.as_ref()?.audio()?;
        Some((self.key?, audio.crypto.first()?.usable()?.1.0))
    }

    /// A phone that tells keys otherwise does not speak of events.
    fn leave_out_events(&self, session: &mut Session) {
        if self.habits.keys != Keys::Event {
            for media in &mut session.media {
                media.formats.retain(|format| !format.encoding.eq_ignore_ascii_case(Format::TELEPHONE_EVENT));
            }
        }
    }

    /// Puts the phone's key, or none, into what it says.
    fn lock(&self, session: &mut Session, tag: u32) {
        for media in session.media.iter_mut().filter(|media| media.port != 0) {
            media.crypto = self.key.map(|key| key_line(tag, &key)).unwrap_or_default();
        }
    }

    /// RFC 3264 §8: the origin stays, and a changed description has a higher version.
    fn note_version(&mut self, session: &Session) -> Result<(), String> {
        let origin = &session.origin;
        if let Some((id, version)) = self.last_version {
            if id != origin.session_id {
                return Err(format!("the o= line changed its session from {id} to {}", origin.session_id));
            }
            if origin.version < version {
                return Err(format!("the o= line went back from version {version} to {}", origin.version));
            }
            let changed = self.received.as_ref().is_some_and(|before| !before.same_content(session));
            if changed && origin.version == version {
                return Err("the description changed under the same version".to_owned());
            }
        }
        self.last_version = Some((origin.session_id, origin.version));
        Ok(())
    }

    fn direct(&self, session: &mut Session, direction: Direction) {
        for media in session.media.iter_mut().filter(|media| media.port != 0) {
            media.direction = direction;
        }
        if self.habits.old_hold && direction.is_hold() {
            session.connection = Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        }
    }
}

const CLEAR: &str = "RTP/AVP";
const SECURED: &str = "RTP/SAVP";

/// The payload numbers of the audio and what they mean: `9 G722, 101 telephone-event`.
fn numbers(session: &Session) -> String {
    let formats = session.audio().map(|(_, audio)| audio.formats.as_slice()).unwrap_or_default();
    formats.iter().map(|format| format!("{} {}", format.payload, format.encoding)).collect::<Vec<_>>().join(", ")
}

/// `a=crypto` as the phone writes it, read as the box reads it (RFC 4568 §9.1).
fn key_line(tag: u32, key: &[u8; 30]) -> Vec<Crypto> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut inline = String::new();
    for three in key.chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, octet| bits << 8 | usize::from(*octet));
        inline.extend([18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63])));
    }
    let text = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 {SECURED} 0\r\n\
         a=crypto:{tag} AES_CM_128_HMAC_SHA1_80 inline:{inline}\r\n"
    );
    let session = Session::parse(text.as_bytes()).expect("a small description of our own");
    session.media.into_iter().flat_map(|media| media.crypto).collect()
}

/// The tag of the box's key where the phone encrypts, 1 where it does not. What the box says must be as the phone
/// needs it (RFC 4568 §5.1.2): one usable key that is not the phone's own, or none and no talk of encryption.
fn offered_tag(session: &Session, ours: Option<&[u8; 30]>) -> Result<u32, String> {
    let Some((_, audio)) = session.audio() else { return Err("no audio".to_owned()) };
    let keys: Vec<(u32, [u8; 30])> =
        audio.crypto.iter().filter_map(|line| Some((line.tag, line.usable()?.1.0))).collect();
    match (ours, audio.protocol.as_str(), keys.as_slice()) {
        (None, CLEAR, []) => Ok(1),
        (Some(ours), SECURED, [(tag, theirs)]) if theirs != ours => Ok(*tag),
        (_, protocol, keys) => Err(format!("{protocol} with {} keys does not suit this phone", keys.len())),
    }
}
