use std::time::Duration;

use base::{Random, Redacted, WallTime};
use bytes::Bytes;

use super::*;
use crate::dns::{Locator, LocatorOptions};

mod injection;
mod queue;
mod relay;
mod sending;

use relay::{Manner, Relay};

fn locator() -> Locator {
    Locator::new(LocatorOptions::system(Random::from_number(1)))
}

fn address(text: &str) -> MailAddress {
    text.parse().unwrap()
}

fn settings(relay: &Relay, security: Security) -> MailSettings {
    MailSettings {
        extra_roots: vec![relay.root.clone()],
        timeout: Duration::from_secs(5),
        ..MailSettings::new("127.0.0.1", relay.addr.port(), security, address("Strowger <pbx@firm.test>"))
    }
}

fn with_login(settings: MailSettings) -> MailSettings {
    MailSettings { user: Some(String::from("pbx")), password: Some(Redacted(String::from("s3cret"))), ..settings }
}

fn mailer(relay: &Relay, security: Security) -> Mailer {
    Mailer::new(settings(relay, security), locator()).unwrap()
}

fn message(seed: u64) -> Message {
    Message {
        to: address("Ann Owner <ann@firm.test>"),
        subject: String::from("Voice message from 0470 00 00 01"),
        text: String::from("You have one new message.\nDuration: 0:12\n.\nEnd"),
        html: None,
        attachments: Vec::new(),
        written_at: WallTime::from_unix_ms(1_750_000_000_000),
        message_id_seed: seed,
    }
}
