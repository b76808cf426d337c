//! Phone books in the makers' XML.

use std::fmt::Write as _;

use config::{Config, PhoneModel};

use crate::format::{escaped, parsed};
use crate::{File, ProvisionError};

/// Entries of one book at most; phones hold no more, and the extensions after them are found by LDAP.
pub const BOOK_MAX: usize = 5_000;

/// The people and rooms that can be called, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// The firm.
    pub title: String,
    /// Name, number, and a further number outside.
    pub entries: Vec<(String, String, Option<String>)>,
}

impl Book {
    /// The extensions, ring groups and conference rooms of a configuration, in the order of their names.
    pub fn of(config: &Config) -> Self {
        let people = config.extensions.values().filter(|e| e.enabled);
        let people = people.map(|e| (e.name.clone(), e.number.clone(), e.mobile.clone()));
        let groups = config.ring_groups.values().map(|g| (g.name.clone(), g.number.clone(), None));
        let rooms = config.conferences.values().map(|c| (c.name.clone(), c.number.clone(), None));
        let mut entries: Vec<_> = people.chain(groups).chain(rooms).collect();
        for entry in entries.iter_mut().filter(|entry| entry.0.is_empty()) {
            entry.0.clone_from(&entry.1);
        }
        entries.sort_by_cached_key(|(name, number, _)| (name.to_lowercase(), number.clone()));
        entries.truncate(BOOK_MAX);
        Book { title: config.system.name.clone(), entries }
    }

    /// The book as phones of this maker read it.
    pub fn render(&self, model: PhoneModel) -> Result<File, ProvisionError> {
        let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
        let title = escaped(&self.title);
        let (open, close) = match model {
            PhoneModel::Yealink => {
                (format!("<YealinkIPPhoneDirectory>\n<Title>{title}</Title>"), "</YealinkIPPhoneDirectory>")
            }
            PhoneModel::Fanvil => {
                (format!("<FanvilIPPhoneDirectory>\n<Title>{title}</Title>"), "</FanvilIPPhoneDirectory>")
            }
            PhoneModel::Snom => (format!("<SnomIPPhoneDirectory>\n<Title>{title}</Title>"), "</SnomIPPhoneDirectory>"),
            PhoneModel::Cisco => {
                (format!("<CiscoIPPhoneDirectory>\n<Title>{title}</Title>"), "</CiscoIPPhoneDirectory>")
            }
            PhoneModel::Grandstream => ("<AddressBook>".to_owned(), "</AddressBook>"),
            PhoneModel::Polycom => ("<directory>\n<item_list>".to_owned(), "</item_list>\n</directory>"),
            PhoneModel::Gigaset => {
                let total = self.entries.len();
                (
                    format!("<list response=\"get_list\" type=\"pb\" total=\"{total}\" first=\"1\" last=\"{total}\">"),
                    "</list>",
                )
            }
        };
        let _ = writeln!(out, "{open}"); // writing to a string cannot fail
        for (n, (name, number, further)) in self.entries.iter().enumerate() {
            let (name, number) = (escaped(name), escaped(number));
            let further = further.as_deref().map(escaped);
            let _ = entry(&mut out, model, n + 1, &name, &number, further.as_deref());
        }
        let _ = writeln!(out, "{close}");
        parsed(&out)?;
        Ok(File { content_type: "application/xml; charset=utf-8", text: out })
    }
}

fn entry(
    out: &mut String,
    model: PhoneModel,
    n: usize,
    name: &str,
    number: &str,
    further: Option<&str>,
) -> std::fmt::Result {
    match model {
        PhoneModel::Yealink | PhoneModel::Fanvil | PhoneModel::Snom | PhoneModel::Cisco => {
            write!(out, "<DirectoryEntry><Name>{name}</Name><Telephone>{number}</Telephone>")?;
            // Cisco's entries have one number.
            if let Some(further) = further.filter(|_| model != PhoneModel::Cisco) {
                let tag = if model == PhoneModel::Fanvil { "Mobile" } else { "Telephone" };
                write!(out, "<{tag}>{further}</{tag}>")?;
            }
            writeln!(out, "</DirectoryEntry>")
        }
        PhoneModel::Grandstream => {
            write!(out, "<Contact><id>{n}</id><FirstName>{name}</FirstName>")?;
            write!(
                out,
                "<Phone type=\"Work\"><phonenumber>{number}</phonenumber><accountindex>1</accountindex></Phone>"
            )?;
            if let Some(further) = further {
                write!(
                    out,
                    "<Phone type=\"Mobile\"><phonenumber>{further}</phonenumber><accountindex>1</accountindex></Phone>"
                )?;
            }
            writeln!(out, "</Contact>")
        }
        PhoneModel::Polycom => writeln!(out, "<item><fn>{name}</fn><ct>{number}</ct></item>"),
        PhoneModel::Gigaset => {
            let mobile = further.map(|f| format!("<mb1>{f}</mb1>")).unwrap_or_default();
            writeln!(out, "<entry id=\"{n}\"><ln>{name}</ln><hm1>{number}</hm1>{mobile}</entry>")
        }
    }
}
