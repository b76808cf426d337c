use base::{CallRef, Duration, WallTime};
use exchange::record::{CallEventKind, TransferKind};

use super::*;

const START: WallTime = WallTime::from_unix_ms(1_700_000_000_000);

fn track(rows: Vec<Second>, step_s: u16) -> TrackRecord {
    TrackRecord {
        call: CallRef(1),
        leg: LegId(1),
        from: START,
        step_s,
        rows,
        digits: vec![(5, '4'), (u32::MAX, '?')],
        diagnosis: vec!["no audio from the phone: it sends to 192.168.1.20; its router rewrites SDP".to_owned()],
    }
}

fn good() -> Second {
    Second { received: 50, jitter_ms: 4, level: 24, mos: 215, sent: 50, round_trip: 6, ..Second::default() }
}

fn event(s: u64, what: CallEventKind) -> CallEvent {
    CallEvent { at: START + Duration::from_secs(s), call: CallRef(1), what }
}

fn view(track: TrackRecord, events: &[CallEvent]) -> FlightView {
    draw(&[track], events, |_| "Ada".to_owned()).unwrap()
}

fn strip<'a>(direction: &'a DirectionFlight, label: &str) -> &'a Strip {
    direction.strips.iter().find(|strip| strip.label == label).unwrap()
}

#[test]
fn a_second_of_loss_is_one_bar_at_its_place() {
    let mut rows = vec![good(); 10];
    rows[4] = Second { received: 40, lost: 10, ..good() };
    let view = view(track(rows, 1), &[]);
    let lost = strip(&view.legs[0].directions[0], "Lost");
    assert_eq!((lost.area.as_str(), lost.line.as_str()), ("M400 100V20H500V100H400Z", "M400 20H500"));
    assert_eq!((lost.worst.as_str(), lost.spoken.as_str()), ("20 %", "Lost: at most 20 %"));
    let mos = strip(&view.legs[0].directions[0], "MOS");
    assert_eq!((mos.line.as_str(), mos.worst.as_str(), mos.guide), ("M0 6H1000", "4.3", Some(26)));
    assert_eq!(strip(&view.legs[0].directions[0], "Level").worst, "max −24 dB");
    assert_eq!(strip(&view.legs[0].directions[1], "Round trip").worst, "24 ms");
    assert!(view.legs[0].directions[0].strips.iter().all(|strip| strip.label != "Delay"), "nothing is decoded");
    assert_eq!(view.causes[0].0, "Ada");
    assert_eq!(view.legs[0].digits, [("50.0".to_owned(), "4".to_owned()), ("100.0".to_owned(), "?".to_owned())]);
}

#[test]
fn keys_that_would_lie_on_one_another_stand_side_by_side() {
    let mut track = track(vec![good(); 100], 1);
    track.digits = vec![(10, '1'), (11, '2'), (12, '3'), (50, '4'), (53, '5')];
    let keys = view(track, &[]).legs.remove(0).digits;
    let keys: Vec<_> = keys.iter().map(|(x, word)| (x.as_str(), word.as_str())).collect();
    assert_eq!(keys, [("10.0", "123"), ("50.0", "4"), ("53.0", "5")]);
}

#[test]
fn silence_of_the_device_is_a_gap_and_no_zero() {
    let mut rows = vec![good(); 10];
    for row in &mut rows[2..5] {
        *row = Second { sent: 50, level: 255, ..Second::default() };
    }
    let view = view(track(rows, 1), &[]);
    let direction = &view.legs[0].directions[0];
    assert_eq!(direction.nothing, [(200, 300)]);
    assert_eq!(strip(direction, "MOS").line, "M0 6H200M500 6H1000");
    assert_eq!(strip(direction, "Level").area, "M0 100V40H200V100H0ZM500 100V40H1000V100H500Z");
}

#[test]
fn a_direction_without_figures_says_why() {
    let deaf = Second { received: 50, mos: 200, sent: 50, ..Second::default() };
    let notes = |row: Second| {
        let view = view(track(vec![row; 3], 1), &[]);
        [view.legs[0].directions[0].note.is_some(), view.legs[0].directions[1].note.is_some()]
    };
    assert_eq!(notes(deaf), [false, true], "no reports");
    assert_eq!(notes(Second { sent: 50, remote_jitter_ms: 3, ..Second::default() }), [true, false], "one-way audio");
    assert_eq!(notes(Second::default()), [true, true]);
}

#[test]
fn long_and_short_calls_share_one_axis() {
    let long = track(vec![good(); 3_600], 8);
    let mut short = track(vec![good(); 3], 1);
    short.from = START + Duration::from_secs(14_400);
    short.leg = LegId(2);
    let view = draw(&[long, short], &[], |leg| format!("leg {}", leg.0)).unwrap();
    assert_eq!(strip(&view.legs[0].directions[0], "MOS").line, "M0 6H1000");
    assert_eq!(strip(&view.legs[1].directions[0], "MOS").line, "M500 6H500", "three seconds of eight hours");
    assert_eq!(view.legs[0].table.rows.len(), 300);
    assert_eq!((view.legs[0].table.each.as_str(), view.legs[1].table.each.as_str()), ("96 s", "1 s"));
    assert!(view.ticks.len() <= 8 && view.ticks.iter().any(|tick| tick.word == "2:00:00"), "{:?}", view.ticks);
    let size: usize = view.legs[0].directions[0].strips.iter().map(|strip| strip.area.len()).sum();
    assert!(size < 1_000, "equal seconds cost nothing: {size}");
}

#[test]
fn the_worst_of_a_column_is_not_lost() {
    let mut rows = vec![good(); 3_000];
    rows[1_501] = Second { received: 10, lost: 40, mos: 60, ..good() };
    let view = view(track(rows, 1), &[]);
    assert_eq!(strip(&view.legs[0].directions[0], "Lost").worst, "80 %");
    assert_eq!(strip(&view.legs[0].directions[0], "MOS").worst, "1.2");
    assert!(strip(&view.legs[0].directions[0], "Lost").area.starts_with("M500 100V20H501"));
}

#[test]
fn holds_and_transfers_are_marked() {
    let leg = LegId(1);
    let events = [
        event(2, CallEventKind::Held { leg }),
        event(2, CallEventKind::Held { leg }),
        event(5, CallEventKind::Resumed { leg }),
        event(6, CallEventKind::TransferAsked { by: leg, kind: TransferKind::Blind, target: "x".into() }),
        event(6, CallEventKind::TransferEnded { by: leg, result: Ok(()) }),
        event(8, CallEventKind::Held { leg: LegId(2) }),
        event(50, CallEventKind::TransferAsked { by: leg, kind: TransferKind::Blind, target: "x".into() }),
    ];
    let view = view(track(vec![good(); 10], 1), &events);
    let bands: Vec<_> = view.bands.iter().map(|band| (band.x, band.width, band.word)).collect();
    assert_eq!(bands, [(200, 300, "on hold"), (800, 200, "on hold")]);
    let marks: Vec<_> = view.marks.iter().map(|mark| (mark.x.as_str(), mark.word)).collect();
    assert_eq!(marks, [("60.0", "transfer"), ("60.0", "")], "the last is past the end");
}

#[test]
fn nothing_to_draw_is_nothing() {
    assert!(draw(&[], &[], |_| String::new()).is_none());
    assert!(draw(&[track(Vec::new(), 1)], &[], |_| String::new()).is_none());
    let odd = view(track(vec![good(); 2], 0), &[]);
    assert_eq!(odd.ticks.len(), 3);
}
