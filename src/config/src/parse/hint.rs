//! The nearest known word to a misspelt one.

/// The candidate with the fewest slips between it and `word`; none where all are too far away.
pub(crate) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const LENGTH_MAX: usize = 64;
    if word.len() > LENGTH_MAX {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let slips_max = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .map(|candidate| (slips(&word, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(slips, _)| *slips <= slips_max)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Letters inserted, left out, replaced, or swapped with their neighbour (optimal string alignment).
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_or_two_are_forgiven_and_a_different_word_is_not() {
        let keys = || ["ring_time_s", "devices_max", "name", "number"].into_iter();
        assert_eq!(nearest("ring_time", keys()), Some("ring_time_s"));
        assert_eq!(nearest("nmae", keys()), Some("name"));
        assert_eq!(nearest("Number", keys()), Some("number"));
        assert_eq!(nearest("device_max", keys()), Some("devices_max"));
        assert_eq!(nearest("voicemail", keys()), None);
        assert_eq!(nearest("", keys()), None);
    }
}
