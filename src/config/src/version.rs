//! How a new version is kept: whole now and then, else as the difference to the one before.

use base::ConfigVersion;

use crate::patch;

/// Every so many versions one is kept whole, so that no text needs more patches than this.
const WHOLE_EVERY: u64 = 50;

/// Longest reason, in characters.
pub const REASON_MAX: usize = 200;

/// A version before it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextVersion {
    /// Its number.
    pub version: ConfigVersion,
    /// Its text.
    pub content: VersionContent,
}

/// A version's text.
#[derive(Clone, PartialEq, Eq)]
pub enum VersionContent {
    /// The whole text.
    Whole(String),
    /// What [`patch::apply`] makes of the version before.
    Patch(Vec<u8>),
}

impl std::fmt::Debug for VersionContent {
    /// Without the text: it holds digests.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            VersionContent::Whole(text) => write!(f, "Whole({} octets)", text.len()),
            VersionContent::Patch(patch) => write!(f, "Patch({} octets)", patch.len()),
        }
    }
}

/// The version after `before` (number and text; `None`: the first).
pub fn next_version(before: Option<(ConfigVersion, &str)>, text: &str) -> NextVersion {
    let whole = || VersionContent::Whole(text.to_owned());
    let Some((ConfigVersion(number), old)) = before else {
        return NextVersion { version: ConfigVersion(1), content: whole() };
    };
    let version = ConfigVersion(number + 1);
    if number.is_multiple_of(WHOLE_EVERY) {
        return NextVersion { version, content: whole() };
    }
    let patch = patch::make(old, text);
    let content = if patch.len() > text.len() / 2 { whole() } else { VersionContent::Patch(patch) };
    NextVersion { version, content }
}

/// A reason as it is recorded: one line, not too long.
pub fn tidy_reason(reason: &str) -> String {
    let words: Vec<&str> =
        reason.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(REASON_MAX).collect()
}
