use super::*;

fn uri(text: &str) -> Uri {
    Uri::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[test]
fn parts_of_a_sip_uri() {
    let u = uri("SIPS:alice;day=tue:sec%20ret@[2001:DB8::1]:5061;transport=tcp;lr?subject=a&b=c");
    assert_eq!(u.scheme, Scheme::Sips);
    assert_eq!(u.user.as_deref(), Some(&b"alice;day=tue"[..]));
    assert_eq!(u.password.as_deref(), Some(&b"sec%20ret"[..]));
    assert_eq!(u.host, Some(Host::Ip("2001:db8::1".parse().unwrap())));
    assert_eq!(u.port, Some(5061));
    assert_eq!(u.params.value("Transport").map(|v| &v[..]), Some(&b"tcp"[..]));
    assert_eq!(u.headers.as_deref(), Some(&b"subject=a&b=c"[..]));
    assert_eq!(u.to_string(), "sips:alice;day=tue:sec%20ret@[2001:db8::1]:5061;transport=tcp;lr?subject=a&b=c");
}

#[test]
fn other_schemes() {
    let u = uri("tel:+1-201-555-0123;phone-context=example.com");
    assert_eq!((u.scheme.clone(), u.user_unescaped().as_deref()), (Scheme::Tel, Some("+1-201-555-0123")));
    assert!(u.params.has("phone-context") && u.host.is_none());
    assert_eq!(uri("soap.beep://192.0.2.103:3002").to_string(), "soap.beep://192.0.2.103:3002");
    assert_eq!(uri("sip:192.0.2.1").host, Some(Host::Ip("192.0.2.1".parse().unwrap())));
    assert_eq!(uri("sip:*21#@a_b.example.com.").user_unescaped().as_deref(), Some("*21#"));
}

#[test]
fn hosts() {
    for (text, address) in [("192.0.2.1", true), ("0.0.0.0", true), ("255.255.255.255", true), ("1.2.3", false)] {
        let host = Host::parse(text.as_bytes()).unwrap();
        assert_eq!((host.ip().is_some(), host.to_string().as_str()), (address, text));
    }
    for name in ["1.2.3.256", "1.2.3.4.5", "1.2.3.0004", "1..2.3", "1.2.3.", "999.1.1.1"] {
        assert_eq!(Host::parse(name.as_bytes()).unwrap(), Host::Name(Bytes::copy_from_slice(name.as_bytes())));
    }
    assert_eq!(Host::parse(b"[2001:db8:::192.0.2.1]"), Host::parse(b"[2001:db8::192.0.2.1]"));
    assert!(Host::parse(b"[2001:db8:::1]").is_err() && Host::parse(b"").is_err() && Host::parse(b"a:5").is_err());
}

#[test]
fn escapes() {
    assert_eq!(uri("sip:%61l%C3%A9@h").user_unescaped().as_deref(), Some("alé"));
    assert_eq!(uri("sip:null-%00@h").user_unescaped(), None);
    assert_eq!(uri("sip:%FF@h").user_unescaped(), None);
    assert_eq!(uri("sip:h").user_unescaped(), None);
    let refer = uri("sip:b@h?Subject=a%20b&replaces=12@h%3Bto-tag%3D1%3Bfrom-tag%3D2&x");
    assert_eq!(refer.header("Replaces").as_deref(), Some("12@h;to-tag=1;from-tag=2"));
    assert_eq!((refer.header("x"), refer.header("y"), uri("sip:h").header("x")), (None, None, None));
    let made = Uri::sip("a b;@é", Host::Name(Bytes::from_static(b"h")), Some(5080));
    assert_eq!(made.to_string(), "sip:a%20b%3B%40%C3%A9@h:5080");
    assert_eq!(made.user_unescaped().as_deref(), Some("a b;@é"));
}

#[test]
fn nonsense_is_refused() {
    for bad in [
        "",
        "sip",
        "sip:",
        ":x",
        "1x:y",
        "sip:@h",
        "sip:a@",
        "sip:a@b@c",
        "sip:a b@c",
        "sip:a@b c",
        "sip:a%@h",
        "sip:a%zz@h",
        "sip:[::1",
        "sip:2001:db8::1",
        "sip:[2001:db8::zz]",
        "sip:h:",
        "sip:h:65536",
        "sip:h:5x",
        "sip:<h>",
        "sip:h>",
        "sip:a@h;x=\"",
        "sip:-é",
        "tel:",
        "tel:alice",
        "tel:-",
        "x:",
        "x:a b",
        "sip:h?a b",
        "sip:.",
        "sip:a@h :5",
        "sip:a@h; lr",
        "sip:a@h;lr ",
        "tel:1; a",
    ] {
        assert!(Uri::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn sameness_follows_the_rfcs_examples() {
    // RFC 3261 §19.1.4.
    for (a, b) in [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("sip:h;x=1;x=2", "sip:h;x=1;x=2"),
        ("tel:+1-201-555-0123;a=b;c", "tel:+12015550123;c;A=B"),
    ] {
        assert!(uri(a).same_as(&uri(b)) && uri(b).same_as(&uri(a)), "{a} {b}");
    }
    for (a, b) in [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:a%2Cb@h", "sip:a,b@h"),
        ("sip:a@h", "sips:a@h"),
        ("tel:+1201", "tel:1201"),
        ("tel:201;phone-context=a", "tel:201"),
    ] {
        assert!(!uri(a).same_as(&uri(b)) && !uri(b).same_as(&uri(a)), "{a} {b}");
    }
}
