//! What the called party is shown.

use config::{Extension, OutboundRoute};

use crate::action::CallerId;
use crate::walk::Walk;

impl Walk<'_> {
    /// The route's number, else the extension's, else the trunk's; withheld where the person or the call asks for it.
    pub(super) fn shown(&self, behalf: Option<&Extension>, route: Option<&OutboundRoute>, trunk: &str) -> CallerId {
        let number = route
            .and_then(|route| route.caller_id.clone())
            .or_else(|| behalf?.caller_id.clone())
            .or_else(|| self.config.trunks.get(trunk)?.caller_id.clone());
        let withheld = behalf.is_some_and(|extension| self.state.person(&extension.number).withhold);
        CallerId { number, withheld: withheld || self.withhold }
    }
}
