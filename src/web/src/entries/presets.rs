//! What a form can be filled with to begin: trunks as providers usually want them, and countries' numbers.

use config::{Config, Numbers, Trunk};

use super::Given;

/// A trunk as providers usually want it.
pub(crate) struct TrunkTemplate {
    pub name: &'static str,
    pub title: &'static str,
    pub hint: &'static str,
    keys: &'static [(&'static str, &'static str)],
}

/// What providers ask for, by the shape of their letter. (Names of providers age; these shapes do not.)
pub(crate) const TRUNK_TEMPLATES: &[TrunkTemplate] = &[
    TrunkTemplate {
        name: "register-udp",
        title: "User and password",
        hint: "The provider sent a domain, a user and a password. By far the most common.",
        keys: &[("kind", "register"), ("transport", "auto")],
    },
    TrunkTemplate {
        name: "register-tls",
        title: "User and password, encrypted",
        hint: "The same over TLS, with encrypted audio (SRTP): nothing goes in the clear.",
        keys: &[("kind", "register"), ("transport", "tls"), ("srtp", "required")],
    },
    TrunkTemplate {
        name: "address",
        title: "By address",
        hint: "The provider knows the public address of this box and asks for no password.",
        keys: &[("kind", "address"), ("transport", "udp"), ("number_form", "e164")],
    },
    TrunkTemplate {
        name: "digits",
        title: "User and password, numbers without +",
        hint: "For providers that want 3225551234 and take the caller's number from P-Preferred-Identity.",
        keys: &[("kind", "register"), ("number_form", "digits"), ("identity", "p_preferred_identity")],
    },
    TrunkTemplate {
        name: "exchange",
        title: "Another exchange of the firm",
        hint: "Reached by its address; numbers go as they were dialled.",
        keys: &[("kind", "address"), ("number_form", "as_dialled"), ("srtp", "optional")],
    },
];

/// The form of a new trunk, filled by a template.
pub(crate) fn trunk_template(name: &str) -> Option<Given> {
    let template = TRUNK_TEMPLATES.iter().find(|template| template.name == name)?;
    let mut given = Given::of(&Trunk::new(String::new(), String::new()));
    for (key, text) in template.keys {
        given.set(key, text);
    }
    Some(given)
}

/// A country whose numbers are known.
pub(crate) struct Country {
    pub code: &'static str,
    pub name: &'static str,
    calling: &'static str,
    /// National emergency numbers beside those that are always known.
    emergency: &'static [&'static str],
}

/// Calling codes by ITU-T E.164; emergency numbers as each country's regulator lists them.
pub(crate) const COUNTRIES: &[Country] = &[
    Country { code: "be", name: "Belgium", calling: "32", emergency: &["100", "101"] },
    Country { code: "de", name: "Germany", calling: "49", emergency: &[] },
    Country { code: "es", name: "Spain", calling: "34", emergency: &["061", "062", "080", "085", "091", "092"] },
    Country { code: "fr", name: "France", calling: "33", emergency: &["15", "17", "18", "114", "115", "196"] },
    Country { code: "gb", name: "United Kingdom", calling: "44", emergency: &[] },
    Country { code: "nl", name: "Netherlands", calling: "31", emergency: &[] },
    Country {
        code: "ru",
        name: "Russia",
        calling: "7",
        emergency: &["01", "02", "03", "04", "101", "102", "103", "104"],
    },
    Country { code: "us", name: "United States", calling: "1", emergency: &[] },
];

/// The numbers of a country; an emergency number that is somebody's here is left out and told.
pub(crate) fn country_preset(code: &str, config: &Config) -> Option<(Given, Vec<&'static str>)> {
    let country = COUNTRIES.iter().find(|country| country.code == code)?;
    let (taken, free): (Vec<&str>, Vec<&str>) =
        country.emergency.iter().copied().partition(|number| config.owner(number).is_some());
    let numbers = Numbers {
        emergency: free.into_iter().map(str::to_owned).collect(),
        outside_prefix: config.numbers.outside_prefix.clone(),
        ..Numbers::of(country.calling.to_owned())
    };
    Some((Given::of(&numbers), taken))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entries::Sheet;

    #[test]
    fn every_template_and_country_can_be_read() {
        for template in TRUNK_TEMPLATES {
            let mut given = trunk_template(template.name).expect("a template");
            Trunk::read(&mut given, None);
            assert!(given.errors.is_empty(), "{}: {:?}", template.name, given.errors);
        }
        for country in COUNTRIES {
            let (mut given, taken) = country_preset(country.code, &Config::default()).expect("a country");
            let numbers = Numbers::read(&mut given, None);
            assert_eq!((numbers.country_code.as_str(), taken.len()), (country.calling, 0));
            let edits = [config::Edit::SetNumbers(numbers)];
            assert!(config::Document::default().edit(edits).is_ok(), "{}", country.name);
        }
    }
}
