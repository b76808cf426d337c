//! What a peer asks of the Opus that it is sent (RFC 7587 §6.1).

/// The peer's wishes as a receiver; the defaults where it says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpusWishes {
    /// `useinbandfec`: it makes use of in-band error correction.
    pub fec: bool,
    /// `usedtx`: it would rather be sent nothing in silence.
    pub dtx: bool,
    /// `maxaveragebitrate`, bit/s, 6,000–510,000.
    pub bit_rate_max: Option<u32>,
    /// `maxplaybackrate`, Hz, 8,000–48,000: more it cannot play.
    pub playback_rate_max: Option<u32>,
    /// `stereo`: it can play two channels. We send one.
    pub stereo: bool,
}

impl OpusWishes {
    /// Reads an `a=fmtp`; parameters that are unknown or out of range are passed over.
    pub(crate) fn parse(fmtp: &str) -> Self {
        let mut wishes = OpusWishes::default();
        for (name, value) in fmtp.split(';').filter_map(|pair| pair.split_once('=')) {
            let (name, value) = (name.trim(), value.trim());
            let number = |range: core::ops::RangeInclusive<u32>| value.parse().ok().filter(|n| range.contains(n));
            match name.to_ascii_lowercase().as_str() {
                "useinbandfec" => wishes.fec = value == "1",
                "usedtx" => wishes.dtx = value == "1",
                "stereo" => wishes.stereo = value == "1",
                "maxaveragebitrate" => wishes.bit_rate_max = number(6_000..=510_000),
                "maxplaybackrate" => wishes.playback_rate_max = number(8_000..=48_000),
                _ => {}
            }
        }
        wishes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read_and_nonsense_is_none() {
        let wishes = OpusWishes::parse("minptime=10; useinbandfec=1;UseDTX=1;maxaveragebitrate=24000;stereo=0");
        let expected = OpusWishes { fec: true, dtx: true, bit_rate_max: Some(24_000), ..OpusWishes::default() };
        assert_eq!(wishes, expected);
        let odd = OpusWishes::parse("useinbandfec;usedtx=yes;maxaveragebitrate=1;maxplaybackrate=99999999999;=;;");
        assert_eq!(odd, OpusWishes::default());
    }
}
