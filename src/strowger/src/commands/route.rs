//! `strowger route`: where a call would go, and why.

use std::process::ExitCode;

use anyhow::anyhow;
use base::WallTime;
use config::Document;
use dialplan::{Action, Decision};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{ask, print, read_document};
use crate::args::RouteArgs;
use crate::control::{Reply, Request};
use crate::exit::Failure;
use crate::host::wall_clock;

/// Decides without placing a call and prints the decision with its reasons.
pub fn route(args: &RouteArgs) -> anyhow::Result<ExitCode> {
    let text = match &args.config {
        Some(file) => read_document(file)?,
        None => match ask(&args.data.dir(), Request::Export { version: None })? {
            Reply::Text { text } => text,
            other => return Err(anyhow!("the box answered {other:?} to the question for its configuration")),
        },
    };
    let document = Document::parse(&text).map_err(|errors| Failure::refused(&errors))?;
    let config = document.config();
    let at = match &args.at {
        Some(text) => moment(text, &config.system.time_zone)?,
        None => wall_clock(),
    };
    let request = dialplan::Request { from: args.from.as_deref(), dialled: &args.to, at };
    print(&words(&dialplan::route(config, &request)))
}

/// `2026-03-01T14:30` in the box's time zone, or a moment that names its own: `…Z`, `…+01:00`.
fn moment(text: &str, time_zone: &str) -> Result<WallTime, Failure> {
    let zone = || TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let stamp = text
        .parse::<Timestamp>()
        .or_else(|_| text.parse::<DateTime>().and_then(|civil| civil.to_zoned(zone())).map(|zoned| zoned.timestamp()))
        .map_err(|_| Failure::usage(format!("{text:?} is not a time such as 2026-03-01T14:30")))?;
    Ok(WallTime::from_unix_ms(stamp.as_millisecond()))
}

fn words(decision: &Decision) -> String {
    let goes = match &decision.action {
        Action::Ring { targets, name, ring_time, group: _, music } => {
            let heard = music.as_ref().map(|music| format!(", to the music {music}")).unwrap_or_default();
            format!("rings {} ({name}) for {} s{heard}", targets.join(", "), ring_time.as_secs())
        }
        Action::Service(service) => service.feature().to_string(),
        Action::Conference { number, name } => format!("conference {number} ({name})"),
        Action::Listen { target } => format!("listens in to {target}"),
        Action::Refuse(why) => format!("refused: {why}"),
    };
    decision.reasons.iter().fold(format!("{goes}\n"), |out, reason| out + &format!("  {reason}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_moment_is_local_unless_it_says_otherwise() {
        let at = |text| moment(text, "Europe/Brussels").map(|at| at.unix_s());
        assert_eq!(at("2026-03-01T14:30"), Ok(1_772_371_800));
        assert_eq!(at("2026-03-01T14:30Z"), Ok(1_772_375_400));
        assert!(at("tomorrow").is_err());
    }

    #[test]
    fn the_decision_comes_with_its_reasons() {
        let document = crate::demo::document();
        let route = |to| {
            let request = dialplan::Request { from: Some("101"), dialled: to, at: WallTime::default() };
            words(&dialplan::route(document.config(), &request))
        };
        expect![[r#"
            rings 102, 103 (Sales) for 30 s
              400 is ring group 400, Sales
              member 101 passed over: it is the caller
              it rings for 30 s, as set for the whole box
        "#]]
        .assert_eq(&route("400"));
        expect![[r#"
            refused: unknown number
              555 is no feature code, extension, ring group or conference
        "#]]
        .assert_eq(&route("555"));
    }
}
