//! `cargo xtask soak`: the tests that draw from a seed, with large numbers.

use crate::test::{self, Histories, Part};
use anyhow::Result;
use clap::Args;
use std::time::{SystemTime, UNIX_EPOCH};
use xshell::Shell;

/// How much is drawn, and from where.
#[derive(Args)]
pub struct Numbers {
    /// The first seed of all parts; a fresh one by default, which is printed
    #[arg(long)]
    seed: Option<u64>,
    /// Random histories of the queue in the simulated world
    #[arg(long, default_value_t = 40_000)]
    histories: u64,
    /// Runs of the matrix of servers and mishaps
    #[arg(long, default_value_t = 600)]
    runs: u64,
    /// Kills of the browser, in each of the tests that kill it
    #[arg(long, default_value_t = 50)]
    kills: u64,
}

/// Runs all of it, though a part fails.
pub fn run(shell: &Shell, numbers: &Numbers) -> Result<()> {
    let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    let Numbers { histories, runs, kills, .. } = *numbers;
    let seed = numbers.seed.unwrap_or_else(fresh);
    let command = format!(
        "cargo xtask soak --seed {seed} --histories {histories} --runs {runs} --kills {kills}"
    );
    println!("soak: {command}");
    let _seed = shell.push_env("QMGR_SEED", seed.to_string());
    let _runs = shell.push_env("QMGR_RUNS", runs.to_string());
    let _kills = shell.push_env("QMGR_KILLS", kills.to_string());
    let histories = Histories { seed: Some(seed), histories: Some(histories) };
    let result = test::run(shell, &[Part::Sim, Part::Matrix, Part::Kills], &[], &histories);
    println!("soak: that was {command}");
    result
}
