use super::*;
use crate::Transport;
use crate::message::{self, Message};

const LIMITS: RegistrarLimits = RegistrarLimits {
    expires_min: Duration::from_secs(60),
    expires_max: Duration::from_secs(3600),
    expires_default: Duration::from_secs(1800),
    devices_max: 3,
};

fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

fn flow(transport: Transport, peer: &str, connection: u64) -> Flow {
    Flow { transport, local: "192.0.2.1:5060".parse().unwrap(), peer: peer.parse().unwrap(), connection }
}

fn udp() -> Flow {
    flow(Transport::Udp, "192.0.2.20:5062", 0)
}

/// A REGISTER; `call` is `call-id cseq`.
fn request(call: &str, rows: &str) -> Request {
    let (call_id, cseq) = call.split_once(' ').unwrap();
    let text = format!(
        "REGISTER sip:192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bK1\nFrom: <sip:101@192.0.2.1>;tag=a\n\
         To: <sip:101@192.0.2.1>\nCall-ID: {call_id}\nCSeq: {cseq} REGISTER\n{rows}Content-Length: 0\n\n"
    );
    match message::parse(Bytes::from(text.replace('\n', "\r\n"))).unwrap().unwrap() {
        Message::Request(request) => request,
        Message::Response(_) => panic!("a response"),
    }
}

struct Desk {
    registrar: Registrar,
    now: Instant,
    flow: Flow,
}

impl Desk {
    fn new() -> Self {
        Desk { registrar: Registrar::new(), now: at(0), flow: udp() }
    }

    /// What changed, or the status.
    fn register(&mut self, call: &str, rows: &str) -> Result<Vec<String>, u16> {
        let outcome = self.registrar.register(self.now, "101", &request(call, rows), self.flow, &LIMITS);
        let show = |change: Change| format!("{}{}", if change.binding.is_some() { "+" } else { "-" }, change.key);
        outcome.map(|changes| changes.into_iter().map(show).collect()).map_err(|rejection| rejection.status.0)
    }

    /// The contacts of the 200.
    fn listed(&self) -> Vec<String> {
        self.registrar.contact_headers(self.now, "101").iter().map(ToString::to_string).collect()
    }
}

/// RFC 3665 §2.1 to §2.4.
#[test]
fn a_phone_comes_refreshes_asks_and_goes() {
    let mut desk = Desk::new();
    assert_eq!(
        desk.register("c 1", "Contact: <sip:101@192.0.2.20:5062>\nExpires: 600\n").unwrap(),
        ["+sip:101@192.0.2.20:5062"]
    );
    assert_eq!(desk.listed(), ["<sip:101@192.0.2.20:5062>;expires=600"]);
    desk.now = at(500) + Duration::from_millis(1);
    assert_eq!(desk.listed(), ["<sip:101@192.0.2.20:5062>;expires=100"]);
    assert_eq!(
        desk.register("c 2", "Contact: <sip:101@192.0.2.20:5062>;expires=300\nExpires: 600\n").unwrap().len(),
        1
    );
    assert_eq!(desk.listed(), ["<sip:101@192.0.2.20:5062>;expires=300"]);
    assert_eq!(desk.register("c 3", ""), Ok(vec![]), "a query");
    let changes = desk.register("c 4", "Contact: <sip:101@192.0.2.20:5062>;expires=0\n").unwrap();
    assert_eq!(changes, ["-sip:101@192.0.2.20:5062"]);
    assert!(desk.registrar.is_empty() && desk.registrar.poll_timeout().is_none() && desk.registrar.aors().is_empty());
    assert_eq!(desk.register("c 5", "Contact: <sip:101@192.0.2.20:5062>;expires=0\n"), Ok(vec![]), "nothing to remove");
}

/// (rows, granted seconds or status)
#[test]
fn how_long_a_binding_lasts() {
    for (rows, expected) in [
        ("Contact: <sip:a@h>\n", Ok(1800)),
        ("Contact: <sip:a@h>\nExpires: 120\n", Ok(120)),
        ("Contact: <sip:a@h>;expires=90\nExpires: 120\n", Ok(90)),
        ("Contact: <sip:a@h>;expires=60\n", Ok(60)),
        ("Contact: <sip:a@h>;expires=59\n", Err(423)),
        ("Contact: <sip:a@h>\nExpires: 1\n", Err(423)),
        ("Contact: <sip:a@h>;expires=7200\n", Ok(3600)),
        ("Contact: <sip:a@h>;expires=99999999999\n", Ok(3600)),
        ("Contact: <sip:a@h>;expires=soon\nExpires: 120\n", Ok(1800)),
        ("Contact: <sip:a@h>;expires\n", Ok(1800)),
    ] {
        let mut desk = Desk::new();
        let outcome = desk.register("c 1", rows);
        let granted = outcome.map(|_| desk.registrar.bindings("101")[0].expires_at.as_nanos() / 1_000_000_000);
        assert_eq!(granted, expected, "{rows}");
    }
    let brief =
        Registrar::new().register(at(0), "101", &request("c 1", "Contact: <sip:a@h>;expires=5\n"), udp(), &LIMITS);
    assert_eq!(brief.unwrap_err().min_expires, Some(60));
    // RFC 3261 §10.3: an hour is never too brief.
    let strict =
        RegistrarLimits { expires_min: Duration::from_secs(7200), expires_max: Duration::from_secs(9000), ..LIMITS };
    let hour = request("c 1", "Contact: <sip:a@h>;expires=3600\n");
    assert!(Registrar::new().register(at(0), "101", &hour, udp(), &strict).is_ok());
}

#[test]
fn all_or_nothing() {
    let mut desk = Desk::new();
    desk.register("c 1", "Contact: <sip:a@h>, <sip:b@h>\n").unwrap();
    let before = desk.registrar.bindings("101").to_vec();
    for (call, rows, status) in [
        // RFC 3261 §10.3 step 7: the second contact's CSeq is not higher.
        ("c 1", "Contact: <sip:new@h>, <sip:b@h>\n", 500),
        ("c 1", "Contact: <sip:b@h>;expires=0\n", 500),
        ("c 2", "Contact: <sip:new@h>, <sip:b@h>;expires=5\n", 423),
        ("c 2", "Contact: <sip:new@h>, <tel:112>\n", 403),
        ("c 2", "Contact: <sip:n1@h>, <sip:n2@h>\n", 403),
        ("c 2", "Contact: <sip:new@h>, <sip:b@h\n", 400),
        ("c 2", "Contact: *, <sip:b@h>\nExpires: 0\n", 400),
        ("c 2", "Contact: *\n", 400),
        ("c 2", "Contact: *\nExpires: 1\n", 400),
        ("c 1", "Contact: *\nExpires: 0\n", 500),
        ("c 2", "Contact: <sip:new@224.0.1.75>\n", 403),
        ("c 2", "Contact: <sip:new@255.255.255.255:5060>\n", 403),
        ("c 2", "Contact: <sip:new@[ff02::1]>\n", 403),
        ("c 2", "Contact: <sip:new@[::ffff:224.0.0.1]>\n", 403),
    ] {
        assert_eq!(desk.register(call, rows), Err(status), "{rows}");
        assert_eq!(desk.registrar.bindings("101"), before, "{rows}");
    }
    // Another Call-ID has its own count.
    assert_eq!(desk.register("d 1", "Contact: <sip:b@h>;expires=0\n").unwrap(), ["-sip:b@h"]);
    assert_eq!(desk.register("c 2", "Contact: *\nExpires: 0\n").unwrap(), ["-sip:a@h"]);
    assert!(desk.registrar.is_empty());
}

#[test]
fn uris_are_compared_as_rfc_3261_19_1_4_says() {
    let mut desk = Desk::new();
    desk.register("c 1", "Contact: <sip:101@Phone.Example:5060;transport=udp>\n").unwrap();
    let again = desk.register("c 2", "Contact: <sip:%3101@phone.example:5060;transport=UDP>\n").unwrap();
    assert_eq!(again, ["+sip:101@Phone.Example:5060;transport=udp"], "the key stays");
    assert_eq!(desk.registrar.len(), 1);
    desk.register("c 3", "Contact: <sip:101@phone.example:5060;transport=tcp>\n").unwrap();
    assert_eq!(desk.registrar.len(), 2);
}

#[test]
fn of_one_contact_given_twice_the_last_counts() {
    let mut desk = Desk::new();
    desk.register("c 1", "Contact: <sip:a@h>;q=0.5, <sip:a@h>;q=0.7\n").unwrap();
    assert_eq!(desk.listed(), ["<sip:a@h>;expires=1800;q=0.700"]);
}

#[test]
fn the_highest_q_first_then_the_newest() {
    let mut desk = Desk::new();
    for (second, call, contact) in
        [(1, "a 1", "<sip:a@h>;q=0.5"), (2, "b 1", "<sip:b@h>;q=0.5"), (3, "c 1", "<sip:c@h>;q=0.501")]
    {
        desk.now = at(second);
        desk.register(call, &format!("Contact: {contact}\n")).unwrap();
    }
    let order = |desk: &Desk| desk.registrar.bindings("101").iter().map(|b| b.key.clone()).collect::<Vec<_>>();
    assert_eq!(order(&desk), ["sip:c@h", "sip:b@h", "sip:a@h"]);
    desk.now = at(9);
    desk.register("a 2", "Contact: <sip:a@h>;q=1.0\n").unwrap();
    assert_eq!(order(&desk), ["sip:a@h", "sip:c@h", "sip:b@h"]);
    for (text, q) in
        [("1", 1000), ("0", 0), (".5", 500), ("0.", 0), ("1.5", 1000), ("2", 1000), ("x", 1000), ("0.1234", 1000)]
    {
        let mut desk = Desk::new();
        desk.register("c 1", &format!("Contact: <sip:a@h>;q={text}\n")).unwrap();
        assert_eq!(desk.registrar.bindings("101")[0].q, q, "{text}");
    }
}

const UUID: &str = "+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";

/// RFC 5626 §6.
#[test]
fn a_device_with_instance_and_reg_id_has_one_binding_per_flow() {
    let mut desk = Desk::new();
    let key = "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>;reg-id";
    assert_eq!(
        desk.register("c 1", &format!("Contact: <sip:a@10.0.0.5>;reg-id=1;{UUID}\n")).unwrap(),
        [format!("+{key}=1")]
    );
    // It has moved; nothing is left of the old address.
    assert_eq!(
        desk.register("d 1", &format!("Contact: <sip:a@10.0.0.6>;reg-id=1;{UUID}\n")).unwrap(),
        [format!("+{key}=1")]
    );
    assert_eq!(desk.listed(), [format!("<sip:a@10.0.0.6>;expires=1800;{UUID};reg-id=1")]);
    desk.register("e 1", &format!("Contact: <sip:a@10.0.0.6>;reg-id=2;{UUID}\n")).unwrap();
    assert_eq!(desk.registrar.len(), 2);
    // One flow at a time.
    assert_eq!(desk.register("e 2", &format!("Contact: <sip:a@h>;reg-id=2;{UUID}, <sip:b@h>\n")), Err(400));
    let replaced = desk
        .register("e 2", &format!("Contact: <sip:a@h>;reg-id=2;{UUID}, <sip:a@10.0.0.6>;expires=0;reg-id=1;{UUID}\n"));
    assert_eq!(replaced.unwrap(), [format!("+{key}=2"), format!("-{key}=1")]);
    // reg-id without instance is ignored.
    assert_eq!(desk.register("f 1", "Contact: <sip:z@h>;reg-id=1\n").unwrap(), ["+sip:z@h"]);
}

#[test]
fn a_device_that_learns_rfc_5626_does_not_ring_twice() {
    let mut desk = Desk::new();
    desk.register("c 1", &format!("Contact: <sip:a@h>;{UUID}\n")).unwrap();
    let changes = desk.register("c 2", &format!("Contact: <sip:a@h>;reg-id=1;{UUID}\n")).unwrap();
    let urn = "urn:uuid:00000000-0000-1000-8000-000A95A0E128";
    assert_eq!(changes, [format!("-<{urn}>;sip:a@h"), format!("+<{urn}>;reg-id=1")]);
    assert_eq!(desk.register("c 3", "Contact: <sip:a@h>;expires=0\n").unwrap().len(), 1);
    assert!(desk.registrar.is_empty());
}

#[test]
fn behind_a_proxy_without_outbound() {
    let mut desk = Desk::new();
    let via = "Via: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK2\n";
    let contact = format!("Contact: <sip:a@h>;reg-id=1;{UUID}\n");
    assert_eq!(desk.register("c 1", &format!("{via}Supported: path, outbound\n{contact}")), Err(439));
    assert_eq!(desk.register("c 1", &format!("{via}{contact}")).unwrap().len(), 1);
    assert_eq!(desk.registrar.bindings("101")[0].reg_id, None);
    let path = "Path: <sip:edge;lr;ob>\nSupported: path, outbound\n";
    desk.register("d 1", &format!("{via}{path}Contact: <sip:b@h>;reg-id=1;{UUID}\n")).unwrap();
    let binding = desk.registrar.bindings("101").iter().find(|b| b.reg_id == Some(1)).unwrap();
    assert_eq!(binding.path[0].to_string(), "<sip:edge;lr;ob>");
}

/// RFC 3327 §5.3.
#[test]
fn the_path_is_kept_in_order() {
    let mut desk = Desk::new();
    desk.register("c 1", "Path: <sip:p1;lr>, <sip:p2;lr>\nPath: <sip:p3;lr>\nContact: <sip:a@h>\n").unwrap();
    let path: Vec<_> = desk.registrar.bindings("101")[0].path.iter().map(ToString::to_string).collect();
    assert_eq!(path, ["<sip:p1;lr>", "<sip:p2;lr>", "<sip:p3;lr>"]);
    assert_eq!(desk.register("c 2", &format!("{}Contact: <sip:a@h>\n", "Path: <sip:p;lr>\n".repeat(11))), Err(400));
}

#[test]
fn a_full_aor_makes_room_for_the_same_device_only() {
    let agent = |name: &str| format!("User-Agent: {name}\n");
    let fill = || {
        let mut desk = Desk::new();
        for (n, ua) in [(1, "Snom"), (2, "Yealink"), (3, "Yealink")] {
            desk.now = at(n);
            desk.flow = flow(Transport::Udp, &format!("192.0.2.2{n}:5060"), 0);
            desk.register(&format!("c{n} 1"), &format!("{}Contact: <sip:{n}@h>\n", agent(ua))).unwrap();
        }
        desk.flow = udp();
        desk
    };
    // The oldest of the same model…
    let changes = fill().register("d 1", &format!("{}Contact: <sip:new@h>\n", agent("Yealink"))).unwrap();
    assert_eq!(changes, ["-sip:2@h", "+sip:new@h"]);
    // … but rather the one from the same host.
    let mut desk = fill();
    desk.flow = flow(Transport::Udp, "192.0.2.23:1024", 0);
    assert_eq!(desk.register("d 1", &format!("{}Contact: <sip:new@h>\n", agent("Yealink"))).unwrap()[0], "-sip:3@h");
    // Strangers stay out.
    assert_eq!(fill().register("d 1", &format!("{}Contact: <sip:new@h>\n", agent("Grandstream"))), Err(403));
    assert_eq!(fill().register("d 1", "Contact: <sip:new@h>\n"), Err(403));
    // A refresh, a removal and a swap are no new devices.
    assert!(fill().register("c2 2", "Contact: <sip:2@h>\n").is_ok());
    assert!(fill().register("d 1", "Contact: <sip:new@h>, <sip:1@h>;expires=0\n").is_ok());
    // More than may ever be.
    assert_eq!(Desk::new().register("c 1", "Contact: <sip:1@h>, <sip:2@h>, <sip:3@h>, <sip:4@h>\n"), Err(403));
    let many = (0..33).map(|n| format!("Contact: <sip:{n}@h>;expires=0\n")).collect::<String>();
    assert_eq!(Desk::new().register("c 1", &many), Err(400));

    // Instances tell devices of one model apart.
    let mut desk = Desk::new();
    for n in 1..4 {
        let rows = format!("{}Contact: <sip:{n}@h>;+sip.instance=\"<urn:x:{n}>\"\n", agent("Yealink"));
        desk.now = at(n);
        desk.register(&format!("c{n} 1"), &rows).unwrap();
    }
    let new =
        |instance: u32| format!("{}Contact: <sip:new@h>;+sip.instance=\"<urn:x:{instance}>\"\n", agent("Yealink"));
    assert_eq!(desk.register("d 1", &new(9)), Err(403));
    assert_eq!(desk.register("d 1", &new(3)).unwrap(), ["-<urn:x:3>;sip:3@h", "+<urn:x:3>;sip:new@h"]);
}

#[test]
fn bindings_expire() {
    let mut desk = Desk::new();
    desk.register("c 1", "Contact: <sip:a@h>;expires=60, <sip:b@h>;expires=90\n").unwrap();
    assert_eq!(desk.registrar.poll_timeout(), Some(at(60)));
    assert!(desk.registrar.expire(at(59)).is_empty());
    desk.now = at(60);
    assert_eq!(desk.listed(), ["<sip:b@h>;expires=30"], "before the clock has run too");
    let gone = desk.registrar.expire(at(60));
    assert_eq!(gone, [("101".to_owned(), Change { key: "sip:a@h".into(), binding: None })]);
    assert_eq!(desk.registrar.poll_timeout(), Some(at(90)));
    assert_eq!(desk.registrar.expire(at(1000)).len(), 1);
    assert!(desk.registrar.is_empty() && desk.registrar.poll_timeout().is_none());
}

#[test]
fn a_connection_takes_its_bindings_along() {
    let mut desk = Desk::new();
    desk.register("u 1", "Contact: <sip:udp@h>\n").unwrap();
    let (one, two) = (flow(Transport::Tls, "192.0.2.9:40000", 1), flow(Transport::Tls, "192.0.2.9:40000", 2));
    desk.flow = one;
    desk.register("a 1", "Contact: <sip:a@h>\n").unwrap();
    desk.flow = two;
    desk.register("b 1", "Contact: <sip:b@h>\n").unwrap();
    assert!(desk.registrar.flow_failed(udp()).is_empty());
    assert_eq!(desk.registrar.flow_failed(one).len(), 1);
    assert!(desk.registrar.flow_failed(one).is_empty());
    // The phone has come back on another connection: the end of the old one means nothing.
    desk.flow = one;
    desk.register("b 2", "Contact: <sip:b@h>\n").unwrap();
    assert!(desk.registrar.flow_failed(two).is_empty());
    assert_eq!(desk.registrar.len(), 2);
    assert_eq!(desk.registrar.remove_all("101").len(), 2);
    assert!(desk.registrar.by_connection.is_empty() && desk.registrar.due.is_empty());
}

#[test]
fn restored_bindings_are_as_before() {
    let mut desk = Desk::new();
    desk.register("c 1", &format!("Contact: <sip:a@h>;reg-id=4;{UUID}\n")).unwrap();
    let mut saved = desk.registrar.bindings("101")[0].clone();
    (saved.instance, saved.reg_id) = (None, None); // The journal has the key only.
    let mut later = Desk::new();
    later.registrar.restore("101", saved);
    assert_eq!(later.registrar.bindings("101"), desk.registrar.bindings("101"));
    assert_eq!(later.registrar.aors(), ["101"]);
    assert_eq!(later.register("c 1", &format!("Contact: <sip:a@h>;reg-id=4;{UUID}\n")), Err(500));
    assert!(later.register("c 2", &format!("Contact: <sip:a@h>;reg-id=4;{UUID}\n")).is_ok());
    assert_eq!(later.registrar.len(), 1);
    let former = desk.registrar.bindings("101")[0].clone();
    later.registrar.revert("101", &former.key, Some(former.clone()));
    assert_eq!(later.registrar.bindings("101"), std::slice::from_ref(&former));
    later.registrar.revert("101", &former.key, None);
    assert!(later.registrar.is_empty());
}

#[test]
fn long_values_are_cut_or_refused() {
    let mut desk = Desk::new();
    desk.register("c 1", &format!("User-Agent: {}\nContact: <sip:a@h>\n", "ä".repeat(300))).unwrap();
    let user_agent = &desk.registrar.bindings("101")[0].user_agent;
    assert_eq!(user_agent.len(), 200);
    assert!(user_agent.chars().all(|c| c == 'ä'));
    assert_eq!(desk.register(&format!("{} 1", "c".repeat(256)), "Contact: <sip:a@h>\n"), Err(400));
    assert_eq!(desk.register("c 2", &format!("Contact: <sip:{}@h>\n", "a".repeat(600))), Err(400));
    let instance = format!("Contact: <sip:a@h>;+sip.instance=\"<{}>\"\n", "u".repeat(200));
    assert_eq!(desk.register("c 2", &instance), Err(400));
}

#[test]
fn a_single_device_costs_a_single_place() {
    let mut desk = Desk::new();
    for cseq in 1..5 {
        desk.register(&format!("c {cseq}"), "Contact: <sip:a@h>\n").unwrap();
    }
    assert_eq!(desk.registrar.aors["101"].capacity(), 1);
    let size = size_of::<Binding>();
    assert!(size <= 700, "a binding is {size} octets");
}

/// Random requests: the bound holds, and the indices agree with the bindings.
#[test]
fn any_order_of_requests_keeps_the_indices_true() {
    for seed in 0..50 {
        let mut random = base::Random::from_number(seed);
        let mut registrar = Registrar::new();
        let mut now = at(0);
        for cseq in 0..300 {
            let aor = format!("10{}", random.below(4));
            let connection = random.below(4);
            let transport = if connection == 0 { Transport::Udp } else { Transport::Tcp };
            let flow = flow(transport, "192.0.2.20:5062", connection);
            match random.below(10) {
                0 => drop(registrar.flow_failed(flow)),
                1 => {
                    now += Duration::from_secs(random.below(200));
                    registrar.expire(now);
                }
                2 => drop(registrar.remove_all(&aor)),
                _ => {
                    let contact = |random: &mut base::Random| match random.below(3) {
                        0 => format!("<sip:{}@h>;expires={}", random.below(4), random.below(3) * 100),
                        1 => format!("<sip:{}@h>;reg-id={};{UUID}", random.below(4), random.below(3)),
                        _ => format!("<sip:{}@h>;q=0.{}", random.below(4), random.below(10)),
                    };
                    let contacts: Vec<String> = (0..1 + random.below(2)).map(|_| contact(&mut random)).collect();
                    let rows = format!("User-Agent: ua{}\nContact: {}\n", random.below(2), contacts.join(", "));
                    let request = request(&format!("call{} {cseq}", random.below(3)), &rows);
                    let _ = registrar.register(now, &aor, &request, flow, &LIMITS);
                }
            }
            let aors: Vec<String> = registrar.aors().into_iter().map(str::to_owned).collect();
            let all: Vec<&Binding> = aors.iter().flat_map(|aor| registrar.bindings(aor)).collect();
            assert!(aors.iter().all(|aor| (1..=LIMITS.devices_max).contains(&registrar.bindings(aor).len())));
            assert_eq!((all.len(), aors.len()), (registrar.len(), registrar.due.len()));
            assert_eq!(registrar.poll_timeout(), all.iter().map(|b| b.expires_at).min());
            let streams: BTreeSet<_> = aors
                .iter()
                .flat_map(|aor| registrar.bindings(aor).iter().map(move |b| (b.flow, Arc::<str>::from(aor.as_str()))))
                .filter(|(flow, _)| flow.transport.is_reliable())
                .collect();
            assert_eq!(streams, registrar.by_connection);
        }
    }
}

/// The value of `gr` in the GRUU of each contact.
fn grs(desk: &Desk) -> Vec<Option<String>> {
    let address = Uri::parse(b"sip:101@192.0.2.1;transport=udp").unwrap();
    let listed = desk.registrar.contact_headers_with_gruus(desk.now, "office", "101", &address);
    let gr = |value: &NameAddr| {
        let text = value.params.unquoted("pub-gruu")?;
        let text = String::from_utf8(text.to_vec()).unwrap();
        Some(text.strip_prefix("sip:101@192.0.2.1;gr=").expect("the AOR with gr").to_owned())
    };
    listed.iter().map(gr).collect()
}

/// RFC 5627 §5.
#[test]
fn a_device_that_names_itself_is_found_by_its_gruu() {
    let mut desk = Desk::new();
    desk.register("c 1", &format!("Contact: <sip:a@h>;{UUID};pub-gruu=\"sip:x\"\n")).unwrap();
    desk.now = at(1);
    desk.register("d 1", "Contact: <sip:b@h>;+sip.instance=\"<urn:x:2>\"\n").unwrap();
    desk.now = at(2);
    desk.register("e 1", "Contact: <sip:c@h>\n").unwrap();
    let [None, Some(second), Some(first)] = &grs(&desk)[..] else { panic!("{:?}", grs(&desk)) };
    let found = |desk: &Desk, gr: &str| desk.registrar.device("office", "101", gr).map(|b| b.contact.to_string());
    assert_eq!(found(&desk, first).as_deref(), Some("sip:a@h"));
    assert_eq!(found(&desk, second).as_deref(), Some("sip:b@h"));
    assert_eq!(found(&desk, "0123456789abcdef0123456789abcdef"), None);
    assert_eq!(desk.registrar.device("office", "102", first), None, "of another address");
    assert!(!desk.listed().iter().any(|contact| contact.contains("gruu")), "only for who asks");
    // It has moved, and begun to name its flow; its name stays, also where the case differs.
    desk.now = at(3);
    let elsewhere = UUID.replace("A95A0E128", "a95a0e128");
    desk.register("c 2", &format!("Contact: <sip:a@new>;{elsewhere}, <sip:c@h>;expires=0\n")).unwrap();
    assert_eq!(found(&desk, first).as_deref(), Some("sip:a@new"));
    // A contact that is a GRUU of its own would lead to itself.
    assert_eq!(desk.register("g 1", &format!("Contact: <sip:101@192.0.2.1;gr={first}>\n")), Err(403));
}

#[test]
fn an_instance_without_reg_id_outlives_a_restart() {
    let mut desk = Desk::new();
    desk.register("c 1", &format!("Contact: <sip:a@h>;{UUID}\n")).unwrap();
    let (kept, before) = (desk.registrar.bindings("101")[0].clone(), grs(&desk));
    let mut again = Desk::new();
    again.registrar.restore("101", Binding { instance: None, reg_id: None, ..kept.clone() });
    assert_eq!(again.registrar.bindings("101"), [kept]);
    assert_eq!(grs(&again), before);
    // From a run that did not keep it yet: the next refresh does, and leaves one binding.
    let mut old = Desk::new();
    old.register("c 1", "Contact: <sip:a@h>\n").unwrap();
    let changes = old.register("c 2", &format!("Contact: <sip:a@h>;{UUID}\n")).unwrap();
    assert_eq!(changes, ["-sip:a@h", "+<urn:uuid:00000000-0000-1000-8000-000A95A0E128>;sip:a@h"]);
    assert_eq!(old.registrar.len(), 1);
}
