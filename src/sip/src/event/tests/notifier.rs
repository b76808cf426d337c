//! RFC 6665 §4.2, rule by rule.

use base::{Duration, Instant};

use super::super::{
    Activity, Answered, Ending, Kept, NotifierLimits, Notify, Package, Presence, Subject, Subscribe, SubscriptionId,
    Subscriptions, Watched,
};
use crate::message::{HeaderName, Message, Request, StatusCode, parse};
use crate::{Flow, Transport};

pub(super) fn flow(transport: Transport, connection: u64) -> Flow {
    let local = "192.0.2.1:5060".parse().unwrap();
    Flow { transport, local, peer: "192.0.2.7:5060".parse().unwrap(), connection }
}

const UDP: Transport = Transport::Udp;

pub(super) fn request(call: &str, cseq: u32, to_tag: &str, more: &str) -> Request {
    let text = format!(
        "SUBSCRIBE sip:102@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK{call}{cseq}\r\n\
         From: <sip:101@192.0.2.1>;tag=f{call}\r\nTo: <sip:102@192.0.2.1>{to_tag}\r\nCall-ID: {call}\r\n\
         CSeq: {cseq} SUBSCRIBE\r\nContact: <sip:101@192.0.2.7:5060>\r\n{more}Content-Length: 0\r\n\r\n"
    );
    match parse(text.into_bytes().into()).unwrap() {
        Some(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

pub(super) fn one(resource: &'static str) -> Subject<&'static str> {
    Subject::One(Watched { resource: Some(resource), uri: format!("sip:{resource}@box"), name: String::new() })
}

pub(super) fn list(resources: &[&'static str]) -> Subject<&'static str> {
    let entry = |r: &&'static str| Watched { resource: Some(*r), uri: format!("sip:{r}@box"), name: String::new() };
    Subject::List { uri: "sip:list@box".into(), entries: resources.iter().map(entry).collect() }
}

pub(super) fn at(s: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(s)
}

struct Bench {
    table: Subscriptions<&'static str>,
    now: Instant,
}

impl Bench {
    fn new() -> Bench {
        Bench { table: Subscriptions::new(NotifierLimits::default()), now: at(0) }
    }

    fn subscribe(&mut self, call: &str, subject: Subject<&'static str>, expires: &str) -> Result<SubscriptionId, u16> {
        let request = request(call, 1, "", &format!("Event: dialog\r\n{expires}"));
        let asked = Subscribe::read(&request).map_err(|r| r.status.0)?;
        let granted = self.table.subscribe(self.now, ("101", flow(UDP, 0)), &asked, subject, &request, "ours");
        granted.map(|g| g.id).map_err(|r| r.status.0)
    }

    fn refresh(&mut self, call: &str, cseq: u32, more: &str) -> Result<u32, u16> {
        let request = request(call, cseq, ";tag=ours", more);
        self.table.refresh(self.now, flow(UDP, 0), &request).map(|g| g.expires_s).map_err(|r| r.status.0)
    }

    fn next(&mut self) -> Option<Notify> {
        let id = self.table.poll_due()?;
        let body = Presence { entity: "x".into(), open: true, activity: Activity::Unknown, note: String::new() }.body();
        self.table.notify(self.now, id, Some(body))
    }

    /// Subscription-State of the next NOTIFY.
    fn told(&mut self) -> Option<String> {
        let notify = self.next()?;
        Some(String::from_utf8_lossy(notify.request.headers.get(&HeaderName::SubscriptionState).unwrap()).into_owned())
    }
}

#[test]
fn state_is_told_at_once_and_one_notify_at_a_time() {
    let mut b = Bench::new();
    let id = b.subscribe("a", one("102"), "Expires: 600\r\n").unwrap();
    let first = b.next().unwrap();
    assert_eq!(first.request.headers.cseq().unwrap().number, 1);
    assert_eq!(first.request.headers.get(&HeaderName::Event).map(|e| &e[..]), Some(&b"dialog"[..]));
    assert_eq!(first.request.uri.to_string(), "sip:101@192.0.2.7:5060");
    assert!(!first.is_last);
    // Three changes while it is under way: one NOTIFY after the answer.
    (0..3).for_each(|_| b.table.changed(&"102"));
    assert!(b.next().is_none());
    assert_eq!(b.table.answered(id, StatusCode::OK), Answered::Goes);
    b.now = at(100);
    assert_eq!(b.told().as_deref(), Some("active;expires=500"));
    assert_eq!(b.table.get(id).unwrap().version(), 2);
    b.table.answered(id, StatusCode::OK);
    assert!(b.told().is_none() && b.table.outstanding() == 0);
    b.table.changed(&"103");
    assert!(b.told().is_none());
}

#[test]
fn it_is_refreshed_ends_by_wish_and_by_time() {
    let mut b = Bench::new();
    let id = b.subscribe("a", one("102"), "Expires: 600\r\n").unwrap();
    b.told();
    b.table.answered(id, StatusCode::OK);
    b.now = at(500);
    assert_eq!(b.refresh("a", 2, "Event: dialog\r\nExpires: 300\r\n"), Ok(300));
    assert_eq!(b.told().as_deref(), Some("active;expires=300"));
    b.table.answered(id, StatusCode::OK);
    assert_eq!(b.refresh("a", 1, "Event: dialog\r\n"), Err(500));
    assert_eq!(b.refresh("a", 3, "Event: dialog;id=1\r\n"), Err(481));
    assert_eq!(b.refresh("a", 3, "Event: presence\r\n"), Err(481));
    assert_eq!(b.refresh("b", 3, "Event: dialog\r\n"), Err(481));
    assert_eq!(b.table.poll_timeout(), Some(at(800)));
    assert_eq!(b.refresh("a", 4, "Event: dialog\r\nExpires: 0\r\n"), Ok(0));
    assert_eq!(b.told().as_deref(), Some("terminated;reason=timeout"));
    assert!(b.table.is_empty() && b.table.poll_timeout().is_none());

    b.subscribe("c", one("102"), "Expires: 60\r\n").unwrap();
    let id = b.table.poll_due().unwrap();
    b.table.notify(b.now, id, None);
    // The time is over while a NOTIFY is under way: the last one follows its answer.
    b.now = at(700);
    b.table.expire(b.now);
    assert!(b.told().is_none());
    b.table.answered(id, StatusCode::OK);
    assert_eq!(b.told().as_deref(), Some("terminated;reason=timeout"));
    assert!(b.table.is_empty());
}

#[test]
fn a_wish_of_nothing_is_told_once() {
    let mut b = Bench::new();
    b.subscribe("a", one("102"), "Expires: 0\r\n").unwrap();
    assert_eq!(b.told().as_deref(), Some("terminated;reason=timeout"));
    assert!(b.table.is_empty());
}

#[test]
fn wishes_are_bounded() {
    let mut b = Bench::new();
    assert_eq!(b.subscribe("a", one("102"), "Expires: 59\r\n"), Err(423));
    let id = b.subscribe("b", one("102"), "Expires: 86400\r\n").unwrap();
    assert_eq!(b.told().as_deref(), Some("active;expires=3600"));
    b.table.answered(id, StatusCode::OK);
    b.subscribe("c", one("102"), "").unwrap();
    assert_eq!(b.told().as_deref(), Some("active;expires=3600"));
}

#[test]
fn a_failed_notify_ends_it() {
    for status in [404, 405, 410, 416, 480, 481, 485, 489, 501, 604] {
        let mut b = Bench::new();
        let id = b.subscribe("a", one("102"), "").unwrap();
        b.told();
        assert_eq!(b.table.answered(id, StatusCode(status)), Answered::Gone, "{status}");
        assert!(b.table.is_empty() && b.table.outstanding() == 0);
    }
    let mut b = Bench::new();
    let id = b.subscribe("a", one("102"), "").unwrap();
    b.told();
    assert_eq!(b.table.unanswered(id), Answered::Gone);
    assert!(b.table.is_empty());
    // Others only when they go on.
    let id = b.subscribe("b", one("102"), "").unwrap();
    for left in [Answered::Goes, Answered::Goes, Answered::Gone] {
        b.told();
        assert_eq!(b.table.answered(id, StatusCode(500)), left);
        b.table.changed(&"102");
    }
}

#[test]
fn what_is_gone_ends_with_its_reason() {
    let mut b = Bench::new();
    b.subscribe("a", one("102"), "").unwrap();
    b.told();
    b.table.vanished(&"102");
    let (id, _) = b.table.iter().next().unwrap();
    b.table.answered(id, StatusCode::OK);
    assert_eq!(b.told().as_deref(), Some("terminated;reason=noresource"));
    b.subscribe("b", one("103"), "").unwrap();
    b.table.end_all("101", Ending::Rejected);
    assert_eq!(b.told().as_deref(), Some("terminated;reason=rejected"));
    assert!(b.table.is_empty() && !b.table.is_watched(&"103"));
}

#[test]
fn a_list_tells_what_changed() {
    let mut b = Bench::new();
    let id = b.subscribe("a", list(&["102", "103", "104"]), "").unwrap();
    assert!(b.table.get(id).unwrap().is_full());
    let first = b.next().unwrap();
    assert_eq!(first.request.headers.get(&HeaderName::Require).map(|r| &r[..]), Some(&b"eventlist"[..]));
    b.table.changed(&"104");
    b.table.changed(&"103");
    b.table.changed(&"104");
    let row = b.table.get(id).unwrap();
    let uris: Vec<&str> = row.changed().iter().map(|w| w.uri.as_str()).collect();
    assert_eq!((row.is_full(), uris), (false, vec!["sip:104@box", "sip:103@box"]));
    b.table.vanished(&"103");
    b.table.answered(id, StatusCode(500));
    assert!(b.table.get(id).unwrap().is_full(), "a NOTIFY was not heard");
    b.next();
    b.table.answered(id, StatusCode::OK);
    assert_eq!(b.table.get(id).unwrap().subject.entries()[1].resource, None);
}

#[test]
fn the_table_is_bounded_and_a_phone_that_restarted_gets_room() {
    let limits = NotifierLimits { per_subscriber_max: 3, subscriptions_max: 5, watches_max: 6, ..Default::default() };
    let mut table = Subscriptions::new(limits);
    let mut subscribe = |who: &str, call: &str, subject: Subject<&'static str>| {
        let request = request(call, 1, "", "Event: dialog\r\n");
        let asked = Subscribe::read(&request).unwrap();
        let granted = table.subscribe(at(0), (who, flow(UDP, 0)), &asked, subject, &request, "ours");
        (granted.map_err(|r| r.status.0).map(|_| ()), table.len())
    };
    for (number, resource) in ["1", "2", "3"].into_iter().enumerate() {
        assert_eq!(subscribe("101", resource, one(resource)), (Ok(()), number + 1));
    }
    assert_eq!(subscribe("101", "4", one("4")), (Err(503), 3));
    assert_eq!(subscribe("101", "5", one("2")), (Ok(()), 3));
    assert_eq!(subscribe("102", "6", list(&["1", "2", "3", "4"])), (Err(503), 3));
    assert_eq!(subscribe("102", "7", list(&["1", "2"])), (Ok(()), 4));
    assert_eq!(subscribe("102", "8", one("1")), (Ok(()), 5));
    assert_eq!(subscribe("103", "9", one("1")), (Err(503), 5));
}

#[test]
fn ten_thousand_of_one_subscriber_are_a_hundred() {
    let mut b = Bench::new();
    let (mut request, things) = (request("a", 1, "", "Event: dialog\r\n"), ["1", "2", "3"]);
    let asked = Subscribe::read(&request).unwrap();
    for n in 0..10_000 {
        request.headers.set(HeaderName::CallId, format!("call{n}"));
        let from = ("101", flow(UDP, 0));
        assert!(b.table.subscribe(b.now, from, &asked, one(things[n % 3]), &request, "ours").is_ok());
        assert!(b.table.len() <= 100 && b.table.due_len() <= 300);
    }
    assert_eq!((b.table.len(), std::iter::from_fn(|| b.table.poll_gone()).count()), (100, 9_900));
}

#[test]
fn only_so_many_notifies_are_under_way() {
    let mut b = Bench::new();
    b.table = Subscriptions::new(NotifierLimits { outstanding_max: 2, ..Default::default() });
    for call in ["a", "b", "c"] {
        b.subscribe(call, one("102"), "").unwrap();
    }
    let (first, _) = (b.table.poll_due().unwrap(), ());
    b.table.notify(b.now, first, None);
    assert!(b.told().is_some() && b.told().is_none());
    b.table.answered(first, StatusCode::OK);
    assert!(b.told().is_some() && b.told().is_none());
}

#[test]
fn a_broken_connection_strands_it_until_the_device_is_back() {
    let mut b = Bench::new();
    let request = request("a", 1, "", "Event: dialog\r\n");
    let asked = Subscribe::read(&request).unwrap();
    let (old, new) = (flow(Transport::Tcp, 4), flow(Transport::Tcp, 9));
    let id = b.table.subscribe(b.now, ("101", old), &asked, one("102"), &request, "ours").unwrap().id;
    b.next();
    b.table.flow_failed(old);
    assert_eq!(b.table.unanswered(id), Answered::Goes);
    b.table.changed(&"102");
    assert!(b.next().is_none());
    b.table.reroute("102", |_, _| Some(new));
    assert!(b.next().is_none());
    b.table.reroute("101", |target, _| (target.port == Some(5060)).then_some(new));
    assert_eq!(b.next().unwrap().flow, new);
    // One that is never back ends by its time, untold.
    b.table.answered(id, StatusCode::OK);
    b.table.flow_failed(new);
    b.table.expire(at(3600));
    assert!(b.table.is_empty());
}

#[test]
fn what_cannot_be_served_is_refused() {
    let status = |more: &str| Subscribe::read(&request("a", 1, "", more)).map(|s| s.package).map_err(|r| r.status.0);
    assert_eq!(status(""), Err(489));
    assert_eq!(status("Event: line-seize\r\n"), Err(489));
    assert_eq!(status("Event: dialog\r\nAccept: application/sdp\r\n"), Err(406));
    assert_eq!(status("Event: presence\r\nAccept: application/pidf+xml\r\n"), Ok(Package::Presence));
    let broken = "Event: dialog\r\nContent-Type: application/resource-lists+xml\r\n";
    assert_eq!(status(broken), Ok(Package::Dialog));
    let mut with_body = request("a", 1, "", broken);
    with_body.body = b"<resource-lists><list></resource-lists>"[..].into();
    assert_eq!(Subscribe::read(&with_body).map_err(|r| r.status.0), Err(400));
    let lists = "Event: dialog\r\nSupported: eventlist\r\nAccept: application/dialog-info+xml, application/rlmi+xml, multipart/related\r\n";
    assert!(Subscribe::read(&request("a", 1, "", lists)).unwrap().takes_lists);
    assert!(!Subscribe::read(&request("a", 1, "", "Event: dialog\r\n")).unwrap().takes_lists);
}

#[test]
fn it_goes_on_after_a_restart() {
    let mut b = Bench::new();
    let id = b.subscribe("a", one("102"), "Expires: 600\r\n").unwrap();
    b.told();
    let row = b.table.get(id).unwrap();
    let mut parts = row.dialog().parts().unwrap();
    parts.local_cseq += 1000;
    let kept = |expires_at, flow| Kept {
        subscriber: "101".to_owned(),
        package: Package::Dialog,
        event_id: None,
        subject: one("102"),
        flow,
        dialog: crate::dialog::Dialog::from_parts(&parts).unwrap(),
        expires_at,
        version: 7,
    };
    let mut after = Bench::new();
    assert!(after.table.restore(kept(at(600), flow(UDP, 0))));
    let notify = after.next().unwrap().request;
    assert_eq!(notify.headers.cseq().unwrap().number, 1002);
    assert_eq!(notify.uri.to_string(), "sip:101@192.0.2.7:5060");
    assert_eq!(notify.headers.to_tag().as_deref(), Some(&b"fa"[..]));
    let (id, row) = after.table.iter().next().unwrap();
    assert_eq!(row.version(), 8);
    after.table.answered(id, StatusCode::OK);
    // The phone refreshes in the dialog that it knows.
    assert_eq!(after.refresh("a", 2, "Event: dialog\r\nExpires: 300\r\n"), Ok(300));
    // Over a connection it waits for its device.
    let mut after = Bench::new();
    assert!(after.table.restore(kept(at(600), flow(Transport::Tcp, 0))));
    assert!(after.next().is_none());
    after.table.reroute("101", |_, _| Some(flow(Transport::Tcp, 3)));
    assert!(after.next().is_some());
    after.table.expire(at(600));
    assert!(after.table.poll_gone().is_none(), "its last NOTIFY is still to go");
}
