//! The figures, each beside what is aimed at.

use crate::run::Run;
use crate::{Case, Kind};

/// What a packet costs the bare forwarder on the machine that the aims in percent of a core are meant for.
const BARE_US: f64 = 3.8;

/// Prints the medians over the rounds.
pub fn print(results: &[(&str, Case, Vec<Run>)]) {
    let of = |kind| results.iter().find(move |(_, case, _)| case.kind == kind);
    let bare = of(Kind::Bare).map(|(_, _, runs)| median(runs, |r| r.us_per_packet));
    let forwarded = of(Kind::Forward).map(|(_, case, runs)| (case.count, median(runs, |r| r.audio_pct)));
    for (name, case, runs) in results {
        let row = |what: &str, value: f64, unit: &str, aim: &str| {
            println!("{name}, {what}\t{value:.2}\t{unit}\t{aim}");
        };
        let (us, pct) = (median(runs, |r| r.us_per_packet), median(runs, |r| r.audio_pct));
        // Where this machine is slower or busier than the one meant, both suffer.
        let scaled = |pct: f64| bare.map_or(pct, |bare| pct * BARE_US / bare);
        let share = |what: &str, pct: f64, aim: &str| {
            row(what, pct, "% of a core", "");
            if bare.is_some() {
                row(&format!("{what} where bare costs {BARE_US} µs"), scaled(pct), "% of a core", aim);
            }
        };
        let (p50, p99) = (median(runs, |r| r.delay_ms[0]), median(runs, |r| r.delay_ms[1]));
        let count = f64::from(case.count);
        match case.kind {
            Kind::Bare | Kind::Forward | Kind::Srtp => {
                row("packet", us, "µs", "");
                let (is_bare, is_forward) = (case.kind == Kind::Bare, case.kind == Kind::Forward);
                if let Some(bare) = bare.filter(|_| !is_bare) {
                    row("packet to bare", us / bare, "times", if is_forward { "≤ 1.2" } else { "" });
                    row("calls a core", count * 100.0 / pct, "", "");
                    let aim = if is_forward { "≥ 2,000" } else { "≥ 1,000" };
                    row(&format!("calls a core where bare costs {BARE_US} µs"), count * 100.0 / scaled(pct), "", aim);
                }
                if case.kind != Kind::Srtp {
                    row("delay, half below", p50, "ms", "");
                    row("delay, 99 % below", p99, "ms", if is_forward { "≤ 1" } else { "" });
                }
            }
            Kind::G722 => share("100 calls", pct / count * 100.0, "≤ 15"),
            Kind::Opus => share("100 calls", pct / count * 100.0, "≤ 120"),
            Kind::Room if case.count == 200 => share("three talk", pct, "≤ 8"),
            Kind::Room => share("three talk", pct, "≤ 100"),
            Kind::Talk => share("all talk", pct, "≤ 100"),
            Kind::Record => {
                row("audio thread", pct, "% of a core", "");
                row("recorder", median(runs, |r| r.recorder_pct), "% of a core", "");
                if let Some((calls, plain)) = forwarded {
                    let plain = plain / f64::from(calls) * count;
                    let all = median(runs, |r| r.audio_pct + r.recorder_pct);
                    row("added to forwarding by recording", (all / plain - 1.0) * 100.0, "%", "≤ 30");
                }
                row("dropped", runs.iter().map(|r| r.dropped as f64).sum(), "frames", "0");
            }
            Kind::Delay => {
                row("delay, half below", p50, "ms", "");
                row("delay, 99 % below", p99, "ms", "≤ 25");
            }
        }
        let lost: u64 = runs.iter().map(|r| r.sent.saturating_sub(r.received)).sum();
        let sent: u64 = runs.iter().map(|r| r.sent).sum();
        row("lost", lost as f64 / sent.max(1) as f64 * 100.0, "%", "");
        row("load late", median(runs, |r| r.late as f64 / r.seconds / 10.0), "% of slots", "");
    }
}

fn median(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    let mut all: Vec<f64> = runs.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
