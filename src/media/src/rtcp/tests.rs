use super::*;
use base::Random;

fn at(ms: u64) -> Instant {
    Instant::from_nanos(ms * 1_000_000)
}

fn figures() -> Figures {
    Figures { ssrc: 77, fraction_lost: 12, cumulative_lost: 345, highest: 0x0001_0002, jitter: 40 }
}

fn report(sent: bool, received: bool, bye: bool) -> Report<'static> {
    Report {
        ssrc: 11,
        cname: "abcdefghij0123456789",
        sent: sent.then_some(Sent { at: at(1_500), timestamp: RtpTimestamp(9), packets: 3, octets: 480 }),
        received: received
            .then_some(Received { figures: figures(), last_report: Some((ShortNtp(5), Duration::from_millis(500))) }),
        bye,
    }
}

#[test]
fn what_is_written_can_be_read() {
    for (sent, received, bye) in
        [(true, true, false), (true, false, false), (false, true, true), (false, false, false), (true, true, true)]
    {
        let mut buffer = [0; COMPOUND_MAX];
        let len = report(sent, received, bye).write(&mut buffer).unwrap();
        assert_eq!(len % 4, 0);
        let heard = Heard::read(&buffer[..len], 77).unwrap();
        assert_eq!((heard.sender, heard.bye), (Some(11), bye));
        assert_eq!(heard.report_sent, sent.then_some(ShortNtp((1 << 16) | 0x8000)));
        let us = heard.about_us.map(|b| (b.lost, b.jitter, b.last_report, b.delay));
        assert_eq!(us, received.then_some((345, 40, ShortNtp(5), 32_768)));
        assert_eq!(Heard::read(&buffer[..len], 78).unwrap().about_us, None, "a block about someone else");
    }
    assert_eq!(report(true, true, true).write(&mut [0; 40]), None);
}

#[test]
fn a_compound_begins_with_a_report_and_names_its_source() {
    let mut buffer = [0; COMPOUND_MAX];
    let len = report(true, true, true).write(&mut buffer).unwrap();
    let kinds: Vec<u8> = {
        let (mut at, mut kinds) = (0, Vec::new());
        while at < len {
            kinds.push(buffer[at + 1]);
            at += 4 * (usize::from(u16::from_be_bytes([buffer[at + 2], buffer[at + 3]])) + 1);
        }
        kinds
    };
    assert_eq!(kinds, [200, 202, 203]);
    let name = buffer[..len].windows(20).any(|w| w == b"abcdefghij0123456789");
    assert!(name);
}

#[test]
fn the_round_trip_follows_figure_2() {
    let sent = at(100_000);
    let about = AboutUs { lost: 0, jitter: 0, last_report: ShortNtp::of(sent), delay: ShortNtp::span(ms(5_250)) };
    let trip = about.round_trip(at(105_362)).unwrap();
    assert!(trip.abs_diff(ms(112)) < Duration::from_micros(50), "{trip:?}");
    // A peer that claims to have held the report longer than it is old, and one that has none.
    assert_eq!(about.round_trip(at(105_000)), None);
    assert_eq!(AboutUs { last_report: ShortNtp(0), ..about }.round_trip(at(105_362)), None);
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn a_negative_loss_is_none() {
    let mut buffer = [0; COMPOUND_MAX];
    let len = report(true, true, false).write(&mut buffer).unwrap();
    let block = 28; // header, source and sender info are 28 octets
    buffer[block + 5..block + 8].copy_from_slice(&[0xFF, 0xFF, 0xFE]);
    assert_eq!(Heard::read(&buffer[..len], 77).unwrap().about_us.unwrap().lost, 0);
}

#[test]
fn random_and_damaged_packets_never_panic() {
    let mut random = Random::from_number(5);
    let mut good = [0; COMPOUND_MAX];
    let len = report(true, true, true).write(&mut good).unwrap();
    for _ in 0..200_000 {
        let mut packet = good;
        for _ in 0..1 + random.below(4) {
            packet[random.below(len as u64) as usize] = random.next_u32() as u8;
        }
        let _any = Heard::read(&packet[..random.below(len as u64 + 1) as usize], 77);
        let mut noise = [0u8; 64];
        random.fill(&mut noise);
        (noise[0], noise[1], noise[2]) = (0x80 | (noise[0] & 0x3F), 200 + noise[1] % 8, 0);
        noise[3] %= 16;
        let _any = Heard::read(&noise[..random.below(65) as usize], 77);
    }
}
