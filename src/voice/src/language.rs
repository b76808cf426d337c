//! The languages the box speaks.

use serde::{Deserialize, Serialize};

/// A language the box speaks, named by its ISO 639-1 code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English, of Great Britain.
    #[default]
    En,
    /// Dutch.
    Nl,
    /// French, of France (*soixante-dix*, *quatre-vingts*).
    Fr,
    /// German.
    De,
    /// Spanish, of Spain.
    Es,
    /// Russian.
    Ru,
}

impl Language {
    /// All of them, in the order of the variants.
    pub const ALL: [Language; 6] = [Language::En, Language::Nl, Language::Fr, Language::De, Language::Es, Language::Ru];

    /// Two small letters: `en`.
    pub fn code(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Nl => "nl",
            Language::Fr => "fr",
            Language::De => "de",
            Language::Es => "es",
            Language::Ru => "ru",
        }
    }

    /// The language of a code; a region behind it (`nl-BE`, `pt_BR`) is passed over, letters may be of any size.
    pub fn from_code(code: &str) -> Option<Language> {
        let primary = code.split(['-', '_']).next().unwrap_or_default();
        Language::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(primary))
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back() {
        for language in Language::ALL {
            assert_eq!(Language::from_code(language.code()), Some(language));
        }
        assert_eq!(Language::from_code("nl-BE"), Some(Language::Nl));
        assert_eq!(Language::from_code("DE_at"), Some(Language::De));
        assert_eq!(Language::from_code("english"), None);
        assert_eq!(Language::from_code(""), None);
    }
}
