//! Records as octets.

use std::net::SocketAddr;

use exchange::record::Disposition;
use media::control::StreamStats;

use super::*;
use crate::testing;

#[test]
fn the_head_of_a_binding_agrees_with_the_whole() {
    for lives in [true, false] {
        let record = testing::binding("101", "phone-é", 7, lives);
        let mut bytes = Vec::new();
        encode(&record, &mut bytes).unwrap();
        let head = binding_head(1, &bytes).unwrap();
        assert_eq!((head.extension, head.key, head.lives), ("101", "phone-é", lives));
        assert_eq!(decode(1, Kind::Binding, &bytes).unwrap(), record);
        assert!(decode(1, Kind::Binding, &[&bytes[..], &[0]].concat()).is_err());
        assert!(decode(1, Kind::Binding, &bytes[..bytes.len() - 1]).is_err());
    }
    let mut bytes = Vec::new();
    encode(&testing::audit(1), &mut bytes).unwrap();
    assert!(binding_head(1, &bytes).is_err());
}

/// A final call record as the first version of the journal has it, octet for octet.
#[test]
fn a_final_record_of_the_first_version_is_still_read() {
    #[derive(serde::Serialize)]
    struct FirstStats(u64, u64, u64, u64, u32, u32, u32, u64, u64, [Option<u32>; 4], u64, u64, Option<SocketAddr>);
    let Record::CallEnded(mut call) = testing::ended(7, "101", "102", Disposition::Answered) else { unreachable!() };
    let peer: SocketAddr = "192.168.1.20:4000".parse().unwrap();
    // Up to the one leg's figures, of which there are none, the layouts are the same.
    call.legs[0].audio = None;
    let mut first = postcard::to_stdvec(&Record::CallEnded(call.clone())).unwrap();
    assert_eq!(first.pop(), Some(0));
    let stats = FirstStats(1, 2, 3, 4, 5, 6, 7, 8, 9, [Some(10), None, Some(12), None], 13, 14, Some(peer));
    first.extend(postcard::to_stdvec(&Some(stats)).unwrap());
    let Record::CallEnded(read) = decode(1, Kind::CallEndedFirst, &first).unwrap() else { unreachable!() };
    call.legs[0].audio = Some(StreamStats {
        received: 1,
        received_octets: 2,
        lost: 3,
        reordered: 4,
        jitter_us: 5,
        jitter_max_us: 6,
        gap_max_ms: 7,
        sent: 8,
        sent_octets: 9,
        remote_lost: Some(10),
        round_trip_us: Some(12),
        strangers: 13,
        dropped: 14,
        peer: Some(peer),
        ..StreamStats::default()
    });
    assert_eq!(read, call);
    // Neither layout is taken for the other.
    assert!(decode(1, Kind::CallEnded, &first).is_err());
    let mut now = Vec::new();
    encode(&Record::CallEnded(call), &mut now).unwrap();
    assert!(decode(1, Kind::CallEndedFirst, &now).is_err());
    assert!(decode(1, Kind::CallEnded, &now).is_ok());
}

#[test]
fn every_kind_has_its_number_and_every_record_its_kind() {
    let known: Vec<Kind> = (0..=u8::MAX).filter_map(Kind::numbered).collect();
    assert_eq!(known.len(), 11);
    assert!(known.iter().all(|kind| Kind::numbered(*kind as u8) == Some(*kind)));
    let Record::CallEnded(mut call) = testing::ended(1, "101", "102", Disposition::Busy) else { unreachable!() };
    call.legs[0].audio = Some(StreamStats::default());
    let records = [
        testing::binding("101", "a", 1, true),
        testing::noted(1, "x"),
        Record::CallEnded(call),
        testing::ladder(1),
        testing::account("ann", 1, true),
        testing::audit(1),
        testing::recording_began(1, "101", "102"),
        testing::recording_ended(1),
        testing::recording_deleted(1, "ann"),
        testing::track(1, 2),
        testing::fact("person/101", Some("{}")),
    ];
    for record in records {
        let mut bytes = Vec::new();
        encode(&record, &mut bytes).unwrap();
        let kind = Kind::of(&record);
        assert_eq!(decode(1, kind, &bytes).unwrap(), record);
        for other in known.iter().filter(|other| **other != kind) {
            assert!(decode(1, *other, &bytes).is_err(), "{kind:?} read as {other:?}");
        }
    }
}
