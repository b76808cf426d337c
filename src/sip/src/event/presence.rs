//! `application/pidf+xml` (RFC 3863) with what a person does (RPID, RFC 4480; data model, RFC 4479).

use super::xml::{Element, Writer};
use super::{Body, BodyError, Package};

/// The presence of an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// `pres:` or `sip:` URI of who it is about.
    pub entity: String,
    /// Can be called: a device is registered and calls are taken.
    pub open: bool,
    /// What the person does.
    pub activity: Activity,
    /// A word for people; empty: none.
    pub note: String,
}

/// What a person does (RFC 4480 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Activity {
    Unknown,
    OnThePhone,
    Busy,
    Away,
}

impl Activity {
    const ALL: [(Activity, &'static str); 4] = [
        (Activity::OnThePhone, "rpid:on-the-phone"),
        (Activity::Busy, "rpid:busy"),
        (Activity::Away, "rpid:away"),
        (Activity::Unknown, "rpid:unknown"),
    ];
}

impl Presence {
    /// The document.
    pub fn body(&self) -> Body {
        let mut w = Writer::new();
        w.open("presence").attribute("xmlns", "urn:ietf:params:xml:ns:pidf");
        w.attribute("xmlns:dm", "urn:ietf:params:xml:ns:pidf:data-model");
        w.attribute("xmlns:rpid", "urn:ietf:params:xml:ns:pidf:rpid").attribute("entity", &self.entity);
        w.open("tuple").attribute("id", "phone");
        w.open("status").leaf("basic", if self.open { "open" } else { "closed" }).close();
        w.leaf("contact", &self.entity);
        if !self.note.is_empty() {
            w.leaf("note", &self.note);
        }
        w.close();
        // RFC 3863 §4.1.1: notes and tuples first, extensions after them.
        if self.activity != Activity::Unknown {
            let name = Activity::ALL.iter().find(|(a, _)| *a == self.activity).map_or("rpid:unknown", |(_, n)| n);
            w.open("dm:person").attribute("id", "person").open("rpid:activities").open(name).close().close().close();
        }
        Body::new(Package::Presence.content_type(), w.finish())
    }

    /// Reads a document: the first tuple and the first activity that is known.
    ///
    /// # Errors
    /// [`BodyError`].
    pub fn parse(document: &[u8]) -> Result<Presence, BodyError> {
        const BAD: BodyError = BodyError("presence");
        let root = Element::parse(document)?;
        if root.name != "presence" {
            return Err(BAD);
        }
        let tuple = root.child("tuple");
        let activities = root.child("person").and_then(|person| person.child("activities"));
        let named = |name: &str| {
            let known = Activity::ALL.iter().find(|(_, n)| n.strip_prefix("rpid:") == Some(name));
            known.map(|(activity, _)| *activity)
        };
        Ok(Presence {
            entity: root.attribute("entity").ok_or(BAD)?.to_owned(),
            open: tuple.and_then(|t| t.child("status")).is_some_and(|status| status.text_of("basic") == "open"),
            activity: activities
                .and_then(|a| a.children.iter().find_map(|child| named(&child.name)))
                .unwrap_or(Activity::Unknown),
            note: tuple.map(|t| t.text_of("note").to_owned()).unwrap_or_default(),
        })
    }
}
