//! How each maker names languages and the tones of countries.

use config::{Language, PhoneModel};

/// A language by the maker's name.
pub(crate) fn language(model: PhoneModel, language: Language) -> String {
    let english_name = match language {
        Language::En => "English",
        Language::Nl => "Dutch",
        Language::Fr => "French",
        Language::De => "German",
        Language::Es => "Spanish",
        Language::Ru => "Russian",
    };
    match model {
        PhoneModel::Grandstream | PhoneModel::Fanvil | PhoneModel::Gigaset => language.word().to_owned(),
        PhoneModel::Snom => match language {
            Language::Nl => "Nederlands",
            Language::Fr => "Français",
            Language::De => "Deutsch",
            Language::Es => "Español",
            Language::Ru => "Russian",
            Language::En => "English",
        }
        .to_owned(),
        PhoneModel::Polycom => match language {
            Language::En => "English_United_States",
            Language::Nl => "Dutch_Netherlands",
            Language::Fr => "French_France",
            Language::De => "German_Germany",
            Language::Es => "Spanish_Spain",
            Language::Ru => "Russian_Russia",
        }
        .to_owned(),
        PhoneModel::Cisco => match language {
            Language::En => "English-US",
            other => return tokens_cisco(other),
        }
        .to_owned(),
        PhoneModel::Yealink => english_name.to_owned(),
    }
}

fn tokens_cisco(language: Language) -> String {
    match language {
        Language::Nl => "Dutch-NL",
        Language::Fr => "French-FR",
        Language::De => "German-DE",
        Language::Es => "Spanish-ES",
        Language::Ru => "Russian-RU",
        Language::En => "English-US",
    }
    .to_owned()
}

/// The tones of a country (ISO 3166, lower case) by the maker's name; empty where the maker has none of that country.
pub(crate) fn tones(model: PhoneModel, country: &str) -> String {
    let row = TONES.iter().find(|row| row.0 == country);
    let name = match (model, row) {
        (PhoneModel::Yealink, Some(row)) => row.1,
        (PhoneModel::Snom, Some(row)) => row.2,
        (PhoneModel::Fanvil, Some(row)) => row.3,
        // Gigaset takes the country's own code.
        (PhoneModel::Gigaset, Some(_)) => return country.to_uppercase(),
        _ => "",
    };
    name.to_owned()
}

/// Country, Yealink's name, Snom's, Fanvil's number.
const TONES: [(&str, &str, &str, &str); 20] = [
    ("au", "Australia", "AUS", ""),
    ("at", "Austria", "AUT", ""),
    ("be", "Belgium", "BEL", "0"),
    ("ch", "Switzerland", "SUI", "9"),
    ("cz", "Czech", "CZE", ""),
    ("de", "Germany", "GER", "2"),
    ("dk", "Denmark", "DNK", ""),
    ("es", "Spain", "SPA", ""),
    ("fi", "Finland", "FIN", ""),
    ("fr", "France", "FRA", ""),
    ("gb", "Great Britain", "GBR", ""),
    ("gr", "Greece", "", ""),
    ("hu", "Hungary", "", ""),
    ("it", "Italy", "ITA", ""),
    ("nl", "Netherlands", "NLD", "5"),
    ("no", "Norway", "NOR", "6"),
    ("pt", "Portugal", "", ""),
    ("ru", "Russia", "RUS", ""),
    ("se", "Sweden", "SWE", "8"),
    ("us", "United States", "USA", "11"),
];
