//! Which file names phones ask for, and whose they are.

use config::PhoneModel;

/// What a phone asks for, as its file's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The phone, twelve hexadecimal digits in lower case; absent: a file for all phones of a kind.
    pub mac: Option<String>,
    /// Which of its files.
    pub kind: FileKind,
}

/// Which file of a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `{mac}.cfg`: Yealink, Fanvil, Cisco; Polycom's list of files.
    Cfg,
    /// `{mac}.boot`: Yealink's list of files.
    Boot,
    /// `{mac}.xml`: Snom, Gigaset, Cisco, newer Fanvil.
    Xml,
    /// `cfg{mac}.xml`: Grandstream.
    CfgXml,
    /// `snom{model}-{MAC}.htm`: Snom.
    SnomHtm,
    /// `{mac}-phone.cfg`: Polycom's settings.
    PhoneCfg,
    /// `{mac}-directory.xml`: Polycom's own directory.
    Directory,
    /// `000000000000.cfg`: Polycom's list of files for every phone.
    PolycomMaster,
    /// A file for all phones of a maker or model: `y000000000044.cfg`, `cfg.xml`, `snomD785.htm`.
    Common(PhoneModel),
    /// `phonebook-{maker}.xml`.
    Phonebook(PhoneModel),
}

/// Longest name looked at, octets.
const NAME_MAX: usize = 64;

/// What a file's name asks for; nothing for every name that no phone has. Only letters, digits, `.` and `-` ever get
/// through, so that a name is never a path.
pub fn asked(name: &str) -> Option<Asked> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
    if name.len() > NAME_MAX || !name.bytes().all(plain) || name.starts_with('.') || name.contains("..") {
        return None;
    }
    let (stem, ending) = name.rsplit_once('.')?;
    let of = |mac: Option<String>, kind| mac.map(|mac| Asked { mac: Some(mac), kind });
    let common = |model| Some(Asked { mac: None, kind: FileKind::Common(model) });
    match ending {
        "cfg" if stem == "000000000000" => Some(Asked { mac: None, kind: FileKind::PolycomMaster }),
        "cfg" | "boot" if is_yealink_common(stem) => common(PhoneModel::Yealink),
        "cfg" => match stem.split_once('-') {
            None => of(mac_of(stem), FileKind::Cfg),
            Some((mac, "phone" | "user" | "registration")) => of(mac_of(mac), FileKind::PhoneCfg),
            Some(_) => None,
        },
        "boot" => of(mac_of(stem), FileKind::Boot),
        "xml" => {
            if let Some(maker) = stem.strip_prefix("phonebook-") {
                let model = <PhoneModel as config::Choice>::of(maker)?;
                return Some(Asked { mac: None, kind: FileKind::Phonebook(model) });
            }
            if let Some(mac) = stem.strip_suffix("-directory") {
                return of(mac_of(mac), FileKind::Directory);
            }
            if stem == "snom-general" {
                return common(PhoneModel::Snom);
            }
            match stem.strip_prefix("cfg") {
                Some("") => common(PhoneModel::Grandstream),
                Some(rest) => match mac_of(rest) {
                    Some(mac) => of(Some(mac), FileKind::CfgXml),
                    None => common(PhoneModel::Grandstream),
                },
                None => of(mac_of(stem), FileKind::Xml),
            }
        }
        "htm" | "html" => {
            let rest = stem.strip_prefix("snom")?;
            match rest.rsplit_once('-') {
                Some((_, mac)) => of(mac_of(mac), FileKind::SnomHtm),
                None => common(PhoneModel::Snom),
            }
        }
        _ => None,
    }
}

/// A MAC address in lower case, from twelve hexadecimal digits in any case.
pub fn mac_of(text: &str) -> Option<String> {
    let is_mac = text.len() == 12 && text.bytes().all(|b| b.is_ascii_hexdigit());
    // Group addresses and the one of nobody belong to no phone (IEEE 802 §8.2).
    let first = is_mac.then(|| u8::from_str_radix(&text[..2], 16).ok()).flatten()?;
    (first & 1 == 0 && text.bytes().any(|b| b != b'0')).then(|| text.to_ascii_lowercase())
}

/// `y000000000000`, `y0000000000NN` (NN is the model's number, up to three digits).
fn is_yealink_common(stem: &str) -> bool {
    stem.strip_prefix('y').is_some_and(|rest| {
        rest.len() == 12 && rest.starts_with("000000000") && rest.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_makers_names_are_known() {
        let mac = |kind| Some(Asked { mac: Some("00156574abcd".to_owned()), kind });
        let common = |model| Some(Asked { mac: None, kind: FileKind::Common(model) });
        for (name, meant) in [
            ("00156574abcd.cfg", mac(FileKind::Cfg)),
            ("00156574ABCD.cfg", mac(FileKind::Cfg)),
            ("00156574abcd.boot", mac(FileKind::Boot)),
            ("00156574abcd.xml", mac(FileKind::Xml)),
            ("cfg00156574abcd.xml", mac(FileKind::CfgXml)),
            ("snomD785-00156574ABCD.htm", mac(FileKind::SnomHtm)),
            ("snom-00156574ABCD.htm", mac(FileKind::SnomHtm)),
            ("00156574abcd-phone.cfg", mac(FileKind::PhoneCfg)),
            ("00156574abcd-user.cfg", mac(FileKind::PhoneCfg)),
            ("00156574abcd-directory.xml", mac(FileKind::Directory)),
            ("y000000000000.boot", common(PhoneModel::Yealink)),
            ("y000000000044.cfg", common(PhoneModel::Yealink)),
            ("cfg.xml", common(PhoneModel::Grandstream)),
            ("cfggxp2170.xml", common(PhoneModel::Grandstream)),
            ("snomD785.htm", common(PhoneModel::Snom)),
            ("snom-general.xml", common(PhoneModel::Snom)),
            ("000000000000.cfg", Some(Asked { mac: None, kind: FileKind::PolycomMaster })),
            ("phonebook-yealink.xml", Some(Asked { mac: None, kind: FileKind::Phonebook(PhoneModel::Yealink) })),
        ] {
            assert_eq!(asked(name), meant, "{name}");
        }
    }

    #[test]
    fn no_name_is_a_path_and_no_other_file_exists() {
        for name in [
            "",
            ".",
            "..",
            "../00156574abcd.cfg",
            "..%2f00156574abcd.cfg",
            "%2e%2e/00156574abcd.cfg",
            "..\\00156574abcd.cfg",
            "/etc/passwd",
            "\u{0}00156574abcd.cfg",
            "00156574abcd.cfg\u{0}.xml",
            "00156574abcd..cfg",
            "․․00156574abcd.cfg",
            "CON.cfg",
            "index.html",
            "00156574abcd.txt",
            "00156574abcg.cfg",
            "01156574abcd.cfg",
            "00156574abc.cfg",
            "000000000000.boot",
            "phonebook-.xml",
            "phonebook-asterisk.xml",
            "cfg00156574abcd.cfg",
            "00156574abcd-license.cfg",
        ] {
            assert_eq!(asked(name), None, "{name:?}");
        }
        assert_eq!(asked(&format!("{}.cfg", "0".repeat(5_000))), None);
    }
}
