//! A small fuzzer for every build: seeded mutations of all vectors, nothing panics and what is taken prints
//! to something that is taken again. The coverage-guided one is in `tests/fuzz`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use base::{Duration, Instant, Random};
use bytes::Bytes;
use sip::digest::{Authority, Ha1, answer, can_answer};
use sip::message::{HeaderName, Headers, Message, Method, NameAddr, Params, Uri, Via, parse};
use sip::stream::{BUFFER_MAX, Frame, Framer};

const ROUNDS: u64 = 20_000;

/// Pieces that parsers trip over.
const SPICE: [&[u8]; 28] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b"\r\n ",
    b"\"",
    b"\\",
    b"<",
    b">",
    b";",
    b",",
    b":",
    b"@",
    b"%",
    b"%0",
    b"[",
    b"]",
    b"?",
    b"=",
    b"SIP/2.0",
    b"Content-Length: 99999999999\r\n",
    b"l: 0\r\n",
    b"\xff",
    b"\xc3\xa9",
    b"*",
    b"\r\n\r\n",
];

fn vectors() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for set in ["rfc4475", "rfc5118"] {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(set);
        files.extend(fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    }
    files.sort();
    files.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn mutate(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let below = |random: &mut Random, n: usize| random.below(n as u64) as usize;
    let pick = |random: &mut Random| seeds[below(random, seeds.len())].clone();
    let mut text = pick(random);
    for _ in 0..=below(random, 4) {
        let at = below(random, text.len() + 1);
        let end = (at + below(random, 40)).min(text.len());
        match below(random, 7) {
            0 => drop(text.splice(at..at, SPICE[below(random, SPICE.len())].iter().copied())),
            1 => drop(text.splice(at..end, SPICE[below(random, SPICE.len())].iter().copied())),
            2 => drop(text.drain(at..end)),
            3 if at < text.len() => text[at] = random.next_u32() as u8,
            4 if at < text.len() => text[at] ^= 1 << below(random, 8),
            5 => {
                let piece = text[at..end].to_vec();
                text.splice(at..at, piece);
            }
            _ => {
                let other = pick(random);
                let from = below(random, other.len() + 1);
                text.truncate(at);
                text.extend_from_slice(&other[from..]);
            }
        }
    }
    text
}

/// Reads everything that can be asked of the fields.
fn read_all(headers: &Headers) {
    let _ = (headers.via(), headers.vias(), headers.from(), headers.to(), headers.from_tag(), headers.to_tag());
    let _ = (headers.cseq(), headers.max_forwards(), headers.expires(), headers.call_id().len());
    if let Ok(contacts) = headers.contacts() {
        drop(format!("{contacts:?}"));
    }
    for (name, value) in headers.iter() {
        let _ = (headers.name_addrs(name), headers.tokens(name), can_answer(value), Params::parse(value));
        if let Ok(address) = NameAddr::parse(value) {
            assert_eq!(NameAddr::parse(&address.to_bytes()), Ok(address.clone()), "{address}");
            let _ = (address.uri.user_unescaped(), address.display_name(), address.detach());
            assert!(address.uri.same_as(&address.uri));
        }
        if let Ok(via) = Via::parse(value) {
            assert_eq!(Via::parse(&via.to_bytes()), Ok(via));
        }
    }
}

fn try_message(text: &[u8], authority: &mut Authority) {
    let message = match parse(Bytes::copy_from_slice(text)) {
        Ok(Some(message)) => message,
        Ok(None) => return,
        Err(malformed) => {
            if let Some(response) = malformed.response() {
                let printed = response.to_bytes();
                assert!(printed.len() <= text.len() + 200, "an answer is hardly larger than what it answers");
            }
            return;
        }
    };
    read_all(message.headers());
    let printed = message.to_bytes();
    let again = parse(printed.clone()).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&printed)));
    assert_eq!(again.unwrap().to_bytes(), printed);
    if let Message::Request(request) = message {
        let now = Instant::ZERO + Duration::from_secs(1);
        let _ = authority.verify(now, &request, |name| Some(Ha1::new(name, "r", "s")));
    }
}

#[test]
fn mutated_messages_never_panic() {
    let seeds = vectors();
    let mut random = Random::from_number(4475);
    let mut authority = Authority::new("r", [1; 32]);
    for round in 0..ROUNDS {
        let text = mutate(&mut random, &seeds);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| try_message(&text, &mut authority)));
        assert!(outcome.is_ok(), "round {round}: {:?}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn mutated_streams_never_panic_and_stay_bounded() {
    let seeds = vectors();
    let mut random = Random::from_number(5118);
    for _ in 0..ROUNDS / 10 {
        let mut stream = Vec::new();
        for _ in 0..4 {
            stream.extend(mutate(&mut random, &seeds));
            stream.extend_from_slice(SPICE[random.below(SPICE.len() as u64) as usize]);
        }
        let mut whole = Framer::new();
        whole.push(&stream);
        let mut cut = Framer::new();
        let (mut whole_frames, mut cut_frames) = (Vec::new(), Vec::new());
        let mut rest = &stream[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(1 + random.below(rest.len() as u64) as usize);
            cut.push(now);
            while let Ok(Some(frame)) = cut.next() {
                cut_frames.push(frame);
            }
            rest = later;
        }
        while let Ok(Some(frame)) = whole.next() {
            whole_frames.push(frame);
        }
        assert_eq!(whole_frames, cut_frames);
        assert_eq!(whole.next(), cut.next());
        let total: usize = whole_frames.iter().map(|f| if let Frame::Message(m) = f { m.len() } else { 4 }).sum();
        assert!(total <= stream.len() && total <= BUFFER_MAX);
    }
}

#[test]
fn mutated_credentials_are_never_granted() {
    let mut random = Random::from_number(7616);
    let mut authority = Authority::new("r", [1; 32]);
    let now = Instant::ZERO + Duration::from_secs(1);
    let uri = Uri::parse(b"sip:h").unwrap();
    let challenges = authority.challenge(now, false);
    let rows: Vec<Vec<u8>> =
        challenges.iter().map(|c| answer(c, &Method::Register, &uri, "u", "guess", "c", 1).unwrap().to_vec()).collect();
    let mut request = sip::message::Request::new(Method::Register, uri);
    for _ in 0..ROUNDS / 4 {
        request.headers.set(HeaderName::Authorization, mutate(&mut random, &rows));
        let verdict = authority.verify(now, &request, |name| Some(Ha1::new(name, "r", "secret")));
        assert!(!matches!(verdict, sip::digest::Verdict::Granted { .. } | sip::digest::Verdict::Stale));
    }
}
