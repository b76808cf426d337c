//! Mails about messages: what they say, in the mailbox's language, and what follows when they are taken.

use config::{Language, MailboxMail};

use super::fact::{Mailed, Message};
use crate::Exchange;
use crate::call::service::time_zone;
use crate::io::{Mail, Output};
use crate::record::Party;

/// Letters of a caller's name in a mail.
const NAME_MAX: usize = 80;

impl Exchange {
    /// Whether a new message in this mailbox is told by mail.
    pub(super) fn sends_mail(&self, mailbox: &str) -> bool {
        let wanted = self.mailbox(mailbox).is_some_and(|b| b.mail != MailboxMail::Off && !b.emails.is_empty());
        wanted && self.config.mail.host.is_some()
    }

    /// Hands the mail about a message out. It counts as under way until [`Exchange::mail_sent`] tells more.
    pub(super) fn mail_message(&mut self, mailbox: &str, id: u64, message: &Message) {
        let Some(info) = self.mailbox(mailbox) else { return };
        let words = words(info.language);
        let zone = time_zone(&self.config.system.time_zone);
        let at = jiff::Timestamp::from_millisecond(message.at.unix_ms()).unwrap_or_default().to_zoned(zone);
        let at = at.strftime("%Y-%m-%d %H:%M").to_string();
        let who = who(&message.from, words.unknown);
        let length = format!("{}:{:02}", message.duration_ms / 60_000, message.duration_ms / 1_000 % 60);
        let name = one_line(info.name);
        let attached = info.mail != MailboxMail::Notice;
        let how = if attached { words.attached } else { words.listen };
        let code = &self.config.codes.voicemail;
        let text = format!(
            "{} {who}\n{} {at}\n{} {length}\n{} {name} ({mailbox})\n\n{}\n",
            words.from,
            words.at,
            words.length,
            words.mailbox,
            how.replace("{}", code),
        );
        let subject = format!("{} {who}", words.subject);
        let to = info.emails.iter().map(|e| (*e).to_owned()).collect();
        let recording = attached.then(|| (message.file.clone(), format!("message-{mailbox}-{}", file_time(&at))));
        let wav = self.config.voicemail.mail_wav;
        let mail = Mail { id: format!("message/{mailbox}/{id}"), to, subject, text, recording, wav };
        self.put_out(Output::Mail(Box::new(mail)));
    }

    /// What became of a mail: taken, tried again later, or given up.
    pub(crate) fn mail_sent(&mut self, id: &str, result: crate::io::Sent) {
        let Some((mailbox, number)) = id.strip_prefix("message/").and_then(|rest| rest.split_once('/')) else { return };
        let Ok(number) = number.parse::<u64>() else { return };
        let mailed = match result {
            crate::io::Sent::Taken => Mailed::Sent,
            crate::io::Sent::Later(_) => return,
            crate::io::Sent::Refused(why) => {
                self.audit(format!("mail about a message in mailbox {mailbox} given up: {why}"));
                Mailed::Failed(why)
            }
        };
        let taken = mailed == Mailed::Sent;
        let Some(mut message) = self.message(mailbox, number) else { return };
        message.mailed = mailed;
        self.put_message(mailbox, number, &message, "mail");
        if taken && self.mailbox(mailbox).is_some_and(|b| b.mail == MailboxMail::AttachDelete) {
            self.erase_message(mailbox, number, "mail");
        }
    }

    /// Mails of the last run that no server has taken.
    pub(super) fn restore_mails(&mut self) {
        let due: Vec<(String, u64, Message)> = self
            .facts
            .all::<Message>("")
            .filter(|(_, m)| m.mailed == Mailed::Due && !m.deleted)
            .filter_map(|(id, m)| {
                let (mailbox, number) = id.split_once('/')?;
                Some((mailbox.to_owned(), number.parse().ok()?, m))
            })
            .collect();
        for (mailbox, id, message) in due {
            self.mail_message(&mailbox, id, &message);
        }
    }
}

/// A caller in one line: what comes from outside must not become a second one.
fn who(from: &Party, unknown: &str) -> String {
    let (name, number) = (one_line(&from.name), one_line(&from.number));
    match (name.is_empty() || name == number, number.is_empty()) {
        (true, true) => unknown.to_owned(),
        (true, false) => number,
        (false, true) => name,
        (false, false) => format!("{name} ({number})"),
    }
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect::<String>().trim().to_owned()
}

fn file_time(at: &str) -> String {
    at.chars().map(|c| if c.is_ascii_digit() { c } else { '-' }).collect()
}

/// The words of a mail.
struct Words {
    subject: &'static str,
    unknown: &'static str,
    from: &'static str,
    at: &'static str,
    length: &'static str,
    mailbox: &'static str,
    attached: &'static str,
    /// `{}`: the code to dial.
    listen: &'static str,
}

fn words(language: Language) -> Words {
    match language {
        Language::En => Words {
            subject: "Voice message from",
            unknown: "an unknown caller",
            from: "From:",
            at: "Received:",
            length: "Length:",
            mailbox: "Mailbox:",
            attached: "The message is attached.",
            listen: "Dial {} to listen.",
        },
        Language::Nl => Words {
            subject: "Voicemailbericht van",
            unknown: "een onbekende beller",
            from: "Van:",
            at: "Ontvangen:",
            length: "Duur:",
            mailbox: "Voicemailbox:",
            attached: "Het bericht is bijgevoegd.",
            listen: "Kies {} om te luisteren.",
        },
        Language::Fr => Words {
            subject: "Message vocal de",
            unknown: "un appelant inconnu",
            from: "De :",
            at: "Reçu :",
            length: "Durée :",
            mailbox: "Messagerie :",
            attached: "Le message est joint.",
            listen: "Composez le {} pour l'écouter.",
        },
        Language::De => Words {
            subject: "Sprachnachricht von",
            unknown: "einem unbekannten Anrufer",
            from: "Von:",
            at: "Empfangen:",
            length: "Dauer:",
            mailbox: "Anrufbeantworter:",
            attached: "Die Nachricht ist angehängt.",
            listen: "Zum Anhören wählen Sie {}.",
        },
        Language::Es => Words {
            subject: "Mensaje de voz de",
            unknown: "un número desconocido",
            from: "De:",
            at: "Recibido:",
            length: "Duración:",
            mailbox: "Buzón:",
            attached: "El mensaje va adjunto.",
            listen: "Marque {} para escucharlo.",
        },
        Language::Ru => Words {
            subject: "Голосовое сообщение от",
            unknown: "неизвестного абонента",
            from: "От:",
            at: "Получено:",
            length: "Длительность:",
            mailbox: "Почтовый ящик:",
            attached: "Сообщение приложено.",
            listen: "Чтобы прослушать, наберите {}.",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_one_line_whatever_the_name_says() {
        let party = |number: &str, name: &str| Party { number: number.to_owned(), name: name.to_owned() };
        assert_eq!(who(&party("101", "Anna"), "nobody"), "Anna (101)");
        assert_eq!(who(&party("101", "101"), "nobody"), "101");
        assert_eq!(who(&party("", ""), "nobody"), "nobody");
        assert_eq!(who(&party("", "Anna\r\nBcc: x@example.com"), "nobody"), "AnnaBcc: x@example.com");
        assert_eq!(who(&party("1", &"a".repeat(500)), "nobody").len(), NAME_MAX + 4);
    }
}
