//! Versions of the configuration.

use base::{ConfigVersion, WallTime};

use crate::config_text;
use crate::index::{ConfigRow, Index, config_key};
use crate::{Store, StoreError};

/// A version of the configuration without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigInfo {
    /// Its number.
    pub version: ConfigVersion,
    /// When it was applied.
    pub at: WallTime,
    /// Who did it.
    pub author: String,
    /// Why, in the author's words.
    pub reason: String,
}

/// A version's text is put together from at most this many patches.
const CHAIN_MAX: usize = 10_000;

impl Store {
    /// The version in force and its text; `None` before the first.
    pub fn config_current(&self) -> Result<Option<(ConfigInfo, String)>, StoreError> {
        let _stay = self.segments_stay();
        let Some(head) = self.shared.live().config.clone() else { return Ok(None) };
        let text = config_text::assemble(&self.shared.reader, head.version, head.chain.iter().map(|(_, pos)| *pos))?;
        let info = ConfigInfo { version: head.version, at: head.at, author: head.author, reason: head.reason };
        Ok(Some((info, text)))
    }

    /// The number of the version in force; `None` before the first.
    pub fn config_version(&self) -> Option<ConfigVersion> {
        self.shared.live().config.as_ref().map(|head| head.version)
    }

    /// The last versions that are still kept, newest first.
    pub fn config_history(&self, limit: usize) -> Result<Vec<ConfigInfo>, StoreError> {
        let index = self.shared.slot.get()?;
        let mut versions = Vec::new();
        scan_back(index.as_ref(), ConfigVersion(u64::MAX), &mut |version, row| {
            versions.push(ConfigInfo { version, at: row.at, author: row.author, reason: row.reason });
            versions.len() < limit
        })?;
        versions.truncate(limit);
        Ok(versions)
    }

    /// The text of a version; `None` if there is no such version, or no longer.
    pub fn config_text(&self, version: ConfigVersion) -> Result<Option<String>, StoreError> {
        let _stay = self.segments_stay();
        let index = self.shared.slot.get()?;
        let mut chain = Vec::new();
        let mut complete = false;
        scan_back(index.as_ref(), ConfigVersion(version.0.saturating_add(1)), &mut |found, row| {
            if chain.is_empty() && found != version {
                return false;
            }
            chain.push(row.pos);
            complete = row.whole;
            !complete && chain.len() < CHAIN_MAX
        })?;
        if !complete {
            return Ok(None);
        }
        config_text::assemble(&self.shared.reader, version, chain.into_iter().rev()).map(Some)
    }

    pub(crate) fn segments_stay(&self) -> std::sync::RwLockReadGuard<'_, ()> {
        self.shared.segments_stay.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn scan_back(
    index: &dyn Index,
    below: ConfigVersion,
    visit: &mut dyn FnMut(ConfigVersion, ConfigRow) -> bool,
) -> Result<(), StoreError> {
    index
        .scan_back(&config_key(ConfigVersion(0)), &config_key(below), &mut |key, value| {
            let version = key.last_chunk().map(|last| ConfigVersion(u64::from_be_bytes(*last)));
            match (version, postcard::from_bytes(value)) {
                (Some(version), Ok(row)) => visit(version, row),
                _ => true,
            }
        })
        .map_err(|e| StoreError::IndexNotReady(e.to_string()))
}
