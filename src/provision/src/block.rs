//! Whose phone it is, by its MAC address and by the vendor class it names.
//!
//! The MAC block decides wherever there is one: phones of several makers carry a maker's name that is not theirs.

use core::fmt;

use config::PhoneModel;

/// A MAC address (EUI-48).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

/// A phone by its maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brand {
    /// One that there are templates for.
    Known(PhoneModel),
    /// A phone all the same: it is told where to ask, and the administrator sees that it did.
    Other,
}

/// The first three octets and whose they are. Makers of phones alone: a block that also has computers or printers
/// would have them answered too.
const BLOCKS: [([u8; 3], Brand); 29] = {
    use Brand::{Known, Other};
    use PhoneModel::{Fanvil, Gigaset, Grandstream, Polycom, Snom, Yealink};
    [
        ([0x00, 0x15, 0x65], Known(Yealink)),
        ([0x80, 0x5e, 0xc0], Known(Yealink)),
        ([0x80, 0x5e, 0x0c], Known(Yealink)),
        ([0x24, 0x9a, 0xd8], Known(Yealink)),
        ([0x44, 0xdb, 0xd2], Known(Yealink)),
        ([0x34, 0x97, 0xd7], Known(Yealink)),
        ([0xb0, 0x61, 0xa9], Known(Yealink)),
        ([0xc4, 0xfc, 0x22], Known(Yealink)),
        ([0xf0, 0x16, 0x53], Known(Yealink)),
        ([0xe4, 0x34, 0xd7], Known(Yealink)),
        ([0x64, 0x4f, 0x56], Known(Yealink)),
        ([0xec, 0x1d, 0xa9], Known(Yealink)),
        ([0x00, 0x0b, 0x82], Known(Grandstream)),
        ([0xc0, 0x74, 0xad], Known(Grandstream)),
        ([0xec, 0x74, 0xd7], Known(Grandstream)),
        ([0x00, 0x04, 0x13], Known(Snom)),
        ([0x1c, 0x71, 0x26], Known(Snom)),
        ([0x00, 0x08, 0x7b], Known(Snom)),
        ([0x00, 0x04, 0xf2], Known(Polycom)),
        ([0x64, 0x16, 0x7f], Known(Polycom)),
        ([0x48, 0x25, 0x67], Known(Polycom)),
        ([0x00, 0xa8, 0x59], Known(Fanvil)),
        ([0x0c, 0x38, 0x3e], Known(Fanvil)),
        ([0x7c, 0x2f, 0x80], Known(Gigaset)),
        ([0x58, 0x9e, 0xc6], Known(Gigaset)),
        ([0x00, 0x21, 0x04], Known(Gigaset)),
        ([0x00, 0x1f, 0xc1], Other), // Htek
        ([0x00, 0x08, 0x5d], Other), // Aastra, Mitel
        ([0x00, 0x01, 0xe3], Other), // Siemens' desk phones
    ]
};

/// How phones' vendor classes (RFC 2132 §9.13) begin, in lower case. `cisco systems, inc.` alone is also a switch.
const CLASSES: [(&str, Brand); 15] = {
    use Brand::{Known, Other};
    use PhoneModel::{Cisco, Fanvil, Gigaset, Grandstream, Polycom, Snom, Yealink};
    [
        ("yealink", Known(Yealink)),
        ("grandstream", Known(Grandstream)),
        ("snom", Known(Snom)),
        ("polycom", Known(Polycom)),
        ("poly vvx", Known(Polycom)),
        ("fanvil", Known(Fanvil)),
        ("gigaset", Known(Gigaset)),
        ("cisco spa", Known(Cisco)),
        ("linksys spa", Known(Cisco)),
        ("cp-", Known(Cisco)),
        ("cisco systems, inc. ip phone", Known(Cisco)),
        ("aastraipphone", Other),
        ("mitelipphone", Other),
        ("htek", Other),
        ("panasonic kx-", Other),
    ]
};

impl Brand {
    /// Whose phones have this address; nothing where it is not a phone's.
    pub fn of_mac(mac: Mac) -> Option<Brand> {
        BLOCKS.iter().find(|(block, _)| mac.0.starts_with(block)).map(|(_, brand)| *brand)
    }

    /// Whose phones name this vendor class.
    pub fn of_class(class: &[u8]) -> Option<Brand> {
        let begins = |name: &str| class.get(..name.len()).is_some_and(|c| c.eq_ignore_ascii_case(name.as_bytes()));
        CLASSES.iter().find(|(name, _)| begins(name)).map(|(_, brand)| *brand)
    }

    /// Where a phone of this brand begins to ask, given where the box serves phones' files (ending in `/`). Some append
    /// a file's name themselves, others want the whole.
    pub fn place(self, mac: Mac, base: &str) -> String {
        match self {
            Brand::Known(PhoneModel::Snom | PhoneModel::Gigaset | PhoneModel::Cisco) => format!("{base}{mac}.xml"),
            Brand::Known(PhoneModel::Fanvil) => format!("{base}{mac}.cfg"),
            Brand::Known(PhoneModel::Yealink | PhoneModel::Grandstream | PhoneModel::Polycom) | Brand::Other => {
                base.to_owned()
            }
        }
    }
}

impl Mac {
    /// From twelve hexadecimal digits; nothing for group addresses and the one of nobody.
    pub fn parse(text: &str) -> Option<Mac> {
        let text = crate::mac_of(text)?;
        let mut octets = [0; 6];
        for (octet, at) in octets.iter_mut().zip((0..12).step_by(2)) {
            *octet = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Mac(octets))
    }

    /// Whether one device alone can have it.
    pub fn is_single(self) -> bool {
        self.0[0] & 1 == 0 && self.0 != [0; 6]
    }
}

/// Twelve hexadecimal digits, as in the configuration and in files' names.
impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_told_from_other_things() {
        let of = |mac: &str| Brand::of_mac(Mac::parse(mac).unwrap());
        assert_eq!(of("001565aabbcc"), Some(Brand::Known(PhoneModel::Yealink)));
        assert_eq!(of("1c7126000001"), Some(Brand::Known(PhoneModel::Snom)));
        assert_eq!(of("001fc1000001"), Some(Brand::Other));
        assert_eq!(of("525400123456"), None);

        assert_eq!(Brand::of_class(b"yealink"), Some(Brand::Known(PhoneModel::Yealink)));
        assert_eq!(Brand::of_class(b"Polycom-VVX410"), Some(Brand::Known(PhoneModel::Polycom)));
        assert_eq!(Brand::of_class(b"Cisco Systems, Inc. IP Phone CP-8841"), Some(Brand::Known(PhoneModel::Cisco)));
        for other in [&b"MSFT 5.0"[..], b"udhcp 1.35.0", b"Cisco AP c1240", b"android-dhcp-14", b"", b"\xffyealink"] {
            assert_eq!(Brand::of_class(other), None);
        }
    }

    #[test]
    fn addresses_read_and_print() {
        assert_eq!(Mac::parse("001565AABBCC").unwrap().to_string(), "001565aabbcc");
        assert_eq!(Mac::parse("011565AABBCC"), None);
        assert!(!Mac([0; 6]).is_single());
    }

    #[test]
    fn each_maker_is_told_what_it_understands() {
        let mac = Mac::parse("001565aabbcc").unwrap();
        let place = |brand: Brand| brand.place(mac, "https://box/prov/");
        assert_eq!(place(Brand::Known(PhoneModel::Yealink)), "https://box/prov/");
        assert_eq!(place(Brand::Known(PhoneModel::Gigaset)), "https://box/prov/001565aabbcc.xml");
        assert_eq!(place(Brand::Known(PhoneModel::Fanvil)), "https://box/prov/001565aabbcc.cfg");
    }
}
