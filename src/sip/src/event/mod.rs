//! Event subscriptions (RFC 6665): who is told of what, and in which words.
//!
//! Owns the table of the box's subscribers ([`Subscriptions`]) and the bodies that travel in SUBSCRIBE and NOTIFY,
//! one file each. Knows nothing of calls, mailboxes or extensions: what is watched is a type of its user's, and so is
//! the state of it. Bodies are read within bounds and written with everything escaped; no text from outside can leave
//! the place in a document that it was put in.
//!
//! RFCs: 6665 (events), 4235 (dialog), 3842 (message-summary), 3856 and 3863 and 4480 (presence), 4662 and 4826 and
//! 5367 (lists), 6080 (ua-profile). `as-feature-event` and `check-sync` are the phone makers' own.

mod dialog_info;
mod feature;
mod header;
mod message_summary;
mod multipart;
mod notifier;
mod presence;
mod profile;
mod resource_lists;
mod restart;
mod rlmi;
mod subscribe;
mod table;
mod xml;

#[cfg(test)]
mod tests;

pub use dialog_info::{DialogDirection, DialogInfo, DialogLine, DialogParty, DialogProgress};
pub use feature::{FeatureState, FeatureWish, Forward, ForwardKind};
pub use header::{EventHeader, Package};
pub use message_summary::{MessageSummary, Messages};
pub use multipart::Part;
pub use notifier::{Answered, Subscriptions};
pub use presence::{Activity, Presence};
pub use profile::PhoneProfile;
pub use resource_lists::{ENTRIES_MAX, Entry, read_resource_lists};
pub use restart::{Restart, restart_event};
pub use rlmi::{Instance, InstanceState, ResourceList};
pub use subscribe::Subscribe;
pub use table::{
    Ending, Granted, Kept, NotifierLimits, Notify, Refused, Subject, Subscription, SubscriptionId, Watched,
};

use bytes::Bytes;

/// What travels in a SUBSCRIBE or NOTIFY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The Content-Type.
    pub content_type: String,
    /// The octets.
    pub bytes: Bytes,
}

impl Body {
    /// A body.
    pub fn new(content_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Body { content_type: content_type.into(), bytes: bytes.into() }
    }
}

/// A body that cannot be read: answer 400, or 415 where the type is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed {0}")]
pub struct BodyError(pub &'static str);
