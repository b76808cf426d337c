//! Recorded words that only one language's grammar needs.

/// “une”, “vingt et une” … “soixante et une”, “quatre-vingt-une”.
pub(crate) const FRENCH_FEMININE: [&str; 7] = [
    "number-1-feminine",
    "number-21-feminine",
    "number-31-feminine",
    "number-41-feminine",
    "number-51-feminine",
    "number-61-feminine",
    "number-81-feminine",
];

/// The hours with their liaison: “deux heures”.
pub(crate) const FRENCH_HOURS: [&str; 24] = [
    "clock-0", "clock-1", "clock-2", "clock-3", "clock-4", "clock-5", "clock-6", "clock-7", "clock-8", "clock-9",
    "clock-10", "clock-11", "clock-12", "clock-13", "clock-14", "clock-15", "clock-16", "clock-17", "clock-18",
    "clock-19", "clock-20", "clock-21", "clock-22", "clock-23",
];

/// “un”, “veintiún”, “treinta y un” … “noventa y un”: before a masculine noun.
pub(crate) const SPANISH_BEFORE: [&str; 9] = [
    "number-1-before",
    "number-21-before",
    "number-31-before",
    "number-41-before",
    "number-51-before",
    "number-61-before",
    "number-71-before",
    "number-81-before",
    "number-91-before",
];

/// “una”, “veintiuna”, “treinta y una” … “noventa y una”.
pub(crate) const SPANISH_FEMININE: [&str; 9] = [
    "number-1-feminine",
    "number-21-feminine",
    "number-31-feminine",
    "number-41-feminine",
    "number-51-feminine",
    "number-61-feminine",
    "number-71-feminine",
    "number-81-feminine",
    "number-91-feminine",
];

/// “doscientas” … “novecientas”.
pub(crate) const SPANISH_HUNDREDS_FEMININE: [&str; 8] = [
    "number-200-feminine",
    "number-300-feminine",
    "number-400-feminine",
    "number-500-feminine",
    "number-600-feminine",
    "number-700-feminine",
    "number-800-feminine",
    "number-900-feminine",
];

/// “первого” … “двадцатого”.
pub(crate) const RUSSIAN_GENITIVE: [&str; 20] = [
    "ordinal-1-genitive",
    "ordinal-2-genitive",
    "ordinal-3-genitive",
    "ordinal-4-genitive",
    "ordinal-5-genitive",
    "ordinal-6-genitive",
    "ordinal-7-genitive",
    "ordinal-8-genitive",
    "ordinal-9-genitive",
    "ordinal-10-genitive",
    "ordinal-11-genitive",
    "ordinal-12-genitive",
    "ordinal-13-genitive",
    "ordinal-14-genitive",
    "ordinal-15-genitive",
    "ordinal-16-genitive",
    "ordinal-17-genitive",
    "ordinal-18-genitive",
    "ordinal-19-genitive",
    "ordinal-20-genitive",
];

/// “двадцатого”, “тридцатого” … “девяностого”.
pub(crate) const RUSSIAN_TENS_GENITIVE: [&str; 8] = [
    "ordinal-20-genitive",
    "ordinal-30-genitive",
    "ordinal-40-genitive",
    "ordinal-50-genitive",
    "ordinal-60-genitive",
    "ordinal-70-genitive",
    "ordinal-80-genitive",
    "ordinal-90-genitive",
];
