use hickory_resolver::proto::rr::RecordType;

use super::*;
use crate::dns::tests::server as names;

#[tokio::test]
async fn a_message_is_taken_whole() {
    let relay = Relay::start("127.0.0.1", Manner::default()).await;
    let voice = Attachment {
        name: String::from("message.ogg"),
        content_type: String::from("audio/ogg"),
        bytes: Bytes::from((0..=255u8).cycle().take(10_000).collect::<Vec<u8>>()),
    };
    let html = Some(String::from("<p>You have <b>one</b> new message.</p>"));
    let mail = Message { html, attachments: vec![voice], ..message(7) };
    mailer(&relay, Security::None).send(&mail).await.unwrap();
    let [taken] = &relay.taken()[..] else { panic!("one message") };
    assert_eq!(taken.from, "MAIL FROM:<pbx@firm.test>");
    assert_eq!(taken.to, ["RCPT TO:<ann@firm.test>"]);
    assert_eq!(taken.header("From"), "Strowger <pbx@firm.test>");
    assert_eq!(taken.header("To"), "\"Ann Owner\" <ann@firm.test>");
    assert_eq!(taken.header("Date"), "Sun, 15 Jun 2025 15:06:40 +0000");
    assert_eq!(taken.header("Auto-Submitted"), "auto-generated");
    assert!(taken.header("Content-Type").starts_with("multipart/mixed"));
    for part in ["text/plain; charset=utf-8", "text/html; charset=utf-8", "audio/ogg", "filename=\"message.ogg\""] {
        assert!(taken.data.contains(part), "{part} in {}", taken.data);
    }
    // RFC 5321 §4.5.3.1.6, and RFC 5322 §2.1.1 for the wish of 78.
    assert!(taken.data.lines().all(|line| line.len() <= 998));
    // RFC 5321 §4.5.2: a line of one dot is not the end.
    assert!(taken.data.contains("\r\n..\r\nEnd"));
    assert_eq!(relay.commands()[0], "EHLO firm.test");
    assert_eq!(relay.commands().last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn the_same_message_handed_in_again_bears_the_same_id() {
    let relay = Relay::start("127.0.0.1", Manner::default()).await;
    let mailer = mailer(&relay, Security::None);
    for seed in [7, 7, 8] {
        mailer.send(&message(seed)).await.unwrap();
    }
    let ids: Vec<String> = relay.taken().iter().map(|t| t.header("Message-ID")).collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    assert!(ids[0].ends_with("@firm.test>"), "{}", ids[0]);
}

#[tokio::test]
async fn tls_both_ways_with_a_login() {
    for (security, manner) in [
        (Security::Tls, Manner { tls: true, ..Manner::default() }),
        (Security::StartTls, Manner { start_tls: true, ..Manner::default() }),
    ] {
        let relay = Relay::start("127.0.0.1", manner).await;
        let mailer = Mailer::new(with_login(settings(&relay, security)), locator()).unwrap();
        mailer.send(&message(1)).await.unwrap();
        let [taken] = &relay.taken()[..] else { panic!("one message") };
        assert!(taken.secured);
        // RFC 4616: NUL, user, NUL, password, in base64.
        assert_eq!(taken.login.as_deref(), Some("AUTH PLAIN AHBieABzM2NyZXQ="));
    }
}

#[tokio::test]
async fn a_relay_is_found_by_name_and_must_prove_the_name() {
    let server = names::Server::start(|name, kind| match (name, kind) {
        ("mail.firm.test" | "alias.firm.test", RecordType::A) => {
            names::Say::Records(vec![names::a(name, [127, 0, 0, 1], 60)])
        }
        _ => names::Say::NoSuchName,
    })
    .await;
    let options = LocatorOptions { servers: vec![server.addr], ..LocatorOptions::system(Random::from_number(1)) };
    let locator = Locator::new(options);
    let relay = Relay::start("mail.firm.test", Manner { start_tls: true, ..Manner::default() }).await;
    let send = async |host: &str| {
        let settings = MailSettings { host: host.to_owned(), ..settings(&relay, Security::StartTls) };
        Mailer::new(settings, locator.clone()).unwrap().send(&message(1)).await
    };
    send("mail.firm.test").await.unwrap();
    assert!(relay.taken()[0].secured);
    for other in ["alias.firm.test", "127.0.0.1", "absent.firm.test", "not a name"] {
        let error = send(other).await.unwrap_err();
        assert_eq!((error.temporary, error.concerns), (true, Concern::Relay), "{other}: {error}");
    }
    assert_eq!(relay.taken().len(), 1);
}

#[tokio::test]
async fn a_certificate_that_is_not_the_relays_is_refused() {
    for (security, manner) in [
        (Security::Tls, Manner { tls: true, ..Manner::default() }),
        (Security::StartTls, Manner { start_tls: true, ..Manner::default() }),
    ] {
        // Trusted, but for another name.
        let other = Relay::start("other.test", manner.clone()).await;
        let error = Mailer::new(with_login(settings(&other, security)), locator()).unwrap().send(&message(1)).await;
        assert_eq!(error.unwrap_err().concerns, Concern::Relay);
        // The right name, but nobody vouches for it.
        let unknown = Relay::start("127.0.0.1", manner).await;
        let trusting = MailSettings { extra_roots: Vec::new(), ..with_login(settings(&unknown, security)) };
        let error = Mailer::new(trusting, locator()).unwrap().send(&message(1)).await.unwrap_err();
        assert!(error.temporary && error.text.contains("certificate"), "{error}");
        for relay in [other, unknown] {
            assert!(relay.taken().is_empty());
            assert!(relay.commands().iter().all(|c| !c.starts_with("AUTH") && !c.starts_with("MAIL")));
        }
    }
}

#[tokio::test]
async fn protection_that_is_taken_out_on_the_way_is_not_gone_without() {
    let relay = Relay::start("127.0.0.1", Manner::default()).await;
    let error = mailer(&relay, Security::StartTls).send(&message(1)).await.unwrap_err();
    assert!(error.text.contains("STARTTLS"), "{error}");
    assert!(relay.taken().is_empty());
}

#[tokio::test]
async fn answers_slipped_in_before_tls_are_not_believed() {
    let lies = "\r\n250-relay.test\r\n250 8BITMIME\r\n250 ok\r\n250 ok\r\n354 go ahead\r\n250 taken";
    let manner = Manner { start_tls: true, injected: Some(lies), ..Manner::default() };
    let relay = Relay::start("127.0.0.1", manner).await;
    let error = mailer(&relay, Security::StartTls).send(&message(1)).await.unwrap_err();
    assert!(error.temporary, "{error}");
    assert!(relay.taken().is_empty());
}

#[tokio::test]
async fn refusals_say_what_they_concern() {
    let relay = Relay::start("127.0.0.1", Manner::default()).await;
    let mailer = mailer(&relay, Security::None);
    let cases = [
        (("RCPT", "550 5.1.1 no such user"), false, Concern::Message),
        (("RCPT", "451 4.7.1 greylisted, come back"), true, Concern::Message),
        (("MAIL", "530 5.7.0 authentication required"), true, Concern::Relay),
        (("MAIL", "421 closing"), true, Concern::Relay),
        (("DATA", "554 5.6.0 no"), false, Concern::Message),
        (("greeting", "554 go away"), true, Concern::Relay),
        (("EHLO", "502 what"), true, Concern::Relay),
        (("RCPT", "nonsense"), true, Concern::Relay),
    ];
    for (refuse, temporary, concerns) in cases {
        relay.set(Manner { refuse: Some(refuse), ..Manner::default() });
        let error = mailer.send(&message(1)).await.unwrap_err();
        assert_eq!((error.temporary, error.concerns), (temporary, concerns), "{refuse:?}: {error}");
        assert!(!error.text.contains('\n') && error.text.chars().count() <= 300);
    }
    assert!(relay.taken().is_empty());
}

#[tokio::test]
async fn a_refused_password_waits_for_a_better_one_and_is_not_shown() {
    let manner = Manner { tls: true, refuse: Some(("AUTH", "535 5.7.8 wrong")), ..Manner::default() };
    let relay = Relay::start("127.0.0.1", manner).await;
    let settings = with_login(settings(&relay, Security::Tls));
    assert!(!format!("{settings:?}").contains("s3cret"));
    let mailer = Mailer::new(settings, locator()).unwrap();
    assert!(!format!("{mailer:?}").contains("s3cret"));
    let error = mailer.send(&message(1)).await.unwrap_err();
    assert_eq!((error.temporary, error.concerns), (true, Concern::Relay));
    assert!(error.text.contains("5.7.8 wrong") && !error.text.contains("s3cret"), "{error}");
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_once() {
    let relay = Relay::start("127.0.0.1", Manner::default()).await;
    let good = || settings(&relay, Security::Tls);
    let bad = [
        with_login(settings(&relay, Security::None)),
        MailSettings { password: None, ..with_login(good()) },
        MailSettings { hello: Some(String::from("a\r\nMAIL FROM:<x@y>")), ..good() },
        MailSettings { hello: Some(String::new()), ..good() },
        MailSettings { extra_roots: vec![Bytes::from_static(b"no certificate")], ..good() },
    ];
    for settings in bad {
        assert!(Mailer::new(settings, locator()).is_err());
    }
}

#[tokio::test]
async fn a_relay_that_falls_silent_costs_its_time_and_no_more() {
    for silent_at in ["greeting", "EHLO", "MAIL", "DATA"] {
        let manner = Manner { silent_at: Some(silent_at), ..Manner::default() };
        let relay = Relay::start("127.0.0.1", manner).await;
        let settings = MailSettings { timeout: Duration::from_millis(100), ..settings(&relay, Security::None) };
        let error = Mailer::new(settings, locator()).unwrap().send(&message(1)).await.unwrap_err();
        assert_eq!((error.temporary, error.concerns), (true, Concern::Relay), "{silent_at}");
    }
}

#[tokio::test]
async fn a_relay_that_is_not_there_is_said_so() {
    let relay = Relay::start("127.0.0.1", Manner::default()).await;
    let mut settings = settings(&relay, Security::None);
    // Bound and not listened on: the connection is refused.
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    settings.port = closed.local_addr().unwrap().port();
    let error = Mailer::new(settings, locator()).unwrap().send(&message(1)).await.unwrap_err();
    assert!(error.temporary && error.text.contains("cannot connect"), "{error}");
}

#[tokio::test]
async fn the_runner_sends_waits_for_a_relay_and_tells() {
    let relay = Relay::start("127.0.0.1", Manner::default()).await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let runner = MailRunner::start(None, move |event| drop(tell.send(event)));
    runner.push(message(41), Duration::ZERO).unwrap();
    let bad = Message { to: address("a@b.test"), ..message(42) };
    assert_eq!(runner.waiting(), 1);
    relay.set(Manner { refuse: Some(("RCPT TO:<a@b.test>", "550 nobody")), ..Manner::default() });
    runner.set_mailer(Some(mailer(&relay, Security::None)));
    runner.push(bad, Duration::ZERO).unwrap();
    let mut events = [told.recv().await.unwrap(), told.recv().await.unwrap()];
    events.sort_by_key(|e| e.message_id_seed);
    assert_eq!(events[0].outcome, Outcome::Sent);
    assert!(matches!(&events[1].outcome, Outcome::GivenUp { error } if error.text.contains("nobody")));
    assert_eq!(runner.waiting(), 0);
    assert_eq!(relay.taken().len(), 1);
}
