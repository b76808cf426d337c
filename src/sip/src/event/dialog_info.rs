//! `application/dialog-info+xml` (RFC 4235 §4): the calls of an extension, or the lamp of a service, as a document.
//!
//! Always the full state: a lamp that missed a partial one stays wrong until the next refresh.

use super::xml::{Element, Writer};
use super::{Body, BodyError, Package};

/// The dialogs of a watched address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogInfo {
    /// One more in each NOTIFY of a subscription (RFC 4235 §4.1).
    pub version: u32,
    /// The URI that is watched.
    pub entity: String,
    /// Its dialogs.
    pub dialogs: Vec<DialogLine>,
}

/// One dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogLine {
    /// What it is known by among the dialogs of this entity.
    pub id: String,
    /// Call-ID, local and remote tag, seen from the entity: for who may take the call over by Replaces.
    pub ids: Option<(String, String, String)>,
    /// Who began it.
    pub direction: DialogDirection,
    /// How far it is.
    pub progress: DialogProgress,
    /// The entity has put the other side on hold.
    pub held: bool,
    /// The entity's side.
    pub local: Option<DialogParty>,
    /// The other side.
    pub remote: Option<DialogParty>,
}

/// Who began a dialog, seen from the entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DialogDirection {
    Initiator,
    Recipient,
}

/// The states of a dialog (RFC 4235 §3.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DialogProgress {
    Trying,
    Proceeding,
    Early,
    Confirmed,
    Terminated,
}

/// One side of a dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialogParty {
    /// Its URI.
    pub identity: String,
    /// Its name; empty if it has none.
    pub name: String,
    /// Where requests to it go; empty: not told.
    pub target: String,
}

/// Dialogs of a document that is read.
const DIALOGS_MAX: usize = 256;

impl DialogProgress {
    const ALL: [(DialogProgress, &'static str); 5] = [
        (DialogProgress::Trying, "trying"),
        (DialogProgress::Proceeding, "proceeding"),
        (DialogProgress::Early, "early"),
        (DialogProgress::Confirmed, "confirmed"),
        (DialogProgress::Terminated, "terminated"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("terminated", |(_, name)| name)
    }
}

impl DialogInfo {
    /// The document. Without dialogs it has one that is terminated: some phones leave a lamp as it is where they find
    /// none.
    pub fn body(&self) -> Body {
        let mut w = Writer::new();
        w.open("dialog-info").attribute("xmlns", "urn:ietf:params:xml:ns:dialog-info");
        w.attribute("version", &self.version.to_string()).attribute("state", "full").attribute("entity", &self.entity);
        if self.dialogs.is_empty() {
            w.open("dialog").attribute("id", "idle").leaf("state", "terminated").close();
        }
        for dialog in &self.dialogs {
            dialog.write(&mut w);
        }
        Body::new(Package::Dialog.content_type(), w.finish())
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`BodyError`].
    pub fn parse(document: &[u8]) -> Result<DialogInfo, BodyError> {
        let root = Element::parse(document)?;
        let number = |name| root.attribute(name).and_then(|text| text.parse().ok());
        if root.name != "dialog-info" {
            return Err(BodyError("dialog-info"));
        }
        let version = number("version").ok_or(BodyError("dialog-info: version"))?;
        let entity = root.attribute("entity").ok_or(BodyError("dialog-info: entity"))?.to_owned();
        let dialogs = root.children.iter().filter(|child| child.name == "dialog");
        if dialogs.clone().count() > DIALOGS_MAX {
            return Err(BodyError("dialog-info: too many dialogs"));
        }
        let dialogs = dialogs.map(DialogLine::read).collect::<Result<_, _>>()?;
        Ok(DialogInfo { version, entity, dialogs })
    }
}

impl DialogLine {
    fn write(&self, w: &mut Writer) {
        w.open("dialog").attribute("id", &self.id);
        if let Some((call_id, local_tag, remote_tag)) = &self.ids {
            w.attribute("call-id", call_id).attribute("local-tag", local_tag).attribute("remote-tag", remote_tag);
        }
        if self.progress != DialogProgress::Terminated {
            let direction = match self.direction {
                DialogDirection::Initiator => "initiator",
                DialogDirection::Recipient => "recipient",
            };
            w.attribute("direction", direction);
        }
        w.leaf("state", self.progress.name());
        if self.local.is_some() || self.held {
            w.open("local");
            write_party(w, self.local.as_ref().unwrap_or(&DialogParty::default()), self.held);
            w.close();
        }
        if let Some(remote) = &self.remote {
            w.open("remote");
            write_party(w, remote, false);
            w.close();
        }
        w.close();
    }

    fn read(element: &Element) -> Result<DialogLine, BodyError> {
        let state = element.text_of("state");
        let progress = DialogProgress::ALL.iter().find(|(_, name)| *name == state).map(|(state, _)| *state);
        let text = |name| element.attribute(name).map(str::to_owned);
        let held = element.child("local").and_then(|local| local.child("target")).is_some_and(|target| {
            target.children.iter().any(|p| {
                let value = p.attribute("pval").or(p.attribute("pvalue"));
                p.attribute("pname").is_some_and(|n| n.trim_start_matches('+') == "sip.rendering")
                    && value == Some("no")
            })
        });
        Ok(DialogLine {
            id: text("id").ok_or(BodyError("dialog-info: id"))?,
            ids: text("call-id")
                .map(|id| (id, text("local-tag").unwrap_or_default(), text("remote-tag").unwrap_or_default())),
            direction: match element.attribute("direction") {
                Some("recipient") => DialogDirection::Recipient,
                _ => DialogDirection::Initiator,
            },
            progress: progress.ok_or(BodyError("dialog-info: state"))?,
            held,
            local: element.child("local").map(read_party),
            remote: element.child("remote").map(read_party),
        })
    }
}

fn write_party(w: &mut Writer, party: &DialogParty, held: bool) {
    if !party.identity.is_empty() {
        w.open("identity");
        if !party.name.is_empty() {
            w.attribute("display", &party.name);
        }
        w.text(&party.identity).close();
    }
    if !party.target.is_empty() || held {
        w.open("target").attribute("uri", if party.target.is_empty() { &party.identity } else { &party.target });
        if held {
            // RFC 4235 §5.2. Deviation: phones look for the name with a plus and for `pvalue`, as older drafts had it.
            w.open("param").attribute("pname", "sip.rendering").attribute("pval", "no").close();
            w.open("param").attribute("pname", "+sip.rendering").attribute("pvalue", "no").close();
        }
        w.close();
    }
}

fn read_party(element: &Element) -> DialogParty {
    let identity = element.child("identity");
    let target = element.child("target").and_then(|t| t.attribute("uri"));
    DialogParty {
        identity: identity.map(|i| i.text.clone()).unwrap_or_default(),
        name: identity.and_then(|i| i.attribute("display")).unwrap_or_default().to_owned(),
        target: target.unwrap_or_default().to_owned(),
    }
}
