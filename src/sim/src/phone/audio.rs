//! The phone's side of offer and answer, kept plain on purpose: it is the judge of the box's.

use std::net::{IpAddr, Ipv4Addr};

use sdp::{Direction, LocalMedia, Session};

/// Codecs that a phone has, best first.
const CODECS: [&str; 3] = ["G722", "PCMA", "PCMU"];

/// One call's audio at the phone.
#[derive(Clone, Debug)]
pub(crate) struct Audio {
    ours: LocalMedia,
    /// What the person wants: `SendOnly` holds the other side.
    wanted: Direction,
    /// The direction last agreed on, as the phone sees it.
    agreed: Option<Direction>,
    old_hold: bool,
    sent: Option<Session>,
    received: Option<Session>,
    /// The versions must not run back (RFC 3264 §8).
    last_version: Option<(u64, u64)>,
}

impl Audio {
    pub(crate) fn new(address: IpAddr, port: u16, session_id: u64, old_hold: bool) -> Self {
        let ours = LocalMedia { address, port, session_id, version: 0, username: "-".to_owned() };
        Audio {
            ours,
            wanted: Direction::SendRecv,
            agreed: None,
            old_hold,
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
        let mut session = sdp::offer(&self.ours, &CODECS);
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
        self.ours.version += 1;
        let mut session =
            sdp::answer(&offer, &self.ours, &CODECS).map_err(|error| format!("offer of no use: {error}"))?;
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
        sdp::check_answer(offer, &answer).map_err(|mismatch| format!("answer does not fit: {mismatch}"))?;
        let Some((_, audio)) = answer.audio() else { return Err("the box refused the audio".to_owned()) };
        self.agreed = Some(audio.direction.mirrored().and(self.wanted));
        self.received = Some(answer);
        Ok(())
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
        if self.old_hold && direction.is_hold() {
            session.connection = Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        }
    }
}
