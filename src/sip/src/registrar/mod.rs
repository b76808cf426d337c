//! The registrar: which devices an extension can be reached at (RFC 3261 §10.3, RFC 3327, RFC 5626 §6,
//! RFC 5627).
//!
//! Owns the bindings, keyed by AOR (the number of the extension), and their expiry. Knows nothing of passwords, of who
//! may register what, or of disks: its user asks for credentials first and makes the changes durable before it
//! answers 200.
//!
//! **Invariants.** A REGISTER changes all that it asks for or nothing. An AOR never has more than `devices_max`
//! bindings. Bindings keep small copies, no datagrams.

pub mod gruu;
mod request;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use base::{Duration, Instant};
use bytes::Bytes;
use hashbrown::HashMap;

use crate::Flow;
use crate::message::{NameAddr, Request, StatusCode, Uri, quoted};
use request::{Asked, Wish};

/// What the registrar accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistrarLimits {
    /// Shorter wishes (but not 0) are refused with 423, unless this is above an hour (RFC 3261 §10.3).
    pub expires_min: Duration,
    /// Longer wishes are cut to this.
    pub expires_max: Duration,
    /// For a REGISTER that does not say.
    pub expires_default: Duration,
    /// Bindings of one AOR.
    pub devices_max: usize,
}

impl Default for RegistrarLimits {
    fn default() -> Self {
        RegistrarLimits {
            expires_min: Duration::from_secs(60),
            expires_max: Duration::from_secs(3600),
            expires_default: Duration::from_secs(3600),
            devices_max: 10,
        }
    }
}

/// One device of an extension.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// What it is known by within its AOR: `+sip.instance` and `reg-id` if it came with both (RFC 5626 §6), else the
    /// contact URI, behind the instance if it came with one.
    pub key: String,
    /// The contact as the device gave it.
    pub contact: Uri,
    /// The Path, outermost first (RFC 3327 §5.3): the route set of requests to the device.
    pub path: Vec<NameAddr>,
    /// Where the REGISTER came from: where requests to the device go, whatever the contact says, for a device behind
    /// NAT does not know its address.
    pub flow: Flow,
    /// When it was made or last refreshed.
    pub registered_at: Instant,
    /// Until when.
    pub expires_at: Instant,
    /// `q` in thousandths (RFC 3261 §20.10); 1000 if not given.
    pub q: u16,
    /// Call-ID of the REGISTER.
    pub call_id: String,
    /// CSeq of the REGISTER.
    pub cseq: u32,
    /// The User-Agent, at most 200 octets.
    pub user_agent: String,
    /// `+sip.instance` without quotes and brackets (RFC 5626 §4.1).
    pub instance: Option<String>,
    /// `reg-id`, where it counts.
    pub reg_id: Option<u32>,
}

/// A binding made, refreshed or removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The binding's key.
    pub key: String,
    /// What it is now; `None`: removed.
    pub binding: Option<Binding>,
}

/// Why a REGISTER is refused. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Rejection {
    /// What to answer.
    pub status: StatusCode,
    /// The Min-Expires of a 423, in seconds.
    pub min_expires: Option<u32>,
    /// One clause, for the log and the reason phrase.
    pub reason: &'static str,
}

impl Rejection {
    fn new(status: u16, reason: &'static str) -> Self {
        Rejection { status: StatusCode(status), min_expires: None, reason }
    }
}

/// All bindings.
#[derive(Debug, Default)]
pub struct Registrar {
    aors: HashMap<Arc<str>, Vec<Binding>>,
    /// The earliest expiry of each AOR.
    due: BTreeSet<(Instant, Arc<str>)>,
    /// Which AORs have a binding on a stream connection.
    by_connection: BTreeSet<(Flow, Arc<str>)>,
    bindings: usize,
}

impl Registrar {
    /// Without bindings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a REGISTER whose sender may register for this AOR. The changes, all of them made; none for a query.
    ///
    /// With more devices than `devices_max`, the oldest binding that plainly is the same device at an older address
    /// (same instance, else same User-Agent from the same host, else same User-Agent) makes room; if there is none
    /// the request is refused with 403: a device that asks again would get no other answer, so 503 would be untrue.
    ///
    /// The 200 lists [`Registrar::contact_headers`], repeats the Path (RFC 3327 §5.3), and requires `outbound` where a
    /// binding made has a `reg_id` and the request supports it (RFC 5626 §6). If a change cannot be made durable, take
    /// it back by [`Registrar::revert`] and answer 500.
    ///
    /// # Errors
    /// [`Rejection`]; nothing has changed then.
    pub fn register(
        &mut self,
        now: Instant,
        aor: &str,
        request: &Request,
        flow: Flow,
        limits: &RegistrarLimits,
    ) -> Result<Vec<Change>, Rejection> {
        let asked = Asked::read(request, limits)?;
        let old = self.bindings(aor);
        let changes = match &asked.wish {
            Wish::Nothing => Vec::new(),
            Wish::RemoveAll => remove_all(old, &asked)?,
            Wish::Contacts(_) => plan(now, old, &asked, flow, limits)?,
        };
        if !changes.is_empty() {
            self.apply(aor, &changes);
        }
        Ok(changes)
    }

    /// The contact values of the 200: all bindings with the seconds that each has left (RFC 3261 §10.3 step 8).
    pub fn contact_headers(&self, now: Instant, aor: &str) -> Vec<NameAddr> {
        let live = self.bindings(aor).iter().filter(|binding| binding.expires_at > now);
        live.map(|binding| contact_header(now, binding)).collect()
    }

    /// The same for a device that supports GRUUs: each contact of a known instance comes with its public one, which is
    /// `address`, the AOR as the device writes it, with `gr` (RFC 5627 §5.2).
    ///
    /// Deviation: no temporary ones are given (a SHOULD of RFC 5627 §5.1): they would have to be kept.
    pub fn contact_headers_with_gruus(&self, now: Instant, realm: &str, aor: &str, address: &Uri) -> Vec<NameAddr> {
        let live = self.bindings(aor).iter().filter(|binding| binding.expires_at > now);
        live.map(|binding| {
            let mut value = contact_header(now, binding);
            if let Some(instance) = &binding.instance {
                let own = gruu::public(address, &gruu::gr_of(realm, aor, instance));
                value.params.set("pub-gruu", Some(quoted(&own.to_string())));
            }
            value
        })
        .collect()
    }

    /// The device that a public GRUU's `gr` names. Of several contacts of one instance the latest: the others are what
    /// a crash or an older flow has left (RFC 5627 §6.1).
    pub fn device(&self, realm: &str, aor: &str, gr: &str) -> Option<&Binding> {
        let named = |b: &&Binding| b.instance.as_ref().is_some_and(|i| gruu::gr_of(realm, aor, i) == gr);
        let latest = |a: &&Binding, b: &&Binding| a.registered_at.cmp(&b.registered_at).then(a.cseq.cmp(&b.cseq));
        self.bindings(aor).iter().filter(named).max_by(latest)
    }

    /// The bindings of an AOR, the highest q first, of equal q the newest first.
    pub fn bindings(&self, aor: &str) -> &[Binding] {
        self.aors.get(aor).map_or(&[], Vec::as_slice)
    }

    /// All AORs that have bindings, in their order. O(n log n): for start-up and lists.
    pub fn aors(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.aors.keys().map(|aor| &**aor).collect();
        all.sort_unstable();
        all
    }

    /// Puts back a binding from before a restart. Instance and `reg-id` are read from the key if they are not given.
    pub fn restore(&mut self, aor: &str, mut binding: Binding) {
        if let (None, Some((instance, reg_id))) = (&binding.instance, request::read_key(&binding.key)) {
            binding.instance = Some(instance);
            binding.reg_id = reg_id;
        }
        self.apply(aor, &[Change { key: binding.key.clone(), binding: Some(binding) }]);
    }

    /// Puts a binding back as it was before a change that could not be made durable; `None` if there was none.
    pub fn revert(&mut self, aor: &str, key: &str, former: Option<Binding>) {
        self.apply(aor, &[Change { key: key.to_owned(), binding: former }]);
    }

    /// Forgets all devices of an AOR.
    pub fn remove_all(&mut self, aor: &str) -> Vec<Change> {
        let changes: Vec<Change> = self.bindings(aor).iter().map(removal).collect();
        self.apply(aor, &changes);
        changes
    }

    /// Removes the bindings whose connection has ended: nothing reaches those devices until they register again
    /// (RFC 5626 §5.3). UDP has no connections; its bindings stay.
    pub fn flow_failed(&mut self, flow: Flow) -> Vec<(String, Change)> {
        if !flow.transport.is_reliable() {
            return Vec::new();
        }
        let first: (Flow, Arc<str>) = (flow, Arc::from(""));
        let aors: Vec<Arc<str>> =
            self.by_connection.range(first..).take_while(|(f, _)| *f == flow).map(|(_, aor)| aor.clone()).collect();
        self.remove_where(aors, |binding| binding.flow == flow)
    }

    /// When to call [`Registrar::expire`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Removes the bindings whose time is over.
    pub fn expire(&mut self, now: Instant) -> Vec<(String, Change)> {
        let aors: Vec<Arc<str>> =
            self.due.iter().take_while(|(at, _)| *at <= now).map(|(_, aor)| aor.clone()).collect();
        self.remove_where(aors, |binding| binding.expires_at <= now)
    }

    /// The number of bindings.
    pub fn len(&self) -> usize {
        self.bindings
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bindings == 0
    }

    fn remove_where(&mut self, aors: Vec<Arc<str>>, gone: impl Fn(&Binding) -> bool) -> Vec<(String, Change)> {
        let mut all = Vec::new();
        for aor in aors {
            let changes: Vec<Change> = self.bindings(&aor).iter().filter(|b| gone(b)).map(removal).collect();
            self.apply(&aor, &changes);
            all.extend(changes.into_iter().map(|change| (aor.to_string(), change)));
        }
        all
    }

    /// Makes the changes and keeps the two indices and the order true.
    fn apply(&mut self, aor: &str, changes: &[Change]) {
        let (aor, mut bindings) = match self.aors.remove_entry(aor) {
            Some(entry) => entry,
            None => (Arc::from(aor), Vec::new()),
        };
        self.unindex(&aor, &bindings);
        for change in changes {
            bindings.retain(|binding| binding.key != change.key);
            if let Some(binding) = &change.binding {
                bindings.reserve_exact(1); // Most AORs have one device: no spare room for three more.
                bindings.push(binding.clone());
            }
        }
        // RFC 3261 §16.6: the highest q first; among equals the device heard last is the likeliest to answer.
        bindings
            .sort_by(|a, b| b.q.cmp(&a.q).then(b.registered_at.cmp(&a.registered_at)).then_with(|| a.key.cmp(&b.key)));
        self.index(&aor, &bindings);
        if !bindings.is_empty() {
            self.aors.insert(aor, bindings);
        } else if self.aors.capacity() > 1024 && self.aors.len() * 8 < self.aors.capacity() {
            self.aors.shrink_to(self.aors.len() * 2);
        }
    }

    fn index(&mut self, aor: &Arc<str>, bindings: &[Binding]) {
        self.bindings += bindings.len();
        if let Some(earliest) = bindings.iter().map(|binding| binding.expires_at).min() {
            self.due.insert((earliest, aor.clone()));
        }
        for binding in bindings.iter().filter(|binding| binding.flow.transport.is_reliable()) {
            self.by_connection.insert((binding.flow, aor.clone()));
        }
    }

    fn unindex(&mut self, aor: &Arc<str>, bindings: &[Binding]) {
        self.bindings -= bindings.len();
        if let Some(earliest) = bindings.iter().map(|binding| binding.expires_at).min() {
            self.due.remove(&(earliest, aor.clone()));
        }
        for binding in bindings.iter().filter(|binding| binding.flow.transport.is_reliable()) {
            self.by_connection.remove(&(binding.flow, aor.clone()));
        }
    }
}

fn removal(binding: &Binding) -> Change {
    Change { key: binding.key.clone(), binding: None }
}

/// RFC 3261 §10.3: an equal Call-ID with a CSeq that is not higher fails the whole request.
fn check_order(binding: &Binding, asked: &Asked) -> Result<(), Rejection> {
    if binding.call_id == asked.call_id && asked.cseq <= binding.cseq {
        return Err(Rejection::new(500, "REGISTER out of order"));
    }
    Ok(())
}

/// RFC 3261 §10.3 step 6.
fn remove_all(old: &[Binding], asked: &Asked) -> Result<Vec<Change>, Rejection> {
    old.iter().try_for_each(|binding| check_order(binding, asked))?;
    Ok(old.iter().map(removal).collect())
}

/// RFC 3261 §10.3 step 7: what all contacts together change, or why nothing does.
fn plan(
    now: Instant,
    old: &[Binding],
    asked: &Asked,
    flow: Flow,
    limits: &RegistrarLimits,
) -> Result<Vec<Change>, Rejection> {
    let Wish::Contacts(contacts) = &asked.wish else { return Ok(Vec::new()) };
    let mut changes: Vec<Change> = Vec::new();
    for contact in contacts {
        let known = old.iter().find(|binding| contact.means(binding));
        if let Some(binding) = known {
            check_order(binding, asked)?;
        }
        // The key of a binding stays, also where the URI is now written in another way; a device that names its
        // instance since, or has learnt RFC 5626, gets a new one.
        let key = match known {
            Some(binding) if contact.expires.is_zero() || contact.keeps_key_of(binding) => binding.key.clone(),
            Some(binding) => {
                changes.retain(|change| change.key != binding.key);
                changes.push(removal(binding));
                contact.key()
            }
            None => contact.key(),
        };
        // Of one contact given twice the last counts (RFC 3261 §10.3 step 7 takes them in turn).
        changes.retain(|change| change.key != key);
        if !contact.expires.is_zero() {
            let binding = contact.bind(now, key.clone(), asked, flow);
            changes.push(Change { key, binding: Some(binding) });
        } else if known.is_some() {
            changes.push(Change { key, binding: None });
        }
    }
    make_room(old, &mut changes, limits.devices_max)?;
    Ok(changes)
}

/// Keeps the AOR within `devices_max`; see [`Registrar::register`].
fn make_room(old: &[Binding], changes: &mut Vec<Change>, devices_max: usize) -> Result<(), Rejection> {
    loop {
        let kept: Vec<&Binding> = old.iter().filter(|b| !changes.iter().any(|change| change.key == b.key)).collect();
        let added: Vec<&Binding> = changes.iter().filter_map(|change| change.binding.as_ref()).collect();
        if kept.len() + added.len() <= devices_max {
            return Ok(());
        }
        let new = added.iter().filter(|new| !old.iter().any(|b| b.key == new.key));
        let victim = new.flat_map(|new| kept.iter().filter_map(|old| Some((likeness(old, new)?, *old)))).min_by(
            |(a, old_a), (b, old_b)| {
                a.cmp(b).then(old_a.registered_at.cmp(&old_b.registered_at)).then(old_a.key.cmp(&old_b.key))
            },
        );
        match victim {
            // Removals first: whoever replays the changes one by one stays within the bound too.
            Some((_, old)) => changes.insert(0, removal(old)),
            None => return Err(Rejection::new(403, "too many devices for this extension")),
        }
    }
}

/// How surely an old binding is the device that registers now: the smaller the surer.
fn likeness(old: &Binding, new: &Binding) -> Option<u8> {
    match (&old.instance, &new.instance) {
        (Some(a), Some(b)) => (a == b).then_some(0), // Told apart for certain (RFC 5626 §4.1).
        _ if old.user_agent.is_empty() || old.user_agent != new.user_agent => None,
        _ => Some(if old.flow.peer.ip() == new.flow.peer.ip() { 1 } else { 2 }),
    }
}

fn contact_header(now: Instant, binding: &Binding) -> NameAddr {
    let mut value = NameAddr::new(binding.contact.clone());
    // Rounded up: a device must not think that it is unregistered while it is not.
    let left = binding.expires_at.saturating_since(now);
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    value.params.set("expires", Some(seconds.to_string()));
    if binding.q != 1000 {
        value.params.set("q", Some(format!("0.{:03}", binding.q)));
    }
    if let Some(instance) = &binding.instance {
        value.params.set("+sip.instance", Some(quoted(&format!("<{instance}>"))));
    }
    if let Some(reg_id) = binding.reg_id {
        value.params.set("reg-id", Some(reg_id.to_string()));
    }
    value
}

/// The same in memory of its own, all parts in one buffer.
fn compact(uri: &Uri) -> Uri {
    Uri::parse_bytes(Bytes::copy_from_slice(&uri.to_bytes())).unwrap_or_else(|_| uri.clone())
}
