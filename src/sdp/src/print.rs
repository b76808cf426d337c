//! Text out: lines in the order that RFC 8866 §5 prescribes, ended by CR LF.

use core::fmt::Write as _;
use std::net::IpAddr;

use crate::session::{Attribute, Bandwidth, Line, Media, MediaKind, Session};

/// The place of a line among its neighbours (RFC 8866 §5); letters unknown come before the attributes.
pub(crate) fn rank(letter: char) -> usize {
    "iuepcbtrzk".find(letter).unwrap_or(usize::MAX)
}

impl Session {
    /// The text, lines ended by CR LF.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = String::with_capacity(512);
        self.print(&mut out);
        out.into_bytes()
    }

    fn print(&self, out: &mut String) {
        let origin = &self.origin;
        line(out, format_args!("v=0"));
        line(
            out,
            format_args!(
                "o={} {} {} {}",
                origin.username,
                origin.session_id,
                origin.version,
                NetworkAddress(origin.address)
            ),
        );
        line(out, format_args!("s={}", self.name));
        other_lines(out, &self.other_lines, ..rank('c'));
        connection(out, self.connection);
        bandwidth(out, &self.bandwidth);
        if !self.other_lines.iter().any(|other| other.letter == 't') {
            // RFC 3264 §5: a session set up by SIP has no bounds in time.
            line(out, format_args!("t=0 0"));
        }
        other_lines(out, &self.other_lines, rank('c')..);
        attributes(out, &self.attributes);
        for media in &self.media {
            media.print(out);
        }
    }
}

impl Media {
    fn print(&self, out: &mut String) {
        let _ = write!(out, "m={} {}", self.kind.name(), self.port);
        if self.port_count != 1 {
            let _ = write!(out, "/{}", self.port_count);
        }
        let _ = write!(out, " {}", self.protocol);
        for format in &self.formats {
            let _ = write!(out, " {}", format.payload);
        }
        for token in &self.other_formats {
            let _ = write!(out, " {token}");
        }
        out.push_str("\r\n");
        other_lines(out, &self.other_lines, ..rank('c'));
        connection(out, self.connection);
        bandwidth(out, &self.bandwidth);
        other_lines(out, &self.other_lines, rank('c')..);
        self.print_formats(out);
        for (name, value) in [("ptime", self.ptime), ("maxptime", self.maxptime)] {
            if let Some(value) = value {
                line(out, format_args!("a={name}:{value}"));
            }
        }
        match self.rtcp {
            Some((port, Some(ip))) => line(out, format_args!("a=rtcp:{port} {}", NetworkAddress(ip))),
            Some((port, None)) => line(out, format_args!("a=rtcp:{port}")),
            None => {}
        }
        if self.rtcp_mux {
            line(out, format_args!("a=rtcp-mux"));
        }
        for crypto in &self.crypto {
            line(out, format_args!("a=crypto:{}", crypto.value()));
        }
        attributes(out, &self.attributes);
        // A fax goes both ways by its nature; gateways do not expect it to be said.
        let needed = self.port != 0 && self.kind != MediaKind::Image;
        if needed || self.direction != Default::default() {
            line(out, format_args!("a={}", self.direction));
        }
    }

    fn print_formats(&self, out: &mut String) {
        for format in &self.formats {
            // RFC 3264 §5.1 wants an rtpmap for every format; a refused stream needs none to be understood.
            let understood = self.port == 0 && format.is_static();
            if !format.encoding.is_empty() && !understood {
                let _ = write!(out, "a=rtpmap:{} {}/{}", format.payload, format.encoding, format.clock_rate);
                if format.channels != 1 {
                    let _ = write!(out, "/{}", format.channels);
                }
                out.push_str("\r\n");
            }
            if let Some(fmtp) = &format.fmtp {
                line(out, format_args!("a=fmtp:{} {fmtp}", format.payload));
            }
        }
    }
}

fn line(out: &mut String, text: core::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text); // writing into a String cannot fail
    out.push_str("\r\n");
}

fn connection(out: &mut String, address: Option<IpAddr>) {
    if let Some(address) = address {
        line(out, format_args!("c={}", NetworkAddress(address)));
    }
}

fn bandwidth(out: &mut String, rows: &[Bandwidth]) {
    for Bandwidth { modifier, value } in rows {
        line(out, format_args!("b={modifier}:{value}"));
    }
}

fn other_lines(out: &mut String, lines: &[Line], ranks: impl core::ops::RangeBounds<usize>) {
    for Line { letter, value } in lines.iter().filter(|other| ranks.contains(&rank(other.letter))) {
        line(out, format_args!("{letter}={value}"));
    }
}

fn attributes(out: &mut String, attributes: &[Attribute]) {
    for Attribute { name, value } in attributes {
        match value {
            Some(value) => line(out, format_args!("a={name}:{value}")),
            None => line(out, format_args!("a={name}")),
        }
    }
}

/// `IN IP4 192.0.2.1`
struct NetworkAddress(IpAddr);

impl core::fmt::Display for NetworkAddress {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let version = if self.0.is_ipv4() { 4 } else { 6 };
        write!(f, "IN IP{version} {}", self.0)
    }
}
