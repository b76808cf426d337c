//! From a [`Message`] to the octets of RFC 5322, with nothing in the headers that was not put there on purpose.

use std::time::{Duration, SystemTime};

use base::Random;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Part, Mailbox, MultiPart, SinglePart};

use super::address::tidy;
use super::{MESSAGE_MAX, MailAddress, MailError, Message};

/// Longest subject kept, in characters.
const SUBJECT_MAX: usize = 250;
/// Longest file name kept, in characters.
const FILE_NAME_MAX: usize = 120;
/// Files with one message.
const ATTACHMENTS_MAX: usize = 20;

/// The message as it is sent, headers, boundaries and all, and from whom to whom it goes, written by `from`.
pub(super) fn compose(from: &MailAddress, message: &Message) -> Result<(Envelope, Vec<u8>), MailError> {
    let built = build(from, message)?;
    let octets = built.formatted();
    match octets.len() > MESSAGE_MAX {
        true => Err(too_large()),
        false => Ok((built.envelope().clone(), octets)),
    }
}

fn build(from: &MailAddress, message: &Message) -> Result<lettre::Message, MailError> {
    if message.size() > MESSAGE_MAX {
        return Err(too_large());
    }
    if message.attachments.len() > ATTACHMENTS_MAX {
        return Err(MailError::message(false, format_args!("a message takes at most {ATTACHMENTS_MAX} files")));
    }
    let builder = lettre::Message::builder()
        .from(mailbox(from))
        .to(mailbox(&message.to))
        .subject(tidy(&message.subject, SUBJECT_MAX))
        .date(system_time(message))
        .message_id(Some(message_id(message.message_id_seed, from.domain())))
        // RFC 3834 §5: answering machines shall not answer us.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), String::from("auto-generated")));
    let body = match &message.html {
        Some(html) => Body::Both(MultiPart::alternative_plain_html(message.text.clone(), html.clone())),
        None => Body::Plain(SinglePart::plain(message.text.clone())),
    };
    let built = if message.attachments.is_empty() {
        match body {
            Body::Plain(part) => builder.singlepart(part),
            Body::Both(parts) => builder.multipart(parts),
        }
    } else {
        let mut mixed = match body {
            Body::Plain(part) => MultiPart::mixed().singlepart(part),
            Body::Both(parts) => MultiPart::mixed().multipart(parts),
        };
        for file in &message.attachments {
            let content_type = content_type(&file.content_type)?;
            // The library takes a vector; a message of some megabytes is copied once, off the audio path.
            mixed = mixed.singlepart(Part::new(file_name(&file.name)).body(file.bytes.to_vec(), content_type));
        }
        builder.multipart(mixed)
    };
    built.map_err(|error| MailError::message(false, format_args!("the message cannot be made: {error}")))
}

enum Body {
    Plain(SinglePart),
    Both(MultiPart),
}

fn too_large() -> MailError {
    MailError::message(false, format_args!("the message is larger than {} MB", MESSAGE_MAX >> 20))
}

fn mailbox(address: &MailAddress) -> Mailbox {
    Mailbox::new(address.name.clone(), address.address.clone())
}

fn system_time(message: &Message) -> SystemTime {
    // A clock that stands before 1970 has not been set: such a message bears the first day.
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(message.written_at.unix_ms()).unwrap_or(0))
}

/// RFC 5322 §3.6.4: 125 bits drawn from the seed, at the domain of the writer.
fn message_id(seed: u64, domain: &str) -> String {
    format!("<{}@{domain}>", Random::from_number(seed).token(25))
}

/// A content type without parameters we did not mean: type, slash, subtype, in the characters of RFC 6838 §4.2.
fn content_type(text: &str) -> Result<ContentType, MailError> {
    let word = |w: &str| {
        (1..=127).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let good = text.split_once('/').is_some_and(|(kind, sub)| word(kind) && word(sub));
    let parsed = good.then(|| ContentType::parse(text).ok()).flatten();
    parsed.ok_or_else(|| MailError::message(false, format_args!("{text:?} is not a content type")))
}

/// A file name without a path, quotes or control characters.
fn file_name(name: &str) -> String {
    let name: String = tidy(name, FILE_NAME_MAX)
        .chars()
        .map(|c| if matches!(c, '/' | '\\' | '"' | ':' | '*' | '?' | '<' | '>' | '|' | ';') { '_' } else { c })
        .collect();
    match name.trim_matches('.').trim() {
        "" => String::from("file"),
        kept => kept.to_owned(),
    }
}
