//! A test call over one trunk: the box calls, plays a tone, hangs up; the call's page says what happened.

use base::Duration;
use config::NumberKind;
use dialplan::{CallerId, Outside, OutsideWay};

use super::number;
use crate::Exchange;
use crate::call::course::{Asked, outside_alone};
use crate::call::origin::Errand;
use crate::io::{Answer, Refusal};
use crate::leg::Side;
use crate::record::Party;

/// How long a test rings.
const RING_TIME: Duration = Duration::from_secs(45);
/// Longest number tested, octets.
const NUMBER_MAX: usize = 32;

impl Exchange {
    /// A test call over one trunk.
    ///
    /// # Errors
    /// The trunk is not in use, the number is none, or an emergency number; or the box is at its limit.
    pub(crate) fn test_trunk(&mut self, trunk: &str, number: &str, by: &str) -> Result<Answer, Refusal> {
        let config = self.config.clone();
        let Some(line) = self.trunks.line(trunk) else {
            return Err(Refusal(match config.trunks.contains_key(trunk) {
                true => format!("trunk {trunk} is switched off"),
                false => format!("{trunk} is not a trunk"),
            }));
        };
        let number: String = number.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
        let is_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '*' | '#');
        if number.is_empty() || number.len() > NUMBER_MAX || !number.chars().all(is_number) {
            return Err(Refusal(format!("{number} is not a number")));
        }
        if self.is_emergency_number(&number) {
            return Err(Refusal(format!("{number} is an emergency number: it is not called for a test")));
        }
        let trunk = &line.trunk;
        let e164 = number::e164(&config.numbers, trunk, &number).unwrap_or_else(|| number.clone());
        let way = OutsideWay {
            trunk: trunk.name.clone(),
            number: number::written(&config.numbers, trunk, &e164),
            caller_id: CallerId { number: trunk.caller_id.clone(), withheld: false },
            price: 0,
        };
        let outside = Outside {
            number: e164,
            name: String::new(),
            ways: vec![way],
            kind: NumberKind::National,
            on_behalf: String::new(),
            limit: None,
            pin_of: None,
            ring_time: RING_TIME,
            diverted_by: None,
        };
        let from = Party {
            number: trunk.caller_id.clone().unwrap_or_default(),
            name: if by.is_empty() { "Test".to_owned() } else { format!("Test by {by}") },
        };
        let by = Side::Trunk(trunk.name.clone());
        let asked = Asked { by, shown: None, dialled: number, hops: Vec::new(), device: None };
        self.begin_own_call(from, asked, outside_alone(outside), Errand::TestTone).map(Answer::Call)
    }
}
