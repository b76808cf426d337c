//! Settings by feature code: forwards, do not disturb, day and night, blocked callers, speed dial.
//!
//! Each is one change of a fact, said to the caller once it is on disk.

use base::{CallRef, Duration, LegId};
use dialplan::state::{Block, Mode, Override, Person};
use dialplan::{ForwardKind, Order, Switch};
use media::control::{PlayItem, PlayList};
use voice::say;

use crate::Exchange;
use crate::call::play::{After, prompts};
use crate::call::service::Visit;
use crate::feature::ask::What;
use crate::record::Cause;

/// Before the box begins to speak, for the phone's first packets open the way.
const BREATH: Duration = Duration::from_millis(400);

/// What is said when something was set: sentences, then a number digit by digit.
struct Said {
    keys: Vec<&'static str>,
    number: String,
    /// The record that must be on disk first; 0: nothing was written.
    record: u64,
}

impl Said {
    fn new(record: u64, key: &'static str) -> Said {
        Said { keys: vec![key], number: String::new(), record }
    }

    fn with(self, number: &str) -> Said {
        Said { number: number.to_owned(), ..self }
    }
}

impl Exchange {
    /// Does what a dialled code asks for and says so.
    pub(crate) fn take_order(&mut self, call: CallRef, caller: LegId, order: Order) {
        let Some(extension) = self.legs.get(&caller).and_then(|l| l.extension()).map(str::to_owned) else {
            return self.fail_caller(call, Cause::Forbidden); // settings are the extension's own
        };
        match order {
            Order::ForwardAsk(kind) => return self.ask_keys(call, caller, What::Forward(kind), "enter-number"),
            Order::HotDeskIn { extension: Some(who) } => return self.ask_seat_pin(call, caller, who),
            Order::HotDeskIn { extension: None } => return self.ask_keys(call, caller, What::Seat, "enter-extension"),
            _ => {}
        }
        if !self.answer_visit(call, caller, Visit::Service, "a setting") {
            return;
        }
        let said = self.carry_out_order(&extension, order);
        self.say_set(caller, said);
    }

    /// Whose settings are changed at a phone: those of whoever sits there.
    fn settings_at(&self, phone: &str) -> String {
        self.facts.state.at_phone(phone).to_owned()
    }

    /// A forward whose number was typed.
    pub(crate) fn forward_typed(&mut self, caller: LegId, kind: ForwardKind, number: String) {
        let Some(extension) = self.legs.get(&caller).and_then(|l| l.extension()).map(str::to_owned) else { return };
        let said = self.carry_out_order(&extension, Order::Forward { kind, to: Some(number) });
        self.say_set(caller, said);
    }

    fn carry_out_order(&mut self, phone: &str, order: Order) -> Said {
        let person = self.settings_at(phone);
        let (extension, who) = (person.as_str(), person.as_str());
        match order {
            Order::Forward { kind, to: Some(to) } => {
                if !self.may_forward_to(extension, &to) {
                    return Said::new(0, "number-not-usable");
                }
                let record = self.change_person(extension, who, |p| *forward(p, kind) = Some(to.clone()));
                let key = match kind {
                    ForwardKind::All => "forwarding-to",
                    ForwardKind::Busy => "forwarding-busy-to",
                    ForwardKind::NoAnswer => "forwarding-no-answer-to",
                    ForwardKind::Unreachable => "forwarding-unreachable-to",
                };
                Said::new(record, key).with(&to)
            }
            Order::Forward { kind, to: None } => {
                Said::new(self.change_person(extension, who, |p| *forward(p, kind) = None), "forwarding-off")
            }
            Order::DoNotDisturb(switch) => {
                let on = switched(switch, self.facts.state.person(extension).dnd);
                let record = self.change_person(extension, who, |p| {
                    p.dnd = on;
                    p.dnd_until = None;
                });
                Said::new(record, if on { "do-not-disturb-on" } else { "do-not-disturb-off" })
            }
            Order::CallWaiting(on) => {
                let record = self.change_person(extension, who, |p| p.no_call_waiting = !on);
                Said::new(record, if on { "call-waiting-on" } else { "call-waiting-off" })
            }
            Order::FollowMe(switch) => {
                let mobile = self.config.extensions.get(extension).and_then(|e| e.mobile.clone());
                let person = self.facts.state.person(extension);
                if person.follow_me.numbers.is_empty() && mobile.is_none() {
                    return Said::new(0, "follow-me-no-numbers");
                }
                let on = switched(switch, person.follow_me.on);
                let record = self.change_person(extension, who, |p| {
                    p.follow_me.on = on;
                    if p.follow_me.numbers.is_empty() {
                        p.follow_me.numbers.extend(mobile);
                        p.follow_me.confirm = true; // a mobile's own mailbox must not take the call
                    }
                });
                Said::new(record, if on { "follow-me-on" } else { "follow-me-off" })
            }
            Order::Hours { name } => self.switch_hours(extension, &name),
            Order::Block(number) => {
                let last = || self.facts.state.last.get(extension).and_then(|l| l.caller.clone());
                let Some(number) = number.or_else(last) else { return Said::new(0, "no-last-caller") };
                let block = Block { by: extension.to_owned(), at: self.wall(), reason: String::new() };
                Said::new(self.put_fact(&number, Some(&block), who), "number-blocked").with(&number)
            }
            Order::Unblock(number) => {
                Said::new(self.put_fact::<Block>(&number, None, who), "number-unblocked").with(&number)
            }
            Order::SpeedDial { key, number: Some(number) } => {
                let record = self.change_person(extension, who, |p| {
                    p.speed_dial.insert(key, number);
                });
                Said::new(record, "speed-dial-saved")
            }
            Order::SpeedDial { key, number: None } => {
                let record = self.change_person(extension, who, |p| {
                    p.speed_dial.remove(&key);
                });
                Said::new(record, "speed-dial-cleared")
            }
            Order::CampOn { target } => {
                let waits = self.camp_on(phone, &target);
                Said::new(0, if waits { "camp-on-set" } else { "camp-on-nobody" })
            }
            Order::CampOnCancel => {
                let waited = self.camp_on_cancel(phone) > 0;
                Said::new(0, if waited { "camp-on-cancelled" } else { "camp-on-nobody" })
            }
            Order::HotDeskOut => self.leave_seat(phone),
            Order::ForwardAsk(_) | Order::HotDeskIn { .. } => Said::new(0, "invalid"), // asked before
        }
    }

    /// Whether a forward to that number would go anywhere: the dial plan says so, with this extension's rights.
    fn may_forward_to(&self, extension: &str, number: &str) -> bool {
        let asked = crate::call::course::Asked::by_extension(extension, number);
        let own = self.config.extensions.contains_key(number) && number != extension;
        own || !matches!(self.decide(&asked).action, dialplan::Action::Refuse(_) | dialplan::Action::Order(_))
    }

    /// Day or night by hand, until the clock would change it anyway; a second time, and the clock holds again.
    fn switch_hours(&mut self, extension: &str, name: &str) -> Said {
        let at = self.wall();
        if self.facts.state.overrides.get(name).is_some_and(|o| o.until.is_none_or(|until| until > at)) {
            return Said::new(self.put_fact::<Override>(name, None, extension), "hours-by-clock");
        }
        let (open, until) = self.plan.open_by_clock(name, at);
        let mode = if open { Mode::Closed } else { Mode::Open };
        let by_hand = Override { mode, until, by: extension.to_owned(), at };
        let record = self.put_fact(name, Some(&by_hand), extension);
        Said::new(record, if open { "hours-closed" } else { "hours-open" })
    }

    fn leave_seat(&mut self, extension: &str) -> Said {
        // From the phone of nobody, or from anywhere else by whoever sits there.
        let seats = &self.facts.state.seats;
        let here = seats.contains_key(extension).then(|| extension.to_owned());
        let mine = || seats.iter().find(|(_, seat)| seat.extension == extension).map(|(phone, _)| phone.clone());
        match here.or_else(mine) {
            Some(phone) => Said::new(self.put_fact::<dialplan::state::Seat>(&phone, None, extension), "logged-out"),
            None => Said::new(0, "desk-not-here"),
        }
    }

    fn say_set(&mut self, caller: LegId, said: Said) {
        let language = self.language(caller);
        let mut items = vec![PlayItem::Silence(BREATH)];
        items.extend(prompts(language, said.keys));
        if !said.number.is_empty() {
            let digits: String = said.number.chars().filter(char::is_ascii_digit).collect();
            items.extend(prompts(language, say::digits(&digits)));
        }
        items.push(PlayItem::Silence(BREATH));
        let list = PlayList { items, ..PlayList::default() };
        let after = After::HangUp(Cause::NormalClearing);
        match said.record {
            0 => self.play(caller, list, after),
            record => self.play_when_durable(record, caller, list, after),
        }
    }
}

fn forward(person: &mut Person, kind: ForwardKind) -> &mut Option<String> {
    match kind {
        ForwardKind::All => &mut person.forward_all,
        ForwardKind::Busy => &mut person.forward_busy,
        ForwardKind::NoAnswer => &mut person.forward_no_answer,
        ForwardKind::Unreachable => &mut person.forward_unreachable,
    }
}

fn switched(switch: Switch, now: bool) -> bool {
    match switch {
        Switch::On => true,
        Switch::Off => false,
        Switch::Toggle => !now,
    }
}
