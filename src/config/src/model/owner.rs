//! Who has a number inside.

use std::fmt;

use super::{Config, Parking};
use crate::destination::Destination;

/// What answers to an internal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// An extension.
    Extension,
    /// A ring group.
    RingGroup,
    /// A conference room.
    Conference,
    /// A shared mailbox.
    Mailbox,
    /// A paging group.
    Paging,
    /// The number that parks.
    Parking,
    /// A slot for parked calls.
    ParkingSlot,
}

impl Owner {
    /// As a sentence says it: `an extension`.
    pub fn described(self) -> &'static str {
        match self {
            Owner::Extension => "an extension",
            Owner::RingGroup => "a ring group",
            Owner::Conference => "a conference",
            Owner::Mailbox => "a mailbox",
            Owner::Paging => "a paging group",
            Owner::Parking => "the parking number",
            Owner::ParkingSlot => "a parking slot",
        }
    }
}

impl Config {
    /// Who answers to a number inside.
    pub fn owner(&self, number: &str) -> Option<Owner> {
        self.owner_but_parking(number).or_else(|| self.parking.owner(number))
    }

    /// The same, without parking.
    pub(crate) fn owner_but_parking(&self, number: &str) -> Option<Owner> {
        Some(match number {
            _ if self.extensions.contains_key(number) => Owner::Extension,
            _ if self.ring_groups.contains_key(number) => Owner::RingGroup,
            _ if self.conferences.contains_key(number) => Owner::Conference,
            _ if self.mailboxes.contains_key(number) => Owner::Mailbox,
            _ if self.paging.contains_key(number) => Owner::Paging,
            _ => return None,
        })
    }

    /// Does messages' number lead to a mailbox: that of an extension with voicemail, or a shared one?
    pub fn has_mailbox(&self, number: &str) -> bool {
        self.mailboxes.contains_key(number) || self.extensions.get(number).is_some_and(|extension| extension.voicemail)
    }
}

/// A key that sends calls somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sender<'c> {
    pub section: &'static str,
    pub id: Option<&'c str>,
    pub key: &'static str,
}

impl fmt::Display for Sender<'_> {
    /// `ring group 400`, `parking`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.section.replace('_', " "))?;
        self.id.map_or(Ok(()), |id| write!(f, " {id}"))
    }
}

impl Config {
    /// Every rule that sends calls somewhere, and where.
    pub(crate) fn destinations(&self) -> Vec<(Sender<'_>, &Destination)> {
        fn at<'c>(
            section: &'static str,
            id: Option<&'c str>,
            key: &'static str,
            to: Option<&'c Destination>,
        ) -> Option<(Sender<'c>, &'c Destination)> {
            Some((Sender { section, id, key }, to?))
        }
        let mut all = Vec::with_capacity(4 * self.inbound_routes.len() + self.ring_groups.len() + 1);
        all.extend(at("parking", None, "otherwise", self.parking.otherwise.as_ref()));
        for group in self.ring_groups.values() {
            all.extend(at("ring_group", Some(group.number.as_str()), "otherwise", group.otherwise.as_ref()));
        }
        for route in self.inbound_routes.values() {
            let id = Some(route.name.as_str());
            all.extend(at("inbound_route", id, "to", Some(&route.to)));
            all.extend(at("inbound_route", id, "closed_to", route.closed_to.as_ref()));
            all.extend(at("inbound_route", id, "break_to", route.break_to.as_ref()));
            all.extend(at("inbound_route", id, "holiday_to", route.holiday_to.as_ref()));
        }
        all
    }
}

impl Parking {
    /// The numbers of the slots, in order; none where parking is off. They have as many digits as the first.
    pub fn slot_numbers(&self) -> impl Iterator<Item = String> + '_ {
        let (first, width) = (self.first.parse::<u64>().ok(), self.first.len());
        let slots = if first.is_some() { u64::from(self.slots) } else { 0 };
        (0..slots).map(move |slot| format!("{:0width$}", first.unwrap_or_default() + slot))
    }

    /// Is it the number that parks, or a slot?
    pub fn owner(&self, number: &str) -> Option<Owner> {
        if self.slots == 0 {
            return None;
        }
        if !self.number.is_empty() && self.number == number {
            return Some(Owner::Parking);
        }
        let (first, asked) = (self.first.parse::<u64>().ok()?, number.parse::<u64>().ok()?);
        let is_slot = number.len() == self.first.len() && asked.checked_sub(first)? < u64::from(self.slots);
        is_slot.then_some(Owner::ParkingSlot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_has_as_many_digits_as_the_first() {
        let parking = Parking { number: "070".into(), first: "071".into(), slots: 3, ..Config::default().parking };
        assert_eq!(parking.slot_numbers().collect::<Vec<_>>(), ["071", "072", "073"]);
        let owners = ["070", "071", "073", "074", "71", "0071", "x"].map(|number| parking.owner(number));
        let slot = Some(Owner::ParkingSlot);
        assert_eq!(owners, [Some(Owner::Parking), slot, slot, None, None, None, None]);
        let off = Parking { slots: 0, ..parking };
        assert_eq!((off.owner("070"), off.slot_numbers().count()), (None, 0));
    }
}
