//! Text in: tolerant of what phones really send, bounded, and never a panic.

use std::net::IpAddr;

use crate::crypto::Crypto;
use crate::direction::Direction;
use crate::error::SdpError;
use crate::format::Format;
use crate::print::rank;
use crate::session::{Attribute, Bandwidth, Line, Media, MediaKind, Origin, Session};

impl Session {
    /// Reads a description.
    ///
    /// Lines may end in CR LF, LF or CR; `s=` and `t=` may be missing; lines in a wrong place or of an
    /// unknown letter are kept; host names count as no address. Text that is no UTF-8 is read lossily.
    ///
    /// # Errors
    /// Where the bounds are passed, a line is no `x=…`, or `v=0` or `o=` are missing.
    pub fn parse(text: &[u8]) -> Result<Session, SdpError> {
        if text.len() > Session::SIZE_MAX {
            return Err(SdpError::TooLarge(text.len()));
        }
        let text = String::from_utf8_lossy(text);
        // Some phones end the body with a NUL or pad it with spaces.
        let text = text.trim_end_matches(|c: char| c == '\0' || c.is_whitespace());
        let mut reader = Reader::default();
        let lines = text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty());
        for (index, line) in lines.enumerate() {
            reader.line(index + 1, line)?;
        }
        reader.finish()
    }
}

#[derive(Default)]
struct Reader {
    version_seen: bool,
    origin: Option<Origin>,
    name: Option<String>,
    connection: Option<IpAddr>,
    connection_seen: bool,
    bandwidth: Vec<Bandwidth>,
    other_lines: Vec<Line>,
    attributes: Vec<Attribute>,
    direction: Option<Direction>,
    media: Vec<Media>,
    /// What is known of the last `m=` section only once it ends.
    open: OpenMedia,
}

#[derive(Default)]
struct OpenMedia {
    connection_seen: bool,
    direction: Option<Direction>,
    fmtp: Vec<(u8, String)>,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), SdpError> {
        let malformed = SdpError::Line(number);
        let mut chars = line.chars();
        let (Some(letter), Some('='), value) = (chars.next(), chars.next(), chars.as_str()) else {
            return Err(if self.version_seen { malformed } else { SdpError::NotVersionZero });
        };
        if !letter.is_ascii_alphabetic() || value.contains('\0') {
            return Err(malformed);
        }
        if !self.version_seen {
            self.version_seen = letter == 'v' && value.trim() == "0";
            return if self.version_seen { Ok(()) } else { Err(SdpError::NotVersionZero) };
        }
        match letter {
            'v' if value.trim() == "0" => {} // said twice
            'v' => return Err(SdpError::NotVersionZero),
            'o' if self.origin.is_none() => self.origin = Some(origin(value).ok_or(SdpError::Origin)?),
            's' if self.name.is_none() => self.name = Some(value.trim().to_owned()),
            'o' | 's' => {} // the first counts
            'm' => {
                self.close_media();
                if self.media.len() == Session::MEDIA_MAX {
                    return Err(SdpError::TooManyMedia);
                }
                self.media.push(media(number, value)?);
            }
            'c' => self.connection(value),
            'b' => {
                let rows = self.media.last_mut().map_or(&mut self.bandwidth, |media| &mut media.bandwidth);
                rows.extend(bandwidth(value)); // advice only: what is malformed is dropped
            }
            'a' => self.attribute(value),
            // RFC 3264 §5 says 0 0; that is what we print where nothing else was said.
            't' if value.split_whitespace().eq(["0", "0"]) => {}
            _ => {
                let lines = self.media.last_mut().map_or(&mut self.other_lines, |media| &mut media.other_lines);
                lines.push(Line { letter, value: value.trim_start().to_owned() });
            }
        }
        Ok(())
    }

    /// The first `c=` of a section counts: several are layers of a multicast (RFC 8866 §5.7).
    fn connection(&mut self, value: &str) {
        let (address, seen) = match self.media.last_mut() {
            Some(media) => (&mut media.connection, &mut self.open.connection_seen),
            None => (&mut self.connection, &mut self.connection_seen),
        };
        if !*seen {
            *seen = true;
            *address = network_address(value);
        }
    }

    fn attribute(&mut self, text: &str) {
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (text.trim(), None),
        };
        let attribute = || Attribute { name: name.to_owned(), value: value.map(str::to_owned) };
        let Some(media) = self.media.last_mut() else {
            match Direction::from_name(name) {
                Some(direction) if value.is_none() => self.direction = Some(direction),
                _ => self.attributes.push(attribute()),
            }
            return;
        };
        let value = value.unwrap_or("");
        match name {
            "rtpmap" => rtpmap(media, value),
            "fmtp" => self.open.fmtp.extend(fmtp(value)),
            "ptime" => media.ptime = milliseconds(value).or(media.ptime),
            "maxptime" => media.maxptime = milliseconds(value).or(media.maxptime),
            "rtcp" => media.rtcp = rtcp(value).or(media.rtcp),
            "rtcp-mux" => media.rtcp_mux = true,
            "crypto" => {
                let room = Crypto::LINES_MAX.saturating_sub(media.crypto.len());
                media.crypto.extend(Crypto::parse(value).into_iter().take(room));
            }
            _ => match Direction::from_name(name) {
                Some(direction) => self.open.direction = Some(direction),
                None => media.attributes.push(attribute()),
            },
        }
    }

    /// Settles what later lines of the section could still change.
    fn close_media(&mut self) {
        let open = core::mem::take(&mut self.open);
        let Some(media) = self.media.last_mut() else { return };
        for (payload, parameters) in open.fmtp {
            let Some(format) = media.formats.iter_mut().find(|format| format.payload == payload) else { continue };
            match &mut format.fmtp {
                // Some phones spread the parameters of one format over several lines.
                Some(known) => {
                    known.push(';');
                    known.push_str(&parameters);
                }
                none => *none = Some(parameters),
            }
        }
        // RFC 8866 §6.7: the stream's own attribute counts before the session's.
        let direction = open.direction.or(self.direction).unwrap_or_default();
        // RFC 3264 §8.4: 0.0.0.0 was the old way to say "send me nothing".
        let deaf = media.connection.or(self.connection).is_some_and(|address| address.is_unspecified());
        media.direction = if deaf { direction.held() } else { direction };
        media.other_lines.sort_by_key(|line| rank(line.letter));
    }

    fn finish(mut self) -> Result<Session, SdpError> {
        self.close_media();
        if !self.version_seen {
            return Err(SdpError::NotVersionZero);
        }
        self.other_lines.sort_by_key(|line| rank(line.letter));
        Ok(Session {
            origin: self.origin.ok_or(SdpError::Origin)?,
            name: self.name.filter(|name| !name.is_empty()).unwrap_or_else(|| "-".to_owned()),
            connection: self.connection,
            bandwidth: self.bandwidth,
            other_lines: self.other_lines,
            attributes: self.attributes,
            media: self.media,
        })
    }
}

/// `alice 2890844526 2890844526 IN IP4 192.0.2.1`; the numbers may be odd, the fields must be there.
fn origin(value: &str) -> Option<Origin> {
    let fields: Vec<&str> = value.split_whitespace().collect();
    let [username, session_id, version, rest @ ..] = fields.as_slice() else { return None };
    Some(Origin {
        username: (*username).to_owned(),
        session_id: number(session_id),
        version: number(version),
        address: network_address(&rest.join(" ")).unwrap_or(Origin::NOWHERE),
    })
}

/// RFC 8866 §5.2 bounds these numbers nowhere; 64 bits are enough to tell them apart.
fn number(digits: &str) -> u64 {
    digits.bytes().filter(u8::is_ascii_digit).fold(0, |n: u64, d| n.wrapping_mul(10).wrapping_add(u64::from(d - b'0')))
}

/// `IN IP4 192.0.2.1/127`: none where it is a host name.
fn network_address(value: &str) -> Option<IpAddr> {
    let address = value.split_whitespace().nth(2)?;
    let address = address.split('/').next()?; // the multicast TTL
    address.trim_matches(['[', ']']).parse().ok()
}

fn bandwidth(value: &str) -> Option<Bandwidth> {
    let (modifier, value) = value.split_once(':')?;
    Some(Bandwidth { modifier: modifier.trim().to_owned(), value: value.trim().parse().ok()? })
}

/// `audio 49170/2 RTP/AVP 0 8 96`
fn media(number: usize, value: &str) -> Result<Media, SdpError> {
    let malformed = || SdpError::Line(number);
    let mut fields = value.split_whitespace();
    let kind = match fields.next().ok_or_else(malformed)? {
        token if token.eq_ignore_ascii_case("audio") => MediaKind::Audio,
        token if token.eq_ignore_ascii_case("video") => MediaKind::Video,
        token if token.eq_ignore_ascii_case("image") => MediaKind::Image,
        token => MediaKind::Other(token.to_owned()),
    };
    let ports = fields.next().ok_or_else(malformed)?;
    let (port, count) = ports.split_once('/').unwrap_or((ports, "1"));
    let port = port.parse().map_err(|_| malformed())?;
    let mut media = Media::new(kind, port, fields.next().ok_or_else(malformed)?);
    media.port_count = count.parse().map_err(|_| malformed())?;
    let is_rtp = media.protocol.split('/').any(|part| part.eq_ignore_ascii_case("RTP"));
    for (index, token) in fields.enumerate() {
        if index == Media::FORMATS_MAX {
            return Err(SdpError::TooManyFormats(number));
        }
        if !is_rtp {
            media.other_formats.push(token.to_owned());
        } else if let Some(payload) = token.parse().ok().filter(|payload| *payload < 128)
            && media.formats.iter().all(|format| format.payload != payload)
        {
            media.formats.push(Format::from_number(payload));
        }
    }
    Ok(media)
}

/// `96 opus/48000/2`; what is malformed, or names a format that the `m=` line does not, is passed over.
fn rtpmap(media: &mut Media, value: &str) {
    let Some((payload, encoding)) = value.split_once(char::is_whitespace) else { return };
    let Ok(payload) = payload.parse::<u8>() else { return };
    let Some(format) = media.formats.iter_mut().find(|format| format.payload == payload) else { return };
    let mut parts = encoding.trim().split('/');
    let (Some(name), Some(Ok(clock_rate))) = (parts.next(), parts.next().map(str::parse::<u32>)) else { return };
    if name.is_empty() || name.contains(char::is_whitespace) {
        return;
    }
    format.encoding = name.to_owned();
    format.clock_rate = clock_rate;
    format.channels = parts.next().and_then(|channels| channels.parse().ok()).filter(|n| *n != 0).unwrap_or(1);
}

/// `101 0-15`
fn fmtp(value: &str) -> Option<(u8, String)> {
    let (payload, parameters) = value.split_once(char::is_whitespace)?;
    let parameters = parameters.trim();
    (!parameters.is_empty()).then_some((payload.parse().ok()?, parameters.to_owned()))
}

/// A packet time; fractions are rounded down, nonsense is none.
fn milliseconds(value: &str) -> Option<u16> {
    value.split('.').next()?.trim().parse().ok().filter(|ms| (1..=1000).contains(ms))
}

/// `53020 IN IP4 126.16.64.4` (RFC 3605 §2.1)
fn rtcp(value: &str) -> Option<(u16, Option<IpAddr>)> {
    let port = value.split_whitespace().next()?.parse().ok().filter(|port| *port != 0)?;
    let address = value.split_once(char::is_whitespace).and_then(|(_, address)| network_address(address));
    Some((port, address))
}

#[cfg(test)]
mod tests;
