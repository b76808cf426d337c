//! The Low Countries, France, the German-speaking countries, the British Isles.

use super::Land;
use super::feast::{Feast, MON, Moving, WED, When, easter_plus, fixed};

/// National law, then the regions.
pub(crate) const LANDS: &[Land] = &[
    land("nl", "Nederland", &[NL]),
    land("be", "België", &[BE]),
    land("lu", "Lëtzebuerg", &[LU]),
    land("fr", "France", &[FR]),
    land("fr-57", "France : Moselle", &[FR, FR_ALSACE]),
    land("fr-67", "France : Bas-Rhin", &[FR, FR_ALSACE]),
    land("fr-68", "France : Haut-Rhin", &[FR, FR_ALSACE]),
    land("fr-971", "France : Guadeloupe", &[FR, &[fixed(ABOLITION, 5, 27)]]),
    land("fr-972", "France : Martinique", &[FR, &[fixed(ABOLITION, 5, 22)]]),
    land("fr-973", "France : Guyane", &[FR, &[fixed(ABOLITION, 6, 10)]]),
    land("fr-974", "France : La Réunion", &[FR, &[fixed(ABOLITION, 12, 20)]]),
    land("fr-976", "France : Mayotte", &[FR, &[fixed(ABOLITION, 4, 27)]]),
    land("de", "Deutschland", &[DE]),
    land("de-bb", "Deutschland: Brandenburg", &[DE, &[OSTERSONNTAG, PFINGSTSONNTAG, REFORMATION]]),
    land("de-be", "Deutschland: Berlin", &[DE, DE_BERLIN]),
    land("de-bw", "Deutschland: Baden-Württemberg", &[DE, &[KOENIGE, FRONLEICHNAM, ALLERHEILIGEN]]),
    land("de-by", "Deutschland: Bayern", &[DE, &[KOENIGE, FRONLEICHNAM, HIMMELFAHRT_MARIAE, ALLERHEILIGEN]]),
    land("de-hb", "Deutschland: Bremen", &[DE, &[REFORMATION]]),
    land("de-he", "Deutschland: Hessen", &[DE, &[FRONLEICHNAM]]),
    land("de-hh", "Deutschland: Hamburg", &[DE, &[REFORMATION]]),
    land("de-mv", "Deutschland: Mecklenburg-Vorpommern", &[DE, &[FRAUENTAG.since(2023), REFORMATION]]),
    land("de-ni", "Deutschland: Niedersachsen", &[DE, &[REFORMATION]]),
    land("de-nw", "Deutschland: Nordrhein-Westfalen", &[DE, &[FRONLEICHNAM, ALLERHEILIGEN]]),
    land("de-rp", "Deutschland: Rheinland-Pfalz", &[DE, &[FRONLEICHNAM, ALLERHEILIGEN]]),
    land("de-sh", "Deutschland: Schleswig-Holstein", &[DE, &[REFORMATION]]),
    land("de-sl", "Deutschland: Saarland", &[DE, &[FRONLEICHNAM, HIMMELFAHRT_MARIAE, ALLERHEILIGEN]]),
    land("de-sn", "Deutschland: Sachsen", &[DE, &[REFORMATION, BUSSTAG]]),
    land("de-st", "Deutschland: Sachsen-Anhalt", &[DE, &[KOENIGE, REFORMATION]]),
    land("de-th", "Deutschland: Thüringen", &[DE, &[KINDERTAG, REFORMATION]]),
    land("at", "Österreich", &[AT]),
    land("ch", "Schweiz", &[CH]),
    uk("gb", "England and Wales", &[UK, ENGLAND]),
    uk("gb-eng", "England", &[UK, ENGLAND]),
    uk("gb-wls", "Wales", &[UK, ENGLAND]),
    uk("gb-sct", "Scotland", &[UK, SCOTLAND]),
    uk("gb-nir", "Northern Ireland", &[UK, ENGLAND, IRISH_NORTH]),
    land("ie", "Ireland", &[IE]),
];

const fn land(code: &'static str, title: &'static str, feasts: &'static [&'static [Feast]]) -> Land {
    Land { code, title, feasts, moving: Moving::Never }
}

const fn uk(code: &'static str, title: &'static str, feasts: &'static [&'static [Feast]]) -> Land {
    Land { code, title, feasts, moving: Moving::NextWorkingDay("substitute day") }
}

/// Algemene termijnenwet art. 3, without Good Friday, on which the country works; Liberation Day is a public holiday
/// each year, and off for most staff in the years that 5 divides.
const NL: &[Feast] = &[
    fixed("Nieuwjaarsdag", 1, 1),
    easter_plus("Eerste paasdag", 0),
    easter_plus("Tweede paasdag", 1),
    Feast::new("Koningsdag", When::NotSunday(4, 27)),
    fixed("Bevrijdingsdag", 5, 5),
    easter_plus("Hemelvaartsdag", 39),
    easter_plus("Eerste pinksterdag", 49),
    easter_plus("Tweede pinksterdag", 50),
    fixed("Eerste kerstdag", 12, 25),
    fixed("Tweede kerstdag", 12, 26),
];

/// The ten days of the royal decree of 18 April 1974, art. 1; what replaces one on a Sunday is each firm's choice.
const BE: &[Feast] = &[
    fixed("Nieuwjaar", 1, 1),
    easter_plus("Paasmaandag", 1),
    fixed("Dag van de Arbeid", 5, 1),
    easter_plus("Onze-Lieve-Heer-Hemelvaart", 39),
    easter_plus("Pinkstermaandag", 50),
    fixed("Nationale feestdag", 7, 21),
    fixed("Onze-Lieve-Vrouw-Hemelvaart", 8, 15),
    fixed("Allerheiligen", 11, 1),
    fixed("Wapenstilstand", 11, 11),
    fixed("Kerstmis", 12, 25),
];

/// Code du travail, art. L. 232-2; Europe Day since 2019.
const LU: &[Feast] = &[
    fixed("Neijoerschdag", 1, 1),
    easter_plus("Ouschterméindeg", 1),
    fixed("Dag vun der Aarbecht", 5, 1),
    fixed("Europadag", 5, 9),
    easter_plus("Christi Himmelfaart", 39),
    easter_plus("Péngschtméindeg", 50),
    fixed("Nationalfeierdag", 6, 23),
    fixed("Léiffrawëschdag", 8, 15),
    fixed("Allerhellgen", 11, 1),
    fixed("Chrëschtdag", 12, 25),
    fixed("Stiefesdag", 12, 26),
];

/// Code du travail, art. L. 3133-1.
const FR: &[Feast] = &[
    fixed("Jour de l’an", 1, 1),
    easter_plus("Lundi de Pâques", 1),
    fixed("Fête du Travail", 5, 1),
    fixed("Victoire 1945", 5, 8),
    easter_plus("Ascension", 39),
    easter_plus("Lundi de Pentecôte", 50),
    fixed("Fête nationale", 7, 14),
    fixed("Assomption", 8, 15),
    fixed("Toussaint", 11, 1),
    fixed("Armistice 1918", 11, 11),
    fixed("Noël", 12, 25),
];

/// Code du travail, art. L. 3134-13; Good Friday strictly only in communes with a Protestant or mixed church.
const FR_ALSACE: &[Feast] = &[easter_plus("Vendredi saint", -2), fixed("Saint-Étienne", 12, 26)];

/// Code du travail, art. L. 3422-2.
const ABOLITION: &str = "Abolition de l’esclavage";

/// The nine days that all Länder share.
const DE: &[Feast] = &[
    fixed("Neujahr", 1, 1),
    easter_plus("Karfreitag", -2),
    easter_plus("Ostermontag", 1),
    fixed("Tag der Arbeit", 5, 1),
    easter_plus("Christi Himmelfahrt", 39),
    easter_plus("Pfingstmontag", 50),
    fixed("Tag der Deutschen Einheit", 10, 3),
    fixed("1. Weihnachtstag", 12, 25),
    fixed("2. Weihnachtstag", 12, 26),
];

/// Berlin declares single days of remembrance beside its yearly ones.
const DE_BERLIN: &[Feast] = &[
    FRAUENTAG,
    Feast::new("Tag der Befreiung", When::Once(2020, 5, 8)),
    Feast::new("Tag der Befreiung", When::Once(2025, 5, 8)),
    Feast::new("75. Jahrestag des Aufstandes vom 17. Juni 1953", When::Once(2028, 6, 17)),
];

const KOENIGE: Feast = fixed("Heilige Drei Könige", 1, 6);
const FRAUENTAG: Feast = fixed("Internationaler Frauentag", 3, 8);
const OSTERSONNTAG: Feast = easter_plus("Ostersonntag", 0);
const PFINGSTSONNTAG: Feast = easter_plus("Pfingstsonntag", 49);
const FRONLEICHNAM: Feast = easter_plus("Fronleichnam", 60);
/// In Bavaria only where most people are Catholic: about 1,700 of 2,056 communes.
const HIMMELFAHRT_MARIAE: Feast = fixed("Mariä Himmelfahrt", 8, 15);
const KINDERTAG: Feast = fixed("Weltkindertag", 9, 20);
const REFORMATION: Feast = fixed("Reformationstag", 10, 31);
const ALLERHEILIGEN: Feast = fixed("Allerheiligen", 11, 1);
/// The Wednesday before 23 November.
const BUSSTAG: Feast = Feast::new("Buß- und Bettag", When::From(WED, 11, 16));

/// Arbeitsruhegesetz §7.
const AT: &[Feast] = &[
    fixed("Neujahr", 1, 1),
    fixed("Heilige Drei Könige", 1, 6),
    easter_plus("Ostermontag", 1),
    fixed("Staatsfeiertag", 5, 1),
    easter_plus("Christi Himmelfahrt", 39),
    easter_plus("Pfingstmontag", 50),
    easter_plus("Fronleichnam", 60),
    fixed("Mariä Himmelfahrt", 8, 15),
    fixed("Nationalfeiertag", 10, 26),
    fixed("Allerheiligen", 11, 1),
    fixed("Mariä Empfängnis", 12, 8),
    fixed("Weihnachten", 12, 25),
    fixed("Stefanitag", 12, 26),
];

/// The one federal holiday and the three that every canton keeps.
const CH: &[Feast] = &[
    fixed("Neujahrstag", 1, 1),
    easter_plus("Auffahrt", 39),
    fixed("Bundesfeiertag", 8, 1),
    fixed("Weihnachtstag", 12, 25),
];

/// What the three jurisdictions share, with the days proclaimed since 2020.
const UK: &[Feast] = &[
    fixed("New Year’s Day", 1, 1),
    easter_plus("Good Friday", -2),
    Feast::new("Early May bank holiday", When::Nth(1, MON, 5)).until(2019),
    Feast::new("Early May bank holiday (VE day)", When::Once(2020, 5, 8)),
    Feast::new("Early May bank holiday", When::Nth(1, MON, 5)).since(2021),
    Feast::new("Spring bank holiday", When::Last(MON, 5)).until(2021),
    Feast::new("Spring bank holiday", When::Once(2022, 6, 2)),
    Feast::new("Platinum Jubilee bank holiday", When::Once(2022, 6, 3)),
    Feast::new("Bank Holiday for the State Funeral of Queen Elizabeth II", When::Once(2022, 9, 19)),
    Feast::new("Bank holiday for the coronation of King Charles III", When::Once(2023, 5, 8)),
    Feast::new("Spring bank holiday", When::Last(MON, 5)).since(2023),
    fixed("Christmas Day", 12, 25),
    fixed("Boxing Day", 12, 26),
];

const ENGLAND: &[Feast] = &[easter_plus("Easter Monday", 1), Feast::new("Summer bank holiday", When::Last(MON, 8))];

const SCOTLAND: &[Feast] = &[
    fixed("2nd January", 1, 2),
    Feast::new("Summer bank holiday", When::Nth(1, MON, 8)),
    Feast::new("World Cup bank holiday", When::Once(2026, 6, 15)),
    fixed("St Andrew’s Day", 11, 30),
];

const IRISH_NORTH: &[Feast] =
    &[fixed("St Patrick’s Day", 3, 17), fixed("Battle of the Boyne (Orangemen’s Day)", 7, 12)];

/// Organisation of Working Time Act 1997, second schedule; a day for one on a weekend is each firm's choice.
const IE: &[Feast] = &[
    fixed("New Year’s Day", 1, 1),
    Feast::new("St Brigid’s Day", When::Brigid).since(2023),
    fixed("St Patrick’s Day", 3, 17),
    Feast::new("Day of Remembrance and Recognition", When::Once(2022, 3, 18)),
    easter_plus("Easter Monday", 1),
    Feast::new("May Day", When::Nth(1, MON, 5)),
    Feast::new("June Holiday", When::Nth(1, MON, 6)),
    Feast::new("August Holiday", When::Nth(1, MON, 8)),
    Feast::new("October Holiday", When::Last(MON, 10)),
    fixed("Christmas Day", 12, 25),
    fixed("St Stephen’s Day", 12, 26),
];
