//! One file for one phone that has shown a token.

use std::net::IpAddr;

use config::{Config, Phone};
use exchange::device::Device;
use exchange::io::Command;
use provision::{
    Book, File, FileKind, Line, Surroundings, device_name, device_secret, invitation_token, is_token, resync_token,
};

use super::state::PhoneState;
use super::{Asker, host};
use crate::app::App;

/// By what a phone may have its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// An open invitation.
    Invitation,
    /// The token in the settings that it has.
    Resync,
}

/// What this token gives to whoever shows it from there.
pub(super) fn right_of(app: &App, phone: &Phone, token: &str, source: IpAddr) -> Option<Right> {
    let state = PhoneState::of(app, &phone.mac);
    let key = &app.backend.phone_key;
    if is_token(token, &resync_token(key, &phone.mac, state.generation)) {
        return Some(Right::Resync);
    }
    let invitation = invitation_token(key, &phone.mac, state.generation, state.invitations);
    (is_token(token, &invitation) && state.is_open(app.wall(), source)).then_some(Right::Invitation)
}

/// Where a phone finds its invitation, while one is open.
pub(crate) fn invitation_url(app: &App, config: &Config, phone: &Phone, asker: &Asker) -> Option<String> {
    let state = PhoneState::of(app, &phone.mac);
    let token = invitation_token(&app.backend.phone_key, &phone.mac, state.generation, state.invitations);
    let is_open = state.is_open(app.wall(), asker.from.ip().to_canonical());
    is_open.then(|| host::url(app, config, asker.host.as_deref(), &token))
}

/// Renders the file, having written down what must be: that the invitation is used, what the phone signs in with, and
/// that it was here. Nothing where the phone has no such file, or where the disk refuses.
pub(super) async fn deliver(
    app: &App,
    config: &Config,
    phone: &Phone,
    kind: FileKind,
    right: Right,
    token: &str,
    asker: &Asker,
) -> Option<File> {
    if let FileKind::Phonebook(model) = kind {
        return Book::of(config).render(model).ok();
    }
    let source = asker.from.ip().to_canonical();
    let generation = PhoneState::of(app, &phone.mac).generation;
    let key = &app.backend.phone_key;
    let line = |extension: &String| Line {
        extension: extension.clone(),
        sign_in: device_name(extension, &phone.mac),
        secret: device_secret(key, &phone.mac, extension, generation),
    };
    let around = Surroundings {
        host: host::for_sip(app, config, asker),
        sip_port: app.backend.about.sip.map_or(5060, |address| address.port()),
        sips_port: app.backend.about.sips.map(|address| address.port()),
        url: host::url(app, config, asker.host.as_deref(), &resync_token(key, &phone.mac, generation)),
        lines: phone.lines.iter().map(line).collect(),
    };
    let file = match provision::render(config, phone, &around, kind) {
        Ok(file) => file,
        Err(provision::ProvisionError::NoSuchFile) => return None,
        Err(error) => {
            tracing::error!(mac = phone.mac, %error, "a phone's file could not be written");
            return None;
        }
    };
    // Lists of files, which hold no secret, neither use up an invitation nor count as a visit.
    if !around.lines.iter().any(|line| file.text.contains(&line.secret.0)) && !file.text.contains(&around.url) {
        return Some(file);
    }
    let now = app.wall();
    let noted = PhoneState::change(app, &phone.mac, "phone", |state| {
        let uses = right == Right::Invitation && state.used.is_none();
        if uses {
            state.used = Some((now, source));
        }
        let is_new = state.visit(now, asker.from, &asker.agent);
        uses || is_new
    });
    // Somebody else may have used the invitation, or taken it back, between the look and the note.
    let state = noted.await.ok()?;
    if state.generation != generation || right_of(app, phone, token, source) != Some(right) {
        return None;
    }
    for line in &around.lines {
        let_sign_in(app, config, phone, line).await?;
    }
    tracing::info!(mac = phone.mac, from = %asker.from, agent = asker.agent, ?right, "a phone fetched its settings");
    if right == Right::Invitation {
        let what = format!("phone {} fetched its settings by invitation ({})", phone.mac, asker.agent);
        app.audit("", Some(asker.from), what).await.ok()?;
    }
    Some(file)
}

/// The exchange knows what this line signs in with before the phone does.
async fn let_sign_in(app: &App, config: &Config, phone: &Phone, line: &Line) -> Option<()> {
    let (md5, sha256) = config::secret::ha1(&line.sign_in, &config.system.realm, &line.secret.0);
    let device = Device::new(&phone.mac, &line.extension, md5, sha256);
    let known = app.backend.store.fact(&format!("device/{}", line.sign_in)).and_then(|fact| fact.value);
    if known.and_then(|text| serde_json::from_str::<Device>(&text).ok()).as_ref() == Some(&device) {
        return Some(());
    }
    let command = Command::PutDevice { name: line.sign_in.clone(), device: Some(device), by: "phone".to_owned() };
    match (app.backend.ask)(command).await {
        Ok(_) => Some(()),
        Err(refusal) => {
            tracing::warn!(mac = phone.mac, line = line.extension, reason = refusal.0, "a phone may not sign in");
            None
        }
    }
}
