//! `strowger route`: where a call would go, and why.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use base::WallTime;
use config::{Config, Document};
use dialplan::state::State;
use dialplan::{Caller, Plan, Step};
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
    let caller = match (&args.trunk, &args.from) {
        (Some(trunk), _) if !config.trunks.contains_key(trunk) => {
            return Err(Failure::usage(format!("there is no trunk {trunk}")).into());
        }
        (Some(trunk), number) => Caller::Trunk { trunk, number: number.as_deref() },
        (None, Some(from)) => Caller::Extension(from),
        (None, None) => Caller::Trunk { trunk: "", number: None },
    };
    print(&words(&steps(config, caller, &args.to, at)))
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

fn steps(config: &Arc<Config>, from: Caller<'_>, dialled: &str, at: WallTime) -> Vec<Step> {
    let plan = Plan::new(Arc::clone(config));
    dialplan::path(&plan, &State::default(), dialplan::Request { from, dialled, at, hops: &[] })
}

/// Where it goes and why; then, further to the right, what comes next where nobody takes it.
fn words(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        let margin = "    ".repeat(step.depth);
        let when = if step.when.is_empty() { String::new() } else { format!("{}: ", step.when_text()) };
        out += &format!("{margin}{when}{}\n", step.action_text());
        for reason in &step.reasons {
            out += &format!("{margin}  {reason}\n");
        }
    }
    out
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
        let route = |to| words(&steps(document.config(), Caller::Extension("101"), to, WallTime::default()));
        expect![[r#"
            rings 102, 103 for 30 s (Sales)
              400 is ring group 400, Sales
              member 101 passed over: it is the caller
              it rings for 30 s, as set for the whole box
        "#]]
        .assert_eq(&route("400"));
        expect![[r#"
            refused: unknown number
              555 is no feature code, extension, ring group or conference
              no route leads to 555
        "#]]
        .assert_eq(&route("555"));
    }
}
