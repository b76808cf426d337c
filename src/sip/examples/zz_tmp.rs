//! x
use bytes::Bytes;
fn main() {
    let src = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/parse_cost.rs")).unwrap();
    let i = src.find("INVITE sip:102@").unwrap();
    let j = src[i..].find("\";\n").unwrap();
    let t = src[i..i + j].replace("\\\n", "").replace("\\r\\n", "\r\n").replace("\\\"", "\"");
    let b = Bytes::from(t);
    let n: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let mut ok = 0u64;
    for _ in 0..n { ok += sip::message::parse(b.clone()).is_ok() as u64; }
    println!("{ok}");
}
