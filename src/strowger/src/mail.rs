//! The box's mails: from the exchange to the firm's relay, and what became of each back to the exchange.
//!
//! Nothing of it is kept here: the exchange keeps what a mail is about and hands it in again after a restart.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use audio::file::{Limits, OggOpusWriter};
use base::WallTime;
use bytes::Bytes;
use exchange::io::{Input, Mail, Sent};
use net::dns::Locator;
use net::mail::{
    Attachment, MESSAGE_MAX, MailAddress, MailEvent, MailRunner, MailSettings, Mailer, Message, Outcome, Security,
};
use tokio::runtime::Handle;
use web::{CurrentConfig, RecordingFiles};

use crate::host::wall_clock;
use crate::signalling::Inbox;

/// How often the settings are compared with those in use.
const SETTINGS_EVERY: Duration = Duration::from_secs(5);
/// A full queue is tried again after this long.
const QUEUE_FULL: Duration = Duration::from_secs(300);
/// Bit/s of a message that is sent as Opus: one voice.
const BIT_RATE: u32 = 24_000;
/// Any number does: the file has one stream.
const SERIAL: u32 = 1;
/// Addressees of one mail.
const ADDRESSEES_MAX: usize = 20;

/// The way to the relay.
pub struct Post {
    runner: MailRunner,
    desk: Arc<Desk>,
    files: Arc<dyn RecordingFiles>,
    config: Arc<CurrentConfig>,
    locator: Locator,
    /// Those in use.
    settings: Mutex<Option<config::MailSettings>>,
}

/// Mails under way, and who hears of them.
struct Desk {
    inbox: Inbox,
    runtime: Handle,
    open: Mutex<HashMap<u64, Arc<Mutex<Letter>>>>,
}

/// A mail to one or more addressees: taken when the relay has taken all of them.
struct Letter {
    id: String,
    left: usize,
    refused: Option<String>,
}

impl Post {
    /// Starts the queue on this runtime.
    pub fn start(
        runtime: &Handle,
        inbox: Inbox,
        config: Arc<CurrentConfig>,
        files: Arc<dyn RecordingFiles>,
        locator: Locator,
    ) -> Arc<Post> {
        let desk = Arc::new(Desk { inbox, runtime: runtime.clone(), open: Mutex::default() });
        let told = Arc::clone(&desk);
        let _entered = runtime.enter();
        let runner = MailRunner::start(None, move |event| told.tell(&event));
        let post = Arc::new(Post { runner, desk, files, config, locator, settings: Mutex::new(None) });
        post.refresh();
        let weak = Arc::downgrade(&post);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(SETTINGS_EVERY).await;
                let Some(post) = weak.upgrade() else { return };
                post.refresh();
            }
        });
        post
    }

    /// Takes the relay of the document into use if it has changed.
    fn refresh(&self) {
        let wanted = self.config.load().1.mail.clone();
        let mut known = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref() == Some(&wanted) {
            return;
        }
        let mailer = wanted.host.as_ref().and_then(|host| match self.mailer(host, &wanted) {
            Ok(mailer) => Some(mailer),
            Err(why) => {
                tracing::warn!(host, why, "mail cannot be sent");
                None
            }
        });
        self.runner.set_mailer(mailer);
        *known = Some(wanted);
    }

    fn mailer(&self, host: &str, settings: &config::MailSettings) -> Result<Mailer, String> {
        let security = match settings.security {
            config::MailSecurity::Tls => Security::Tls,
            config::MailSecurity::StartTls => Security::StartTls,
            config::MailSecurity::None => Security::None,
        };
        let from: MailAddress = settings.from.parse().map_err(|e| format!("the sender {}: {e}", settings.from))?;
        let mut of = MailSettings::new(host, settings.port, security, from);
        of.user.clone_from(&settings.user);
        of.password.clone_from(&settings.password);
        Mailer::new(of, self.locator.clone()).map_err(|e| e.to_string())
    }

    /// Sends a mail, as often as it takes.
    pub async fn send(self: Arc<Post>, mail: Mail) {
        let Mail { id, to, subject, text, recording, wav } = mail;
        let written_at = written_at(&id);
        let attachments = match recording {
            None => Vec::new(),
            Some((file, name)) => {
                let files = Arc::clone(&self.files);
                let read = tokio::task::spawn_blocking(move || attachment(&*files, &file, &name, wav)).await;
                match read {
                    Ok(Ok(attachment)) => vec![attachment],
                    Ok(Err(error)) => {
                        return self.desk.report(id, Sent::Refused(format!("its recording cannot be read: {error}")));
                    }
                    Err(_) => return self.desk.report(id, Sent::Refused("its recording cannot be encoded".to_owned())),
                }
            }
        };
        let addresses: Result<Vec<MailAddress>, _> = to.iter().take(ADDRESSEES_MAX).map(|to| to.parse()).collect();
        let addresses = match addresses {
            Ok(addresses) if addresses.is_empty() => {
                return self.desk.report(id, Sent::Refused("it has no addressee".to_owned()));
            }
            Ok(addresses) => addresses,
            Err(error) => return self.desk.report(id, Sent::Refused(error.to_string())),
        };
        let letter = Arc::new(Mutex::new(Letter { id: id.clone(), left: addresses.len(), refused: None }));
        for to in addresses {
            let seed = seed(&id, to.address());
            self.desk.open().insert(seed, Arc::clone(&letter));
            let (subject, text, attachments) = (subject.clone(), text.clone(), attachments.clone());
            let message = Message { to, subject, text, html: None, attachments, written_at, message_id_seed: seed };
            self.hand_in(message).await;
        }
    }

    async fn hand_in(&self, message: Message) {
        loop {
            let age = wall_clock().saturating_since(message.written_at);
            if self.runner.push(message.clone(), age).is_ok() {
                return;
            }
            tracing::warn!("so many mails wait that one more has to wait outside");
            tokio::time::sleep(QUEUE_FULL).await;
        }
    }
}

impl Desk {
    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Mutex<Letter>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What became of one try.
    fn tell(&self, event: &MailEvent) {
        let seed = event.message_id_seed;
        let letter = match &event.outcome {
            Outcome::Waits { .. } => self.open().get(&seed).cloned(),
            Outcome::Sent | Outcome::GivenUp { .. } => self.open().remove(&seed),
        };
        let Some(letter) = letter else { return };
        let mut letter = letter.lock().unwrap_or_else(PoisonError::into_inner);
        match &event.outcome {
            Outcome::Waits { error, .. } => {
                tracing::warn!(mail = letter.id, %error, "a mail waits");
                return self.report(letter.id.clone(), Sent::Later(error.to_string()));
            }
            Outcome::Sent => {}
            Outcome::GivenUp { error } => {
                tracing::warn!(mail = letter.id, %error, "a mail is given up");
                letter.refused.get_or_insert_with(|| error.to_string());
            }
        }
        letter.left = letter.left.saturating_sub(1);
        if letter.left == 0 {
            let result = letter.refused.take().map_or(Sent::Taken, Sent::Refused);
            self.report(letter.id.clone(), result);
        }
    }

    /// Tells the exchange, on a thread that may wait for room in its inbox.
    fn report(&self, id: String, result: Sent) {
        let inbox = self.inbox.clone();
        self.runtime.spawn_blocking(move || inbox.send_waiting(Input::MailSent { id, result }));
    }
}

/// A recording as it goes with a mail: Ogg Opus, or WAV.
fn attachment(files: &dyn RecordingFiles, file: &str, name: &str, wav: bool) -> io::Result<Attachment> {
    let mut octets = Vec::new();
    files.open(file)?.content.take(MESSAGE_MAX as u64 * 4).read_to_end(&mut octets)?;
    let is_wav = octets.starts_with(b"RIFF");
    let (bytes, ending, kind) = match (is_wav, wav) {
        (true, true) => (octets, "wav", "audio/wav"),
        (false, false) => (octets, "opus", "audio/ogg"),
        (true, false) => (opus(&octets)?, "opus", "audio/ogg"),
        // A box that once kept messages as Opus.
        (false, true) => (linear(&octets)?, "wav", "audio/wav"),
    };
    Ok(Attachment { name: format!("{name}.{ending}"), content_type: kind.to_owned(), bytes: Bytes::from(bytes) })
}

fn opus(octets: &[u8]) -> io::Result<Vec<u8>> {
    let odd = |error: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidData, error.to_string());
    let clip = audio::file::read(octets, Limits::default()).map_err(|e| odd(&e))?;
    let mut out = Vec::new();
    let mut writer = OggOpusWriter::new(clip.rate, 1, BIT_RATE, SERIAL, &mut out).map_err(|e| odd(&e))?;
    writer.push(&clip.samples, &mut out).map_err(|e| odd(&e))?;
    writer.finish(&mut out).map_err(|e| odd(&e))?;
    Ok(out)
}

fn linear(octets: &[u8]) -> io::Result<Vec<u8>> {
    let clip = audio::file::read(octets, Limits::default())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
    Ok(crate::sound::wav_of(&plane::library::both_rates(&clip)))
}

/// Unlike for every other mail and addressee, and the same when it is handed in again: FNV-1a.
fn seed(id: &str, address: &str) -> u64 {
    let octets = id.bytes().chain([b'\n']).chain(address.bytes());
    octets.fold(0xcbf2_9ce4_8422_2325, |hash: u64, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3))
}

/// When what a mail is about happened: a message's id tells (its milliseconds stand above the low 20 bits).
fn written_at(id: &str) -> WallTime {
    let number = id.strip_prefix("message/").and_then(|rest| rest.rsplit_once('/')).and_then(|(_, n)| n.parse().ok());
    let told = number.map(|number: u64| WallTime::from_unix_ms((number >> 20) as i64));
    let now = wall_clock();
    told.filter(|at| *at <= now).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use audio::Rate;
    use audio::file::{WavFormat, WavWriter};
    use web::OpenFile;

    use super::*;

    /// One recording of a second, whatever is asked for.
    struct One(Vec<u8>);

    impl RecordingFiles for One {
        fn open(&self, _: &str) -> io::Result<OpenFile> {
            let content = io::Cursor::new(self.0.clone());
            Ok(OpenFile { length: self.0.len() as u64, content: Box::new(content) })
        }

        fn remove(&self, _: &str) -> io::Result<()> {
            Ok(())
        }
    }

    fn second() -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = WavWriter::new(WavFormat::Ulaw8k, 1, &mut out);
        let tone: Vec<i16> = (0..8_000).map(|n| ((f64::from(n) / 4.0).sin() * 9_000.0) as i16).collect();
        writer.push(&tone, &mut out);
        let header = writer.header();
        out[..header.len()].copy_from_slice(&header);
        out
    }

    #[test]
    fn a_message_goes_as_it_was_asked_for_and_sounds_the_same() {
        let wav = second();
        for (kept, wanted_wav, ending) in [
            (wav.clone(), true, "wav"),
            (wav.clone(), false, "opus"),
            (opus(&wav).unwrap(), true, "wav"),
            (opus(&wav).unwrap(), false, "opus"),
        ] {
            let sent = attachment(&One(kept), "any.wav", "message-101", wanted_wav).unwrap();
            assert_eq!(sent.name, format!("message-101.{ending}"));
            let clip = audio::file::read(&sent.bytes, Limits::default()).unwrap();
            assert!(clip.duration().abs_diff(Duration::from_secs(1)) < Duration::from_millis(30), "{clip:?}");
            assert!(clip.samples.iter().any(|s| s.unsigned_abs() > 6_000));
            assert!(matches!(clip.rate, Rate::Hz8000 | Rate::Hz16000));
        }
        assert!(attachment(&One(b"no sound".to_vec()), "any.wav", "x", true).is_err());
    }

    #[test]
    fn a_mail_has_the_same_mark_when_it_is_handed_in_again_and_another_for_another() {
        let one = seed("message/101/5", "a@example.com");
        assert_eq!(one, seed("message/101/5", "a@example.com"));
        for (id, address) in [("message/101/6", "a@example.com"), ("message/101/5", "b@example.com")] {
            assert_ne!(one, seed(id, address));
        }
    }

    #[test]
    fn a_message_tells_when_it_was_left() {
        let at = wall_clock().unix_ms() - 60_000;
        assert_eq!(written_at(&format!("message/101/{}", (at as u64) << 20)).unix_ms(), at);
        assert!(wall_clock().saturating_since(written_at("missed/101")) < Duration::from_secs(5));
    }
}
