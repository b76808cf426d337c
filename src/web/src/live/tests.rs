use exchange::live::{LiveCall, LiveState};
use exchange::record::{Cause, Party};

use super::*;

fn clock() -> WallTime {
    WallTime::from_unix_ms(1_700_000_000_000)
}

fn call(n: u64, state: LiveState) -> Event {
    Event::Call(LiveCall {
        call: CallRef(n),
        from: Party { number: "101".into(), name: "Ada".into() },
        dialled: "102".into(),
        to: Party { number: "102".into(), name: "Bea".into() },
        state,
        started_at: clock(),
        answered_at: None,
        recorded: false,
    })
}

fn registration(number: &str, contacts: &[&str]) -> Event {
    let device = |contact: &&str| LiveDevice {
        contact: (*contact).to_owned(),
        from: "udp 192.0.2.1:5060".into(),
        user_agent: "Phone/1".into(),
        expires_at: clock(),
    };
    Event::Registration { extension: number.into(), devices: contacts.iter().map(device).collect() }
}

async fn changes(listener: &mut Listener) -> Changes {
    match listener.next().await.unwrap() {
        News::Changes(changes) => changes,
        News::Snapshot(snapshot) => panic!("changes expected: {snapshot:?}"),
    }
}

#[tokio::test]
async fn a_listener_hears_the_snapshot_then_each_row_once_as_it_is_now() {
    let hub = LiveHub::new(clock);
    hub.publish(&call(1, LiveState::Calling));
    let mut listener = hub.listen(None).unwrap();
    let News::Snapshot(snapshot) = listener.next().await.unwrap() else { panic!() };
    assert_eq!(snapshot.calls.len(), 1);
    hub.publish(&call(1, LiveState::Ringing));
    hub.publish(&call(1, LiveState::Talking));
    hub.publish(&call(2, LiveState::Calling));
    hub.publish(&Event::CallEnded { call: CallRef(2), cause: Cause::Cancelled });
    let heard = changes(&mut listener).await;
    assert_eq!(heard.calls.iter().map(|row| row.state).collect::<Vec<_>>(), ["talking"]);
    assert_eq!(heard.ended, ["c2"]);
}

#[tokio::test]
async fn a_listener_that_fell_behind_gets_a_new_snapshot() {
    let hub = LiveHub::new(clock);
    let mut listener = hub.listen(None).unwrap();
    listener.next().await.unwrap();
    for n in 0..=LOG_MAX as u64 {
        hub.publish(&call(n, LiveState::Calling));
    }
    assert!(matches!(listener.next().await.unwrap(), News::Snapshot(_)));
    hub.publish(&call(3, LiveState::Ringing));
    assert_eq!(changes(&mut listener).await.calls.len(), 1);
}

#[tokio::test]
async fn devices_are_counted_and_their_comings_and_goings_kept() {
    let hub = LiveHub::new(clock);
    let mut listener = hub.listen(Some(BTreeSet::from(["101".to_owned()]))).unwrap();
    listener.next().await.unwrap();
    hub.publish(&registration("101", &["sip:a", "sip:b"]));
    hub.publish(&registration("101", &["sip:b"]));
    hub.publish(&registration("102", &["sip:c"]));
    let heard = changes(&mut listener).await;
    assert_eq!(heard.counts, Counts { calls: 0, extensions: 2, devices: 2 });
    assert_eq!(heard.registrations.len(), 1, "102 is not of interest");
    let recent: Vec<_> = heard.recent.iter().map(|row| (row.extension.as_str(), row.came)).collect();
    assert_eq!(recent, [("102", true), ("101", false), ("101", true), ("101", true)]);
    hub.publish(&registration("101", &[]));
    hub.publish(&registration("102", &[]));
    assert_eq!(hub.counts(), Counts::default());
}

#[tokio::test]
async fn listeners_are_bounded() {
    let hub = LiveHub::new(clock);
    let mut all: Vec<_> = (0..LISTENERS_MAX).map(|_| hub.listen(None).unwrap()).collect();
    assert!(hub.listen(None).is_none());
    all.pop();
    assert!(hub.listen(None).is_some());
}
