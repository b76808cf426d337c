//! Some hundred runs of people who do anything at any time. A failure prints its seed: run it alone with
//! `CHAOS_SEED=<seed> cargo test -p sim --test chaos`; `SIM_DUMP=<file>` then writes the state of the exchange and the
//! whole ladder there. `CHAOS_RUNS=<n>` makes the runs more or fewer.

use sim::{Chaos, ChaosOptions};

/// What happened in some runs.
#[derive(Debug, Default)]
struct Sum {
    calls: usize,
    answered: usize,
    recordings: usize,
    /// Requests of phones that got no answer.
    unanswered: u32,
}

/// Runs the seeds, or the one that the environment names.
fn run(first: u64, runs: u64, options: ChaosOptions) -> Sum {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seeds = match number("CHAOS_SEED") {
        Some(seed) => seed..seed + 1,
        None => first..first + number("CHAOS_RUNS").unwrap_or(runs),
    };
    let mut sum = Sum::default();
    for seed in seeds {
        let world = Chaos::new(seed, options).run();
        sum.calls += world.watch.calls_ended;
        sum.answered += world.watch.calls_answered;
        sum.recordings += world.watch.recordings_ended;
        sum.unanswered += world.numbers().iter().map(|number| world.phone(number).timeouts).sum::<u32>();
    }
    sum
}

#[test]
fn people_in_a_world_that_works() {
    let sum = run(1, 100, ChaosOptions::PEOPLE);
    println!("{sum:?}");
    assert_eq!(sum.unanswered, 0, "the box leaves requests of phones without an answer");
    assert!(sum.answered * 10 > sum.calls && sum.recordings * 100 > sum.calls, "the script does too little: {sum:?}");
}

#[test]
fn people_with_all_faults_at_once() {
    let sum = run(10_001, 200, ChaosOptions::ALL);
    println!("{sum:?}");
    assert!(sum.answered * 20 > sum.calls && sum.recordings * 200 > sum.calls, "the script does too little: {sum:?}");
}

#[test]
fn people_with_lines_to_the_outside() {
    let sum = run(20_001, 12, ChaosOptions { line: true, ..ChaosOptions::PEOPLE });
    println!("{sum:?}");
    assert!(sum.answered * 10 > sum.calls, "the script does too little: {sum:?}");
    let sum = run(20_101, 12, ChaosOptions { line: true, ..ChaosOptions::ALL });
    println!("{sum:?}");
    assert!(sum.answered * 20 > sum.calls, "the script does too little: {sum:?}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let mut world = Chaos::new(seed, ChaosOptions::ALL).run();
        (world.take_ladder(), format!("{:?}", world.store.durable()))
    };
    let (first, second) = (run(77), run(77));
    assert!(first.0 == second.0, "the ladders differ");
    assert!(first.1 == second.1, "the records differ");
}
