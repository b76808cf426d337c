//! The states of a list of resources in one NOTIFY (RFC 4662 §5): an `application/rlmi+xml` root and the body of
//! each resource, in `multipart/related`.

use bytes::Bytes;

use super::multipart::{self, Part};
use super::xml::{Element, Writer};
use super::{Body, BodyError};

/// The type of the root part.
const RLMI: &str = "application/rlmi+xml;charset=\"UTF-8\"";

/// A list, or what has changed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceList {
    /// The URI of the list.
    pub uri: String,
    /// One more in each NOTIFY of a subscription.
    pub version: u32,
    /// All resources are here; else only those that changed (RFC 4662 §5.2).
    pub full: bool,
    /// The resources.
    pub instances: Vec<Instance>,
}

/// One resource of a list, which has one instance in the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its URI.
    pub uri: String,
    /// Its name; empty: none.
    pub name: String,
    /// How its subscription stands.
    pub state: InstanceState,
}

/// How the subscription to one resource of a list stands (RFC 4662 §5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstanceState {
    /// It stands, with this state.
    Active(Body),
    /// There is no such resource, or no longer.
    Terminated,
}

impl ResourceList {
    /// The Content-Type of such bodies without its parameters, for Accept.
    pub const CONTENT_TYPE: &'static str = "multipart/related";
    /// The Content-Type of the root.
    pub const ROOT_TYPE: &'static str = "application/rlmi+xml";

    /// The body.
    pub fn body(self) -> Body {
        let mut w = Writer::new();
        w.open("list").attribute("xmlns", "urn:ietf:params:xml:ns:rlmi").attribute("uri", &self.uri);
        w.attribute("version", &self.version.to_string());
        w.attribute("fullState", if self.full { "true" } else { "false" });
        let mut parts = vec![Part { id: "list@strowger".to_owned(), body: Body::new(RLMI, Bytes::new()) }];
        for (number, instance) in self.instances.into_iter().enumerate() {
            w.open("resource").attribute("uri", &instance.uri);
            if !instance.name.is_empty() {
                w.leaf("name", &instance.name);
            }
            w.open("instance").attribute("id", "1");
            match instance.state {
                InstanceState::Active(body) => {
                    let id = format!("r{number}@strowger");
                    w.attribute("state", "active").attribute("cid", &id);
                    parts.push(Part { id, body });
                }
                InstanceState::Terminated => {
                    w.attribute("state", "terminated").attribute("reason", "noresource");
                }
            }
            w.close().close();
        }
        parts[0].body.bytes = w.finish().into();
        multipart::join("multipart/related;type=\"application/rlmi+xml\";start=\"<list@strowger>\"", &parts)
    }

    /// Reads such a body.
    ///
    /// # Errors
    /// [`BodyError`].
    pub fn parse(body: &Body) -> Result<ResourceList, BodyError> {
        const BAD: BodyError = BodyError("resource list");
        let parts = multipart::split(&body.content_type, &body.bytes)?;
        let (root, others) = parts.split_first().ok_or(BAD)?;
        let root = Element::parse(&root.body.bytes)?;
        let version = root.attribute("version").and_then(|v| v.parse().ok());
        let instances = root.children.iter().filter(|child| child.name == "resource").map(|resource| {
            let instance = resource.child("instance").ok_or(BAD)?;
            let state = match instance.attribute("state") {
                Some("active") => {
                    let part = others.iter().find(|part| Some(part.id.as_str()) == instance.attribute("cid"));
                    InstanceState::Active(part.ok_or(BAD)?.body.clone())
                }
                _ => InstanceState::Terminated,
            };
            let uri = resource.attribute("uri").ok_or(BAD)?.to_owned();
            Ok(Instance { uri, name: resource.text_of("name").to_owned(), state })
        });
        Ok(ResourceList {
            uri: root.attribute("uri").filter(|_| root.name == "list").ok_or(BAD)?.to_owned(),
            version: version.ok_or(BAD)?,
            full: matches!(root.attribute("fullState"), Some("true" | "1")),
            instances: instances.collect::<Result<_, _>>()?,
        })
    }
}
