//! Whatever comes as the body of a SUBSCRIBE or NOTIFY: nothing panics, and what is read prints to what reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::event::{
    Body, DialogInfo, FeatureState, FeatureWish, MessageSummary, Presence, ResourceList, read_resource_lists,
};

const MULTIPART: &str = "multipart/related;type=\"application/rlmi+xml\";boundary=b";

fuzz_target!(|octets: &[u8]| {
    if let Ok(info) = DialogInfo::parse(octets)
        && let Ok(again) = DialogInfo::parse(&info.body().bytes)
    {
        assert_eq!(again.version, info.version);
        assert_eq!(again.dialogs.len(), info.dialogs.len().max(1));
    }
    if let Ok(presence) = Presence::parse(octets) {
        let again = Presence::parse(&presence.body().bytes).expect("what we print can be read");
        assert_eq!((again.open, again.activity), (presence.open, presence.activity));
    }
    if let Ok(summary) = MessageSummary::parse(octets) {
        let again = MessageSummary::parse(&summary.body().bytes).expect("what we print can be read");
        assert_eq!(again.voice, summary.voice);
    }
    if let Ok(entries) = read_resource_lists(octets) {
        assert!(entries.len() <= sip::event::ENTRIES_MAX);
    }
    let _ = FeatureWish::parse(octets);
    let parts = Body::new(MULTIPART, octets.to_vec());
    if let Ok(list) = ResourceList::parse(&parts) {
        let again = ResourceList::parse(&list.clone().body()).expect("what we print can be read");
        assert_eq!((again.instances.len(), again.full), (list.instances.len(), list.full));
    }
    let _ = FeatureState::parse(&parts);
});
