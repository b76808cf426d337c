//! Putting a configuration version's text together from its records.

use base::ConfigVersion;
use exchange::record::{ConfigContent, Record};

use crate::StoreError;
use crate::codec::{self, Kind};
use crate::journal::{LogReader, Pos};

/// The text of `version`: the whole text that the first record has, changed by the patches of the others.
pub(crate) fn assemble(
    reader: &dyn LogReader,
    version: ConfigVersion,
    chain: impl IntoIterator<Item = Pos>,
) -> Result<String, StoreError> {
    let fail = |what: String| StoreError::Config { version: version.0, what };
    let mut text: Option<String> = None;
    for pos in chain {
        let frame = reader.read_at(pos)?;
        let Record::ConfigApplied(record) = codec::decode(frame.lsn, Kind::Config, &frame.payload)? else {
            return Err(fail(format!("record {} is not a configuration", frame.lsn)));
        };
        text = Some(match (record.content, text) {
            (ConfigContent::Whole(whole), _) => whole,
            (ConfigContent::Patch(patch), Some(before)) => apply(&before, &patch).map_err(fail)?,
            (ConfigContent::Patch(_), None) => return Err(fail("the text that it changes is gone".to_owned())),
        });
    }
    text.ok_or_else(|| fail("no record of it is left".to_owned()))
}

/// The text that a patch makes of the one before.
pub(crate) fn apply(before: &str, patch: &[u8]) -> Result<String, String> {
    config::patch::apply(before, patch).map_err(|e| e.to_string())
}
