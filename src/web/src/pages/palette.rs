//! `GET /palette?q=`: what the command palette offers.

use axum::Json;
use axum::extract::State;
use exchange::record::Role;
use serde::{Deserialize, Serialize};

use super::extensions::find;
use super::forms::Query;
use super::{MAP, is_shown};
use crate::app::Shared;
use crate::login::session::WebSession;

/// Entries offered at once.
const ENTRIES_MAX: usize = 12;

#[derive(Debug, Deserialize)]
pub(crate) struct Question {
    #[serde(default)]
    q: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    label: String,
    hint: String,
    href: String,
    icon: &'static str,
}

/// Pages first, then extensions, then a search through the calls.
pub(crate) async fn get(
    State(app): State<Shared>,
    session: WebSession,
    Query(question): Query<Question>,
) -> Json<Vec<Entry>> {
    let q = question.q.trim().to_lowercase();
    let (_, config) = app.config();
    let mut entries: Vec<Entry> = pages(session.role).filter(|entry| entry.label.to_lowercase().contains(&q)).collect();
    if !q.is_empty() {
        let people = find(&config, &q).take(ENTRIES_MAX).map(|extension| Entry {
            label: extension.name.clone(),
            hint: extension.number.clone(),
            href: format!("/extensions/{}", extension.number),
            icon: "phone",
        });
        entries.extend(people);
        entries.truncate(ENTRIES_MAX - 1);
        entries.push(Entry {
            label: format!("Calls with “{}”", question.q.trim()),
            hint: "search".to_owned(),
            href: super::forms::link("/calls", &[("q", question.q.trim())]),
            icon: "calls",
        });
    }
    Json(entries)
}

fn pages(role: Role) -> impl Iterator<Item = Entry> {
    let places = MAP.iter().flat_map(|(group, entries)| entries.iter().map(move |entry| (*group, *entry)));
    let places = places.filter(move |(_, place)| is_shown(place.key, role));
    let places = places.map(|(group, place)| Entry {
        label: place.label.to_owned(),
        hint: group.to_owned(),
        href: place.href.to_owned(),
        icon: place.icon,
    });
    let acts = [
        ("New extension", "/extensions/new", "plus"),
        ("New ring group", "/ring-groups/new", "plus"),
        ("Edit the configuration as text", "/configuration/edit", "document"),
    ];
    let acts = acts.into_iter().filter(move |_| role >= Role::Administrator).map(|(label, href, icon)| Entry {
        label: label.to_owned(),
        hint: String::new(),
        href: href.to_owned(),
        icon,
    });
    places.chain(acts)
}
