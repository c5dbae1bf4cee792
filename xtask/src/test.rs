//! `cargo xtask test`: every test, part by part, and a summary.

use crate::engines::{self, Engine};
use crate::tools::{self, Tool};
use crate::{build, conformance, lint, pack, root, size};
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use std::env;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use xshell::{Cmd, Shell, cmd};

/// How many random histories part `sim` plays when it is named, and how many among all others.
const HISTORIES: (u64, u64) = (20_000, 2_000);

/// Which random histories part `sim` plays.
#[derive(Args, Clone, Copy)]
pub struct Histories {
    /// The first seed of part sim; a fresh one by default, which is printed
    #[arg(long)]
    pub seed: Option<u64>,
    /// How many histories part sim plays [default: 20000 with --only sim, else 2000]
    #[arg(long)]
    pub histories: Option<u64>,
}

/// So many states of each small world are looked at in about a minute.
const WALK_STATES: u32 = 100_000;

/// So many files of tests run at once: most of what they do is to wait for a server or a browser.
const FILES_AT_ONCE: u8 = 3;

/// One part of the tests, in the order in which they run: the package, which most need, is compiled beside
/// what the first of them compile, in a directory where neither waits for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Part {
    /// Formatting, lints and documentation
    Lint,
    /// The pure rooms: cargo test, optimised
    Native,
    /// Random histories of the queue in the simulated world
    Sim,
    /// Small worlds walked in full, for a minute: cargo test, optimised
    Walk,
    /// What a page has to load, which may not grow
    Size,
    /// The packed tarball, installed and used in bundlers, runners, pages and programs
    Package,
    /// A person's way through the playground
    Page,
    /// Every documented fact, in three runners, and the page that tells of them
    Conformance,
    /// Drivers and binding in a headless Chromium: wasm-pack test
    Browser,
    /// Drivers, binding and a core of the page tests in three browser engines
    Engines,
    /// Many kinds of server by many mishaps, in a real browser
    Matrix,
    /// A browser killed at random instants
    Kills,
}

impl Part {
    /// Whether it keeps all cores busy; the others wait for a browser or a server most of their time.
    fn computes(self) -> bool {
        matches!(self, Part::Lint | Part::Native | Part::Sim | Part::Walk)
    }

    /// What it needs; part engines needs what its engines do besides.
    fn tools(self) -> &'static [Tool] {
        match self {
            Part::Lint => &[Tool::WasmTarget],
            Part::Native | Part::Sim | Part::Walk => &[],
            Part::Size => &build::TOOLS,
            Part::Browser => &[Tool::WasmTarget, Tool::WasmBindgen, Tool::WasmPack, Tool::Chromium],
            Part::Conformance | Part::Kills | Part::Matrix => {
                &[Tool::WasmTarget, Tool::WasmBindgen, Tool::NpmPackages, Tool::Chromium]
            }
            Part::Package => &[
                Tool::WasmTarget,
                Tool::WasmBindgen,
                Tool::NpmPackages,
                Tool::ConsumerPackages,
                Tool::Chromium,
            ],
            Part::Engines => {
                &[Tool::WasmTarget, Tool::WasmBindgen, Tool::WasmPack, Tool::NpmPackages]
            }
            Part::Page => &[
                Tool::WasmTarget,
                Tool::WasmBindgen,
                Tool::NpmPackages,
                Tool::Chromium,
                Tool::Nginx,
            ],
        }
    }

    fn run(self, shell: &Shell, all: &Choice<'_>) -> Result<()> {
        match self {
            Part::Lint => lint::run(shell),
            Part::Native => {
                cmd!(shell, "cargo test --profile walk --package qmgr").run()?;
                Ok(cmd!(shell, "cargo test --package xtask").run()?)
            }
            Part::Sim => play_histories(shell, &all.histories),
            Part::Walk => {
                let states = env::var("QMGR_WALK_STATES");
                let states = states.unwrap_or_else(|_| WALK_STATES.to_string());
                let _states = shell.push_env("QMGR_WALK_STATES", states);
                let walk = ["--profile", "walk", "--test", "native", "walk", "--", "--nocapture"];
                Ok(cmd!(shell, "cargo test {walk...}").run()?)
            }
            Part::Browser => Engine::Chromium.test_drivers(shell),
            Part::Conformance => {
                let rows =
                    ["--profile", "walk", "--test", "native", "conformance", "--", "--nocapture"];
                cmd!(shell, "cargo test --quiet {rows...}").run()?;
                build::package(shell)?;
                node_tests(shell, &["tests/conformance"])?;
                conformance::check()
            }
            Part::Size => size::run(shell, size::LIMIT),
            Part::Package => {
                let tarball = pack::run(shell)?;
                let _tarball = shell.push_env("QMGR_TARBALL", tarball);
                node_tests(shell, &["tests/package", "tests/consumers", "tests/examples"])
            }
            Part::Page => {
                build::package(shell)?;
                let _nginx = shell.push_env("QMGR_NGINX", tools::nginx().unwrap_or_default());
                node_tests(shell, &["tests/server", "tests/page"])
            }
            Part::Engines => {
                let runs_browser = all.parts.contains(&Part::Browser);
                engines::run(shell, all.engines, runs_browser.then_some(Engine::Chromium))
            }
            Part::Matrix => {
                build::package(shell)?;
                node_tests(shell, &["tests/matrix"])
            }
            Part::Kills => {
                build::package(shell)?;
                node_tests(shell, &["tests/kills"])
            }
        }
    }
}

/// What is run.
struct Choice<'a> {
    parts: &'a [Part],
    engines: &'a [Engine],
    histories: Histories,
}

/// How a part ended.
struct Outcome {
    part: Part,
    passed: bool,
    time: Duration,
}

/// Runs the parts in `only`, or part engines where `engines` are named, or all of them; a part that fails
/// does not keep the others from running. Of all of them, those that compute run beside those that wait.
pub fn run(shell: &Shell, only: &[Part], engines: &[Engine], histories: &Histories) -> Result<()> {
    let only = if only.is_empty() && !engines.is_empty() { &[Part::Engines] } else { only };
    let engines = if engines.is_empty() { Engine::value_variants() } else { engines };
    let (most, fewer) = HISTORIES;
    let usual = if only.contains(&Part::Sim) { most } else { fewer };
    let histories =
        Histories { histories: histories.histories.or(Some(usual)), seed: histories.seed };
    let parts: Vec<Part> = Part::value_variants()
        .iter()
        .copied()
        .filter(|part| only.is_empty() || only.contains(part))
        .collect();
    let mut needed: Vec<Tool> = Vec::new();
    let of_engines = engines.iter().filter(|_| parts.contains(&Part::Engines));
    let tools =
        parts.iter().map(|part| part.tools()).chain(of_engines.map(|engine| engine.tools()));
    for &tool in tools.flatten() {
        if !needed.contains(&tool) {
            needed.push(tool);
        }
    }
    tools::provide(shell, &needed)?;

    let choice = Choice { parts: &parts, engines, histories };
    let is_beside = |part: &Part| only.is_empty() && part.computes();
    let (beside, here): (Vec<Part>, Vec<Part>) = parts.iter().copied().partition(is_beside);
    let mut outcomes = thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        scope.spawn(move || {
            beside.into_iter().try_for_each(|part| tell.send(run_beside(part, histories)))
        });
        let print = |(outcome, said): (Outcome, String)| {
            print!("{said}");
            outcome
        };
        let mut outcomes = Vec::new();
        for part in here {
            outcomes.push(run_here(part, shell, &choice));
            outcomes.extend(told.try_iter().map(print));
        }
        outcomes.extend(told.iter().map(print));
        outcomes
    });
    outcomes.sort_unstable_by_key(|outcome| outcome.part);

    println!();
    for Outcome { part, passed, time } in &outcomes {
        println!(
            "{:<11} {}  {:>4} s",
            format!("{part:?}"),
            if *passed { "passed" } else { "FAILED" },
            time.as_secs()
        );
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.passed).count();
    println!("parts: {} passed, {failed} failed", outcomes.len() - failed);
    ensure!(failed == 0, "tests failed");
    Ok(())
}

/// Runs a part, which prints as it goes.
fn run_here(part: Part, shell: &Shell, choice: &Choice<'_>) -> Outcome {
    println!("\n── {part:?} ──");
    let start = Instant::now();
    let result = part.run(shell, choice);
    if let Err(error) = &result {
        println!("{error:#}");
    }
    Outcome { part, passed: result.is_ok(), time: start.elapsed() }
}

/// Runs a part in a process that gives way to whatever else wants a core, and gives back what it said.
fn run_beside(part: Part, histories: Histories) -> (Outcome, String) {
    let start = Instant::now();
    let (passed, said) =
        process_of(part, histories).unwrap_or_else(|error| (false, format!("{error:#}\n")));
    (Outcome { part, passed, time: start.elapsed() }, said)
}

/// Runs `cargo xtask test` with one part; gives back whether it passed and what it said.
fn process_of(part: Part, Histories { seed, histories }: Histories) -> Result<(bool, String)> {
    let name = part.to_possible_value().context("every part has a name")?;
    let mut command = Command::new("nice");
    command.arg("-n").arg("5").arg(env::current_exe()?).args(["test", "--only", name.get_name()]);
    for (option, number) in [("--seed", seed), ("--histories", histories)] {
        command.args(number.map(|number| format!("{option}={number}")));
    }
    let (mut output, end) = io::pipe()?;
    let mut child = command.stdout(end.try_clone()?).stderr(end).spawn()?;
    // It holds the writing ends, and so the reading would never end.
    drop(command);
    let mut said = Vec::new();
    output.read_to_end(&mut said)?;
    Ok((child.wait()?.success(), String::from_utf8_lossy(&said).into_owned()))
}

/// Plays random histories of the queue on all cores, in a build that is optimised and checks as a debug
/// build does. The same seed and number replay exactly.
fn play_histories(shell: &Shell, histories: &Histories) -> Result<()> {
    let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    let (seed, count) = (histories.seed.unwrap_or_else(fresh), histories.histories.unwrap_or(1));
    let build = ["test", "--profile", "walk", "--package", "qmgr", "--test", "native"];
    cmd!(shell, "cargo {build...} --no-run").run()?;

    println!("{count} histories: --seed {seed} --histories {count} plays them again");
    let _seed = shell.push_env("QMGR_SEED", seed.to_string());
    let _histories = shell.push_env("QMGR_HISTORIES", count.to_string());
    let start = Instant::now();
    cmd!(shell, "cargo {build...} --quiet -- --nocapture random::").run()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{count} histories in {seconds:.1} s, {:.0} a second", count as f64 / seconds);
    // A day in the same world, for its figures.
    Ok(cmd!(shell, "cargo {build...} --quiet -- --nocapture at_most_200_times_a_day").run()?)
}

/// Runs the files named `*.test.mjs` in some directories with Node's test runner.
fn node_tests(shell: &Shell, directories: &[&str]) -> Result<()> {
    Ok(node_tests_in(shell, &[], directories)?.run()?)
}

/// The command that does so, within the program and arguments `within`.
pub fn node_tests_in<'a>(
    shell: &'a Shell,
    within: &[&str],
    directories: &[&str],
) -> Result<Cmd<'a>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for directory in directories {
        let found = shell.read_dir(root().join(directory))?;
        files
            .extend(found.into_iter().filter(|file| file.to_string_lossy().ends_with(".test.mjs")));
    }
    ensure!(!files.is_empty(), "no tests in {}", directories.join(", "));
    // A browser that is gone may leave a process behind that holds on to its output, and so to Node.js.
    let how = ["--test-force-exit", "--test-reporter=spec"];
    let at_once = format!("--test-concurrency={FILES_AT_ONCE}");
    Ok(cmd!(shell, "env {within...} node --test {at_once} {how...} {files...}")
        .env("QMGR_CHROMIUM", tools::chromium().unwrap_or_default()))
}
