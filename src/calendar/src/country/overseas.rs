//! The United States and Russia, whose days move from weekends each in their own way.

use super::Land;
use super::feast::{Feast, MON, Moving, THU, When, fixed};

/// Federal law only.
pub(crate) const LANDS: &[Land] = &[
    Land { code: "us", title: "United States", feasts: &[US], moving: Moving::Nearest("observed") },
    Land {
        code: "ru", title: "Россия", feasts: &[RU], moving: Moving::NextNotInJanuary("перенесённый выходной")
    },
];

/// 5 U.S.C. §6103(a).
const US: &[Feast] = &[
    fixed("New Year’s Day", 1, 1),
    Feast::new("Birthday of Martin Luther King, Jr.", When::Nth(3, MON, 1)),
    Feast::new("Washington’s Birthday", When::Nth(3, MON, 2)),
    Feast::new("Memorial Day", When::Last(MON, 5)),
    fixed("Juneteenth National Independence Day", 6, 19).since(2021),
    fixed("Independence Day", 7, 4),
    Feast::new("Labor Day", When::Nth(1, MON, 9)),
    Feast::new("Columbus Day", When::Nth(2, MON, 10)),
    fixed("Veterans Day", 11, 11),
    Feast::new("Thanksgiving Day", When::Nth(4, THU, 11)),
    fixed("Christmas Day", 12, 25),
];

/// Трудовой кодекс РФ, ст. 112, part 1 and the fixed rule of part 2; the government's yearly transfers are decrees.
const RU: &[Feast] = &[
    fixed(NEW_YEAR, 1, 1),
    fixed(NEW_YEAR, 1, 2),
    fixed(NEW_YEAR, 1, 3),
    fixed(NEW_YEAR, 1, 4),
    fixed(NEW_YEAR, 1, 5),
    fixed(NEW_YEAR, 1, 6),
    fixed("Рождество Христово", 1, 7),
    fixed(NEW_YEAR, 1, 8),
    fixed("День защитника Отечества", 2, 23),
    fixed("Международный женский день", 3, 8),
    fixed("Праздник Весны и Труда", 5, 1),
    fixed("День Победы", 5, 9),
    fixed("День России", 6, 12),
    fixed("День народного единства", 11, 4),
];

const NEW_YEAR: &str = "Новогодние каникулы";
