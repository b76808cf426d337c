//! What calls over trunks cost and how long they may last (TRK-13; security: toll fraud).
//!
//! A minute is charged when it begins, to the extension that pays and to the trunk. What was spent today stands in
//! [`dialplan::state::Spent`] at once, for decisions, and in the journal when the call ends, or at once where
//! there is a limit to it.

use base::{Duration, LegId};
use dialplan::state::Spent;
use media::control::{PlayItem, PlayList, Tone};

use crate::call::play::After;
use crate::record::Cause;
use crate::{Exchange, Timer};

/// What is heard before a call is ended by a limit.
const LAST_TONE: Duration = Duration::from_secs(2);
const MINUTE: Duration = Duration::from_secs(60);

impl Exchange {
    /// A call over a trunk was answered: it costs from now on, and its time runs.
    pub(crate) fn way_answered(&mut self, leg: LegId) {
        let now = self.now;
        let Some(way) = self.legs.get(&leg).and_then(|l| l.way.as_ref()) else { return };
        if way.is_emergency() {
            return;
        }
        let trunk = way.way().and_then(|way| self.config.trunks.get(&way.trunk));
        let longest = trunk.map(|t| t.minutes_max).filter(|m| *m > 0).map(|m| MINUTE * u32::from(m));
        if let Some(limit) = [way.outside.limit, longest].into_iter().flatten().min() {
            self.timers.set(Timer::WayLimit(leg), now + limit);
        }
        self.minute_begins(leg);
    }

    /// A minute of a call begins: it is paid for, or the call ends.
    pub(crate) fn minute_begins(&mut self, leg: LegId) {
        let Some(l) = self.legs.get_mut(&leg).filter(|l| l.answered_at.is_some() && l.ended.is_none()) else { return };
        let call = l.call;
        let Some(way) = &mut l.way else { return };
        let Some((trunk, price)) = way.way().map(|way| (way.trunk.clone(), way.price)).filter(|(_, p)| *p > 0) else {
            return;
        };
        let payer = way.on_behalf().to_owned();
        // The first minute has begun with the answer, whatever is left.
        let may_refuse = way.minutes > 0;
        let accounts = self.accounts_of(&payer, &trunk);
        let today = self.today();
        let spent_up = accounts
            .iter()
            .find(|(account, max)| *max > 0 && self.spent_on(account, today).saturating_add(price) > *max);
        if let Some((account, max)) = spent_up.filter(|_| may_refuse) {
            let whose = account.strip_prefix("trunk/").map_or_else(|| account.clone(), |name| format!("trunk {name}"));
            let money = format!("{}.{:02}", max / 100, max % 100);
            return self.end_by_limit(leg, format!("ended: {whose} has spent the {money} that it may in a day"));
        }
        for (account, max) in accounts {
            let spent = self.facts.state.spent.entry(account.clone()).or_default();
            if spent.day != today {
                *spent = Spent { day: today, ..Spent::default() };
            }
            spent.hundredths = spent.hundredths.saturating_add(price);
            let spent = spent.clone();
            // What there is a limit to is known after a crash as well.
            if max > 0 {
                self.put_fact(&account, Some(&spent), "");
            }
        }
        if let Some(way) = self.legs.get_mut(&leg).and_then(|l| l.way.as_mut()) {
            way.minutes += 1;
        }
        self.timers.set(Timer::WayMinute(leg), self.now + MINUTE);
        tracing::trace!(%call, price, "a minute is charged");
    }

    /// The call's time is over.
    pub(crate) fn way_limit(&mut self, leg: LegId) {
        self.end_by_limit(leg, "ended: it has lasted as long as calls outside may".to_owned());
    }

    /// The leg is over: what it cost goes into the journal.
    pub(crate) fn way_ended(&mut self, leg: LegId) {
        for timer in [Timer::WayPatience(leg), Timer::WayMinute(leg), Timer::WayLimit(leg)] {
            self.timers.cancel(timer);
        }
        let now = self.now;
        let Some(l) = self.legs.get(&leg) else { return };
        let Some(way) = l.way.as_ref().filter(|way| way.minutes > 0) else { return };
        let Some(trunk) = way.way().map(|way| way.trunk.clone()) else { return };
        let seconds = l.answered_at.map_or(0, |at| now.saturating_since(at).as_secs()) as u32;
        for (account, _) in self.accounts_of(way.on_behalf(), &trunk) {
            let Some(spent) = self.facts.state.spent.get_mut(&account) else { continue };
            spent.seconds = spent.seconds.saturating_add(seconds);
            let spent = spent.clone();
            self.put_fact(&account, Some(&spent), "");
        }
    }

    /// A tone for whoever talks on, then the end.
    fn end_by_limit(&mut self, leg: LegId, why: String) {
        let Some(call) = self.legs.get(&leg).filter(|l| l.ended.is_none()).map(|l| l.call) else { return };
        self.call_note(call, why);
        let hearer =
            self.peer_of(leg).filter(|peer| self.legs.get(peer).is_some_and(|l| l.is_up() && l.audio.stream.is_some()));
        let Some(hearer) = hearer else { return self.end_call(call, Cause::Timeout, None) };
        let tone = PlayItem::Tone { tone: Tone::Congestion, country: self.country(), duration: LAST_TONE };
        let list = PlayList { items: vec![tone], ..PlayList::default() };
        self.stop_playing(hearer);
        self.play(hearer, list, After::HangUp(Cause::Timeout));
    }

    /// Who pays for a call, with what each may spend in a day (0: no limit).
    fn accounts_of(&self, payer: &str, trunk: &str) -> Vec<(String, u32)> {
        let config = &self.config;
        let mut accounts = Vec::with_capacity(2);
        if !payer.is_empty() {
            let class = config.extensions.get(payer).and_then(|e| config.classes.get(e.class.as_deref()?));
            accounts.push((payer.to_owned(), class.map_or(0, |class| class.spend_day_max)));
        }
        let max = config.trunks.get(trunk).map_or(0, |t| t.spend_day_max);
        accounts.push((format!("trunk/{trunk}"), max));
        accounts
    }

    fn spent_on(&self, account: &str, day: i32) -> u32 {
        self.facts.state.spent.get(account).filter(|spent| spent.day == day).map_or(0, |spent| spent.hundredths)
    }

    /// Days since 1970-01-01 where the box stands.
    fn today(&self) -> i32 {
        let zone = crate::call::service::time_zone(&self.config.system.time_zone);
        let now = jiff::Timestamp::from_millisecond(self.wall().unix_ms()).unwrap_or_default();
        let seconds = now.as_second() + i64::from(zone.to_offset(now).seconds());
        seconds.div_euclid(86_400) as i32
    }
}
