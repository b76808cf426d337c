//! `application/simple-message-summary` (RFC 3842 §5): how many messages wait.

use super::{Body, BodyError, Package};

/// What waits in a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageSummary {
    /// The URI to call to hear them; empty: not told.
    pub account: String,
    /// Voice messages.
    pub voice: Messages,
}

/// How many messages there are of one kind; urgent ones are counted twice, in both figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Messages {
    /// Not heard yet.
    pub new: u32,
    /// Heard and kept.
    pub old: u32,
    /// Urgent ones among the new.
    pub urgent_new: u32,
    /// Urgent ones among the old.
    pub urgent_old: u32,
}

/// A body that is read, octets.
const SUMMARY_MAX: usize = 8_192;

impl MessageSummary {
    /// The body.
    pub fn body(&self) -> Body {
        let v = self.voice;
        let mut text = format!("Messages-Waiting: {}\r\n", if v.new > 0 { "yes" } else { "no" });
        if !self.account.is_empty() {
            let account: String = self.account.chars().filter(|c| !c.is_control()).collect();
            text.push_str(&format!("Message-Account: {account}\r\n"));
        }
        text.push_str(&format!("Voice-Message: {}/{} ({}/{})\r\n", v.new, v.old, v.urgent_new, v.urgent_old));
        Body::new(Package::MessageSummary.content_type(), text)
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`BodyError`].
    pub fn parse(body: &[u8]) -> Result<MessageSummary, BodyError> {
        const BAD: BodyError = BodyError("message summary");
        let text = std::str::from_utf8(body).ok().filter(|t| t.len() <= SUMMARY_MAX).ok_or(BAD)?;
        let mut summary = MessageSummary::default();
        let mut waiting = None;
        for line in text.lines().map(str::trim).take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or(BAD)?;
            let value = value.trim();
            if name.eq_ignore_ascii_case("messages-waiting") {
                waiting = Some(value.eq_ignore_ascii_case("yes"));
            } else if name.eq_ignore_ascii_case("message-account") {
                summary.account = value.to_owned();
            } else if name.eq_ignore_ascii_case("voice-message") {
                summary.voice = Messages::parse(value).ok_or(BAD)?;
            }
        }
        match waiting {
            Some(true) if summary.voice == Messages::default() => summary.voice.new = 1,
            Some(_) => {}
            None => return Err(BAD),
        }
        Ok(summary)
    }
}

impl Messages {
    /// `2/8 (0/2)`; the part in brackets may be left out.
    fn parse(text: &str) -> Option<Messages> {
        let (all, urgent) = match text.split_once('(') {
            Some((all, rest)) => (all.trim(), rest.trim().strip_suffix(')')?),
            None => (text, "0/0"),
        };
        let pair = |text: &str| {
            let (new, old) = text.split_once('/')?;
            Some((new.trim().parse().ok()?, old.trim().parse().ok()?))
        };
        let ((new, old), (urgent_new, urgent_old)) = (pair(all)?, pair(urgent)?);
        Some(Messages { new, old, urgent_new, urgent_old })
    }
}
