use super::*;

/// A changing sound, by whole numbers alone: sweeps, noise, full-scale steps and near silence.
fn sound(pairs: usize) -> Vec<i16> {
    let (mut seed, mut phase, mut step) = (1_u32, 0_u32, 0_u32);
    (0..2 * pairs)
        .map(|n| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            step = (step + 9_973) % (1 << 30);
            phase = phase.wrapping_add(20_000_000 + step);
            let noise = (seed as i32) >> 16;
            // A parabola up, a parabola down: close to a sine.
            let x = (phase as i32) >> 16;
            let wave = (x * (32_768 - x.abs())) >> 13;
            let sample = match n / 4_000 % 5 {
                0 => wave / 3,
                1 => wave / 4 + noise / 4,
                2 => noise,
                3 => wave.signum() * 32_767,
                _ => noise >> 10,
            };
            sample.clamp(-32_768, 32_767) as i16
        })
        .collect()
}

/// FNV-1a.
fn mark(octets: impl Iterator<Item = u8>) -> u64 {
    octets.fold(0xCBF2_9CE4_8422_2325, |mark, octet| (mark ^ u64::from(octet)).wrapping_mul(0x100_0000_01B3))
}

// The marks were taken when this code wrote and read the speech vectors that come with ITU-T G.191 (src/g722:
// inpsp.bin, codspw.cod, outsp1.bin) without a bit's difference.
#[test]
fn it_writes_and_reads_to_the_bit() {
    let samples = sound(40_000);
    let mut octets = vec![0; samples.len() / 2];
    Encoder::new().encode(&samples, &mut octets);
    assert_eq!(mark(octets.iter().copied()), 7_806_040_134_836_695_224, "encoder");
    let mut heard = vec![0; samples.len()];
    Decoder::new().decode(&octets, &mut heard);
    assert_eq!(mark(heard.iter().flat_map(|sample| sample.to_le_bytes())), 16_478_123_417_115_690_740, "decoder");
}

#[test]
fn it_reads_any_octets_to_the_bit() {
    let octets: Vec<u8> = sound(20_000).iter().map(|sample| (sample >> 8) as u8).collect();
    let mut heard = vec![0; 2 * octets.len()];
    Decoder::new().decode(&octets, &mut heard);
    assert_eq!(mark(heard.iter().flat_map(|sample| sample.to_le_bytes())), 14_932_331_258_641_406_998);
}

#[test]
fn silence_begins_as_everywhere() {
    // With the scale at reset (table 12) no error at all already reaches the first three levels.
    let mut octets = [0; 3];
    Encoder::new().encode(&[0; 6], &mut octets);
    assert_eq!(octets[0], 0xFA);
}

#[test]
fn pieces_of_any_even_length_give_the_same_octets() {
    let samples = sound(3_000);
    let mut whole = vec![0; 3_000];
    Encoder::new().encode(&samples, &mut whole);
    let mut encoder = Encoder::new();
    let mut parts = vec![0; 3_000];
    let mut at = 0;
    for pairs in (1..200).cycle() {
        let end = (at + pairs).min(3_000);
        encoder.encode(&samples[2 * at..2 * end], &mut parts[at..end]);
        at = end;
        if at == 3_000 {
            break;
        }
    }
    assert_eq!(parts, whole);
    let mut decoder = Decoder::new();
    let (mut heard, mut heard_whole) = (vec![0; 6_000], vec![0; 6_000]);
    for (octets, out) in parts.chunks(77).zip(heard.chunks_mut(154)) {
        decoder.decode(octets, out);
    }
    Decoder::new().decode(&whole, &mut heard_whole);
    assert_eq!(heard, heard_whole);
}
