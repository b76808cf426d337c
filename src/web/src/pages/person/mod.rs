//! What an extension's person has set: forwards, do not disturb, follow-me, speed dial. The same as by phone.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::WallTime;

use super::change::unprocessable;
use super::forms::{Done, Errors, Query};
use super::{Shell, page};
use crate::app::Shared;
use crate::entries::{FieldView, Fieldset, list_of_destinations};
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::person::{self, PersonBody, VOICEMAIL};
use crate::words::{self, Zone};

#[derive(Template)]
#[template(path = "pages/person/person.html")]
struct PersonPage {
    shell: Shell,
    number: String,
    name: String,
    sets: Vec<Fieldset>,
    destinations: Vec<(String, String)>,
    errors: Errors,
    above: Vec<String>,
}

/// The fields as they were typed, with what could be read of them.
#[derive(Default)]
struct PersonForm {
    body: PersonBody,
    until: String,
    delay: String,
    dials: String,
    errors: Errors,
}

impl PersonForm {
    fn of(body: PersonBody, until: Option<WallTime>, zone: &Zone) -> Self {
        // Keys are texts here: by their numbers, 2 comes before 10.
        let mut dials: Vec<(u8, &String)> =
            body.speed_dial.iter().filter_map(|(key, number)| Some((key.parse().ok()?, number))).collect();
        dials.sort_unstable();
        PersonForm {
            until: until.map(|at| zone.field(at)).unwrap_or_default(),
            delay: body.follow_me_delay_s.to_string(),
            dials: dials.iter().map(|(key, number)| format!("{key} {number}")).collect::<Vec<_>>().join("\n"),
            body,
            errors: Errors::default(),
        }
    }

    fn read(octets: &[u8], zone: &Zone) -> Self {
        let mut form = PersonForm::default();
        let body = &mut form.body;
        for (key, value) in form_urlencoded::parse(octets) {
            let text = value.trim();
            match &*key {
                "forward_all" => body.forward_all = Some(destination(text)),
                "forward_busy" => body.forward_busy = Some(destination(text)),
                "forward_no_answer" => body.forward_no_answer = Some(destination(text)),
                "forward_unreachable" => body.forward_unreachable = Some(destination(text)),
                "dnd" => body.dnd = true,
                "dnd_until" => form.until = text.to_owned(),
                "dnd_allow" => body.dnd_allow = lines(text, true),
                "dnd_periods" => body.dnd_periods = lines(text, false),
                "no_call_waiting" => body.no_call_waiting = true,
                "withhold" => body.withhold = true,
                "reject_anonymous" => body.reject_anonymous = true,
                "no_intercom" => body.no_intercom = true,
                "follow_me" => body.follow_me = true,
                "follow_me_numbers" => body.follow_me_numbers = lines(text, true),
                "follow_me_delay_s" => form.delay = text.to_owned(),
                "follow_me_confirm" => body.follow_me_confirm = true,
                "speed_dial" => form.dials = text.to_owned(),
                _ => {}
            }
        }
        if !form.until.is_empty() {
            // What cannot be read goes on as it is: the body's own reading says so.
            body.dnd_until = Some(zone.moment(&form.until).map_or_else(|| form.until.clone(), words::iso));
        }
        match form.delay.parse() {
            Ok(delay) => body.follow_me_delay_s = delay,
            Err(_) if form.delay.is_empty() => {}
            Err(_) => form.errors.add("follow_me_delay_s", "Write whole seconds."),
        }
        match dials(&form.dials) {
            Ok(dials) => body.speed_dial = dials,
            Err(wrong) => form.errors.add("speed_dial", wrong),
        }
        form
    }

    fn sets(&self, errors: &Errors) -> Vec<Fieldset> {
        let set = |title, fields| Fieldset { title, folded: false, open: false, fields };
        let field = |key, label, hint| FieldView::named(key, label, hint, errors);
        let to = |key, label, hint, value: &Option<String>| {
            field(key, label, hint).with_line(value.clone().unwrap_or_default(), "text").offering_destinations()
        };
        let body = &self.body;
        vec![
            set(
                "Forwards",
                vec![
                    to(
                        "forward_all",
                        "All calls",
                        "A number as the phone would dial it, or voicemail.",
                        &body.forward_all,
                    ),
                    to("forward_busy", "When busy", "", &body.forward_busy),
                    to("forward_no_answer", "When nobody answers", "", &body.forward_no_answer),
                    to("forward_unreachable", "When no phone is registered", "", &body.forward_unreachable),
                ],
            ),
            set(
                "Do not disturb",
                vec![
                    field("dnd", "Do not disturb", "The phones stay silent.").with_switch(body.dnd),
                    field("dnd_until", "Until", "Empty: until it is switched off.")
                        .with_line(&*self.until, "datetime-local"),
                    field("dnd_allow", "Who rings all the same", "Numbers, or beginnings with * behind: +3247*.")
                        .with_lines(body.dnd_allow.join("\n")),
                    field("dnd_periods", "By itself", "Written as hours are: daily 22:00-07:00.")
                        .with_lines(body.dnd_periods.join("\n")),
                ],
            ),
            set(
                "Follow-me",
                vec![
                    field("follow_me", "Other numbers ring too", "").with_switch(body.follow_me),
                    field(
                        "follow_me_confirm",
                        "Press 1 to take the call",
                        "So that a mobile’s mailbox cannot take it.",
                    )
                    .with_switch(body.follow_me_confirm),
                    field("follow_me_numbers", "Which", "None: the extension’s mobile.")
                        .with_lines(body.follow_me_numbers.join("\n")),
                    field("follow_me_delay_s", "So many seconds later", "").with_line(&*self.delay, "number"),
                ],
            ),
            set(
                "Calls",
                vec![
                    field("no_call_waiting", "No second call", "Whoever calls meanwhile hears busy.")
                        .with_switch(body.no_call_waiting),
                    field("withhold", "Withhold the number", "It is never shown outside.").with_switch(body.withhold),
                    field("reject_anonymous", "Refuse callers without a number", "").with_switch(body.reject_anonymous),
                    field("no_intercom", "No intercom", "The phones do not answer by themselves.")
                        .with_switch(body.no_intercom),
                    field("speed_dial", "Speed dial", "A key from 0 to 99 and a number: 1 0470123456.")
                        .with_lines(&*self.dials),
                ],
            ),
        ]
    }
}

/// What a browser's list offers stands for the number alone; one's own mailbox has a word.
fn destination(text: &str) -> String {
    if text.starts_with("voicemail:") { VOICEMAIL.to_owned() } else { text.to_owned() }
}

fn lines(text: &str, commas: bool) -> Vec<String> {
    let ends = |c: char| c == '\n' || c == '\r' || (commas && matches!(c, ',' | ';'));
    text.split(ends).map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// `1 0470123456`, one a line.
fn dials(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut dials = BTreeMap::new();
    for line in lines(text, false) {
        let Some((key, number)) = line.split_once([' ', '\t', '=']) else {
            return Err(format!("“{}”: write a key, a blank and a number.", line.chars().take(40).collect::<String>()));
        };
        if dials.insert(key.to_owned(), number.trim().to_owned()).is_some() {
            return Err(format!("The key {} is there twice.", key.chars().take(40).collect::<String>()));
        }
    }
    Ok(dials)
}

/// `GET /extensions/{number}/person`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Path(number): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let now = person::current(&app, &number);
    let form = PersonForm::of(PersonBody::of(&now), now.dnd_until, &Zone::of(&app.config().1));
    person_page(&app, &session, number, form, done.done.as_deref())
}

/// `POST /extensions/{number}/person`
pub(crate) async fn change(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    if !config.extensions.contains_key(&number) {
        return Err(Trouble::NotFound);
    }
    let mut form = PersonForm::read(&body, &Zone::of(&config));
    match form.body.read(app.wall()) {
        Ok(person) if form.errors.is_empty() => {
            let command = person::command(&number, &person, &session.account)?;
            match (app.backend.ask)(command).await {
                Ok(_) => {
                    app.audit_done(&session, from, format!("set forwards and habits of extension {number}")).await;
                    return Ok(Redirect::to(&format!("/extensions/{number}/person?done=saved")).into_response());
                }
                Err(refusal) => form.errors.add("", words::sentence(&refusal.0)),
            }
        }
        Ok(_) => {}
        Err(errors) => form.errors.add_missing(errors),
    }
    unprocessable(person_page(&app, &session, number, form, None)?)
}

fn person_page(
    app: &Shared,
    session: &WebSession,
    number: String,
    form: PersonForm,
    done: Option<&str>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let name = config.extensions.get(&number).ok_or(Trouble::NotFound)?.name.clone();
    let inside = |(to, _): &(String, String)| to.bytes().all(|b| b.is_ascii_digit()) && *to != number;
    let mut destinations: Vec<_> = list_of_destinations(&config).into_iter().filter(inside).collect();
    destinations.insert(0, (VOICEMAIL.to_owned(), "The own mailbox".to_owned()));
    let sets = form.sets(&form.errors);
    let shown: Vec<&str> = sets.iter().flat_map(|set| set.fields.iter().map(|field| field.key)).collect();
    page(&PersonPage {
        shell: Shell::new(app, session, "extensions", format!("Forwards and habits of {name}")).said(done),
        above: form.errors.others(&shown),
        sets,
        destinations,
        errors: form.errors,
        number,
        name,
    })
}
