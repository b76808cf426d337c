//! The filter of the call history, as it stands in the address.

use base::CallRef;
use exchange::record::Disposition;
use serde::Deserialize;
use store::CallFilter;

use crate::pages::calls::parse_ref;
use crate::pages::forms::{filled, link};
use crate::words::{self, DISPOSITIONS, Zone};

/// Longest text searched for.
const TEXT_MAX: usize = 100;

/// The filter's fields; what cannot be read counts as not given.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct FilterQuery {
    #[serde(default)]
    pub q: String,
    #[serde(default)]
    pub result: String,
    #[serde(default)]
    pub from: String,
    #[serde(default)]
    pub to: String,
    #[serde(default)]
    after: String,
}

impl FilterQuery {
    /// For the store.
    pub fn filter(&self, zone: &Zone) -> CallFilter {
        CallFilter {
            text: filled(&self.q).map(|text| text.chars().take(TEXT_MAX).collect()),
            disposition: self.disposition(),
            from: zone.day_start(&self.from),
            to: zone.day_end(&self.to),
            extension: None,
        }
    }

    /// Whether it leaves anything out.
    pub fn is_empty(&self) -> bool {
        [&self.q, &self.result, &self.from, &self.to].iter().all(|text| text.trim().is_empty())
    }

    /// Where the page begins.
    pub fn after(&self) -> Option<CallRef> {
        parse_ref(&self.after)
    }

    /// The results to choose from: key, word, chosen.
    pub fn choices(&self) -> Vec<(&'static str, &'static str, bool)> {
        let chosen = self.disposition();
        let choice = |d: Disposition| (words::disposition_key(d), words::disposition(d).word, chosen == Some(d));
        DISPOSITIONS.into_iter().map(choice).collect()
    }

    /// The same filter at another address or page.
    pub fn link(&self, path: &str, after: Option<CallRef>) -> String {
        let after = after.map(|after| after.to_string()).unwrap_or_default();
        let pairs = [("q", &*self.q), ("result", &self.result), ("from", &self.from), ("to", &self.to)];
        link(path, &[&pairs[..], &[("after", &*after)]].concat())
    }

    fn disposition(&self) -> Option<Disposition> {
        DISPOSITIONS.into_iter().find(|d| words::disposition_key(*d) == self.result)
    }
}
