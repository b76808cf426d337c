//! Classes of music for those who wait: list, one, make, change, delete.

use std::net::SocketAddr;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use config::{Config, Edit, MUSIC_DEFAULT, Music};

use super::change::{change_config, remove, unprocessable};
use super::extensions::ticked;
use super::forms::{Done, Errors, Query};
use super::{Shell, page};
use crate::app::Shared;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::pages::sounds::upload_name;
use crate::words;

/// Sounds of one class at most, as the configuration has it.
const FILES_MAX: usize = 100;

/// The fields as they were typed. Files come one by one from the boxes (`file=a&file=b`); those that the class plays
/// already keep their order, new ones come after them. The field `order` gives another order.
#[derive(Clone, Debug, Default)]
struct MusicForm {
    name: String,
    files: Vec<String>,
    order: String,
    shuffle: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/music/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
    /// Nobody has said what held callers hear: the box's own.
    built_in: bool,
    uploads: bool,
}

struct Row {
    name: String,
    files: String,
    order: &'static str,
    heard_by: String,
}

#[derive(Template)]
#[template(path = "pages/music/edit.html")]
struct EditPage {
    shell: Shell,
    /// `None` for a new one.
    class: Option<String>,
    form: MusicForm,
    choices: Vec<FileChoice>,
    errors: Errors,
    above: Vec<String>,
}

struct FileChoice {
    name: String,
    /// Empty where the library has no such sound.
    length: String,
    ticked: bool,
}

#[derive(Template)]
#[template(path = "pages/music/delete.html")]
struct DeletePage {
    shell: Shell,
    class: String,
    is_default: bool,
    errors: Vec<String>,
}

impl MusicForm {
    /// Reads a form body; `Form` cannot gather a field that comes several times.
    fn read(body: &[u8]) -> Self {
        let mut form = MusicForm::default();
        for (key, value) in form_urlencoded::parse(body) {
            let value = value.trim().to_owned();
            match &*key {
                "name" => form.name = value,
                "file" if form.files.len() <= FILES_MAX => form.files.push(value),
                "order" => form.order = value,
                "shuffle" => form.shuffle = ticked(true),
                _ => {}
            }
        }
        // Those named in the order come first and so; the others as the boxes stood.
        let named: Vec<&str> = form.order.split([',', ' ']).filter(|name| !name.is_empty()).collect();
        let place = |file: &String| named.iter().position(|name| name == file).unwrap_or(usize::MAX);
        form.files.sort_by_key(place);
        form
    }

    fn of(music: &Music) -> Self {
        MusicForm {
            name: music.name.clone(),
            files: music.files.clone(),
            order: music.files.join(", "),
            shuffle: ticked(music.shuffle),
        }
    }

    /// `class` is the one in the address, if it exists: its name does not change.
    fn music(&self, class: Option<&str>) -> Music {
        let name = class.unwrap_or(&self.name).to_owned();
        Music { name, files: self.files.clone(), shuffle: self.shuffle.is_some() }
    }
}

/// `GET /music`
pub(crate) async fn list(
    State(app): State<Shared>,
    session: WebSession,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let uploads = uploads(&app).await?;
    let rows = config.music.values().map(|music| Row {
        name: music.name.clone(),
        files: words::count(music.files.len(), "sound", "sounds"),
        order: if music.shuffle { "shuffled" } else { "in order" },
        heard_by: heard_by(&config, &music.name),
    });
    page(&ListPage {
        rows: rows.collect(),
        built_in: !config.music.contains_key(MUSIC_DEFAULT),
        uploads: !uploads.is_empty(),
        shell: Shell::new(&app, &session, "music", "Music").said(done.done.as_deref()),
    })
}

/// `GET /music/new`
pub(crate) async fn new(State(app): State<Shared>, session: WebSession) -> Result<Response, Trouble> {
    let name = if app.config().1.music.contains_key(MUSIC_DEFAULT) { "" } else { MUSIC_DEFAULT };
    let form = MusicForm { name: name.to_owned(), ..MusicForm::default() };
    edit_page(&app, &session, None, form, Errors::default(), None).await
}

/// `POST /music`
pub(crate) async fn create(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    body: Bytes,
) -> Result<Response, Trouble> {
    let form = MusicForm::read(&body);
    let music = form.music(None);
    let reason = format!("new music {}", music.name);
    match save(&app, &session, from, music, Edit::AddMusic, reason).await? {
        Ok(()) => Ok(Redirect::to("/music?done=created").into_response()),
        Err(errors) => unprocessable(edit_page(&app, &session, None, form, errors, None).await?),
    }
}

/// `GET /music/{class}`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Path(class): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let form = MusicForm::of(get(&app.config().1, &class)?);
    edit_page(&app, &session, Some(class), form, Errors::default(), done.done.as_deref()).await
}

/// `POST /music/{class}`
pub(crate) async fn change(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(class): Path<String>,
    body: Bytes,
) -> Result<Response, Trouble> {
    get(&app.config().1, &class)?;
    let form = MusicForm::read(&body);
    let reason = format!("changed music {class}");
    match save(&app, &session, from, form.music(Some(&class)), Edit::ChangeMusic, reason).await? {
        Ok(()) => Ok(Redirect::to(&format!("/music/{class}?done=saved")).into_response()),
        Err(errors) => unprocessable(edit_page(&app, &session, Some(class), form, errors, None).await?),
    }
}

/// Also looks whether the library has the sounds, which the configuration cannot know.
async fn save(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    music: Music,
    edit: fn(Music) -> Edit,
    reason: String,
) -> Result<Result<(), Errors>, Trouble> {
    let known = uploads(app).await?;
    let missing = music.files.iter().find(|file| known.iter().all(|(name, _)| name != *file));
    if let Some(file) = missing {
        let mut errors = Errors::default();
        errors.add("files", format!("There is no sound “{file}” on this box: upload it first, or untick it."));
        return Ok(Err(errors));
    }
    Ok(change_config(app, session, from, edit(music), reason).await)
}

/// `GET /music/{class}/delete`
pub(crate) async fn ask_delete(
    State(app): State<Shared>,
    session: WebSession,
    Path(class): Path<String>,
) -> Result<Response, Trouble> {
    delete_page(&app, &session, &class, Vec::new())
}

/// `POST /music/{class}/delete`
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(class): Path<String>,
) -> Result<Response, Trouble> {
    get(&app.config().1, &class)?;
    let reason = format!("deleted music {class}");
    match remove(&app, &session, from, Edit::RemoveMusic(class.clone()), reason, "/music").await {
        Ok(done) => Ok(done),
        Err(errors) => unprocessable(delete_page(&app, &session, &class, errors)?),
    }
}

fn get<'a>(config: &'a Config, class: &str) -> Result<&'a Music, Trouble> {
    config.music.get(class).ok_or(Trouble::NotFound)
}

/// The uploads of the library: name and length.
async fn uploads(app: &Shared) -> Result<Vec<(String, String)>, Trouble> {
    let all = app.disk(|backend| backend.sounds.list()).await?;
    let upload = |sound: &crate::files::SoundInfo| {
        upload_name(&sound.name).map(|name| (name.to_owned(), words::short_clock(sound.duration)))
    };
    Ok(all.iter().filter_map(upload).collect())
}

/// Who hears a class.
fn heard_by(config: &Config, class: &str) -> String {
    let groups = config.ring_groups.values().filter(|group| group.music.as_deref() == Some(class));
    let held = (class == MUSIC_DEFAULT).then(|| "held callers".to_owned());
    held.into_iter().chain(groups.map(|group| group.name.clone())).collect::<Vec<_>>().join(", ")
}

async fn edit_page(
    app: &Shared,
    session: &WebSession,
    class: Option<String>,
    form: MusicForm,
    errors: Errors,
    done: Option<&str>,
) -> Result<Response, Trouble> {
    let mut known = uploads(app).await?;
    for file in &form.files {
        // Sounds that are gone stay to be seen, and to be taken out.
        if known.iter().all(|(name, _)| name != file) {
            known.push((file.clone(), String::new()));
        }
    }
    let place = |name: &String| form.files.iter().position(|file| file == name).unwrap_or(usize::MAX);
    known.sort_by_key(|(name, _)| place(name));
    let choice = |(name, length): (String, String)| FileChoice { ticked: form.files.contains(&name), name, length };
    let title = class.clone().unwrap_or_else(|| "New music".to_owned());
    page(&EditPage {
        shell: Shell::new(app, session, "music", title).said(done),
        above: errors.others(&["name", "files"]),
        choices: known.into_iter().map(choice).collect(),
        class,
        form,
        errors,
    })
}

fn delete_page(app: &Shared, session: &WebSession, class: &str, errors: Vec<String>) -> Result<Response, Trouble> {
    get(&app.config().1, class)?;
    page(&DeletePage {
        shell: Shell::new(app, session, "music", format!("Delete music {class}?")),
        class: class.to_owned(),
        is_default: class == MUSIC_DEFAULT,
        errors,
    })
}
