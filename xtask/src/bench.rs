//! `cargo xtask bench`: the package beside what one would take without it, in a real browser.
//!
//! `bench/` measures, and gives every single figure; those of the queue alone come from [`queue`]. What is
//! made of them is in [`report`].

mod queue;
mod report;

use crate::tools::{self, Tool};
use crate::{build, root};
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use report::Report;
use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// So many rounds make a median, and no fewer.
const ROUNDS: u32 = 5;
/// MiB of the large file.
const SIZE: u64 = 1024;
/// Where the last table stands, between two marks.
const PAGE: &str = "docs/performance.md";

/// What is measured, and how.
#[derive(Args)]
pub struct Options {
    /// Write every figure as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure this alone; may be given several times
    #[arg(long, value_name = "NAME", value_enum)]
    only: Vec<Job>,
    /// How often each contestant has its turn, after one that does not count
    #[arg(long, value_name = "N", default_value_t = ROUNDS, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// MiB of the large file
    #[arg(long, value_name = "MIB", default_value_t = SIZE, value_parser = clap::value_parser!(u64).range(256..))]
    size: u64,
    /// Write the tables into docs/performance.md; only for all jobs, with at least 5 rounds of 1024 MiB
    #[arg(long)]
    write: bool,
}

/// One table. The names are those of the modules in `bench/jobs/`, but for the queue's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Job {
    /// One large file, against seven other ways
    File,
    /// The same with `integrity`
    Hash,
    /// 1,000 files of 4 KiB
    ManyFiles,
    /// A server that limits each connection
    SlowConnections,
    /// The second half of a file
    Resume,
    /// From `import` to an open queue, and to one of 10,000 groups
    Open,
    /// getStatus(), called from JavaScript
    GetStatus,
    /// The page's heartbeat and its longest task
    MainThread,
    /// The page's and its worker's, for a small and a large file
    Memory,
    /// Steps a second, beside two state machines
    Sequence,
    /// Steps a second of the queue alone, native, with up to 10,000 groups
    Queue,
}

/// Measures, prints the tables, and says which targets are met. One that is missed is no error.
pub fn run(shell: &Shell, options: &Options) -> Result<()> {
    let Options { json, only, rounds, size, write } = options;
    let is_whole = only.is_empty() && *rounds >= ROUNDS && *size == SIZE;
    ensure!(
        !write || is_whole,
        "--write takes all jobs, and at least {ROUNDS} rounds of {SIZE} MiB"
    );
    tools::provide(shell, &[Tool::BenchPackages, Tool::Chromium, Tool::Nginx])?;
    let package = build::package(shell)?;
    let work = build::target().join("bench");
    shell.create_dir(&work)?;
    let out = work.join("figures.json");
    shell.remove_path(&out)?;

    let is_wanted = |job: &Job| only.is_empty() || only.contains(job);
    let in_browser =
        Job::value_variants().iter().filter(|job| is_wanted(job) && **job != Job::Queue);
    let names = in_browser.filter_map(|job| Some(job.to_possible_value()?.get_name().to_owned()));
    let (rounds, bytes) = (rounds.to_string(), (size << 20).to_string());
    let _chromium = shell.push_env("QMGR_CHROMIUM", tools::chromium().unwrap_or_default());
    let _nginx = shell.push_env("QMGR_NGINX", tools::nginx().unwrap_or_default());
    let places = ["--out".into(), out.clone(), "--work".into(), work, "--pkg".into(), package];
    cmd!(shell, "node bench/main.mjs {places...} --rounds {rounds} --size {bytes} {names...}")
        .run()?;

    let mut figures: Value = serde_json::from_str(&shell.read_file(&out)?)?;
    if is_wanted(&Job::Queue) {
        let jobs = figures["jobs"].as_array_mut().context("the figures have no jobs")?;
        jobs.extend(queue::measure(shell));
    }
    let report = Report::deserialize(&figures).context("the figures are not as agreed")?;
    println!("{report}");
    if let Some(json) = json {
        shell.write_file(json, figures.to_string())?;
    }
    if *write {
        let page = shell.read_file(PAGE)?;
        shell.write_file(PAGE, report.inserted_into(&page)?)?;
        println!("{} has these tables", root().join(PAGE).display());
    }
    report.check()
}
