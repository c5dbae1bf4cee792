//! `cargo xtask soak`: the tests that draw from a seed, with large numbers.

use crate::test::{self, Part};
use anyhow::{Result, ensure};
use clap::Args;
use std::time::{SystemTime, UNIX_EPOCH};
use xshell::{Shell, cmd};

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
    let seed = numbers.seed.unwrap_or_else(fresh).to_string();
    let Numbers { histories, runs, kills, .. } = numbers;
    let (histories, runs, kills) = (histories.to_string(), runs.to_string(), kills.to_string());
    let says = format!("--seed {seed} --histories {histories} --runs {runs} --kills {kills}");

    println!("soak: cargo xtask soak {says}");
    let simulated =
        cmd!(shell, "cargo xtask test --only sim --seed {seed} --histories {histories}").run();
    let _seed = shell.push_env("QMGR_SEED", &seed);
    let _runs = shell.push_env("QMGR_RUNS", &runs);
    let _kills = shell.push_env("QMGR_KILLS", &kills);
    let browsed = test::run(shell, &[Part::Matrix, Part::Kills]);
    println!("soak: cargo xtask soak {says} has run; it plays all of it again");
    if let Err(error) = &simulated {
        println!("{error:#}");
    }
    ensure!(simulated.is_ok() && browsed.is_ok(), "soak failed");
    Ok(())
}
