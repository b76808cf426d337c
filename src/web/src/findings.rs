//! What is odd about a configuration before it comes into force: the proof of the dial plan, and the advice of the
//! document itself.

use std::sync::Arc;

use config::{Config, Document, Edit, Level as Advised, lint};
use dialplan::state::State;
use dialplan::{Plan, Severity, prove};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::backend::ApplyError;
use crate::clocks;
use crate::entries::label_of;
use crate::error::Trouble;
use crate::pages::entries::in_path;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// Calls are lost: a change that brings it is refused.
    Error,
    /// Likely not meant: a change that brings it is confirmed first.
    Warning,
    /// Worth a look.
    Note,
}

/// Something odd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Finding {
    /// How much it matters.
    pub level: Level,
    /// Its section in the configuration; `person` for what a person has set.
    pub section: String,
    /// Its number or name; empty for a section that comes once.
    pub id: String,
    /// The key; empty: the whole entry.
    pub key: String,
    /// What is odd, and what to do about it, as a clause.
    pub message: String,
}

impl Finding {
    /// `Inbound route main, When closed: …`
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.place(), self.message)
    }

    /// `Inbound route main, “When closed”`
    pub fn place(&self) -> String {
        let section = crate::words::capital(&self.section.replace('_', " "));
        let id = if self.id.is_empty() { String::new() } else { format!(" {}", self.id) };
        match label_of(&self.section, &self.key) {
            Some(label) => format!("{section}{id}, “{label}”"),
            None if self.key.is_empty() => format!("{section}{id}"),
            None => format!("{section}{id}, {}", self.key.replace('_', " ")),
        }
    }

    /// The page where it can be mended.
    pub fn href(&self) -> String {
        let page = match self.section.as_str() {
            "trunk" => "/trunks",
            "inbound_route" => "/inbound-routes",
            "outbound_route" => "/outbound-routes",
            "hours" => "/hours",
            "calendar" => "/calendars",
            "class" => "/classes",
            "blocked" => "/blocked",
            "extension" | "person" => "/extensions",
            "ring_group" => "/ring-groups",
            "conference" => "/conferences",
            "music" => "/music",
            "numbers" | "emergency" => return "/numbers".to_owned(),
            _ => return "/configuration/edit".to_owned(),
        };
        format!("{page}/{}", in_path(&self.id))
    }

    /// A dot's colour and its word.
    pub fn tone(&self) -> (&'static str, &'static str) {
        match self.level {
            Level::Error => ("bad", "Error"),
            Level::Warning => ("warn", "Warning"),
            Level::Note => ("off", "Note"),
        }
    }
}

/// Everything odd about a plan; errors first.
pub(crate) fn all(plan: &Plan, state: &State) -> Vec<Finding> {
    let proven = prove(plan, state).into_iter().map(|finding| Finding {
        level: match finding.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
        },
        section: finding.at.section.to_owned(),
        id: finding.at.id.clone(),
        key: finding.at.key.to_owned(),
        message: finding.what.to_string(),
    });
    let mut findings: Vec<Finding> = proven.collect();
    for advice in lint(plan.config()) {
        let (section, id, key) = place_of(&advice.path);
        // The proof has said it already, and better: it knows the way of the calls.
        if findings
            .iter()
            .any(|known| (known.section.as_str(), known.id.as_str(), known.key.as_str()) == (section, id, key))
        {
            continue;
        }
        findings.push(Finding {
            level: match advice.level {
                Advised::Warning => Level::Warning,
                Advised::Note => Level::Note,
            },
            section: section.to_owned(),
            id: id.to_owned(),
            key: key.to_owned(),
            message: format!("{} ({})", advice.message, advice.hint),
        });
    }
    findings.sort_by_key(|finding| finding.level);
    findings
}

/// `trunk.provider.calls_max`, `emergency.location`
fn place_of(path: &str) -> (&str, &str, &str) {
    let (section, rest) = path.split_once('.').unwrap_or((path, ""));
    let (id, key) = rest.rsplit_once('.').unwrap_or(("", rest));
    (section, id, key)
}

/// The dial plan of a configuration with the calendars as they were fetched, and what was set at run time.
pub(crate) fn plan(config: Arc<Config>, state: &State) -> Plan {
    let mut plan = Plan::new(config);
    for (name, feed) in &state.feeds {
        plan.set_feed(name, &feed.text);
    }
    plan
}

/// What edits would bring.
#[derive(Debug)]
pub(crate) enum Drafted {
    /// The document would be wrong.
    Refused(ApplyError),
    /// It would be right; what is odd about it that was not so before.
    Fresh(Vec<Finding>),
}

/// What a change would bring, before it comes into force.
pub(crate) async fn draft(app: &Arc<App>, change: Draft) -> Result<Drafted, Trouble> {
    let state = state(app).await?;
    let (_, config) = app.config();
    // Ten thousand extensions take a while: not on an async thread.
    let drafted = tokio::task::spawn_blocking(move || {
        let fresh = match change {
            Draft::Edits(edits) => Document::from_config(Config::clone(&config)).and_then(|old| old.edit(edits)),
            Draft::Config(fresh) => Ok(*fresh),
        };
        match fresh {
            Err(faults) => Drafted::Refused(ApplyError::Refused(faults)),
            Ok(fresh) => {
                let before = all(&plan(config, &state), &state);
                let mut after = all(&plan(Arc::clone(fresh.config()), &state), &state);
                after.retain(|finding| !before.contains(finding));
                Drafted::Fresh(after)
            }
        }
    });
    drafted.await.map_err(|_| Trouble::Internal("the check failed"))
}

/// A change that is only thought of.
pub(crate) enum Draft {
    /// These edits.
    Edits(Vec<Edit>),
    /// This in place of all.
    Config(Box<Document>),
}

/// What was set at run time.
pub(crate) async fn state(app: &Arc<App>) -> Result<State, Trouble> {
    let asked = Arc::clone(app);
    let state = tokio::task::spawn_blocking(move || clocks::state(&asked)).await;
    state.map_err(|_| Trouble::Internal("what was set could not be read"))
}
