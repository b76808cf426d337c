//! The page that shows a new secret, once: it is in this one answer and nowhere else in clear.

use askama::Template;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::response::Response;
use base::{Random, Redacted};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::app::Shared;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::pages::{Shell, page};

/// Why there is a new secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    Created,
    Replaced,
}

#[derive(Template)]
#[template(path = "pages/extensions/secret.html")]
struct SecretPage {
    shell: Shell,
    number: String,
    name: String,
    created: bool,
    secret: String,
    server: String,
    tls: Option<String>,
    uri: String,
    /// An SVG drawing that `qrcode` made of `uri`.
    qr: String,
}

/// A new secret.
pub(crate) fn generate(app: &Shared) -> Result<Redacted<String>, Trouble> {
    Ok(config::secret::generate(&mut Random::from_seed(app.random()?)))
}

/// The page with the secret. Never stored by browsers or proxies (`no-store` is on all pages).
pub(super) fn show(
    app: &Shared,
    session: &WebSession,
    headers: &HeaderMap,
    number: &str,
    secret: &Redacted<String>,
    occasion: Occasion,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let about = &app.backend.about;
    let host = match config.sip.external_address {
        Some(address) => bracketed(&address.to_string()),
        None => about.sip.filter(|a| !a.ip().is_unspecified()).map_or_else(
            || asked_host(headers).unwrap_or_else(|| bracketed(&app.web.ip().to_string())),
            |a| bracketed(&a.ip().to_string()),
        ),
    };
    let with_port = |port: u16| format!("{host}:{port}");
    let server = about.sip.map(|a| with_port(a.port())).unwrap_or_else(|| host.clone());
    let uri = format!("sip:{number}:{}@{server}", secret.0);
    page(&SecretPage {
        shell: Shell::new(app, session, "extensions", format!("Extension {number}")),
        number: number.to_owned(),
        name: config.extensions.get(number).map(|extension| extension.name.clone()).unwrap_or_default(),
        created: occasion == Occasion::Created,
        secret: secret.0.clone(),
        tls: about.sips.map(|a| with_port(a.port())),
        qr: draw(&uri)?,
        server,
        uri,
    })
}

/// The name or address under which this page was reached: phones near the reader reach the box by it too. Only
/// characters of host names and addresses are taken over, for the header is the sender's to choose.
fn asked_host(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(HOST)?.to_str().ok()?;
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    (is_plain && !name.is_empty() && name.len() <= 255).then(|| name.to_owned())
}

fn bracketed(address: &str) -> String {
    if address.contains(':') { format!("[{address}]") } else { address.to_owned() }
}

fn draw(text: &str) -> Result<String, Trouble> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| Trouble::Internal("no QR code"))?;
    let svg = code.render::<svg::Color<'_>>().min_dimensions(208, 208).quiet_zone(true).build();
    // Only the drawing itself: an XML declaration has no place inside HTML.
    Ok(svg.find("<svg").map(|at| svg[at..].replacen("<svg", "<svg class=\"qr\" role=\"img\"", 1)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_host_header_gives_names_only() {
        let host = |value: &'static str| asked_host(&HeaderMap::from_iter([(HOST, HeaderValue::from_static(value))]));
        assert_eq!(host("box.local:8443").as_deref(), Some("box.local"));
        assert_eq!(host("[2001:db8::1]:8443").as_deref(), Some("[2001:db8::1]"));
        assert_eq!(host("192.0.2.1").as_deref(), Some("192.0.2.1"));
        assert_eq!(host("box\"><script>"), None);
        assert_eq!(host("box;transport=tcp"), None);
    }

    #[test]
    fn the_drawing_is_an_svg_without_scripts_or_styles() {
        let svg = draw("sip:101:abcdefghij@192.0.2.1:5060").unwrap();
        assert!(svg.starts_with("<svg class=\"qr\"") && svg.ends_with("</svg>"), "{svg}");
        assert!(!svg.contains("style") && !svg.contains("script"));
    }
}
