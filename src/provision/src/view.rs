//! What every template reads: the configuration and the box as one phone needs them.

use base::Redacted;
use config::{Config, Phone, Srtp};
use serde::Serialize;

use crate::key::{KeyView, keys_of};
use crate::tokens;
use crate::zone::Zone;

/// What the box knows of itself and of this phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// The box's name or address as the phone reaches it; an IPv6 address without brackets.
    pub host: String,
    /// SIP over UDP and TCP.
    pub sip_port: u16,
    /// SIP over TLS; absent: not served.
    pub sips_port: Option<u16>,
    /// Where the phone fetches its files, with its token, ending in `/`.
    pub url: String,
    /// Its lines, in the order of [`Phone::lines`].
    pub lines: Vec<Line>,
}

/// A line as it signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The extension.
    pub extension: String,
    /// The user name of its digest.
    pub sign_in: String,
    /// Its secret.
    pub secret: Redacted<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct View {
    pub mac: String,
    /// For URIs: an IPv6 address in brackets.
    pub host: String,
    /// As it is.
    pub address: String,
    pub port: u16,
    /// `tls` or `tcp`.
    pub transport: &'static str,
    pub tls: bool,
    /// `off`, `optional` or `required`.
    pub srtp: &'static str,
    pub expires: u32,
    /// RTP encoding names in lower case, best first.
    pub codecs: Vec<String>,
    pub lines: Vec<LineView>,
    pub keys: Vec<KeyView>,
    pub zone: Zone,
    /// `+1`
    pub zone_hours: String,
    /// `GMT+01:00`
    pub zone_gmt: String,
    /// The phone's language by the maker's name for it.
    pub language: String,
    /// The tones by the maker's name for the country.
    pub tones: String,
    /// The administrator's password for the phone itself.
    pub password: Option<String>,
    pub url: String,
    /// The phone book's own address.
    pub phonebook: String,
    pub ldap: Option<Ldap>,
    pub codes: Codes,
    pub firm: String,
    /// Codes may end in `#`: the phone must not take it for "dial now".
    pub pound: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct LineView {
    /// From 1.
    pub n: usize,
    pub number: String,
    pub name: String,
    pub label: String,
    pub sign_in: String,
    pub secret: String,
    /// What is dialled to hear its messages; empty: there is no mailbox.
    pub voicemail: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Ldap {
    pub host: String,
    pub port: u16,
}

#[derive(Debug, Serialize)]
pub(crate) struct Codes {
    pub pickup: String,
    pub pickup_group: String,
    pub park_retrieve: String,
}

impl View {
    pub(crate) fn new(config: &Config, phone: &Phone, around: &Surroundings) -> Self {
        let extension = phone.lines.first().and_then(|number| config.extensions.get(number));
        let language = extension.and_then(|e| e.language).unwrap_or(config.media.language);
        let zone = Zone::named(&config.system.time_zone);
        let line = |(n, line): (usize, &Line)| {
            let extension = config.extensions.get(&line.extension);
            let listens = extension.is_some_and(|e| e.voicemail)
                || config.mailboxes.values().any(|mailbox| mailbox.members.contains(&line.extension));
            let name = extension.map(|e| e.name.clone()).unwrap_or_default();
            LineView {
                n: n + 1,
                label: if name.is_empty() { line.extension.clone() } else { format!("{} {name}", line.extension) },
                number: line.extension.clone(),
                name,
                sign_in: line.sign_in.clone(),
                secret: line.secret.0.clone(),
                voicemail: if listens { config.codes.voicemail.clone() } else { String::new() },
            }
        };
        // Encrypted signalling where the box serves it; else TCP, which carries large messages whole.
        let (transport, port) = around.sips_port.map_or(("tcp", around.sip_port), |port| ("tls", port));
        View {
            mac: phone.mac.clone(),
            host: if around.host.contains(':') { format!("[{}]", around.host) } else { around.host.clone() },
            address: around.host.clone(),
            port,
            transport,
            tls: transport == "tls",
            srtp: match config.media.srtp {
                Srtp::Required => "required",
                // Keys in clear signalling protect nothing (RFC 4568 §7.1).
                Srtp::Optional if transport == "tls" => "optional",
                Srtp::Optional | Srtp::Off => "off",
            },
            expires: config.sip.expires_default_s,
            codecs: config.media.codecs.iter().map(|codec| codec.to_lowercase()).collect(),
            lines: around.lines.iter().enumerate().map(line).collect(),
            keys: keys_of(config, phone, around.lines.len()),
            zone_hours: zone.hours(),
            zone_gmt: zone.gmt(),
            zone,
            language: tokens::language(phone.model, language),
            tones: tokens::tones(phone.model, &config.media.country),
            password: config.provisioning.phone_password.as_ref().map(|p| p.0.clone()),
            phonebook: format!("{}phonebook-{}.xml", around.url, phone.model.word()),
            url: around.url.clone(),
            ldap: config.provisioning.ldap.map(|at| Ldap {
                host: if at.ip().is_unspecified() { around.host.clone() } else { at.ip().to_string() },
                port: at.port(),
            }),
            codes: Codes {
                pickup: config.codes.pickup.clone(),
                pickup_group: config.codes.pickup_group.clone(),
                park_retrieve: config.codes.park_retrieve.clone(),
            },
            firm: config.system.name.clone(),
            pound: config.codes.forward_all_off.contains('#') || config.codes.transfer_blind.contains('#'),
        }
    }
}
