//! How a trunk stands: derived from its registration, its servers and their answers; told to pages, the dial plan and
//! the journal where it changes.

use config::{TrunkKind, TrunkTransport};
use sip::Transport;

use super::{Line, LineId};
use crate::Exchange;
use crate::live::{Event, LiveTrunk, TrunkState};
use crate::record::{AuditRecord, Record};

impl Line {
    /// How it stands now.
    fn state(&self, now: base::Instant) -> TrunkState {
        let down = |why: &str| TrunkState::Down { why: why.to_owned() };
        if self.servers.is_empty() {
            return if self.servers.failures > 0 {
                down("its servers cannot be found")
            } else {
                TrunkState::Registering
            };
        }
        if self.trunk.kind == TrunkKind::Register && self.account.until.is_none_or(|until| until <= now) {
            return self.account.why.as_deref().map_or(TrunkState::Registering, down);
        }
        if self.health.is_down() {
            let tls = (self.trunk.transport == TrunkTransport::Tls).then_some(Transport::Tls);
            return down(&format!("its provider {}", silence(tls)));
        }
        TrunkState::Up
    }
}

/// What is said of a server that nothing is heard of. By TLS that is also one whose certificate is refused: only the
/// connection knows which, and logs it.
pub(super) fn silence(transport: Option<Transport>) -> &'static str {
    match transport {
        Some(Transport::Tls) => "does not answer by TLS, or its certificate is not trusted (the log tells)",
        _ => "does not answer",
    }
}

impl Exchange {
    /// Something of a trunk has changed: whoever must know is told, if that changes how it stands.
    pub(super) fn trunk_changed(&mut self, id: LineId) {
        let (now, at) = (self.now, self.wall());
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        let state = line.state(now);
        if state == line.told {
            return;
        }
        line.told = state.clone();
        line.since = at;
        let name = line.trunk.name.clone();
        let what = match &state {
            TrunkState::Up => format!("trunk {name} works"),
            TrunkState::Registering => format!("trunk {name} is being registered"),
            TrunkState::Down { why } => format!("trunk {name} does not work: {why}"),
        };
        match state {
            TrunkState::Down { .. } => self.facts.state.down.insert(name),
            TrunkState::Up | TrunkState::Registering => self.facts.state.down.remove(&name),
        };
        tracing::info!("{what}");
        self.record(Record::Audit(AuditRecord { at, who: String::new(), from: None, what }));
        self.tell_trunk(id);
    }

    /// Publishes a trunk's row.
    pub(super) fn tell_trunk(&mut self, id: LineId) {
        if let Some(row) = self.trunks.lines.get(&id).map(|line| self.live_trunk(line)) {
            self.publish(Event::Trunk(row));
        }
    }

    /// A call over a trunk began or ended.
    pub(crate) fn tell_trunk_calls(&mut self, name: &str) {
        if let Some(id) = self.trunks.names.get(name).copied() {
            self.tell_trunk(id);
        }
    }

    /// All trunks that are switched on, as they stand.
    pub(crate) fn live_trunks(&self) -> impl Iterator<Item = LiveTrunk> {
        self.trunks.lines.values().map(|line| self.live_trunk(line))
    }

    fn live_trunk(&self, line: &Line) -> LiveTrunk {
        let name = line.trunk.name.clone();
        LiveTrunk {
            state: line.told.clone(),
            since: line.since,
            calls: self.facts.state.outside.get(&name).copied().unwrap_or(0),
            latency_ms: line.health.latency_ms,
            name,
        }
    }
}
