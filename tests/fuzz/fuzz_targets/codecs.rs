//! Any payloads at every decoder, any events and any sound at the hearing of keys: nothing panics, and a decoder gives
//! as many samples as it said.
#![no_main]

mod pieces;

use audio::Rate;
use audio::codec::{Coding, Decoder};
use audio::detect::DtmfDetector;
use base::{Duration, Instant};
use libfuzzer_sys::fuzz_target;
use media::digits::{Digits, EventPacket};
use media::{ClockRate, RtpTimestamp};
use pieces::pieces;

fuzz_target!(|octets: &[u8]| {
    let Some((&[coding, rate], steps)) = octets.split_first_chunk() else { return };
    let coding = [Coding::Opus, Coding::G722, Coding::Pcmu, Coding::Pcma][usize::from(coding) % 4];
    let rate = [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000][usize::from(rate) % 3];
    let mut decoder = Decoder::new(coding, rate);
    let mut out = vec![0; decoder.rate().samples(120)];
    let (mut digits, mut tones) = (Digits::default(), DtmfDetector::new());
    let mut now = Instant::ZERO;
    for (what, piece) in pieces(steps) {
        match what % 8 {
            0..=2 => {
                let said = decoder.samples(piece);
                match decoder.decode(piece, &mut out) {
                    Ok(samples) => assert_eq!(samples, said),
                    Err(_) => assert!(said == 0 || said > out.len()),
                }
            }
            3 => {
                let _ = decoder.conceal(&mut out[..decoder.rate().samples(20)]);
            }
            4 => {
                let _ = decoder.recover(piece, &mut out[..decoder.rate().samples(20)]);
            }
            5 => decoder.reset(),
            6 => {
                now += Duration::from_millis(u64::from(what));
                let _ = digits.handle_timeout(now);
                let timestamp = RtpTimestamp(piece.last().map_or(0, |octet| u32::from(*octet) << 8));
                if let Some(packet) = EventPacket::read(piece) {
                    for digit in
                        digits.receive(now, timestamp, what & 8 == 0, ClockRate::HZ_8000, packet).into_iter().flatten()
                    {
                        assert!(digit.digit.is_ascii());
                    }
                }
            }
            _ => {
                let sound: Vec<i16> = piece.iter().flat_map(|octet| [i16::from(*octet as i8) * 256; 4]).collect();
                if let Some(event) = tones.push(&sound) {
                    let _ = format!("{event:?}");
                }
            }
        }
    }
});
