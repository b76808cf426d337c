//! Opening hours and the calendars that close them.

use std::collections::BTreeMap;

use config::{Calendar, Config, Edit, Hours};

use super::lines::rows;
use super::{Entry, Given, Group, Sheet};

impl Sheet for Hours {
    const FORM: &'static [Group] = &[
        Group { title: "", folded: false, keys: &[("name", "Name"), ("open", "Open"), ("breaks", "Breaks")] },
        Group {
            title: "Closed days",
            folded: false,
            keys: &[("holidays", "Public holidays"), ("closed", "Further closed days"), ("calendars", "Calendars")],
        },
        Group {
            title: "By phone, and elsewhere",
            folded: true,
            keys: &[("code", "Code"), ("switched_by", "Who may switch it by phone"), ("time_zone", "Time zone")],
        },
    ];

    fn read(given: &mut Given, _before: Option<&Self>) -> Self {
        Hours {
            name: given.text("name"),
            code: given.text_or_absent("code"),
            time_zone: given.text_or_absent("time_zone"),
            open: given.list("open"),
            breaks: given.list("breaks"),
            holidays: given.list("holidays"),
            closed: given.list("closed"),
            calendars: given.list("calendars"),
            switched_by: given.list("switched_by"),
        }
    }
}

impl Entry for Hours {
    const NAME: &'static str = "hours";
    const PATH: &'static str = "/hours";
    const ONE: &'static str = "opening hours";
    const MANY: &'static str = "Opening hours";
    const ICON: &'static str = "clock";
    const LEAD: &'static str = "When it is open. A route asks them where a call goes.";
    const EMPTY: &'static str = "Without hours every call goes the same way at noon and at midnight. Write them as you \
                                 would on the door: mon-fri 09:00-17:30.";
    const REMOVAL: &'static str = "A route or class that asks them must get others first.";
    rows!(hours, name, AddHours, ChangeHours, RemoveHours);
}

impl Sheet for Calendar {
    const FORM: &'static [Group] = &[Group {
        title: "",
        folded: false,
        keys: &[("name", "Name"), ("url", "Address"), ("refresh_h", "Fetched every … hours")],
    }];

    fn read(given: &mut Given, _before: Option<&Self>) -> Self {
        Calendar { name: given.text("name"), url: given.text("url"), refresh_h: given.integer("refresh_h") }
    }
}

impl Entry for Calendar {
    const NAME: &'static str = "calendars";
    const PATH: &'static str = "/calendars";
    const ONE: &'static str = "calendar";
    const MANY: &'static str = "Calendars";
    const ICON: &'static str = "calendar";
    const LEAD: &'static str = "Calendars that are fetched now and then; their events close the hours that name them.";
    const EMPTY: &'static str = "Works holidays that somebody keeps in a calendar need not be typed here again: give \
                                 the address of its iCalendar feed.";
    const REMOVAL: &'static str = "It leaves the hours that read it.";
    rows!(calendars, name, AddCalendar, ChangeCalendar, RemoveCalendar);
}
