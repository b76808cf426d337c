//! As much XML as the bodies need (XML 1.0, 5th edition): a writer that escapes, and a reader with bounds.
//!
//! Refuses document types, so that no entity can be defined: a document never grows while it is read.

use super::BodyError;

/// A document read, octets.
pub(super) const DOCUMENT_MAX: usize = 65_536;
/// Elements in one another.
const DEPTH_MAX: usize = 16;
/// Elements of a document.
const ELEMENTS_MAX: usize = 4_000;
/// Attributes of an element.
const ATTRIBUTES_MAX: usize = 32;

/// An element read. Names are without their prefix: no body here uses one name in two name spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    /// All its own text, joined and trimmed.
    pub text: String,
}

impl Element {
    /// The root of a document.
    pub fn parse(document: &[u8]) -> Result<Element, BodyError> {
        if document.len() > DOCUMENT_MAX {
            return Err(BodyError("XML: too long"));
        }
        let text = std::str::from_utf8(document).map_err(|_| BodyError("XML: not UTF-8"))?;
        Reader { rest: text.trim_start_matches('\u{feff}'), elements: 0 }.document()
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of a child; empty if there is none.
    pub fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.as_str())
    }
}

struct Reader<'a> {
    rest: &'a str,
    elements: usize,
}

const BAD: BodyError = BodyError("XML");

impl<'a> Reader<'a> {
    fn document(mut self) -> Result<Element, BodyError> {
        self.skip_misc()?;
        let root = self.element(0)?;
        self.skip_misc()?;
        if self.rest.is_empty() { Ok(root) } else { Err(BAD) }
    }

    /// Blanks, comments and processing instructions. A document type is refused: nothing here needs one.
    fn skip_misc(&mut self) -> Result<(), BodyError> {
        loop {
            self.rest = self.rest.trim_start();
            if !self.skip_aside()? {
                return Ok(());
            }
        }
    }

    /// One comment or processing instruction, if one is here.
    fn skip_aside(&mut self) -> Result<bool, BodyError> {
        let end = if self.rest.starts_with("<!--") {
            "-->"
        } else if self.rest.starts_with("<?") {
            "?>"
        } else {
            return Ok(false);
        };
        let at = self.rest.find(end).ok_or(BAD)?;
        self.rest = &self.rest[at + end.len()..];
        Ok(true)
    }

    fn element(&mut self, depth: usize) -> Result<Element, BodyError> {
        self.elements += 1;
        if depth >= DEPTH_MAX || self.elements > ELEMENTS_MAX {
            return Err(BodyError("XML: too many elements"));
        }
        self.rest = self.rest.strip_prefix('<').ok_or(BAD)?;
        let name = self.name()?;
        let mut element = Element { name: local(name).to_owned(), ..Element::default() };
        loop {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix("/>") {
                self.rest = rest;
                return Ok(element);
            }
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                break;
            }
            if element.attributes.len() == ATTRIBUTES_MAX {
                return Err(BodyError("XML: too many attributes"));
            }
            element.attributes.push(self.attribute()?);
        }
        self.content(&mut element, depth)?;
        if self.name()? != name {
            return Err(BAD);
        }
        self.rest = self.rest.trim_start().strip_prefix('>').ok_or(BAD)?;
        Ok(element)
    }

    /// All up to the end tag, whose `</` is taken too.
    fn content(&mut self, element: &mut Element, depth: usize) -> Result<(), BodyError> {
        loop {
            let at = self.rest.find('<').ok_or(BAD)?;
            unescape(&self.rest[..at], &mut element.text)?;
            self.rest = &self.rest[at..];
            if let Some(rest) = self.rest.strip_prefix("</") {
                self.rest = rest;
                element.text = element.text.trim().to_owned();
                return Ok(());
            }
            if let Some(rest) = self.rest.strip_prefix("<![CDATA[") {
                let end = rest.find("]]>").ok_or(BAD)?;
                element.text.push_str(&rest[..end]);
                self.rest = &rest[end + 3..];
            } else if !self.skip_aside()? {
                let child = self.element(depth + 1)?;
                element.children.push(child);
            }
        }
    }

    fn name(&mut self) -> Result<&'a str, BodyError> {
        let end = self.rest.find(|c: char| !is_name(c)).ok_or(BAD)?;
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if name.is_empty() { Err(BAD) } else { Ok(name) }
    }

    fn attribute(&mut self) -> Result<(String, String), BodyError> {
        let name = local(self.name()?).to_owned();
        let rest = self.rest.trim_start().strip_prefix('=').ok_or(BAD)?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(BAD)?;
        let rest = &rest[1..];
        let end = rest.find(quote).ok_or(BAD)?;
        let mut value = String::new();
        unescape(&rest[..end], &mut value)?;
        self.rest = &rest[end + 1..];
        Ok((name, value))
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, ':' | '_' | '-' | '.')
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The five entities and character numbers; any other is refused.
fn unescape(text: &str, out: &mut String) -> Result<(), BodyError> {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (entity, after) = rest[at + 1..].split_once(';').ok_or(BAD)?;
        out.push(match entity {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = entity.strip_prefix('#').ok_or(BAD)?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                code.ok().and_then(char::from_u32).filter(|c| is_char(*c)).ok_or(BAD)?
            }
        });
        rest = after;
    }
    out.push_str(rest);
    Ok(())
}

/// `Char` of XML 1.0 §2.2.
fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Writes a document, element by element.
#[derive(Debug)]
pub(super) struct Writer {
    out: String,
    open: Vec<&'static str>,
    /// The start tag of the innermost element still takes attributes.
    in_tag: bool,
}

impl Writer {
    pub fn new() -> Self {
        Writer { out: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), open: Vec::new(), in_tag: false }
    }

    pub fn open(&mut self, name: &'static str) -> &mut Self {
        self.end_tag();
        self.out.push('<');
        self.out.push_str(name);
        self.open.push(name);
        self.in_tag = true;
        self
    }

    /// An attribute of the element opened last.
    pub fn attribute(&mut self, name: &str, value: &str) -> &mut Self {
        debug_assert!(self.in_tag, "attributes come before content");
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(value, &mut self.out);
        self.out.push('"');
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.end_tag();
        escape(text, &mut self.out);
        self
    }

    pub fn close(&mut self) -> &mut Self {
        if let Some(name) = self.open.pop() {
            if self.in_tag {
                self.out.push_str("/>");
                self.in_tag = false;
            } else {
                self.out.push_str("</");
                self.out.push_str(name);
                self.out.push('>');
            }
        }
        self
    }

    /// An element with text alone.
    pub fn leaf(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.open(name).text(text).close()
    }

    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out.push('\n');
        self.out
    }

    fn end_tag(&mut self) {
        if self.in_tag {
            self.out.push('>');
            self.in_tag = false;
        }
    }
}

/// Text for a document. What XML 1.0 §2.2 forbids becomes a space, and so do line ends and tabs: they have no place
/// in a name or a URI.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if c.is_control() || !is_char(c) => out.push(' '),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read() {
        let root = Element::parse(
            b"\xef\xbb\xbf<?xml version='1.0'?>\r\n<!-- c --><a:x p='1' q=\"&lt;&#x41;&#66;\">t<y/> u<![CDATA[<&>]]></a:x> ",
        )
        .unwrap();
        assert_eq!((root.name.as_str(), root.text.as_str()), ("x", "t u<&>"));
        assert_eq!((root.attribute("p"), root.attribute("q")), (Some("1"), Some("<AB")));
        assert_eq!(root.children[0].name, "y");
    }

    #[test]
    fn what_could_grow_or_is_broken_is_refused() {
        let bad: [&[u8]; 12] = [
            b"",
            b"<a>",
            b"<a></b>",
            b"<a b=c/>",
            b"<a b='1>",
            b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
            b"<a>&b;</a>",
            b"<a>&#0;</a>",
            b"<a>&#xD800;</a>",
            b"<a/><b/>",
            b"<a><!DOCTYPE x></a>",
            b"\xff<a/>",
        ];
        for document in bad {
            assert!(Element::parse(document).is_err(), "{}", String::from_utf8_lossy(document));
        }
        assert!(Element::parse("<a>".repeat(DEPTH_MAX + 1).as_bytes()).is_err());
        let wide = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX));
        assert!(Element::parse(wide.as_bytes()).is_err());
        assert!(Element::parse(&vec![b' '; DOCUMENT_MAX + 1]).is_err());
    }

    #[test]
    fn no_text_leaves_its_place() {
        let text = "</a><b x=\"'\0\u{1b}\u{fffe}\r\n&amp;";
        let mut writer = Writer::new();
        writer.open("a").attribute("v", text).text(text).close();
        let root = Element::parse(writer.finish().as_bytes()).unwrap();
        assert!(root.children.is_empty());
        assert_eq!(root.attribute("v"), Some("</a><b x=\"'     &amp;"));
        assert_eq!(root.text, "</a><b x=\"'     &amp;");
    }
}
