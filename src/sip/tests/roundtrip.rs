//! Parse after print is identity, on typed values and on whole messages.

#![allow(clippy::unwrap_used)]

use std::net::IpAddr;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sip::message::{
    CSeq, HeaderName, Headers, Host, Message, Method, NameAddr, Params, Request, Response, Scheme, StatusCode, Uri,
    Via, parse,
};

fn octets(pattern: &'static str) -> impl Strategy<Value = Bytes> {
    pattern.prop_map(Bytes::from)
}

fn token() -> impl Strategy<Value = Bytes> {
    octets("[a-zA-Z0-9.!%*_+`'~-]{1,12}")
}

fn host() -> impl Strategy<Value = Host> {
    prop_oneof![
        any::<IpAddr>().prop_map(Host::Ip),
        octets("[a-z][a-z0-9-]{0,10}(\\.[a-z][a-z0-9]{1,4}){0,2}").prop_map(Host::Name),
    ]
}

fn params(value: &'static str) -> impl Strategy<Value = Params> {
    vec(("[a-zA-Z+][a-zA-Z0-9.-]{0,8}", option::of(octets(value))), 0..4).prop_map(|list| {
        let mut params = Params::new();
        list.into_iter().for_each(|(name, value)| params.set(&name, value));
        params
    })
}

fn uri_params() -> impl Strategy<Value = Params> {
    params("[a-zA-Z0-9.:/%\\[\\]-]{0,10}")
}

fn header_params() -> impl Strategy<Value = Params> {
    params("([a-zA-Z0-9.:-]{1,10}|\"([a-z <>;,@é]|\\\\[\"\\\\a])*\")")
}

fn sip_uri() -> impl Strategy<Value = Uri> {
    let user = "([a-zA-Z0-9_.!~*'()&=+$,;?/#-]|%[0-9A-F]{2}|é){1,12}";
    let password = "([a-z0-9&=+$,]|%[0-9A-F]{2}){0,6}";
    let headers = option::of(octets("[a-z]{1,4}=[a-z%20]{0,5}(&x=y)?"));
    let userinfo = option::of((octets(user), option::of(octets(password))));
    (any::<bool>(), userinfo, host(), any::<Option<u16>>(), uri_params(), headers).prop_map(
        |(secure, userinfo, host, port, params, headers)| {
            let (user, password) = userinfo.map_or((None, None), |(user, password)| (Some(user), password));
            let scheme = if secure { Scheme::Sips } else { Scheme::Sip };
            let headers = headers.filter(|h| !h.contains(&b'%'));
            Uri { scheme, user, password, host: Some(host), port, params, headers }
        },
    )
}

fn uri() -> impl Strategy<Value = Uri> {
    let bare = |scheme, user, params| Uri {
        scheme,
        user: Some(user),
        password: None,
        host: None,
        port: None,
        params,
        headers: None,
    };
    let known = |s: &Bytes| [&b"sip"[..], b"sips", b"tel"].iter().any(|k| s.eq_ignore_ascii_case(k));
    prop_oneof![
        4 => sip_uri(),
        1 => (octets("\\+?[0-9*#-]{0,6}[0-9]"), uri_params()).prop_map(move |(n, p)| bare(Scheme::Tel, n, p)),
        1 => (octets("[a-z][a-z0-9+.-]{0,8}").prop_filter("known", move |s| !known(s)), octets("[!#-;=?-~]{1,20}"))
            .prop_map(move |(scheme, rest)| bare(Scheme::Other(scheme), rest, Params::new())),
    ]
}

fn name_addr() -> impl Strategy<Value = NameAddr> {
    let display = option::of(octets("[ -~é]{0,16}"));
    (display, uri(), header_params()).prop_map(|(display, uri, params)| NameAddr { display, uri, params })
}

fn via() -> impl Strategy<Value = Via> {
    (token(), host(), any::<Option<u16>>(), header_params()).prop_map(|(transport, host, port, params)| Via {
        transport,
        host,
        port,
        params,
    })
}

fn method() -> impl Strategy<Value = Method> {
    token().prop_map(|token| Method::parse(&token).unwrap())
}

fn known_method() -> impl Strategy<Value = Method> {
    prop::sample::select(Method::KNOWN.to_vec())
}

/// The fields that every message needs, some others, and a body with its length.
fn fields(method: Method) -> impl Strategy<Value = (Headers, Bytes)> {
    let others = vec((token(), octets("([!-~é]([ -~é]{0,20}[!-~é])?)?")), 0..6);
    let others = others.prop_filter("known", |list| {
        list.iter().all(|(name, _)| matches!(HeaderName::parse(name), Ok(HeaderName::Other(_))))
    });
    let body = vec(any::<u8>(), 0..40).prop_map(Bytes::from);
    (vec(via(), 1..4), name_addr(), name_addr(), 0u32..1 << 31, any::<Option<u8>>(), others, body).prop_map(
        move |(vias, from, to, number, max_forwards, others, body)| {
            let mut headers = Headers::new();
            vias.iter().for_each(|via| headers.push(HeaderName::Via, via));
            headers.push(HeaderName::From, &from);
            headers.push(HeaderName::To, &to);
            headers.push(HeaderName::CallId, "a@b");
            headers.push(HeaderName::CSeq, CSeq { number, method: method.clone() });
            if let Some(hops) = max_forwards {
                headers.push(HeaderName::MaxForwards, hops.to_string());
            }
            for (name, value) in others {
                headers.push(HeaderName::Other(name), value);
            }
            headers.push(HeaderName::ContentLength, body.len().to_string());
            (headers, body)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn uris(uri in uri()) {
        prop_assert_eq!(Uri::parse(&uri.to_bytes()), Ok(uri.clone()), "{}", uri);
        prop_assert!(uri.same_as(&uri));
        prop_assert_eq!(uri.detach(), uri);
    }

    #[test]
    fn addresses(value in name_addr()) {
        prop_assert_eq!(NameAddr::parse(&value.to_bytes()), Ok(value.clone()), "{}", value);
        prop_assert_eq!(value.detach(), value);
    }

    #[test]
    fn vias(value in via()) {
        prop_assert_eq!(Via::parse(&value.to_bytes()), Ok(value.clone()), "{}", value);
    }

    #[test]
    fn lists_of_addresses(list in vec(name_addr(), 0..5), rows in any::<bool>()) {
        let mut headers = Headers::new();
        if rows {
            list.iter().for_each(|value| headers.push(HeaderName::Route, value));
        } else {
            headers.push(HeaderName::Route, list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ,"));
        }
        prop_assert_eq!(headers.name_addrs(&HeaderName::Route), Ok(list));
    }

    #[test]
    fn a_top_via_set_is_the_one_read(list in vec(via(), 1..4), top in via()) {
        let mut headers = Headers::new();
        headers.push(HeaderName::Via, list.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        headers.set_top_via(&top);
        let wanted: Vec<Via> = core::iter::once(top).chain(list.into_iter().skip(1)).collect();
        prop_assert_eq!(headers.vias(), Ok(wanted.clone()));
        headers.pop_top_via();
        prop_assert_eq!(headers.vias(), Ok(wanted[1..].to_vec()));
    }

    #[test]
    fn names_and_methods(name in token(), method in method()) {
        let name = HeaderName::parse(&name).unwrap();
        prop_assert_eq!(HeaderName::parse(name.as_bytes()).unwrap(), name);
        prop_assert_eq!(Method::parse(method.as_bytes()).unwrap(), method);
    }

    #[test]
    fn users_are_escaped_and_back(user in "[^\\p{Cc}]{1,20}") {
        let uri = Uri::sip(&user, Host::Name(Bytes::from_static(b"h")), None);
        let again = Uri::parse(&uri.to_bytes()).unwrap();
        prop_assert_eq!(again.user_unescaped(), Some(user));
    }

    #[test]
    fn requests((method, (headers, body), uri) in known_method().prop_flat_map(|m| (Just(m.clone()), fields(m), uri()))) {
        let uri = Uri { headers: None, ..uri };
        let message = Message::Request(Request { method, uri, headers, body });
        prop_assert_eq!(parse(message.to_bytes()), Ok(Some(message)));
    }

    #[test]
    fn responses(code in 100u16..700, reason in "([!-~é]([ -~é]{0,20}[!-~é])?)?", (headers, body) in fields(Method::Info)) {
        let message = Message::Response(Response { status: StatusCode(code), reason: Bytes::from(reason), headers, body });
        prop_assert_eq!(parse(message.to_bytes()), Ok(Some(message)));
    }

    /// Whatever stands in a value, what is printed has the fields that were set, and no others.
    #[test]
    fn no_value_smuggles_a_field(evil in vec(any::<u8>(), 0..60), reason in vec(any::<u8>(), 0..20)) {
        let mut headers = Headers::new();
        headers.push(HeaderName::Via, "SIP/2.0/UDP h");
        headers.push(HeaderName::From, "<sip:a@h>");
        headers.push(HeaderName::To, "<sip:a@h>");
        headers.push(HeaderName::CallId, "x");
        headers.push(HeaderName::CSeq, "1 INFO");
        headers.push(HeaderName::Subject, evil);
        let response = Response { status: StatusCode::OK, reason: Bytes::from(reason), headers, body: Bytes::new() };
        let Ok(Some(again)) = parse(response.to_bytes()) else { panic!("refused") };
        let names: Vec<_> = again.headers().iter().map(|(name, _)| name.to_string()).collect();
        prop_assert_eq!(names, ["Via", "From", "To", "Call-ID", "CSeq", "Subject", "Content-Length"]);
    }
}
