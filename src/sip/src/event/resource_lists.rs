//! `application/resource-lists+xml` (RFC 4826 §3) in a SUBSCRIBE: a list that the phone brings along (RFC 5367).

use super::BodyError;
use super::xml::Element;

/// Entries of a list; more is refused. RFC 5363 §5 leaves the bound to the server.
pub const ENTRIES_MAX: usize = 100;

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its URI as written.
    pub uri: String,
    /// Its name; empty: none.
    pub name: String,
}

/// The type of such bodies.
pub(super) const CONTENT_TYPE: &str = "application/resource-lists+xml";

/// The entries of all lists of a document, in order, each URI once.
///
/// # Errors
/// Not such a document, too many entries, or one that points to a list elsewhere, which nothing here would fetch.
pub fn read_resource_lists(document: &[u8]) -> Result<Vec<Entry>, BodyError> {
    let root = Element::parse(document)?;
    if root.name != "resource-lists" {
        return Err(BodyError("resource lists"));
    }
    let mut entries = Vec::new();
    gather(&root, &mut entries)?;
    Ok(entries)
}

fn gather(element: &Element, entries: &mut Vec<Entry>) -> Result<(), BodyError> {
    for child in &element.children {
        match child.name.as_str() {
            "list" => gather(child, entries)?,
            "entry" => {
                let uri = child.attribute("uri").ok_or(BodyError("resource lists: entry"))?;
                if entries.iter().any(|entry| entry.uri == uri) {
                    continue;
                }
                if entries.len() == ENTRIES_MAX {
                    return Err(BodyError("resource lists: too many entries"));
                }
                let name = child.text_of("display-name").to_owned();
                entries.push(Entry { uri: uri.to_owned(), name });
            }
            // RFC 5363 §5.2: a server that does not follow references refuses the list.
            "external" | "entry-ref" => return Err(BodyError("resource lists: a reference")),
            _ => {}
        }
    }
    Ok(())
}

/// Whether a body of this type is such a document.
pub(super) fn is_resource_lists(content_type: &[u8]) -> bool {
    let end = content_type.iter().position(|b| *b == b';').unwrap_or(content_type.len());
    content_type[..end].trim_ascii().eq_ignore_ascii_case(CONTENT_TYPE.as_bytes())
}
