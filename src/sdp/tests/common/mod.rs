//! Two legs of a call, each with its own negotiation.

#![allow(dead_code, reason = "each test binary uses its part")]

use sdp::{Agreed, LocalMedia, Negotiation, NegotiationError, Session};

pub const ALLOWED: [&str; 5] = ["opus", "G722", "PCMA", "PCMU", "G729"];

/// A leg whose stream is at `port` of the box.
pub fn leg(port: u16) -> Negotiation {
    Negotiation::new(LocalMedia {
        address: [198, 51, 100, 5].into(),
        port,
        session_id: u64::from(port),
        version: 1,
        username: "-".to_owned(),
    })
}

/// What a phone at 192.0.2.1 says.
pub fn said(lines: &str) -> Session {
    let text = format!("v=0\no=phone 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n{lines}");
    Session::parse(text.as_bytes()).expect("readable")
}

/// A text without its `o=`, `\n` at the ends of lines.
pub fn text(session: &Session) -> String {
    let text = String::from_utf8(session.to_bytes()).expect("text").replace("\r\n", "\n");
    text.split_once("t=0 0\n").expect("t=").1.to_owned()
}

/// A phone that knows these formats and answers with those of them that it is offered, in the order of
/// the offer, under the offer's numbers; `None` if it would refuse.
pub fn phone_answers(offer: &Session, knows: &str) -> Option<Session> {
    let known = said(&format!("m=audio 5000 RTP/AVP {knows}"));
    let (_, offered) = offer.audio()?;
    let (_, known) = known.audio()?;
    let mut answer = said(&format!("m=audio 5000 {} 0", offered.protocol));
    let media = answer.media.first_mut()?;
    media.formats = offered.formats.iter().filter(|f| known.formats.iter().any(|k| k.same_codec(f))).cloned().collect();
    media.voice()?;
    Some(answer)
}

/// How a call went: what was offered to B, what A was answered, and what each leg agreed on.
pub struct Talk {
    pub to_b: Session,
    pub to_a: Session,
    pub at_a: Agreed,
    pub at_b: Agreed,
}

/// A, which knows `knows_a`, calls B through the box. `Err` names who refuses: 488 to A, or B itself.
pub fn call(knows_a: &str, knows_b: &str) -> Result<Talk, &'static str> {
    let (mut a, mut b) = (leg(20000), leg(20002));
    let offer = said(&format!("m=audio 4000 RTP/AVP {knows_a}"));
    a.offer_received(offer.clone()).expect("in the clear");
    let to_b = match b.offer_from(&offer, &ALLOWED) {
        Ok(to_b) => to_b,
        Err(NegotiationError::NoCommonCodec) => return Err("the box"),
        Err(other) => panic!("{other}"),
    };
    let answer = phone_answers(&to_b, knows_b).ok_or("B")?;
    b.answer_received(answer.clone()).expect("fits");
    let to_a = a.answer_from(&answer, &to_b).map_err(|_| "the box, too late")?;
    assert_eq!(sdp::check_answer(&offer, &to_a), Ok(()));
    let (at_a, at_b) = (a.agreed().expect("A has audio"), b.agreed().expect("B has audio"));
    Ok(Talk { to_b, to_a, at_a, at_b })
}
