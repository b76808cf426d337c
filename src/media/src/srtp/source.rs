//! The sources of one direction, and which of their packets have been.

use super::SOURCES_MAX;

/// What is remembered, at most [`SOURCES_MAX`] sources.
#[derive(Debug, Default)]
pub(super) struct Sources {
    rows: [Option<Source>; SOURCES_MAX],
    /// Counts what was noted, to tell which source is the oldest.
    noted: u64,
}

/// One source (SSRC).
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    ssrc: u32,
    noted: u64,
    pub(super) rtp: Window,
    pub(super) rtcp: Window,
}

/// The highest index of a source and which of the 128 up to it have been (RFC 3711 §3.3.2).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    highest: u64,
    /// Bit n: `highest` − n has been. Zero before the first.
    seen: u128,
}

/// Whether an index may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    New,
    Seen,
    TooOld,
}

impl Sources {
    /// Where `ssrc` stands.
    pub(super) fn place_of(&self, ssrc: u32) -> Option<usize> {
        self.rows.iter().position(|row| row.as_ref().is_some_and(|source| source.ssrc == ssrc))
    }

    /// An empty place.
    pub(super) fn free(&self) -> Option<usize> {
        self.rows.iter().position(Option::is_none)
    }

    /// An empty place, else that of the source not heard of for longest.
    pub(super) fn oldest(&self) -> usize {
        let age = |at: &usize| self.rows[*at].as_ref().map_or(0, |source| source.noted);
        (0..SOURCES_MAX).min_by_key(age).unwrap_or(0)
    }

    /// What is known of `ssrc` if it stands at `place`, else a blank.
    pub(super) fn window(&self, place: usize, ssrc: u32) -> Source {
        let known = self.rows[place].filter(|source| source.ssrc == ssrc);
        known.unwrap_or(Source { ssrc, noted: 0, rtp: Window::default(), rtcp: Window::default() })
    }

    /// Takes down what a packet that proved true has changed.
    pub(super) fn note(&mut self, place: usize, ssrc: u32, change: impl FnOnce(&mut Source)) {
        let mut source = self.window(place, ssrc);
        change(&mut source);
        self.noted += 1;
        source.noted = self.noted;
        self.rows[place] = Some(source);
    }
}

impl Window {
    const LEN: u64 = 128;
    /// RFC 3711 §3.3.1: 48 bits.
    const INDEX_MAX: u64 = (1 << 48) - 1;

    /// Nothing has been.
    pub(super) fn is_blank(&self) -> bool {
        self.seen == 0
    }

    /// The index of the packet numbered `seq`: the nearest to the highest (RFC 3711 §3.3.1, appendix A). None
    /// if that lies before the first or behind the last there is.
    pub(super) fn index_of(&self, seq: u16) -> Option<u64> {
        if self.is_blank() {
            return Some(u64::from(seq));
        }
        let step = i64::from(seq.wrapping_sub(self.highest as u16) as i16);
        self.highest.checked_add_signed(step).filter(|index| *index <= Self::INDEX_MAX)
    }

    pub(super) fn verdict(&self, index: u64) -> Verdict {
        if self.is_blank() || index > self.highest {
            return Verdict::New;
        }
        let back = self.highest - index;
        if back >= Self::LEN {
            Verdict::TooOld
        } else if self.seen >> back & 1 == 1 {
            Verdict::Seen
        } else {
            Verdict::New
        }
    }

    /// `index` has been. Only for one that is [`Verdict::New`].
    pub(super) fn note(&mut self, index: u64) {
        if self.is_blank() {
            *self = Window { highest: index, seen: 1 };
        } else if index > self.highest {
            let step = u32::try_from(index - self.highest).unwrap_or(u32::MAX);
            self.seen = self.seen.checked_shl(step).unwrap_or(0) | 1;
            self.highest = index;
        } else if self.highest - index < Self::LEN {
            self.seen |= 1 << (self.highest - index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(indices: &[u64]) -> Window {
        let mut window = Window::default();
        indices.iter().for_each(|index| window.note(*index));
        window
    }

    #[test]
    fn an_index_is_the_nearest_to_the_highest() {
        for (highest, seq, index) in [
            (0x0000_1000, 0x1001, Some(0x0000_1001)),
            (0x0000_1000, 0x0FFF, Some(0x0000_0FFF)),
            (0x0000_FFFF, 0x0000, Some(0x0001_0000)),
            (0x0001_0000, 0xFFFF, Some(0x0000_FFFF)),
            (0x0005_0002, 0xFFF0, Some(0x0004_FFF0)),
            (0x0005_7FFF, 0x8000, Some(0x0005_8000)),
            (0x0000_0002, 0xFFF0, None),
            (Window::INDEX_MAX, 0x0000, None),
            (Window::INDEX_MAX, 0xFFFE, Some(Window::INDEX_MAX - 1)),
        ] {
            assert_eq!(seen(&[highest]).index_of(seq), index, "{highest:#x} {seq:#x}");
        }
        assert_eq!(Window::default().index_of(0xFFFF), Some(0xFFFF));
    }

    #[test]
    fn what_has_been_is_known_for_128() {
        let window = seen(&[1000, 1002, 1001, 900]);
        for (index, verdict) in [
            (1003, Verdict::New),
            (1002, Verdict::Seen),
            (1001, Verdict::Seen),
            (1000, Verdict::Seen),
            (999, Verdict::New),
            (900, Verdict::Seen),
            (875, Verdict::New),
            (874, Verdict::TooOld),
        ] {
            assert_eq!(window.verdict(index), verdict, "{index}");
        }
        assert_eq!(seen(&[5, 133]).verdict(5), Verdict::TooOld);
        assert_eq!(seen(&[5, 132]).verdict(5), Verdict::Seen);
        assert_eq!(seen(&[5, 1 << 40]).verdict((1 << 40) - 1), Verdict::New);
    }

    #[test]
    fn the_oldest_source_gives_way() {
        let mut sources = Sources::default();
        for ssrc in 0..SOURCES_MAX as u32 {
            sources.note(sources.oldest(), ssrc, |source| source.rtp.note(7));
        }
        assert_eq!(sources.free(), None);
        sources.note(0, 0, |source| source.rtp.note(8));
        let place = sources.oldest();
        assert_eq!(Some(place), sources.place_of(1));
        sources.note(place, 99, |source| source.rtp.note(1));
        assert!(sources.place_of(1).is_none() && sources.place_of(0).is_some());
        assert_eq!(sources.window(place, 99).rtp.highest, 1);
    }
}
