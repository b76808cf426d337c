//! What is done to a phone: invite it, let it fetch its settings, give it new secrets.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use exchange::io::Command;
use serde::Deserialize;

use super::get;
use crate::app::Shared;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::pages::forms::Form;
use crate::provisioning::PhoneState;

/// Whether it shall start anew too.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Resync {
    #[serde(default)]
    reboot: Option<String>,
}

/// `POST /phones/{mac}/invite`
pub(crate) async fn invite(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(mac): Path<String>,
) -> Result<Response, Trouble> {
    get(&app.config().1, &mac)?;
    PhoneState::change(&app, &mac, &session.account, |state| {
        state.invite(app.wall());
        true
    })
    .await?;
    app.audit_done(&session, from, format!("invited phone {mac} to fetch its settings")).await;
    Ok(Redirect::to(&format!("/phones/{mac}?done=invited")).into_response())
}

/// `POST /phones/{mac}/resync`
pub(crate) async fn resync(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(mac): Path<String>,
    Form(form): Form<Resync>,
) -> Result<Response, Trouble> {
    let lines = get(&app.config().1, &mac)?.lines.clone();
    let reboot = form.reboot.is_some();
    let mut told = false;
    for extension in lines {
        told |= (app.backend.ask)(Command::CheckSync { extension, reboot }).await.is_ok();
    }
    let done = if told { "resync" } else { "nobody-there" };
    if told {
        let what = if reboot { "to start anew" } else { "to fetch its settings" };
        app.audit_done(&session, from, format!("asked phone {mac} {what}")).await;
    }
    Ok(Redirect::to(&format!("/phones/{mac}?done={done}")).into_response())
}

/// `POST /phones/{mac}/renew`: what it knows is worth nothing from now on, and it is invited to fetch anew.
pub(crate) async fn renew(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(mac): Path<String>,
) -> Result<Response, Trouble> {
    let lines = get(&app.config().1, &mac)?.lines.clone();
    PhoneState::retire(&app, &mac, &session.account).await?;
    for extension in lines {
        let name = provision::device_name(&extension, &mac);
        let command = Command::PutDevice { name, device: None, by: session.account.clone() };
        if let Err(refusal) = (app.backend.ask)(command).await {
            return Err(Trouble::Store(refusal.0));
        }
        (app.backend.commands)(Command::Unregister(extension));
    }
    PhoneState::change(&app, &mac, &session.account, |state| {
        state.invite(app.wall());
        true
    })
    .await?;
    app.audit_done(&session, from, format!("new secrets for phone {mac}")).await;
    Ok(Redirect::to(&format!("/phones/{mac}?done=renewed")).into_response())
}
