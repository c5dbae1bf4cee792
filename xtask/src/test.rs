//! `cargo xtask test`: every test, part by part, and a summary.

use crate::tools::{self, Tool};
use crate::{build, conformance, lint, pack, root};
use anyhow::{Result, ensure};
use clap::ValueEnum;
use std::path::PathBuf;
use std::time::Instant;
use xshell::{Shell, cmd};

/// So many states of each small world are looked at in about a minute.
const WALK_STATES: u32 = 100_000;

/// One part of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Formatting, lints and documentation
    Lint,
    /// The pure rooms: cargo test
    Native,
    /// Small worlds walked in full, for a minute: cargo test, optimised
    Walk,
    /// Drivers and binding in a headless Chromium: wasm-pack test
    Browser,
    /// Every documented fact, in three runners, and the page that tells of them
    Conformance,
    /// The packed tarball, installed and used
    Package,
    /// A person's way through the playground
    Page,
    /// Many kinds of server by many mishaps, in a real browser
    Matrix,
    /// A browser killed at random instants
    Kills,
}

impl Part {
    fn tools(self) -> &'static [Tool] {
        match self {
            Part::Lint => &[Tool::WasmTarget],
            Part::Native | Part::Walk => &[],
            Part::Browser => &[Tool::WasmTarget, Tool::WasmBindgen, Tool::WasmPack, Tool::Chromium],
            Part::Conformance | Part::Kills | Part::Matrix | Part::Package => {
                &[Tool::WasmTarget, Tool::WasmBindgen, Tool::NpmPackages, Tool::Chromium]
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

    fn run(self, shell: &Shell) -> Result<()> {
        match self {
            Part::Lint => lint::run(shell),
            Part::Native => Ok(cmd!(shell, "cargo test --workspace").run()?),
            Part::Walk => {
                let states = std::env::var("QMGR_WALK_STATES");
                let states = states.unwrap_or_else(|_| WALK_STATES.to_string());
                let _states = shell.push_env("QMGR_WALK_STATES", states);
                let walk = ["--profile", "walk", "--test", "native", "walk", "--", "--nocapture"];
                Ok(cmd!(shell, "cargo test {walk...}").run()?)
            }
            Part::Browser => {
                let driver = tools::chromedriver().unwrap_or_default();
                Ok(cmd!(shell, "wasm-pack test --headless --chrome --chromedriver {driver}")
                    .run()?)
            }
            Part::Conformance => {
                cmd!(shell, "cargo test --quiet --test native conformance -- --nocapture").run()?;
                build::package(shell)?;
                node_tests(shell, &["tests/conformance"])?;
                conformance::check()
            }
            Part::Package => {
                let tarball = pack::run(shell)?;
                let _tarball = shell.push_env("QMGR_TARBALL", tarball);
                node_tests(shell, &["tests/package"])
            }
            Part::Page => {
                build::package(shell)?;
                let _nginx = shell.push_env("QMGR_NGINX", tools::nginx().unwrap_or_default());
                node_tests(shell, &["tests/server", "tests/page"])
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

/// Runs the parts in `only`, or all of them; a part that fails does not keep the others from running.
pub fn run(shell: &Shell, only: &[Part]) -> Result<()> {
    let parts: Vec<Part> = Part::value_variants()
        .iter()
        .copied()
        .filter(|part| only.is_empty() || only.contains(part))
        .collect();
    let mut needed: Vec<Tool> = Vec::new();
    for &tool in parts.iter().flat_map(|part| part.tools()) {
        if !needed.contains(&tool) {
            needed.push(tool);
        }
    }
    tools::provide(shell, &needed)?;

    let mut summary = Vec::new();
    for part in parts {
        println!("\n── {part:?} ──");
        let start = Instant::now();
        let result = part.run(shell);
        if let Err(error) = &result {
            println!("{error:#}");
        }
        summary.push((part, result.is_ok(), start.elapsed()));
    }

    println!();
    for (part, passed, time) in &summary {
        println!(
            "{:<11} {}  {:>4} s",
            format!("{part:?}"),
            if *passed { "passed" } else { "FAILED" },
            time.as_secs()
        );
    }
    let failed = summary.iter().filter(|(_, passed, _)| !passed).count();
    println!("parts: {} passed, {failed} failed", summary.len() - failed);
    ensure!(failed == 0, "tests failed");
    Ok(())
}

/// Runs the files named `*.test.mjs` in some directories with Node's test runner, one after another.
fn node_tests(shell: &Shell, directories: &[&str]) -> Result<()> {
    let _chromium = shell.push_env("QMGR_CHROMIUM", tools::chromium().unwrap_or_default());
    let mut files: Vec<PathBuf> = Vec::new();
    for directory in directories {
        let found = shell.read_dir(root().join(directory))?;
        files
            .extend(found.into_iter().filter(|file| file.to_string_lossy().ends_with(".test.mjs")));
    }
    ensure!(!files.is_empty(), "no tests in {}", directories.join(", "));
    cmd!(shell, "node --test --test-concurrency=1 --test-reporter=spec {files...}").run()?;
    Ok(())
}
