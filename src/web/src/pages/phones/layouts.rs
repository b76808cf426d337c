//! What the keys of phones do: layouts for groups of people.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use config::{Config, Edit, KeyLayout};
use serde::Deserialize;

use crate::app::Shared;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::pages::change::{change_config, remove, unprocessable};
use crate::pages::forms::{Done, Errors, Form, Query, filled};
use crate::pages::{Shell, page};
use crate::words;

/// The fields as they were typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct LayoutForm {
    #[serde(default)]
    name: String,
    /// A key in each line.
    #[serde(default)]
    keys: String,
}

impl LayoutForm {
    fn layout(&self, name: Option<&str>) -> KeyLayout {
        let name = name.unwrap_or(self.name.trim()).to_owned();
        KeyLayout { name, keys: self.keys.lines().filter_map(filled).collect() }
    }
}

#[derive(Template)]
#[template(path = "pages/phones/layouts.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    keys: String,
    used: String,
}

#[derive(Template)]
#[template(path = "pages/phones/layout.html")]
struct EditPage {
    shell: Shell,
    /// `None` for a new one.
    name: Option<String>,
    form: LayoutForm,
    errors: Errors,
    above: Vec<String>,
}

/// `GET /key-layouts`
pub(crate) async fn list(
    State(app): State<Shared>,
    session: WebSession,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let rows = config.key_layouts.values().map(|layout| {
        let uses = |keys: &Option<String>| keys.as_ref() == Some(&layout.name);
        let phones = config.phones.values().filter(|phone| uses(&phone.keys)).count();
        let people = config.extensions.values().filter(|extension| uses(&extension.keys)).count();
        Row {
            name: layout.name.clone(),
            keys: words::count(layout.keys.len(), "key", "keys"),
            used: format!(
                "{}, {}",
                words::count(people, "extension", "extensions"),
                words::count(phones, "phone", "phones")
            ),
        }
    });
    let rows = rows.collect();
    page(&ListPage { rows, shell: Shell::new(&app, &session, "phones", "Key layouts").said(done.done.as_deref()) })
}

/// `GET /key-layouts/new`
pub(crate) async fn new(State(app): State<Shared>, session: WebSession) -> Result<Response, Trouble> {
    edit_page(&app, &session, None, LayoutForm::default(), Errors::default(), None)
}

/// `POST /key-layouts`
pub(crate) async fn create(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Form(form): Form<LayoutForm>,
) -> Result<Response, Trouble> {
    let layout = form.layout(None);
    let reason = format!("new key layout {}", layout.name);
    match change_config(&app, &session, from, Edit::AddKeyLayout(layout), reason).await {
        Ok(()) => Ok(Redirect::to("/key-layouts?done=created").into_response()),
        Err(errors) => unprocessable(edit_page(&app, &session, None, form, errors, None)?),
    }
}

/// `GET /key-layouts/{layout}`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Path(name): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let form = LayoutForm { name: name.clone(), keys: get(&app.config().1, &name)?.keys.join("\n") };
    edit_page(&app, &session, Some(name), form, Errors::default(), done.done.as_deref())
}

/// `POST /key-layouts/{layout}`
pub(crate) async fn change(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(name): Path<String>,
    Form(form): Form<LayoutForm>,
) -> Result<Response, Trouble> {
    get(&app.config().1, &name)?;
    let edit = Edit::ChangeKeyLayout(form.layout(Some(&name)));
    match change_config(&app, &session, from, edit, format!("changed key layout {name}")).await {
        Ok(()) => Ok(Redirect::to(&format!("/key-layouts/{name}?done=saved")).into_response()),
        Err(errors) => unprocessable(edit_page(&app, &session, Some(name), form, errors, None)?),
    }
}

/// `POST /key-layouts/{layout}/delete`: refused while anybody has it, so nothing is lost by a slip.
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(name): Path<String>,
) -> Result<Response, Trouble> {
    let keys = get(&app.config().1, &name)?.keys.join("\n");
    let edit = Edit::RemoveKeyLayout(name.clone());
    match remove(&app, &session, from, edit, format!("deleted key layout {name}"), "/key-layouts").await {
        Ok(done) => Ok(done),
        Err(reasons) => {
            let mut errors = Errors::default();
            reasons.into_iter().for_each(|reason| errors.add("", reason));
            let form = LayoutForm { name: name.clone(), keys };
            unprocessable(edit_page(&app, &session, Some(name), form, errors, None)?)
        }
    }
}

fn get<'a>(config: &'a Config, name: &str) -> Result<&'a KeyLayout, Trouble> {
    config.key_layouts.get(name).ok_or(Trouble::NotFound)
}

fn edit_page(
    app: &Shared,
    session: &WebSession,
    name: Option<String>,
    form: LayoutForm,
    errors: Errors,
    done: Option<&str>,
) -> Result<Response, Trouble> {
    let title = name.as_ref().map_or_else(|| "New key layout".to_owned(), |name| format!("Key layout {name}"));
    page(&EditPage {
        shell: Shell::new(app, session, "phones", title).said(done),
        above: errors.others(&["name", "keys"]),
        name,
        form,
        errors,
    })
}
