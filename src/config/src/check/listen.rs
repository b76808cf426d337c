//! Addresses, ports and times of the box itself.

use std::net::SocketAddr;

use super::Found;
use crate::choice::ClientCertificates;
use crate::model::Config;

pub(super) fn listen(config: &Config, found: &mut Found) {
    let listen = &config.listen;
    let tcp = [("sip", Some(listen.sip)), ("sips", listen.sips), ("web", Some(listen.web))];
    for (at, (key, address)) in tcp.iter().enumerate() {
        let Some(address) = address else { continue };
        for (earlier, taken) in tcp[..at].iter().filter_map(|(name, taken)| taken.map(|taken| (name, taken))) {
            if clash(*address, taken) {
                let message = format!("{address} is already taken by listen.{earlier}");
                found.at("listen", None, key, message, "choose another port".into());
            }
        }
    }
    if let Some(ldap) = config.provisioning.ldap
        && let Some((key, _)) = tcp.iter().find(|(_, taken)| taken.is_some_and(|taken| clash(ldap, taken)))
    {
        let message = format!("{ldap} is already taken by listen.{key}");
        found.at("provisioning", None, "ldap", message, "choose another port".into());
    }
    if listen.sips_clients != ClientCertificates::None && listen.sips_client_ca.is_none() {
        let message = format!("\"{}\" needs listen.sips_client_ca", listen.sips_clients.word());
        let hint = "name the file with the authorities of the phones' certificates".into();
        found.at("listen", None, "sips_clients", message, hint);
    }
    let (low, high) = listen.rtp;
    // Only SIP is on UDP too.
    if (low..=high).contains(&listen.sip.port()) {
        let message = format!("{low}-{high} holds the port of listen.sip, {}", listen.sip.port());
        found.at("listen", None, "rtp", message, "move one of the two".into());
    }
    let calls = (u32::from(high.saturating_sub(low)) + 1) / 4;
    if config.sip.calls_max > calls && calls > 0 {
        let message = format!("{low}-{high} holds {calls} calls, sip.calls_max allows {}", config.sip.calls_max);
        found.at("listen", None, "rtp", message, format!("widen the range, or set sip.calls_max to {calls}"));
    }
}

/// Would one of the two sockets not open? An unspecified address stands for all of the box's.
fn clash(a: SocketAddr, b: SocketAddr) -> bool {
    a.port() != 0 && a.port() == b.port() && (a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified())
}

pub(super) fn sip(config: &Config, found: &mut Found) {
    let sip = &config.sip;
    if sip.expires_max_s < sip.expires_min_s {
        let message = format!("{} is below sip.expires_min_s, {}", sip.expires_max_s, sip.expires_min_s);
        found.at("sip", None, "expires_max_s", message, "raise it, or lower the other".into());
    } else if !(sip.expires_min_s..=sip.expires_max_s).contains(&sip.expires_default_s) {
        let message = format!("{} is not granted", sip.expires_default_s);
        let hint = format!("a number from {} to {}, as the two keys above say", sip.expires_min_s, sip.expires_max_s);
        found.at("sip", None, "expires_default_s", message, hint);
    }
    // RFC 4028 §4: Session-Expires must not be below Min-SE.
    if sip.session_expires_s != 0 && sip.session_expires_s < sip.session_min_s {
        let message = format!("{} is below sip.session_min_s, {}", sip.session_expires_s, sip.session_min_s);
        found.at(
            "sip",
            None,
            "session_expires_s",
            message,
            "raise it, lower the other, or switch it off with 0".into(),
        );
    }
}
