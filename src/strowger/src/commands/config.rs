//! `strowger config …`

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use config::Document;
use dialplan::state::State;
use dialplan::{Plan, Severity};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{ask, print, read_document};
use crate::args::{ConfigArgs, ConfigCommand};
use crate::control::{Reply, Request, VersionRow};
use crate::exit::Failure;

/// Does what the arguments say.
pub fn config(args: ConfigArgs) -> anyhow::Result<ExitCode> {
    let (data, request) = match args.command {
        ConfigCommand::Check { file } => {
            let document = Document::parse(&read_document(&file)?).map_err(|errors| Failure::refused(&errors))?;
            return print(&format!("{}: good, {}\n{}", file.display(), census(&document), odd(&document)));
        }
        ConfigCommand::Import { file, reason, data } => (data, Request::Import { text: read_document(&file)?, reason }),
        ConfigCommand::Export { version, data } => (data, Request::Export { version }),
        ConfigCommand::History { limit, data } => (data, Request::History { limit }),
        ConfigCommand::Diff { a, b, data } => (data, Request::Diff { from: a, to: b }),
        ConfigCommand::Rollback { n, reason, data } => {
            let reason = reason.unwrap_or_else(|| format!("back to v{n}"));
            (data, Request::Rollback { version: n, reason })
        }
    };
    print(&words(ask(&data.dir(), request)?))
}

/// What is legal but odd: first what the proof of the dial plan finds, then the advice on single keys.
fn odd(document: &Document) -> String {
    let plan = Plan::new(Arc::clone(document.config()));
    let findings = dialplan::prove(&plan, &State::default());
    // The proof says it better: it knows the way of the calls.
    let is_proven = |path: &str| {
        let place = |at: &dialplan::Spot| [at.section, at.id.as_str(), at.key].join(".").replace("..", ".");
        findings.iter().any(|finding| place(&finding.at) == path)
    };
    let advice = config::lint(document.config()).into_iter().filter(|advice| !is_proven(&advice.path));
    let advice: Vec<String> = advice.map(|advice| advice.to_string()).collect();
    let proven = findings.iter().map(|finding| {
        let level = match finding.severity {
            Severity::Error => "calls are lost",
            Severity::Warning => "warning",
        };
        format!("{level}: {finding}")
    });
    list(&proven.chain(advice).collect::<Vec<_>>())
}

fn census(document: &Document) -> String {
    let config = document.config();
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let (extensions, groups) = (config.extensions.len(), config.ring_groups.len());
    format!("{}, {}", count(extensions, "extension"), count(groups, "ring group"))
}

/// A reply as it is printed.
fn words(reply: Reply) -> String {
    match reply {
        Reply::InForce { version, summary } if summary.is_empty() => {
            format!("nothing changed, v{version} stays in force\n")
        }
        Reply::InForce { version, summary } => {
            let later = match summary.iter().any(|sentence| sentence.starts_with("listen: ")) {
                true => "a running box takes the new addresses at its next start\n",
                false => "",
            };
            format!("v{version} is in force\n{}{later}", list(&summary))
        }
        Reply::Text { text } => text,
        Reply::History { versions, time_zone } => history(&versions, &time_zone),
        Reply::Diff { unified, .. } if unified.is_empty() => "no difference\n".into(),
        Reply::Diff { summary, unified } => format!("{}\n{unified}", list(&summary)),
        Reply::BackedUp { contents } => format!("{contents}\n"),
        Reply::Password { password } => format!("{password}\n"),
    }
}

/// The sentences, indented; of thousands only the first. (Writing to a String cannot fail.)
fn list(sentences: &[String]) -> String {
    const SHOWN_MAX: usize = 100;
    let mut out = String::new();
    for sentence in sentences.iter().take(SHOWN_MAX) {
        let _ = writeln!(out, "  {sentence}");
    }
    if let Some(more) = sentences.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
        let _ = writeln!(out, "  … and {more} more");
    }
    out
}

fn history(versions: &[VersionRow], time_zone: &str) -> String {
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let mut out = String::new();
    for row in versions {
        let at = Timestamp::from_millisecond(row.at_ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone());
        let _ = writeln!(
            out,
            "{:>6}  {}  {:<12}  {}",
            format!("v{}", row.version),
            at.strftime("%Y-%m-%d %H:%M:%S %Z"),
            row.author,
            row.reason
        );
    }
    out
}
