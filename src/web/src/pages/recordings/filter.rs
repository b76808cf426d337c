//! The filter of the recordings, as it stands in the address.

use base::RecordingId;
use serde::Deserialize;
use store::RecordingFilter;

use super::parse_ref;
use crate::pages::forms::{filled, link};
use crate::words::Zone;

/// Longest text searched for.
const TEXT_MAX: usize = 100;

/// The filter's fields; what cannot be read counts as not given.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct FilterQuery {
    #[serde(default)]
    pub q: String,
    #[serde(default)]
    pub from: String,
    #[serde(default)]
    pub to: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    pub done: Option<String>,
}

impl FilterQuery {
    /// For the store.
    pub fn filter(&self, zone: &Zone) -> RecordingFilter {
        RecordingFilter {
            number: filled(&self.q).map(|text| text.chars().take(TEXT_MAX).collect()),
            from: zone.day_start(&self.from),
            to: zone.day_end(&self.to),
            ..RecordingFilter::default()
        }
    }

    /// Whether it leaves anything out.
    pub fn is_empty(&self) -> bool {
        [&self.q, &self.from, &self.to].iter().all(|text| text.trim().is_empty())
    }

    /// Where the page begins.
    pub fn after(&self) -> Option<RecordingId> {
        parse_ref(&self.after)
    }

    /// The same filter on another page.
    pub fn link(&self, after: Option<RecordingId>) -> String {
        let after = after.map(|after| after.to_string()).unwrap_or_default();
        link("/recordings", &[("q", &self.q), ("from", &self.from), ("to", &self.to), ("after", &after)])
    }
}
