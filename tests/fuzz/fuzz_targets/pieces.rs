//! An input taken as a row of steps: an octet that says what to do, one that says with how many octets, these.

/// What to do, and with what.
pub fn pieces(mut rest: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (&[what, len], tail) = rest.split_first_chunk()?;
        let (piece, tail) = tail.split_at(usize::from(len).min(tail.len()));
        rest = tail;
        Some((what, piece))
    })
}
