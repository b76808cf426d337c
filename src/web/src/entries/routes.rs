//! Routes: by which trunk a number outside is called, and where a call from outside goes.

use std::collections::BTreeMap;

use config::{Config, Edit, InboundRoute, OutboundRoute};

use super::lines::rows;
use super::{Entry, Given, Group, Sheet};

impl Sheet for OutboundRoute {
    const FORM: &'static [Group] = &[
        Group {
            title: "",
            folded: false,
            keys: &[
                ("name", "Name"),
                ("order", "Order"),
                ("patterns", "Numbers"),
                ("trunks", "Trunks"),
                ("balance", "Take turns"),
                ("enabled", "In use"),
            ],
        },
        Group {
            title: "Who, when, and what is shown",
            folded: false,
            keys: &[("classes", "Classes"), ("hours", "Hours"), ("caller_id", "Number shown")],
        },
        Group {
            title: "Digits",
            folded: true,
            keys: &[("strip", "Taken off the front"), ("prepend", "Put before it")],
        },
    ];

    fn read(given: &mut Given, _before: Option<&Self>) -> Self {
        OutboundRoute {
            name: given.text("name"),
            enabled: given.flag("enabled"),
            order: given.integer("order"),
            patterns: given.list("patterns"),
            strip: given.integer("strip"),
            prepend: given.text("prepend"),
            trunks: given.list("trunks"),
            balance: given.flag("balance"),
            caller_id: given.text_or_absent("caller_id"),
            classes: given.list("classes"),
            hours: given.text_or_absent("hours"),
        }
    }
}

impl Entry for OutboundRoute {
    const NAME: &'static str = "outbound-routes";
    const PATH: &'static str = "/outbound-routes";
    const ONE: &'static str = "outbound route";
    const MANY: &'static str = "Outbound routes";
    const ICON: &'static str = "outbound";
    const LEAD: &'static str =
        "By which trunk a number outside is called. The first that fits is tried, then the next.";
    const EMPTY: &'static str = "One route for every number is enough to begin with: the pattern +X. and a trunk.";
    const REMOVAL: &'static str = "Its numbers go by the next route that fits, or can no longer be called.";
    rows!(outbound_routes, name, AddOutboundRoute, ChangeOutboundRoute, RemoveOutboundRoute);

    fn order(&self) -> u16 {
        self.order
    }
}

impl Sheet for InboundRoute {
    const FORM: &'static [Group] = &[
        Group {
            title: "",
            folded: false,
            keys: &[
                ("name", "Name"),
                ("order", "Order"),
                ("numbers", "Numbers called"),
                ("trunks", "Trunks"),
                ("enabled", "In use"),
            ],
        },
        Group {
            title: "Where the calls go",
            folded: false,
            keys: &[
                ("to", "Calls go to"),
                ("hours", "Hours that decide"),
                ("closed_to", "When closed"),
                ("break_to", "In a break"),
                ("holiday_to", "On a holiday"),
            ],
        },
        Group {
            title: "Callers",
            folded: true,
            keys: &[
                ("callers", "Only these callers"),
                ("label", "Label"),
                ("language", "Language"),
                ("reject_anonymous", "Refuse whoever shows no number"),
                ("returned_contacts", "Returned contacts"),
            ],
        },
    ];

    fn read(given: &mut Given, _before: Option<&Self>) -> Self {
        InboundRoute {
            name: given.text("name"),
            enabled: given.flag("enabled"),
            order: given.integer("order"),
            numbers: given.list("numbers"),
            callers: given.list("callers"),
            trunks: given.list("trunks"),
            hours: given.text_or_absent("hours"),
            to: given.destination("to"),
            closed_to: given.destination_or_absent("closed_to"),
            break_to: given.destination_or_absent("break_to"),
            holiday_to: given.destination_or_absent("holiday_to"),
            label: given.text_or_absent("label"),
            reject_anonymous: given.flag("reject_anonymous"),
            returned_contacts: given.flag("returned_contacts"),
            language: given.choice_or_absent("language"),
        }
    }
}

impl Entry for InboundRoute {
    const NAME: &'static str = "inbound-routes";
    const PATH: &'static str = "/inbound-routes";
    const ONE: &'static str = "inbound route";
    const MANY: &'static str = "Inbound routes";
    const ICON: &'static str = "inbound";
    const LEAD: &'static str = "Where a call from outside goes. The first that fits decides.";
    const EMPTY: &'static str = "A call from outside reaches nobody until a route says whom. Name the number that is \
                                 called and where its calls go.";
    const REMOVAL: &'static str = "Its calls go by the next route that fits, or are refused.";
    rows!(inbound_routes, name, AddInboundRoute, ChangeInboundRoute, RemoveInboundRoute);

    fn order(&self) -> u16 {
        self.order
    }
}
