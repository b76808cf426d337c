//! The Nordic countries, Poland, the Czech Republic.
//!
//! Eves on which most firms close although no law says so (Midsummer Eve, Christmas Eve) are left to a closed day.

use super::Land;
use super::feast::{Feast, Moving, SAT, When, easter_plus, fixed};

pub(crate) const LANDS: &[Land] = &[
    land("dk", "Danmark", &[DK]),
    land("se", "Sverige", &[SE]),
    land("no", "Norge", &[NO]),
    land("fi", "Suomi", &[FI]),
    land("pl", "Polska", &[PL]),
    land("cz", "Česko", &[CZ]),
];

const fn land(code: &'static str, title: &'static str, feasts: &'static [&'static [Feast]]) -> Land {
    Land { code, title, feasts, moving: Moving::Never }
}

const DK: &[Feast] = &[
    fixed("Nytårsdag", 1, 1),
    easter_plus("Skærtorsdag", -3),
    easter_plus("Langfredag", -2),
    easter_plus("Påskedag", 0),
    easter_plus("2. påskedag", 1),
    // Abolished by lov 214 of 2023.
    easter_plus("Store bededag", 26).until(2023),
    easter_plus("Kristi himmelfartsdag", 39),
    easter_plus("Pinsedag", 49),
    easter_plus("2. pinsedag", 50),
    fixed("Juledag", 12, 25),
    fixed("2. juledag", 12, 26),
];

/// Lag (1989:253) om allmänna helgdagar.
const SE: &[Feast] = &[
    fixed("Nyårsdagen", 1, 1),
    fixed("Trettondedag jul", 1, 6),
    easter_plus("Långfredagen", -2),
    easter_plus("Påskdagen", 0),
    easter_plus("Annandag påsk", 1),
    fixed("Första maj", 5, 1),
    easter_plus("Kristi himmelsfärdsdag", 39),
    easter_plus("Pingstdagen", 49),
    fixed("Sveriges nationaldag", 6, 6),
    Feast::new("Midsommardagen", When::From(SAT, 6, 20)),
    Feast::new("Alla helgons dag", When::From(SAT, 10, 31)),
    fixed("Juldagen", 12, 25),
    fixed("Annandag jul", 12, 26),
];

const NO: &[Feast] = &[
    fixed("1. nyttårsdag", 1, 1),
    easter_plus("Skjærtorsdag", -3),
    easter_plus("Langfredag", -2),
    easter_plus("1. påskedag", 0),
    easter_plus("2. påskedag", 1),
    fixed("Arbeidernes dag", 5, 1),
    fixed("Grunnlovsdagen", 5, 17),
    easter_plus("Kristi himmelfartsdag", 39),
    easter_plus("1. pinsedag", 49),
    easter_plus("2. pinsedag", 50),
    fixed("1. juledag", 12, 25),
    fixed("2. juledag", 12, 26),
];

const FI: &[Feast] = &[
    fixed("Uudenvuodenpäivä", 1, 1),
    fixed("Loppiainen", 1, 6),
    easter_plus("Pitkäperjantai", -2),
    easter_plus("Pääsiäispäivä", 0),
    easter_plus("2. pääsiäispäivä", 1),
    fixed("Vappu", 5, 1),
    easter_plus("Helatorstai", 39),
    easter_plus("Helluntaipäivä", 49),
    Feast::new("Juhannuspäivä", When::From(SAT, 6, 20)),
    Feast::new("Pyhäinpäivä", When::From(SAT, 10, 31)),
    fixed("Itsenäisyyspäivä", 12, 6),
    fixed("Joulupäivä", 12, 25),
    fixed("Tapaninpäivä", 12, 26),
];

/// Ustawa o dniach wolnych od pracy, art. 1; Christmas Eve since 2025.
const PL: &[Feast] = &[
    fixed("Nowy Rok", 1, 1),
    fixed("Święto Trzech Króli", 1, 6),
    easter_plus("Wielkanoc", 0),
    easter_plus("Poniedziałek Wielkanocny", 1),
    fixed("Święto Pracy", 5, 1),
    fixed("Święto Konstytucji 3 Maja", 5, 3),
    easter_plus("Zielone Świątki", 49),
    easter_plus("Boże Ciało", 60),
    fixed("Wniebowzięcie Najświętszej Maryi Panny", 8, 15),
    fixed("Wszystkich Świętych", 11, 1),
    fixed("Narodowe Święto Niepodległości", 11, 11),
    fixed("Wigilia Bożego Narodzenia", 12, 24).since(2025),
    fixed("Boże Narodzenie (pierwszy dzień)", 12, 25),
    fixed("Boże Narodzenie (drugi dzień)", 12, 26),
];

/// Zákon č. 245/2000 Sb.
const CZ: &[Feast] = &[
    fixed("Nový rok", 1, 1),
    easter_plus("Velký pátek", -2),
    easter_plus("Velikonoční pondělí", 1),
    fixed("Svátek práce", 5, 1),
    fixed("Den vítězství", 5, 8),
    fixed("Den slovanských věrozvěstů Cyrila a Metoděje", 7, 5),
    fixed("Den upálení mistra Jana Husa", 7, 6),
    fixed("Den české státnosti", 9, 28),
    fixed("Den vzniku samostatného československého státu", 10, 28),
    fixed("Den boje za svobodu a demokracii", 11, 17),
    fixed("Štědrý den", 12, 24),
    fixed("1. svátek vánoční", 12, 25),
    fixed("2. svátek vánoční", 12, 26),
];
