//! G.711 µ-law (ITU-T G.711 §3.2), every bit inverted on the wire.

/// What each octet means, on the scale of 16-bit linear (the 14 bits of G.711 table 2a shifted left by 2).
pub const TABLE: [i16; 256] = table();

/// Added before the segment is found, so that each segment starts at a power of two (G.711 table 2a, 14 bits).
const BIAS: i32 = 33;
/// Beyond this the law is full.
const FULL: i32 = 0x1FFF;

/// One sample, 16-bit linear, to its octet.
#[inline]
pub fn encode(sample: i16) -> u8 {
    // Negative values are taken in one's complement, as the reference software does (ITU-T G.191 ulaw_compress).
    let sample = i32::from(sample);
    let sign = sample >> 31;
    let magnitude = (((sample ^ sign) >> 2) + BIAS).min(FULL);
    // A float of an integer below 2^24 is exact: its exponent is the segment and the top of its mantissa the step,
    // which loops over frames turn into vector code. 33 has exponent 5: segment 0.
    let code = ((magnitude as f32).to_bits() >> 19) as i32 - ((127 + 5) << 4);
    let positive = !sign & 0x80;
    (!(code & 0x7F) & 0x7F) as u8 | positive as u8
}

/// One octet to its sample.
#[inline]
pub fn decode(octet: u8) -> i16 {
    TABLE[usize::from(octet)]
}

const fn table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let code = !(octet as u8);
        let segment = (code >> 4) & 7;
        let step = (code & 0x0F) as i32;
        // The middle of the step, 14 bits: (2 × step + 33) × 2^segment − 33.
        let magnitude = ((2 * step + BIAS) << segment) - BIAS;
        let value = (magnitude << 2) as i16;
        table[octet] = if code & 0x80 != 0 { -value } else { value };
        octet += 1;
    }
    table
}
