//! What a Vorbis setup header would have a decoder reserve, counted before it does.
//!
//! A codebook's header of a few octets can ask for entries × dimensions = 2²⁴ × 2¹⁶ numbers (Vorbis I §3.2.1).

use super::ReadError;

/// Numbers in all codebooks' tables together; encoders' need some 100,000.
const VALUES_MAX: u64 = 1 << 22;

/// Walks the codebooks of a setup header (Vorbis I §4.2.4), which are its beginning.
pub(super) fn check(setup: &[u8]) -> Result<(), ReadError> {
    let body = setup.strip_prefix(b"\x05vorbis").ok_or(damaged())?;
    let mut bits = Bits { octets: body, at: 0 };
    let mut values = 0;
    for _ in 0..=bits.take(8)? {
        values += codebook(&mut bits)?;
        if values > VALUES_MAX {
            return Err(ReadError::Unsupported("its codebooks are absurdly large"));
        }
    }
    Ok(())
}

/// One codebook (Vorbis I §3.2.1): the numbers it takes.
fn codebook(bits: &mut Bits<'_>) -> Result<u64, ReadError> {
    if bits.take(24)? != 0x56_4342 {
        return Err(damaged());
    }
    let (dimensions, entries) = (bits.take(16)?, bits.take(24)?);
    if dimensions == 0 || entries == 0 {
        return Err(damaged());
    }
    let ordered = bits.take(1)? == 1;
    if ordered {
        let (mut entry, mut length) = (0, bits.take(5)? + 1);
        while entry < entries {
            entry += bits.take(u32::BITS - (entries - entry).leading_zeros())?;
            length += 1;
            if entry > entries || length > 33 {
                return Err(damaged());
            }
        }
    } else {
        let sparse = bits.take(1)? == 1;
        for _ in 0..entries {
            if !sparse || bits.take(1)? == 1 {
                bits.take(5)?;
            }
        }
    }
    let table = u64::from(dimensions) * u64::from(entries);
    match bits.take(4)? {
        0 => return Ok(entries.into()),
        kind @ (1 | 2) => {
            bits.take(32)?;
            bits.take(32)?;
            let width = bits.take(4)? + 1;
            bits.take(1)?;
            let count = if kind == 1 { lookup1_values(entries, dimensions) } else { table };
            bits.skip(count.saturating_mul(width.into()))?;
        }
        _ => return Err(damaged()),
    }
    Ok(table + u64::from(entries))
}

/// The largest number whose `dimensions`-th power is not above `entries` (Vorbis I §9.2.3).
fn lookup1_values(entries: u32, dimensions: u32) -> u64 {
    let fits = |value: u64| value.checked_pow(dimensions).is_some_and(|power| power <= entries.into());
    let mut value = (f64::from(entries)).powf(1.0 / f64::from(dimensions)).floor() as u64;
    while fits(value + 1) {
        value += 1;
    }
    while value > 1 && !fits(value) {
        value -= 1;
    }
    value
}

fn damaged() -> ReadError {
    ReadError::Damaged("its Vorbis setup is broken")
}

/// Bits of an octet string, the least significant first (Vorbis I §2.1).
struct Bits<'a> {
    octets: &'a [u8],
    at: u64,
}

impl Bits<'_> {
    /// The next `count` bits, at most 32, as a number.
    fn take(&mut self, count: u32) -> Result<u32, ReadError> {
        let mut value = 0;
        for n in 0..count {
            let octet = usize::try_from(self.at / 8).ok().and_then(|i| self.octets.get(i)).ok_or_else(damaged)?;
            value |= u32::from(octet >> (self.at % 8) & 1) << n;
            self.at += 1;
        }
        Ok(value)
    }

    fn skip(&mut self, count: u64) -> Result<(), ReadError> {
        self.at = self.at.saturating_add(count);
        if self.at > self.octets.len() as u64 * 8 {
            return Err(damaged());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A setup header of one ordered codebook, written bit by bit.
    fn setup(dimensions: u64, entries: u64, kind: u64) -> Vec<u8> {
        let mut fields = vec![(0, 8), (0x56_4342, 24), (dimensions, 16), (entries, 24), (1, 1), (19, 5)];
        fields.push((entries, u64::from(64 - entries.leading_zeros())));
        fields.extend([(kind, 4), (0, 32), (0, 32), (15, 4), (0, 1), (0, 16), (0, 64)]);
        let (mut octets, mut at) = (vec![0u8; 200], 0);
        for (value, count) in fields {
            for n in 0..count {
                octets[at / 8] |= ((value >> n & 1) as u8) << (at % 8);
                at += 1;
            }
        }
        [b"\x05vorbis".to_vec(), octets].concat()
    }

    #[test]
    fn a_codebook_that_asks_for_terabytes_is_refused() {
        assert_eq!(check(&setup(4, 1, 1)), Ok(()));
        assert_eq!(check(&setup(4_096, 1, 1)), Ok(()));
        let absurd = Err(ReadError::Unsupported("its codebooks are absurdly large"));
        assert_eq!(check(&setup(65_535, 0xFF_FFFF, 1)), absurd);
        assert_eq!(check(&setup(65_535, 2_000, 1)), absurd);
    }

    #[test]
    fn a_setup_cut_short_is_damaged() {
        let whole = setup(4, 1, 1);
        for end in 0..28 {
            assert!(check(&whole[..end]).is_err(), "{end} octets");
        }
    }

    #[test]
    fn roots_are_exact() {
        for (entries, dimensions, root) in [(1, 1, 1), (8, 3, 2), (7, 3, 1), (6_561, 8, 3), (6_560, 8, 2), (9, 40, 1)] {
            assert_eq!(lookup1_values(entries, dimensions), root, "{entries}, {dimensions}");
        }
    }
}
