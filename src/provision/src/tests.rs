//! A golden file for each maker, and names that mean harm.

use base::Redacted;
use config::{Choice, Config, Extension, KeyLayout, Language, Phone, PhoneModel, Srtp};
use expect_test::expect_file;

use crate::format::parsed;
use crate::*;

const MAC: &str = "00156574abcd";

fn company(name: &str) -> Config {
    let mut config = Config::default();
    config.system.name = "Maes & Zonen".into();
    config.system.time_zone = "Europe/Brussels".into();
    config.media.country = "be".into();
    config.media.srtp = Srtp::Optional;
    config.provisioning.phone_password = Some(Redacted("kastanje-41".into()));
    for (number, name) in [("101", name), ("102", "Bertrand Maes"), ("103", "Chiara Conti")] {
        let mut extension = Extension::new(number.into(), name.into(), [1; 16], [2; 32]);
        extension.voicemail = number == "101";
        extension.language = (number == "101").then_some(Language::Nl);
        config.extensions.insert(number.into(), extension);
    }
    let keys = [
        "blf 102 Bert",
        "blf 103",
        "park 701 Park 1",
        "speed 0477123456 Mobile",
        "code *78 Quiet",
        "none",
        "voicemail",
    ];
    let layout = KeyLayout { name: "desk".into(), keys: keys.map(str::to_owned).to_vec() };
    config.key_layouts.insert("desk".into(), layout);
    config
}

fn phone(model: PhoneModel) -> Phone {
    let mut phone = Phone::new(MAC.into(), model, vec!["101".into(), "102".into()]);
    phone.keys = Some("desk".into());
    phone
}

fn around() -> Surroundings {
    let line = |extension: &str| Line {
        extension: extension.into(),
        sign_in: device_name(extension, MAC),
        secret: device_secret(&Redacted([7; 32]), MAC, extension, 1),
    };
    Surroundings {
        host: "192.0.2.10".into(),
        sip_port: 5060,
        sips_port: Some(5061),
        url: format!("https://192.0.2.10:8443/prov/{}/", resync_token(&Redacted([7; 32]), MAC, 1)),
        lines: vec![line("101"), line("102")],
    }
}

/// The file with its settings.
fn main_file(model: PhoneModel) -> FileKind {
    match model {
        PhoneModel::Yealink | PhoneModel::Fanvil => FileKind::Cfg,
        PhoneModel::Snom | PhoneModel::Gigaset | PhoneModel::Cisco => FileKind::Xml,
        PhoneModel::Grandstream => FileKind::CfgXml,
        PhoneModel::Polycom => FileKind::PhoneCfg,
    }
}

#[test]
fn each_makers_file_is_the_golden_one() {
    let config = company("Ada Lovelace");
    for model in PhoneModel::ALL {
        let file = render(&config, &phone(*model), &around(), main_file(*model)).unwrap();
        expect_file![format!("../tests/golden/{}.txt", model.word())].assert_eq(&file.text);
    }
}

#[test]
fn each_makers_phone_book_is_the_golden_one() {
    let mut config = company("Ada <Lovelace> & \"Sons\"");
    config.extensions.get_mut("102").unwrap().mobile = Some("+32477123456".into());
    for model in PhoneModel::ALL {
        let file = Book::of(&config).render(*model).unwrap();
        expect_file![format!("../tests/golden/phonebook-{}.xml", model.word())].assert_eq(&file.text);
    }
}

#[test]
fn no_name_becomes_a_setting_or_markup() {
    let evil = "x\"><P2>pwned</P2>\nstatic.security.user_password = admin:pwned\r\n{{ lines }}{% raw %} ' & ]]> \u{2028}P2 = 1";
    let config = company(evil);
    let plain = company("Ada");
    for model in PhoneModel::ALL {
        let count = |config: &Config| {
            let text = render(config, &phone(*model), &around(), main_file(*model)).unwrap().text;
            match *model {
                PhoneModel::Yealink => {
                    assert!(!text.lines().any(|line| line.starts_with("static.security.user_password = admin:pwned")));
                    text.lines().count()
                }
                _ => {
                    let read = parsed(&text).unwrap();
                    let said = |n: roxmltree::Node<'_, '_>| n.text() == Some("pwned");
                    assert!(!read.descendants().any(said), "{model:?}");
                    read.descendants().map(|n| 1 + n.attributes().len()).sum()
                }
            }
        };
        assert_eq!(count(&config), count(&plain), "{model:?}");
        Book::of(&config).render(*model).unwrap();
    }
}

#[test]
fn what_the_administrator_adds_takes_the_place_and_cannot_break_out() {
    let config = company("Ada");
    let mut yealink = phone(PhoneModel::Yealink);
    yealink.extra = vec!["lang.gui=German".into(), "screensaver.wait_time=60".into()];
    let text = render(&config, &yealink, &around(), FileKind::Cfg).unwrap().text;
    assert!(text.contains("\nlang.gui = German\n") && !text.contains("lang.gui = Dutch"));
    assert!(text.ends_with("\nscreensaver.wait_time = 60\n"));
    let mut snom = phone(PhoneModel::Snom);
    snom.extra = vec!["backlight[0]=<on>".into()];
    let text = render(&config, &snom, &around(), FileKind::Xml).unwrap().text;
    assert!(text.contains("<backlight idx=\"0\" perm=\"\">&lt;on&gt;</backlight>"));
    snom.extra = vec!["a><b=1".into()];
    assert!(matches!(render(&config, &snom, &around(), FileKind::Xml), Err(ProvisionError::Setting(_))));
}

#[test]
fn without_tls_and_without_summer_time_each_file_still_stands() {
    let mut config = company("Ada");
    config.system.time_zone = "Asia/Kolkata".into();
    config.provisioning.phone_password = None;
    config.provisioning.ldap = Some("0.0.0.0:389".parse().unwrap());
    config.codes = config::OfficeCodes::of(config::CodeSet::B);
    config.media.codecs = vec!["PCMA".into()];
    for model in PhoneModel::ALL {
        let around = Surroundings { sips_port: None, host: "2001:db8::1".into(), ..around() };
        let text = render(&config, &phone(*model), &around, main_file(*model)).unwrap().text;
        assert!(text.contains("2001:db8::1") && !text.contains("kastanje"), "{model:?}");
        let single = Surroundings { lines: Vec::new(), ..around };
        render(&config, &phone(*model), &single, main_file(*model)).unwrap();
    }
}

#[test]
fn a_phone_gets_its_own_makers_files_alone() {
    let config = company("Ada");
    let kinds = [
        FileKind::Cfg,
        FileKind::Boot,
        FileKind::Xml,
        FileKind::CfgXml,
        FileKind::SnomHtm,
        FileKind::PhoneCfg,
        FileKind::Directory,
        FileKind::PolycomMaster,
        FileKind::Common(PhoneModel::Yealink),
        FileKind::Common(PhoneModel::Snom),
        FileKind::Phonebook(PhoneModel::Snom),
    ];
    let of = |model| {
        let has = |kind: &&FileKind| render(&config, &phone(model), &around(), **kind).is_ok();
        kinds.iter().filter(has).copied().collect::<Vec<_>>()
    };
    let common = FileKind::Common(PhoneModel::Yealink);
    assert_eq!(of(PhoneModel::Yealink), [FileKind::Cfg, FileKind::Boot, common]);
    assert_eq!(of(PhoneModel::Grandstream), [FileKind::CfgXml]);
    assert_eq!(of(PhoneModel::Snom), [FileKind::Xml, FileKind::SnomHtm]);
    assert_eq!(
        of(PhoneModel::Polycom),
        [FileKind::Cfg, FileKind::PhoneCfg, FileKind::Directory, FileKind::PolycomMaster]
    );
    assert_eq!(of(PhoneModel::Gigaset), [FileKind::Xml]);
}

#[test]
fn a_bootstrap_file_says_where_and_nothing_more() {
    let url = "https://box:8443/prov/TOKEN/";
    for model in PhoneModel::ALL {
        let file = bootstrap(*model, MAC, url, main_file(*model));
        // Polycom's phones read their list first, and it is the list that they ask for without a token.
        let file = file.unwrap();
        assert!(file.text.contains("box:8443/prov/TOKEN"), "{model:?}");
        let secret = device_secret(&Redacted([7; 32]), MAC, "101", 1);
        assert!(!file.text.contains(&secret.0));
    }
    assert!(bootstrap(PhoneModel::Snom, MAC, url, FileKind::CfgXml).is_err());
}
