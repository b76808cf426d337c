//! Numbers inside: extensions, ring groups, rooms, paging, parking, shared mailboxes.

use base::Duration;
use config::{Extension, RingGroup, RingStrategy};

use crate::action::{Action, Branch, Mailbox, Reached, Ring, Round};
use crate::reason::{PassedOver, PlaceReason, Reason, RingTimeSource};
use crate::route::RouteError;
use crate::walk::{Goes, Walk};

/// Rounds of one ring group at most, and phones in one of them.
pub(crate) const ROUNDS_MAX: usize = 60;

impl Walk<'_> {
    /// To a number of this box; none: there is none such.
    pub(crate) fn inside(&mut self, number: &str) -> Option<Goes> {
        if let Some(extension) = self.config.extensions.get(number) {
            return Some(self.reach_extension(extension));
        }
        if let Some(group) = self.config.ring_groups.get(number) {
            return Some(self.reach_ring_group(group));
        }
        if let Some(room) = self.config.conferences.get(number) {
            self.note(Reason::Conference { number: number.to_owned(), name: room.name.clone() });
            return Some(
                self.enter(number)
                    .map(|()| Action::Conference { number: room.number.clone(), name: room.name.clone() }),
            );
        }
        if let Some(group) = self.config.paging.get(number) {
            self.note(PlaceReason::Paging { number: number.to_owned(), name: group.name.clone() });
            return Some(self.enter(number).map(|()| Action::Page { number: group.number.clone() }));
        }
        if self.config.mailboxes.contains_key(number) {
            return Some(self.reach_shared_mailbox(number));
        }
        self.plan.is_parking(number).then(|| self.reach_parking(number))
    }

    /// Whether the caller's class lets it call inside.
    pub(crate) fn may_call_inside(&mut self) -> Result<(), RouteError> {
        let Some(from) = self.from else { return Ok(()) };
        match self.plan.outside.class_of(from) {
            Some(class) if !class.allows(config::NumberKind::Internal) => {
                let class = class.name.clone();
                self.refuse(RouteError::Forbidden, PlaceReason::NotInside { number: from.number.clone(), class })
            }
            _ => Ok(()),
        }
    }

    /// Members listen, others leave a message.
    fn reach_shared_mailbox(&mut self, number: &str) -> Goes {
        let Some(mailbox) = self.config.mailboxes.get(number) else { return Err(RouteError::UnknownNumber) };
        self.note(PlaceReason::SharedMailbox { number: number.to_owned(), name: mailbox.name.clone() });
        let is_member = self.from.is_some_and(|from| mailbox.members.contains(&from.number));
        if is_member && self.hops.is_empty() {
            return Ok(Action::Mailbox(Mailbox::Listen { mailbox: Some(number.to_owned()), ask_pin: false }));
        }
        self.enter(number)?;
        self.leave_message(number, None)
    }

    pub(crate) fn reach_parking(&mut self, number: &str) -> Goes {
        if self.from.is_none() {
            return self.refuse(RouteError::Forbidden, PlaceReason::NotFromOutside);
        }
        if self.plan.is_parking_number(number) {
            self.note(PlaceReason::Parking { number: number.to_owned() });
            return Ok(Action::Park { slot: None });
        }
        self.note(PlaceReason::ParkingSlot { number: number.to_owned() });
        // Only the exchange knows whether a call waits there.
        Ok(Action::Retrieve { slot: number.to_owned() })
    }

    fn reach_ring_group(&mut self, group: &RingGroup) -> Goes {
        self.note(Reason::RingGroup { number: group.number.clone(), name: group.name.clone() });
        self.enter(&group.number)?;
        let targets = self.group_members(group);
        if targets.is_empty() {
            self.note(Reason::NobodyLeft { number: group.number.clone() });
            return match &group.otherwise {
                Some(destination) => self.go_to(destination),
                None => Err(RouteError::NobodyToRing),
            };
        }
        let ring_time = self.ring_time(group.ring_time_s, RingTimeSource::RingGroup);
        if let Some(class) = &group.music {
            self.note(Reason::MusicWhileRinging { class: class.clone() });
        }
        Ok(Action::Ring(Box::new(Ring {
            rounds: self.group_rounds(group, &targets, ring_time),
            name: group.name.clone(),
            reached: Reached::RingGroup(group.number.clone()),
            music: group.music.clone(),
            label: group.label.clone().or_else(|| self.label.clone()),
            ..Ring::default()
        })))
    }

    /// Who of a group is rung, in the order of its list or its turn.
    pub(crate) fn group_members(&mut self, group: &RingGroup) -> Vec<String> {
        let mut targets: Vec<String> = Vec::with_capacity(group.members.len().min(ROUNDS_MAX));
        for member in in_turn(group, self.state.rotation.get(&group.number)) {
            match self.member_passed_over(group, member, &targets) {
                Some(why) => self.note(Reason::MemberPassedOver { number: member.clone(), why }),
                None => targets.push(member.clone()),
            }
        }
        targets
    }

    pub(crate) fn group_rounds(&mut self, group: &RingGroup, targets: &[String], ring_time: Duration) -> Vec<Round> {
        let mut branches = |member: &String| -> Vec<Branch> { self.phones_of(member) };
        match group.strategy {
            RingStrategy::All => vec![Round { branches: targets.iter().flat_map(&mut branches).collect(), ring_time }],
            RingStrategy::Sequential | RingStrategy::Rotating => {
                targets.iter().map(|member| Round { branches: branches(member), ring_time }).collect()
            }
        }
    }

    /// The phones of an extension: its own, and those where its person has logged in.
    pub(crate) fn phones_of(&mut self, number: &str) -> Vec<Branch> {
        let mut branches = vec![Branch::extension(number)];
        for (phone, seat) in &self.state.seats {
            let is_there = self.config.extensions.get(phone).is_some_and(|phone| phone.enabled);
            if seat.extension == number && phone != number && is_there {
                self.note(PlaceReason::Seat { phone: phone.clone(), number: number.to_owned() });
                branches.push(Branch::extension(phone));
            }
        }
        branches
    }

    fn member_passed_over(&self, group: &RingGroup, member: &str, chosen: &[String]) -> Option<PassedOver> {
        let Some(extension) = self.config.extensions.get(member) else { return Some(PassedOver::Unknown) };
        let person = self.state.person(member);
        let is_caller = self.caller.extension() == Some(member) || self.is_from(extension);
        let is_busy = self.state.busy.get(member).is_some_and(|calls| *calls > 0);
        if !extension.enabled {
            Some(PassedOver::Disabled)
        } else if is_caller {
            Some(PassedOver::Caller)
        } else if chosen.iter().any(|target| target == member) {
            Some(PassedOver::Repeated)
        } else if chosen.len() == ROUNDS_MAX {
            Some(PassedOver::TooMany)
        } else if self.undisturbed(extension).is_some() {
            Some(PassedOver::DoNotDisturb)
        } else if person.forward_all.is_some() {
            Some(PassedOver::Forwards)
        } else if is_busy && (group.skip_busy || person.no_call_waiting) {
            Some(PassedOver::Busy)
        } else {
            None
        }
    }

    pub(crate) fn is_from(&self, extension: &Extension) -> bool {
        self.from.is_some_and(|from| from.number == extension.number)
    }

    pub(crate) fn ring_time(&mut self, own: Option<u16>, source: RingTimeSource) -> Duration {
        let (seconds, source) = match own {
            Some(seconds) => (seconds, source),
            None => (self.config.sip.ring_time_s, RingTimeSource::Default),
        };
        self.note(Reason::RingTime { seconds, source });
        Duration::from_secs(seconds.into())
    }
}

/// The members in order: a rotating group begins behind the one who answered last.
fn in_turn<'g>(group: &'g RingGroup, last: Option<&String>) -> impl Iterator<Item = &'g String> {
    let rotates = group.strategy == RingStrategy::Rotating;
    let last = last.filter(|_| rotates).and_then(|last| group.members.iter().position(|member| member == last));
    let begin = last.map_or(0, |at| at + 1);
    group.members.iter().skip(begin).chain(group.members.iter().take(begin))
}
