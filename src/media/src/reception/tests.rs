use super::*;

const RATE: ClockRate = ClockRate::HZ_8000;

fn ms(n: u64) -> Instant {
    Instant::from_nanos(n * 1_000_000)
}

fn header(ssrc: u32, seq: u16, timestamp: u32) -> Header {
    Header {
        marker: false,
        payload_type: 0,
        seq: SeqNo(seq),
        timestamp: RtpTimestamp(timestamp),
        ssrc,
        payload: 12..172,
    }
}

/// Packet `n` of a stream that began with `first`, in time.
fn take(r: &mut Reception, ssrc: u32, first: u16, n: u16) -> Arrival {
    r.receive(ms(u64::from(n) * 20), &header(ssrc, first.wrapping_add(n), u32::from(n) * 160), RATE, true)
}

#[test]
fn a_clean_stream_over_the_wrap_has_no_loss_and_no_jitter() {
    let mut r = Reception::default();
    assert_eq!(take(&mut r, 1, 65_530, 0), Arrival::Restart);
    for n in 1..200 {
        assert_eq!(take(&mut r, 1, 65_530, n), Arrival::Fresh);
    }
    assert_eq!((r.received(), r.lost(), r.reordered(), r.duplicates()), (200, 0, 0, 0));
    assert_eq!(r.octets(), 200 * 160);
    assert_eq!(r.jitter_us(), (0, 0));
    assert_eq!(r.gap_max(), Duration::from_millis(20));
    let f = r.report().unwrap();
    assert_eq!((f.ssrc, f.fraction_lost, f.cumulative_lost), (1, 0, 0));
    assert_eq!(f.highest, (1 << 16) + 193, "one cycle and the highest number");
}

#[test]
fn loss_late_and_doubled_packets_are_told_apart() {
    let mut r = Reception::default();
    for n in [0, 1, 2, 5, 4, 4, 5, 9] {
        take(&mut r, 1, 100, n);
    }
    assert_eq!((r.received(), r.reordered(), r.duplicates()), (6, 1, 2));
    assert_eq!(r.lost(), 4, "3, 6, 7 and 8");
    let f = r.report().unwrap();
    assert_eq!(f.fraction_lost, (4 * 256 / 10) as u8);
    assert_eq!(f.cumulative_lost, 4);
    for n in 10..20 {
        take(&mut r, 1, 100, n);
    }
    assert_eq!(r.report().unwrap().fraction_lost, 0, "a new interval");
    assert_eq!(r.report().unwrap().fraction_lost, 0, "nothing expected, nothing divided");
}

#[test]
fn a_late_packet_before_the_first_widens_the_sequence() {
    let mut r = Reception::default();
    assert_eq!(take(&mut r, 1, 0, 3), Arrival::Restart);
    assert_eq!(take(&mut r, 1, 0, 2), Arrival::Late);
    assert_eq!(take(&mut r, 1, 0, 2), Arrival::Duplicate);
    assert_eq!((r.received(), r.lost()), (2, 0));
}

#[test]
fn a_long_gap_forgets_what_was_seen_but_not_the_loss() {
    let mut r = Reception::default();
    take(&mut r, 1, 0, 0);
    assert_eq!(take(&mut r, 1, 0, 2_000), Arrival::Fresh);
    assert_eq!(r.lost(), 1_999);
    assert_eq!(take(&mut r, 1, 0, 1_950), Arrival::Late);
}

#[test]
fn a_jump_is_believed_at_its_second_packet() {
    let mut r = Reception::default();
    for n in 0..5 {
        take(&mut r, 1, 100, n);
    }
    assert_eq!(take(&mut r, 1, 30_000, 5), Arrival::Doubtful);
    assert_eq!(take(&mut r, 1, 100, 5), Arrival::Fresh, "the old numbering goes on");
    assert_eq!(take(&mut r, 1, 30_000, 6), Arrival::Doubtful);
    assert_eq!(take(&mut r, 1, 30_000, 7), Arrival::Restart);
    assert_eq!(take(&mut r, 1, 30_000, 8), Arrival::Fresh);
    assert_eq!(r.lost(), 0);
    assert_eq!(r.epoch(), 2);
}

#[test]
fn a_new_source_waits_until_the_old_one_is_silent() {
    let mut r = Reception::default();
    for n in 0..10 {
        take(&mut r, 1, 100, n);
    }
    // A forger who numbers well gets nowhere while the phone speaks.
    for n in 10..100 {
        for forged in 0..4 {
            let at = ms(u64::from(n) * 20 - 15 + u64::from(forged) * 4);
            let seq = n * 4 + forged;
            assert_eq!(r.receive(at, &header(2, seq, 0), RATE, true), Arrival::Doubtful);
        }
        assert_eq!(take(&mut r, 1, 100, n), Arrival::Fresh);
    }
    // The far side changes for good: at most three packets are needed.
    assert_eq!(take(&mut r, 3, 7_000, 100), Arrival::Doubtful);
    assert_eq!(take(&mut r, 3, 7_000, 101), Arrival::Doubtful);
    assert_eq!(take(&mut r, 3, 7_000, 102), Arrival::Restart);
    assert_eq!(r.ssrc(), Some(3));
    assert_eq!((r.received(), r.lost()), (101, 0), "nobody calls a change of source a loss");
}

#[test]
fn jitter_follows_the_formula() {
    let mut r = Reception::default();
    take(&mut r, 1, 0, 0);
    // Every second packet comes 5 ms (40 ticks) late: |D| is 40 each time.
    let mut jitter = 0f64;
    for n in 1..400u16 {
        let at = ms(u64::from(n) * 20 + u64::from(n % 2) * 5);
        r.receive(at, &header(1, n, u32::from(n) * 160), RATE, true);
        jitter += (40.0 - jitter) / 16.0;
    }
    let (now_us, max_us) = r.jitter_us();
    let want_us = jitter / 8_000.0 * 1e6;
    assert!((f64::from(now_us) - want_us).abs() < 150.0, "{now_us} for {want_us}");
    assert!(max_us >= now_us);
}

#[test]
fn events_and_new_time_bases_make_no_jitter() {
    let mut r = Reception::default();
    take(&mut r, 1, 0, 0);
    for n in 1..20 {
        // An event repeats its timestamp.
        r.receive(ms(u64::from(n) * 20), &header(1, n, 160), RATE, false);
    }
    r.receive(ms(400), &header(1, 20, 4_000_000), RATE, true);
    assert_eq!(r.jitter_us(), (0, 0));
    r.receive(ms(420), &header(1, 21, 4_000_160), ClockRate::HZ_48000, true);
    assert_eq!(r.jitter_us(), (0, 0), "another clock begins anew");
}

#[test]
fn hold_is_no_gap() {
    let mut r = Reception::default();
    take(&mut r, 1, 0, 0);
    r.excuse_gap();
    r.receive(ms(60_000), &header(1, 1, 160), RATE, true);
    assert_eq!(r.gap_max(), Duration::ZERO);
}
