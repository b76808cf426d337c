//! The firm that all runs take place in: extensions 101–109, ring groups 400 and 401, conferences 600 and 601, and
//! the codes of the box.
//!
//! Calls of 104 are always recorded, those of 105 never; 106 may listen in. Whoever calls 401 hears music instead of
//! ringing. Conference 600 is recorded, 601 asks for the number 4711. 101 to 103 pick up each other's calls, 800 speaks
//! to the workshop.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base::Redacted;
use config::{Conference, Config, Document, Extension, MUSIC_DEFAULT, Paging, RecordChoice, RingGroup};

/// Where the box is.
pub const BOX: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 5060);

/// The conference that asks for a number.
pub const BOARD: &str = "601";

/// What it asks for.
pub const BOARD_PIN: &str = "4711";

const REALM: &str = "sim.example";

/// Names for the extensions from 101 on.
const NAMES: [&str; 9] = ["Anna", "Bob", "Clara", "Dora", "Emil", "Frieda", "Gustav", "Hanna", "Ida"];

/// Where the phone of an extension is: `10.0.1.n`, its own address each.
pub fn phone_address(number: &str) -> SocketAddr {
    let last = number.bytes().fold(0_u8, |n, digit| n.wrapping_mul(10).wrapping_add(digit.wrapping_sub(b'0')));
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 1, last)), 5060)
}

/// The SIP secret of an extension.
pub fn secret_of(number: &str) -> String {
    format!("sim-{number}-secret")
}

/// The configuration that runs begin with.
pub fn company() -> Config {
    let extensions = NAMES.iter().zip(101..).map(|(name, number)| extension(number, name));
    let members = |members: [&str; 3]| members.map(str::to_owned).into();
    let everybody = RingGroup {
        ring_time_s: Some(15),
        ..RingGroup::new("400".to_owned(), "Everybody".to_owned(), members(["101", "102", "103"]))
    };
    let lobby = RingGroup {
        ring_time_s: Some(15),
        record: RecordChoice::OnDemand,
        music: Some(MUSIC_DEFAULT.to_owned()),
        ..RingGroup::new("401".to_owned(), "Lobby".to_owned(), members(["102", "103", "104"]))
    };
    let meeting =
        Conference { record: RecordChoice::Always, ..Conference::new("600".to_owned(), "Weekly meeting".to_owned()) };
    let board = Conference {
        pin: Some(Redacted(BOARD_PIN.to_owned())),
        members_max: 3,
        ..Conference::new(BOARD.to_owned(), "Board".to_owned())
    };
    let mut config = (**Document::parse("").expect("an empty document is right").config()).clone();
    config.system.realm = REALM.to_owned();
    config.listen.sip = BOX;
    config.listen.rtp = (20_000, 20_199);
    config.sip.ring_time_s = 25;
    // Short, so that runs of some minutes see refreshes (RFC 4028) and registrations that run out.
    config.sip.session_expires_s = 120;
    config.sip.session_min_s = 90;
    config.sip.expires_min_s = 30;
    config.media.codecs = ["PCMA", "PCMU", "G722", "opus"].map(str::to_owned).into();
    config.media.inactivity_s = 30;
    config.extensions = extensions.map(|e| (e.number.clone(), e)).collect();
    config.ring_groups = [everybody, lobby].map(|group| (group.number.clone(), group)).into();
    let workshop = Paging {
        number: "800".to_owned(),
        name: "Workshop".to_owned(),
        members: ["101", "103", "104", "105", "106"].map(str::to_owned).into(),
        two_way: false,
        seconds_max: 20,
    };
    config.paging = [workshop].map(|page| (page.number.clone(), page)).into();
    config.conferences = [meeting, board].map(|conference| (conference.number.clone(), conference)).into();
    config
}

fn extension(number: u32, name: &str) -> Extension {
    let number = number.to_string();
    let (ha1_md5, ha1_sha256) = config::secret::ha1(&number, REALM, &secret_of(&number));
    let record = match number.as_str() {
        "104" => RecordChoice::Always,
        "105" => RecordChoice::Never,
        _ => RecordChoice::Default,
    };
    let supervisor = number == "106";
    let pickup_group = matches!(number.as_str(), "101" | "102" | "103").then(|| "office".to_owned());
    Extension { record, supervisor, pickup_group, ..Extension::new(number, name.to_owned(), ha1_md5, ha1_sha256) }
}
