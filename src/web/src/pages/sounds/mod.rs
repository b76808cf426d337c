//! The library's sounds: what was uploaded, music, prompts; list, upload, listen, delete.

mod upload;

use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use config::Config;
use serde::Deserialize;

use super::change::unprocessable;
use super::forms::{Errors, Query, filled};
use super::{Shell, page};
use crate::app::Shared;
use crate::error::Trouble;
use crate::files::{OpenFile, SoundInfo};
use crate::login::session::WebSession;
use crate::sound::{self, Served};
use crate::words;
use upload::Upload;
pub(crate) use upload::{FORM_AROUND, Refused, UPLOAD_MAX, find, is_name, take, upload_name};

/// Sounds of the box's own shown at once; there are some hundred in each language.
const ROWS: usize = 20;

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/sounds/list.html")]
struct ListPage {
    shell: Shell,
    uploads: Vec<Row>,
    /// Music and prompts that the box brought along.
    own: Vec<Row>,
    own_total: usize,
    own_found: usize,
    q: String,
    name: String,
    errors: Errors,
    max: usize,
}

struct Row {
    /// As the configuration names an upload; the full name of all else.
    name: String,
    /// The address of its sound, without what follows.
    href: String,
    length: String,
    octets: String,
    used_by: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/sounds/delete.html")]
struct DeletePage {
    shell: Shell,
    name: String,
    href: String,
    used_by: Vec<(String, String)>,
    error: Option<String>,
}

/// `GET /sounds`
pub(crate) async fn list(
    State(app): State<Shared>,
    session: WebSession,
    Query(query): Query<ListQuery>,
) -> Result<Response, Trouble> {
    list_page(&app, &session, &query, String::new(), Errors::default()).await
}

/// `POST /sounds`
pub(crate) async fn upload(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Trouble> {
    let form = form.map_err(|error| Trouble::Unreadable(error.status()))?;
    let _turn = app.uploads.try_acquire().map_err(|_| Trouble::Busy)?;
    let (wanted, taken) = match Upload::read(form).await {
        Ok(upload) => {
            let name = upload.wanted();
            (name.clone(), take(&app, &name, upload.octets).await)
        }
        Err(refused) => (String::new(), Err(refused)),
    };
    let (status, errors) = match taken {
        Ok(sound) => {
            app.audit_done(&session, from, format!("uploaded {}", sound.name)).await;
            return Ok(Redirect::to("/sounds?done=uploaded").into_response());
        }
        Err(Refused::Trouble(trouble)) => return Err(trouble),
        Err(Refused::Fields(errors)) => (StatusCode::UNPROCESSABLE_ENTITY, errors),
        Err(Refused::TooLarge) => {
            let mut errors = Errors::default();
            errors.add("file", format!("The file is larger than {} MB.", UPLOAD_MAX >> 20));
            (StatusCode::PAYLOAD_TOO_LARGE, errors)
        }
    };
    let mut response = list_page(&app, &session, &ListQuery::default(), wanted, errors).await?;
    *response.status_mut() = status;
    Ok(response)
}

/// `GET /sounds/{sound}/audio`
pub(crate) async fn listen(
    State(app): State<Shared>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Trouble> {
    audio(&app, &headers, &name).await
}

/// The sound as WAV.
pub(crate) async fn audio(app: &Shared, headers: &HeaderMap, name: &str) -> Result<Response, Trouble> {
    let turn = Arc::clone(&app.streams).try_acquire_owned().map_err(|_| Trouble::Busy)?;
    let sound = find(app, name).await?;
    let octets = app.disk(move |backend| backend.sounds.wav(&sound.name)).await?;
    let octets = octets.map_err(|error| {
        tracing::error!(name, %error, "a sound cannot be read");
        Trouble::Internal("a sound cannot be read")
    })?;
    let served = Served { kind: "audio/wav", tag: format!("{:08x}", crc(&octets)), save_as: None };
    let file = OpenFile { length: octets.len() as u64, content: Box::new(Cursor::new(octets)) };
    sound::answer(headers, served, file, turn)
}

/// A short name for a content, so that the browser does not join pieces of two.
fn crc(octets: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    hasher.write(octets);
    hasher.finish()
}

/// `GET /sounds/{sound}/delete`
pub(crate) async fn ask_delete(
    State(app): State<Shared>,
    session: WebSession,
    Path(name): Path<String>,
) -> Result<Response, Trouble> {
    let sound = find(&app, &name).await?;
    delete_page(&app, &session, &sound, None)
}

/// `POST /sounds/{sound}/delete`
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(name): Path<String>,
) -> Result<Response, Trouble> {
    let sound = find(&app, &name).await?;
    match remove(&app, &session, from, &sound).await? {
        Ok(()) => Ok(Redirect::to("/sounds?done=deleted").into_response()),
        Err(clause) => unprocessable(delete_page(&app, &session, &sound, Some(upload::sentence(&clause)))?),
    }
}

/// Removes an upload; a clause says why it stays.
pub(crate) async fn remove(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    sound: &SoundInfo,
) -> Result<Result<(), String>, Trouble> {
    let Some(name) = upload_name(&sound.name).map(str::to_owned) else {
        return Ok(Err("the box brought this sound along; it cannot be removed".to_owned()));
    };
    if let Some((class, _)) = used_by(&app.config().1, &name).first() {
        return Ok(Err(format!("the music “{class}” plays it; take it out there first")));
    }
    let removed = app.disk(move |backend| backend.sounds.remove(&name)).await?;
    if removed.is_ok() {
        app.audit_done(session, from, format!("deleted {}", sound.name)).await;
    }
    Ok(removed)
}

/// The classes of music that play an upload: name and address.
fn used_by(config: &Config, name: &str) -> Vec<(String, String)> {
    let classes = config.music.values().filter(|music| music.files.iter().any(|file| file == name));
    classes.map(|music| (music.name.clone(), format!("/music/{}", music.name))).collect()
}

/// Where a sound is: its full name as one part of an address.
pub(crate) fn href(name: &str) -> String {
    format!("/sounds/{}", name.replace('%', "%25").replace('/', "%2F"))
}

fn row(config: &Config, sound: &SoundInfo) -> Row {
    let upload = upload_name(&sound.name);
    Row {
        name: upload.unwrap_or(&sound.name).to_owned(),
        href: href(&sound.name),
        // One that has never been decoded has no length yet.
        length: if sound.duration.is_zero() { "–".to_owned() } else { words::short_clock(sound.duration) },
        octets: if sound.octets == 0 { String::new() } else { words::octets(sound.octets) },
        used_by: upload.map(|name| used_by(config, name)).unwrap_or_default(),
    }
}

async fn list_page(
    app: &Shared,
    session: &WebSession,
    query: &ListQuery,
    name: String,
    errors: Errors,
) -> Result<Response, Trouble> {
    let all = app.disk(|backend| backend.sounds.list()).await?;
    let (_, config) = app.config();
    let (uploads, mut own): (Vec<_>, Vec<_>) = all.into_iter().partition(|sound| upload_name(&sound.name).is_some());
    // The box's own language before the others.
    let spoken = format!("prompt/{}/", config.media.language.word());
    own.sort_by_key(|sound| sound.name.starts_with("prompt/") && !sound.name.starts_with(&spoken));
    let wanted = filled(&query.q).map(|q| q.to_lowercase());
    let found: Vec<_> =
        own.iter().filter(|sound| wanted.as_ref().is_none_or(|q| sound.name.to_lowercase().contains(q))).collect();
    page(&ListPage {
        shell: Shell::new(app, session, "sounds", "Sounds").said(query.done.as_deref()),
        uploads: uploads.iter().map(|sound| row(&config, sound)).collect(),
        own: found.iter().take(ROWS).map(|sound| row(&config, sound)).collect(),
        own_total: own.len(),
        own_found: found.len(),
        q: query.q.clone(),
        name,
        errors,
        max: UPLOAD_MAX,
    })
}

fn delete_page(
    app: &Shared,
    session: &WebSession,
    sound: &SoundInfo,
    error: Option<String>,
) -> Result<Response, Trouble> {
    let name = upload_name(&sound.name).ok_or(Trouble::NotFound)?;
    page(&DeletePage {
        shell: Shell::new(app, session, "sounds", format!("Delete sound {name}?")),
        name: name.to_owned(),
        href: href(&sound.name),
        used_by: used_by(&app.config().1, name),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sounds_address_is_one_part() {
        assert_eq!(href("prompt/en/goodbye"), "/sounds/prompt%2Fen%2Fgoodbye");
        assert_eq!(href("odd%2Fname"), "/sounds/odd%252Fname");
    }
}
