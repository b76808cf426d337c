//! Some hundred runs of people who do anything at any time. A failure prints its seed: run it alone with
//! `CHAOS_SEED=<seed> cargo test -p sim --test chaos`; `SIM_DUMP=<file>` then writes the state of the exchange and the
//! whole ladder there. `CHAOS_RUNS=<n>` makes the runs more or fewer.

use sim::{Chaos, ChaosOptions};

/// Runs the seeds, or the one that the environment names; how many calls there were, how many answered, and how
/// many requests of phones got no answer.
fn run(first: u64, runs: u64, options: ChaosOptions) -> (usize, usize, u32) {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seeds = match number("CHAOS_SEED") {
        Some(seed) => seed..seed + 1,
        None => first..first + number("CHAOS_RUNS").unwrap_or(runs),
    };
    let mut sum = (0, 0, 0);
    for seed in seeds {
        let world = Chaos::new(seed, options).run();
        let unanswered: u32 = world.numbers().iter().map(|number| world.phone(number).timeouts).sum();
        sum = (sum.0 + world.watch.calls_ended, sum.1 + world.watch.calls_answered, sum.2 + unanswered);
    }
    sum
}

#[test]
fn people_in_a_world_that_works() {
    let (calls, answered, unanswered) = run(1, 100, ChaosOptions::PEOPLE);
    println!("{calls} calls, {answered} answered");
    assert_eq!(unanswered, 0, "the box leaves requests of phones without an answer");
    assert!(answered * 10 > calls, "{answered} of {calls} calls were answered: the script does too little");
}

#[test]
fn people_with_all_faults_at_once() {
    let (calls, answered, _) = run(10_001, 200, ChaosOptions::ALL);
    println!("{calls} calls, {answered} answered");
    assert!(answered * 20 > calls, "{answered} of {calls} calls were answered: the script does too little");
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
