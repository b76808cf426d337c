//! Binds, searches and hostile octets.

use proptest::prelude::*;

use super::filter::Filter;
use super::*;
use crate::book::Book;

fn directory() -> Directory {
    let entry = |name: &str, number: &str, mobile: Option<&str>| (name.into(), number.into(), mobile.map(Into::into));
    let entries = vec![
        entry("Anna van der Berg", "101", Some("+32 477-12 34 56")),
        entry("Bert", "102", None),
        entry("Jürgen *)(cn=*", "103", None),
    ];
    Directory::new(&Book { title: "Firm".into(), entries })
}

fn session(from_inside: bool) -> Session {
    Session::new(Access { from_inside, password: Some(Redacted("secret-1".into())) })
}

fn element(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, tag, &parts.concat());
    out
}

fn octets(tag: u8, text: &str) -> Vec<u8> {
    element(tag, &[text.as_bytes().to_vec()])
}

fn number(tag: u8, n: i32) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, tag, n);
    out
}

fn bind(version: i32, name: &str, password: &str) -> Vec<u8> {
    let body = element(0x60, &[number(INTEGER, version), octets(OCTETS, name), octets(0x80, password)]);
    element(SEQUENCE, &[number(INTEGER, 1), body])
}

fn search_in(base: &str, scope: i32, size: i32, filter: Vec<u8>, attributes: &[&str]) -> Vec<u8> {
    let attributes: Vec<_> = attributes.iter().map(|name| octets(OCTETS, name)).collect();
    let body = [
        octets(OCTETS, base),
        number(ENUMERATED, scope),
        number(ENUMERATED, 0),
        number(INTEGER, size),
        number(INTEGER, 0),
        element(ber::BOOLEAN, &[vec![0]]),
        filter,
        element(SEQUENCE, &attributes),
    ];
    element(SEQUENCE, &[number(INTEGER, 2), element(0x63, &body)])
}

fn search(filter: Vec<u8>) -> Vec<u8> {
    search_in("dc=example", 2, 0, filter, &["cn", "telephoneNumber"])
}

fn equal(name: &str, value: &str) -> Vec<u8> {
    element(0xa3, &[octets(OCTETS, name), octets(OCTETS, value)])
}

fn pieces(name: &str, pieces: &[(u8, &str)]) -> Vec<u8> {
    let pieces: Vec<_> = pieces.iter().map(|(tag, text)| octets(*tag, text)).collect();
    element(0xa4, &[octets(OCTETS, name), element(SEQUENCE, &pieces)])
}

fn present(name: &str) -> Vec<u8> {
    octets(0x87, name)
}

/// The tags of the messages that came back, and the last one's result code.
fn read(out: &[u8]) -> (Vec<u8>, Option<i32>) {
    let (mut reader, mut tags, mut code) = (Reader(out), Vec::new(), None);
    while !reader.is_empty() {
        let mut message = Reader(reader.expect(SEQUENCE).unwrap());
        message.number(INTEGER).unwrap();
        let (tag, contents) = message.next().unwrap();
        tags.push(tag);
        code = Reader(contents).number(ENUMERATED).ok();
    }
    (tags, code)
}

/// Numbers of those found.
fn found(session: &mut Session, filter: Vec<u8>) -> Vec<String> {
    let out = session.handle(&search(filter), &directory());
    let text = String::from_utf8_lossy(&out).into_owned();
    assert_eq!(read(&out).1, Some(0), "{text}");
    ["101", "102", "103"]
        .into_iter()
        .filter(|n| text.contains(&format!("telephoneNumber={n}")))
        .map(String::from)
        .collect()
}

#[test]
fn who_may_search() {
    let all = || search(present("objectClass"));
    let try_all = |session: &mut Session| read(&session.handle(&all(), &directory()));
    assert_eq!(try_all(&mut session(true)), (vec![0x64, 0x64, 0x64, 0x65], Some(0)));
    let mut outside = session(false);
    assert_eq!(try_all(&mut outside), (vec![0x65], Some(50)));
    let bind_as =
        |session: &mut Session, name, password| read(&session.handle(&bind(3, name, password), &directory())).1;
    assert_eq!(bind_as(&mut outside, "", ""), Some(53));
    assert_eq!(bind_as(&mut outside, "cn=phone", ""), Some(53));
    assert_eq!(bind_as(&mut outside, "cn=phone", "secret-2"), Some(49));
    assert_eq!(try_all(&mut outside).1, Some(50));
    assert_eq!(bind_as(&mut outside, "cn=phone", "secret-1"), Some(0));
    assert_eq!(try_all(&mut outside).1, Some(0));
    let mut inside = session(true);
    assert_eq!(bind_as(&mut inside, "", ""), Some(0));
    assert_eq!(bind_as(&mut inside, "cn=x", "wrong"), Some(49));
    assert_eq!(try_all(&mut inside).1, Some(50), "a failed bind takes the rights away");
    assert!(!inside.has_ended());
    bind_as(&mut inside, "cn=x", "wrong");
    bind_as(&mut inside, "cn=x", "wrong");
    assert!(inside.has_ended());
    let mut nobody = Session::new(Access { from_inside: false, password: None });
    assert_eq!(bind_as(&mut nobody, "cn=x", ""), Some(53));
    assert_eq!(bind_as(&mut nobody, "cn=x", "x"), Some(49));
    assert_eq!(read(&session(true).handle(&bind(2, "", ""), &directory())).1, Some(2));
}

#[test]
fn names_and_numbers_are_found() {
    let mut s = session(true);
    assert_eq!(found(&mut s, equal("CN", "bert")), ["102"]);
    assert_eq!(found(&mut s, equal("sn", "berg")), ["101"]);
    assert_eq!(found(&mut s, equal("givenName", "anna van der")), ["101"]);
    assert_eq!(found(&mut s, equal("mobile", "+32477123456")), ["101"]);
    assert_eq!(found(&mut s, present("mobile")), ["101"]);
    assert_eq!(found(&mut s, pieces("cn", &[(0x80, "JÜR")])), ["103"]);
    assert_eq!(found(&mut s, pieces("cn", &[(0x80, "an"), (0x81, "DER"), (0x82, "rg")])), ["101"]);
    assert_eq!(found(&mut s, pieces("cn", &[(0x81, "e")])), ["101", "102", "103"]);
    assert_eq!(found(&mut s, pieces("telephoneNumber", &[(0x82, "3")])), ["103"]);
    let either = element(0xa1, &[equal("cn", "bert"), pieces("sn", &[(0x80, "be")])]);
    assert_eq!(found(&mut s, either), ["101", "102"]);
    let both = element(0xa0, &[pieces("cn", &[(0x81, "er")]), element(0xa2, &[equal("cn", "bert")])]);
    assert_eq!(found(&mut s, both), ["101"]);
    // Unknown attributes are undefined, also when negated (RFC 4511 §4.5.1.7).
    assert!(found(&mut s, equal("userPassword", "x")).is_empty());
    assert!(found(&mut s, element(0xa2, &[equal("userPassword", "x")])).is_empty());
    assert_eq!(found(&mut s, element(0xa1, &[equal("userPassword", "x"), equal("cn", "bert")])), ["102"]);
    // The text of a filter is a value and nothing else.
    assert_eq!(found(&mut s, equal("cn", "Jürgen *)(cn=*")), ["103"]);
    assert!(found(&mut s, equal("cn", "*")).is_empty());
}

#[test]
fn answers_are_bounded() {
    let entries = (0..2_000).map(|n| (format!("P {n}"), n.to_string(), None)).collect();
    let many = Directory::new(&Book { title: String::new(), entries });
    let mut s = session(true);
    let mut ask = |size| read(&s.handle(&search_in("", 2, size, present("cn"), &[]), &many));
    let (tags, code) = ask(0);
    assert_eq!((tags.len(), code), (ENTRIES_MAX + 1, Some(4)));
    let (tags, code) = ask(7);
    assert_eq!((tags.len(), code), (8, Some(4)));
}

#[test]
fn everything_else_has_its_result() {
    let mut s = session(true);
    let directory = directory();
    let mut ask = |tag: u8| read(&s.handle(&element(SEQUENCE, &[number(INTEGER, 3), element(tag, &[])]), &directory));
    assert_eq!(ask(0x66), (vec![0x67], Some(53)));
    assert_eq!(ask(0x68), (vec![0x69], Some(53)));
    assert_eq!(ask(0x4a), (vec![0x6b], Some(53)));
    assert_eq!(ask(0x77), (vec![0x78], Some(2)));
    assert_eq!(ask(0x50), (vec![], None));
    assert_eq!(
        read(&session(false).handle(&search_in("", 0, 0, present("objectClass"), &[]), &directory)),
        (vec![0x64, 0x65], Some(0))
    );
    let control = element(SEQUENCE, &[octets(OCTETS, "1.2.3"), element(ber::BOOLEAN, &[vec![255]])]);
    let mut message = search(present("cn"));
    let inner = [&message[2..], &element(0xa0, &[control])[..]].concat();
    message = element(SEQUENCE, &[inner]);
    assert_eq!(read(&session(true).handle(&message, &directory)), (vec![0x65], Some(12)));

    let mut s = session(true);
    assert!(s.handle(&element(SEQUENCE, &[number(INTEGER, 3), element(0x42, &[])]), &directory).is_empty());
    assert!(s.has_ended());
}

#[test]
fn pieces_of_messages_are_joined_and_long_ones_end_it() {
    let mut s = session(true);
    let both = [bind(3, "", ""), search(present("cn"))].concat();
    let out: Vec<u8> = both.iter().flat_map(|octet| s.handle(&[*octet], &directory())).collect();
    assert_eq!(read(&out), (vec![0x61, 0x64, 0x64, 0x64, 0x65], Some(0)));
    for hostile in [&[0x30, 0x82, 0xff, 0xff][..], &[0x30, 0x80], b"GET / HTTP/1.1\r\n", &[0x30, 3, 2, 1, 0]] {
        let mut s = session(true);
        assert_eq!(read(&s.handle(hostile, &directory())), (vec![0x78], Some(2)));
        assert!(s.has_ended());
        assert!(s.handle(&bind(3, "", ""), &directory()).is_empty());
    }
}

#[test]
fn filters_have_a_depth_and_a_size() {
    let deep = (0..20).fold(present("cn"), |inner, _| element(0xa2, &[inner]));
    assert!(Filter::read(&mut Reader(&deep)).is_err());
    let wide = element(0xa1, &vec![present("cn"); 70]);
    assert!(Filter::read(&mut Reader(&wide)).is_err());
    let many = pieces("cn", &[(0x81, "a"); 70]);
    assert!(Filter::read(&mut Reader(&many)).is_err());
}

proptest! {
    #[test]
    fn nothing_panics(noise in proptest::collection::vec(any::<u8>(), 0..200), flips in proptest::collection::vec((0_usize..400, any::<u8>()), 0..6)) {
        let directory = directory();
        let _ = session(true).handle(&noise, &directory);
        let filter = element(0xa1, &[pieces("cn", &[(0x80, "a"), (0x81, "b")]), equal("sn", "x"), present("mobile")]);
        let mut real = [bind(3, "cn=phone", "secret-1"), search(filter)].concat();
        for (place, value) in flips {
            let place = place % real.len();
            real[place] = value;
        }
        let mut session = session(false);
        let out = session.handle(&real, &directory);
        let _ = read(&out);
        prop_assert!(session.waiting.len() <= MESSAGE_MAX);
    }
}
