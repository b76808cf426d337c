//! G.711 A-law (ITU-T G.711 §3.1), even bits inverted on the wire.

/// What each octet means, on the scale of 16-bit linear (the 13 bits of G.711 table 1a shifted left by 3).
pub const TABLE: [i16; 256] = table();

/// Every second bit is turned over on the line (G.711 §3.1, note 2 of table 1a).
const EVEN_BITS: u8 = 0x55;

/// One sample, 16-bit linear, to its octet.
#[inline]
pub fn encode(sample: i16) -> u8 {
    // Negative values are taken in one's complement, as the reference software does (ITU-T G.191 alaw_compress).
    let sample = i32::from(sample);
    let sign = sample >> 31;
    let magnitude = (sample ^ sign) >> 4;
    // As in µ-law the float's exponent is the segment; the first segment is linear and written as it is.
    let curved = ((magnitude as f32).to_bits() >> 19) as i32 - ((127 + 3) << 4);
    let code = if magnitude < 16 { magnitude } else { curved };
    let positive = !sign & 0x80;
    (code as u8 | positive as u8) ^ EVEN_BITS
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
        let code = octet as u8 ^ EVEN_BITS;
        let segment = (code >> 4) & 7;
        let step = (code & 0x0F) as i32;
        // The middle of the step; from the second segment on a step is 2^(segment − 1) wide and starts at 16.
        let magnitude = match segment {
            0 => (step << 4) + 8,
            _ => (((step + 16) << 4) + 8) << (segment - 1),
        };
        table[octet] = if code & 0x80 != 0 { magnitude as i16 } else { -magnitude as i16 };
        octet += 1;
    }
    table
}
