//! Ring groups: list, one, make, change, delete.

use std::net::SocketAddr;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use config::{Config, Edit, RingGroup};

use super::change::{change_config, remove, unprocessable};
use super::choices::{self, Offered};
use super::extensions::record_choice;
use super::forms::{Done, Errors, Query, filled, rest};
use super::{Shell, page};
use crate::app::Shared;
use crate::entries::{Fieldset, Given, Group, fieldsets_of, list_of_destinations};
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::pages::extensions::seconds;
use crate::words;

/// Up to this many extensions the members are boxes to tick; beyond it a field for numbers.
const BOXES_MAX: usize = 60;

/// The fields as they were typed. Members come one by one from the boxes (`member=101&member=102`), or together from
/// the field (`members=101, 102`).
#[derive(Clone, Debug, Default)]
struct GroupForm {
    number: String,
    name: String,
    ring_time_s: String,
    record: String,
    music: String,
    members: Vec<String>,
    /// The keys of [`MORE`]; none: they stay.
    more: Option<Given>,
}

/// Keys laid out by the table of keys.
const MORE: &[Group] = &[Group {
    title: "Who rings, and what then",
    folded: false,
    keys: &[
        ("strategy", "Who rings when"),
        ("otherwise", "If nobody answers"),
        ("label", "Put before the caller's name"),
        ("skip_busy", "Leave out who is busy"),
    ],
}];

#[derive(Template)]
#[template(path = "pages/groups/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
}

struct Row {
    number: String,
    name: String,
    members: String,
    reachable: String,
}

#[derive(Template)]
#[template(path = "pages/groups/edit.html")]
struct EditPage {
    shell: Shell,
    /// `None` for a new one.
    number: Option<String>,
    form: GroupForm,
    members: String,
    boxes: Option<Vec<Choice>>,
    errors: Errors,
    above: Vec<String>,
    ring_time_default: u16,
    records: Vec<Offered>,
    music: Vec<Offered>,
    more: Vec<Fieldset>,
    destinations: Vec<(String, String)>,
}

struct Choice {
    number: String,
    name: String,
    ticked: bool,
}

#[derive(Template)]
#[template(path = "pages/groups/delete.html")]
struct DeletePage {
    shell: Shell,
    number: String,
    name: String,
    errors: Vec<String>,
}

impl GroupForm {
    /// Reads a form body; `Form` cannot gather a field that comes several times.
    fn read(body: &[u8]) -> Self {
        let mut form = GroupForm { more: rest("ring_group", "label", body), ..GroupForm::default() };
        for (key, value) in form_urlencoded::parse(body) {
            let value = value.trim().to_owned();
            match &*key {
                "number" => form.number = value,
                "name" => form.name = value,
                "ring_time_s" => form.ring_time_s = value,
                "record" => form.record = value,
                "music" => form.music = value,
                "member" => form.members.push(value),
                "members" => {
                    let numbers = value.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
                    form.members.extend(numbers.filter(|number| !number.is_empty()).map(str::to_owned));
                }
                _ => {}
            }
        }
        form
    }

    fn of(group: &RingGroup) -> Self {
        GroupForm {
            number: group.number.clone(),
            name: group.name.clone(),
            ring_time_s: group.ring_time_s.map(|s| s.to_string()).unwrap_or_default(),
            record: group.record.word().to_owned(),
            music: group.music.clone().unwrap_or_default(),
            members: group.members.clone(),
            more: Some(Given::of(group)),
        }
    }

    /// `before` is the group as it is, if it exists: its number does not change.
    fn group(&self, before: Option<&RingGroup>) -> Result<RingGroup, Errors> {
        let mut errors = Errors::default();
        let record = record_choice(&self.record, &mut errors);
        let ring_time_s = seconds(&self.ring_time_s).unwrap_or_else(|wrong| {
            errors.add_missing(wrong);
            None
        });
        let mut group = before
            .cloned()
            .unwrap_or_else(|| RingGroup::new(self.number.clone(), self.name.clone(), self.members.clone()));
        if let Some(mut more) = self.more.clone() {
            group.strategy = more.choice("strategy");
            group.otherwise = more.destination_or_absent("otherwise");
            group.label = more.text_or_absent("label");
            group.skip_busy = more.flag("skip_busy");
            errors.add_missing(more.errors);
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let (name, members) = (self.name.clone(), self.members.clone());
        Ok(RingGroup { name, members, ring_time_s, record, music: filled(&self.music), ..group })
    }
}

/// `GET /ring-groups`
pub(crate) async fn list(
    State(app): State<Shared>,
    session: WebSession,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let rows = config.ring_groups.values().map(|group| {
        let reachable = app
            .backend
            .live
            .read(|view| group.members.iter().filter(|member| view.registrations.contains_key(*member)).count());
        Row {
            number: group.number.clone(),
            name: group.name.clone(),
            members: words::count(group.members.len(), "member", "members"),
            reachable: format!("{reachable} reachable"),
        }
    });
    page(&ListPage {
        rows: rows.collect(),
        shell: Shell::new(&app, &session, "ring-groups", "Ring groups").said(done.done.as_deref()),
    })
}

/// `GET /ring-groups/new`
pub(crate) async fn new(State(app): State<Shared>, session: WebSession) -> Result<Response, Trouble> {
    edit_page(&app, &session, None, GroupForm::default(), Errors::default(), None)
}

/// `POST /ring-groups`
pub(crate) async fn create(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    body: Bytes,
) -> Result<Response, Trouble> {
    let form = GroupForm::read(&body);
    let done = match form.group(None) {
        Ok(group) => {
            let reason = format!("new ring group {}", group.number);
            change_config(&app, &session, from, Edit::AddRingGroup(group), reason).await
        }
        Err(errors) => Err(errors),
    };
    match done {
        Ok(()) => Ok(Redirect::to("/ring-groups?done=created").into_response()),
        Err(errors) => unprocessable(edit_page(&app, &session, None, form, errors, None)?),
    }
}

/// `GET /ring-groups/{number}`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Path(number): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let form = GroupForm::of(get(&app.config().1, &number)?);
    edit_page(&app, &session, Some(number), form, Errors::default(), done.done.as_deref())
}

/// `POST /ring-groups/{number}`
pub(crate) async fn change(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let form = GroupForm::read(&body);
    let done = match form.group(Some(get(&config, &number)?)) {
        Ok(group) => {
            let reason = format!("changed ring group {number}");
            change_config(&app, &session, from, Edit::ChangeRingGroup(group), reason).await
        }
        Err(errors) => Err(errors),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/ring-groups/{number}?done=saved")).into_response()),
        Err(errors) => unprocessable(edit_page(&app, &session, Some(number), form, errors, None)?),
    }
}

/// `GET /ring-groups/{number}/delete`
pub(crate) async fn ask_delete(
    State(app): State<Shared>,
    session: WebSession,
    Path(number): Path<String>,
) -> Result<Response, Trouble> {
    delete_page(&app, &session, &number, Vec::new())
}

/// `POST /ring-groups/{number}/delete`
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
) -> Result<Response, Trouble> {
    get(&app.config().1, &number)?;
    let reason = format!("deleted ring group {number}");
    match remove(&app, &session, from, Edit::RemoveRingGroup(number.clone()), reason, "/ring-groups").await {
        Ok(done) => Ok(done),
        Err(errors) => unprocessable(delete_page(&app, &session, &number, errors)?),
    }
}

fn get<'a>(config: &'a Config, number: &str) -> Result<&'a RingGroup, Trouble> {
    config.ring_groups.get(number).ok_or(Trouble::NotFound)
}

fn edit_page(
    app: &Shared,
    session: &WebSession,
    number: Option<String>,
    form: GroupForm,
    errors: Errors,
    done: Option<&str>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let boxes = (config.extensions.len() <= BOXES_MAX).then(|| {
        let choice = |extension: &config::Extension| Choice {
            number: extension.number.clone(),
            name: extension.name.clone(),
            ticked: form.members.contains(&extension.number),
        };
        config.extensions.values().map(choice).collect()
    });
    let existing = number.as_deref().and_then(|number| config.ring_groups.get(number));
    let more = form.more.clone().or_else(|| existing.map(Given::of));
    let more = more.unwrap_or_else(|| Given::nothing("ring_group"));
    let title = match &number {
        Some(_) if !form.name.is_empty() => form.name.clone(),
        Some(number) => number.clone(),
        None => "New ring group".to_owned(),
    };
    page(&EditPage {
        shell: Shell::new(app, session, "ring-groups", title).said(done),
        above: errors.others(&[
            "number",
            "name",
            "members",
            "ring_time_s",
            "record",
            "music",
            "strategy",
            "otherwise",
            "label",
            "skip_busy",
        ]),
        more: fieldsets_of("ring_group", MORE, &more, &errors, &config),
        destinations: list_of_destinations(&config),
        members: form.members.join(", "),
        ring_time_default: config.sip.ring_time_s,
        records: choices::record(&form.record, &config),
        music: choices::music(&form.music, &config),
        number,
        form,
        boxes,
        errors,
    })
}

fn delete_page(app: &Shared, session: &WebSession, number: &str, errors: Vec<String>) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let name = get(&config, number)?.name.clone();
    let shell = Shell::new(app, session, "ring-groups", format!("Delete ring group {number}?"));
    page(&DeletePage { shell, number: number.to_owned(), name, errors })
}
