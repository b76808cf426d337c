//! By which name or address a phone reaches the box.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::HOST;
use config::Config;

use super::Asker;
use crate::app::App;

/// The name or address under which a request reached the box, with its port. Only characters of host names and
/// addresses are taken over, for the header is the sender's to choose.
pub(crate) fn asked_authority(headers: &HeaderMap, authority: Option<&str>) -> Option<String> {
    let host = authority.or_else(|| headers.get(HOST)?.to_str().ok())?;
    let is_plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    (is_plain && !host.is_empty() && host.len() <= 255).then(|| host.to_owned())
}

/// The name or address for SIP, without a port and without brackets.
pub(super) fn for_sip(app: &App, config: &Config, asker: &Asker) -> String {
    if let Some(host) = &config.provisioning.host {
        return without_brackets(host).to_owned();
    }
    if let Some(outside) = config.sip.external_address.filter(|_| !super::is_private(asker.from.ip())) {
        return outside.to_string();
    }
    match &asker.host {
        Some(host) => without_brackets(without_port(host)).to_owned(),
        None => own(app),
    }
}

/// Where this phone fetches its files, ending in `/`.
pub(crate) fn url(app: &App, config: &Config, host: Option<&str>, token: &str) -> String {
    let port = app.web.port();
    let authority = match (&config.provisioning.host, host) {
        (Some(name), _) => format!("{}:{port}", bracketed(without_brackets(name))),
        (None, Some(host)) => host.to_owned(),
        (None, None) => format!("{}:{port}", bracketed(&own(app))),
    };
    format!("https://{authority}/prov/{token}/")
}

fn own(app: &App) -> String {
    let known = |ip: &IpAddr| !ip.is_unspecified();
    let sip = app.backend.about.sip.map(|address| address.ip()).filter(known);
    sip.unwrap_or(app.web.ip()).to_string()
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && !is_bare_v6(host) => name,
        _ => host,
    }
}

fn is_bare_v6(host: &str) -> bool {
    !host.starts_with('[') && host.matches(':').count() > 1
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lose_their_ports_and_brackets() {
        for (host, bare) in [
            ("box:8443", "box"),
            ("192.0.2.1", "192.0.2.1"),
            ("[2001:db8::1]:8443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(without_brackets(without_port(host)), bare);
        }
        assert_eq!(asked_authority(&HeaderMap::new(), Some("box\"><script>")), None);
        assert_eq!(asked_authority(&HeaderMap::new(), Some("box/..")), None);
    }
}
