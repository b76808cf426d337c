//! Which template, format and files each maker's phones have.

use config::{Config, Phone, PhoneModel};

use crate::format::{Format, escaped, parsed};
use crate::name::FileKind;
use crate::setting::{Setting, fill, override_with};
use crate::view::{Surroundings, View};
use crate::{File, ProvisionError};

struct Maker {
    format: Format,
    template: (&'static str, &'static str),
    /// The names under which its phones ask for their settings.
    files: &'static [FileKind],
}

fn maker(model: PhoneModel) -> Maker {
    macro_rules! template {
        ($name:literal) => {
            ($name, include_str!(concat!("templates/", $name, ".txt")))
        };
    }
    let (format, template, files): (_, _, &[FileKind]) = match model {
        PhoneModel::Yealink => (Format::Yealink, template!("yealink"), &[FileKind::Cfg]),
        PhoneModel::Snom => (Format::Snom, template!("snom"), &[FileKind::Xml, FileKind::SnomHtm]),
        PhoneModel::Grandstream => (Format::Grandstream, template!("grandstream"), &[FileKind::CfgXml]),
        PhoneModel::Fanvil => (Format::Fanvil, template!("fanvil"), &[FileKind::Cfg, FileKind::Xml]),
        PhoneModel::Polycom => (Format::Polycom, template!("polycom"), &[FileKind::PhoneCfg]),
        PhoneModel::Gigaset => (Format::Gigaset, template!("gigaset"), &[FileKind::Xml]),
        PhoneModel::Cisco => (Format::Cisco, template!("cisco_mpp"), &[FileKind::Xml, FileKind::Cfg]),
    };
    Maker { format, template, files }
}

/// See [`crate::render`].
pub(crate) fn render(
    config: &Config,
    phone: &Phone,
    around: &Surroundings,
    kind: FileKind,
) -> Result<File, ProvisionError> {
    let Maker { format, template, files } = maker(phone.model);
    if files.contains(&kind) {
        let mut settings = fill(template.0, template.1, &View::new(config, phone, around))?;
        override_with(&mut settings, &phone.extra)?;
        return Ok(File { content_type: format.content_type(), text: format.write(&phone.mac, &settings)? });
    }
    match (phone.model, kind) {
        (PhoneModel::Yealink, FileKind::Boot | FileKind::Common(PhoneModel::Yealink)) => Ok(yealink_boot(&phone.mac)),
        (PhoneModel::Polycom, FileKind::Cfg | FileKind::PolycomMaster) => polycom_master(&phone.mac),
        (PhoneModel::Polycom, FileKind::Directory) => polycom_directory(config, phone, around),
        _ => Err(ProvisionError::NoSuchFile),
    }
}

/// A file without a secret that does no more than say where the phone's own is. `mac` fetches it; nothing where the
/// maker's phones take no such hint in this file.
pub fn bootstrap(model: PhoneModel, mac: &str, url: &str, kind: FileKind) -> Result<File, ProvisionError> {
    let known = maker(model).files.contains(&kind)
        || matches!((model, kind), (PhoneModel::Yealink, FileKind::Boot) | (PhoneModel::Polycom, FileKind::Cfg));
    if !known {
        return Err(ProvisionError::NoSuchFile);
    }
    let format = maker(model).format;
    let value = |name: &str, value: String| Setting { name: name.to_owned(), value };
    let settings = match model {
        PhoneModel::Yealink => vec![value("static.auto_provision.server.url", url.to_owned())],
        PhoneModel::Snom => vec![value("setting_server", format!("{url}{mac}.xml"))],
        PhoneModel::Grandstream => {
            let path = url.trim_start_matches("https://").trim_end_matches('/').to_owned();
            vec![value("P212", "2".to_owned()), value("P237", path)]
        }
        PhoneModel::Fanvil => vec![
            value("ap/FlashServerIP", url.to_owned()),
            value("ap/FlashProtocol", "5".to_owned()),
            value("ap/FlashMode", "1".to_owned()),
        ],
        PhoneModel::Polycom => vec![
            value("device.set", "1".to_owned()),
            value("device.prov.serverName.set", "1".to_owned()),
            value("device.prov.serverName", url.to_owned()),
            value("device.prov.serverType.set", "1".to_owned()),
            value("device.prov.serverType", "HTTPS".to_owned()),
        ],
        PhoneModel::Gigaset => vec![value("Provisioning.global.ProvisioningServer", format!("{url}{mac}.xml"))],
        PhoneModel::Cisco => {
            vec![value("Profile_Rule", format!("{url}$MA.xml")), value("Resync_On_Reset", "Yes".to_owned())]
        }
    };
    if kind == FileKind::Boot {
        return Ok(yealink_boot(mac));
    }
    if (model, kind) == (PhoneModel::Polycom, FileKind::Cfg) {
        return polycom_master(mac);
    }
    Ok(File { content_type: format.content_type(), text: format.write(mac, &settings)? })
}

/// Yealink's list of the files to be read.
fn yealink_boot(mac: &str) -> File {
    let text = format!("#!version:1.0.0.1\ninclude:config \"{mac}.cfg\"\noverwrite_mode = 1\n");
    File { content_type: Format::Yealink.content_type(), text }
}

/// Polycom's list of the files to be read.
fn polycom_master(mac: &str) -> Result<File, ProvisionError> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<APPLICATION APP_FILE_PATH=\"\" \
         CONFIG_FILES=\"{mac}-phone.cfg\" MISC_FILES=\"\" LOG_FILE_DIRECTORY=\"\" OVERRIDES_DIRECTORY=\"\" \
         CONTACTS_DIRECTORY=\"\"/>\n"
    );
    parsed(&text)?;
    Ok(File { content_type: Format::Polycom.content_type(), text })
}

/// Polycom's speed dials, which its phones read as their own directory.
fn polycom_directory(config: &Config, phone: &Phone, around: &Surroundings) -> Result<File, ProvisionError> {
    let keys = crate::key::keys_of(config, phone, around.lines.len());
    let mut text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<directory>\n<item_list>\n".to_owned();
    for (n, key) in keys.iter().filter(|key| key.kind == "speed").enumerate() {
        let (label, number) = (escaped(&key.label), escaped(&key.number));
        text.push_str(&format!("<item><fn>{label}</fn><ct>{number}</ct><sd>{}</sd></item>\n", n + 1));
    }
    text.push_str("</item_list>\n</directory>\n");
    parsed(&text)?;
    Ok(File { content_type: Format::Polycom.content_type(), text })
}
