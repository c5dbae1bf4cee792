//! `cargo xtask`: the jobs of this repository, one command each.
//!
//! Each command first installs the tools that it lacks, and says so.

mod bench;
mod build;
mod conformance;
mod constants;
mod engines;
mod licences;
mod lint;
mod pack;
mod play;
mod release;
mod site;
mod size;
mod soak;
mod test;
mod tools;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use xshell::Shell;

#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    about = "The jobs of this repository. What they need and lack they install, and say so."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure the package beside what one would take without it, in a real browser
    Bench(bench::Options),
    /// Build the package for release into pkg/
    Build,
    /// Write docs/conformance.md from the rows in tests/conformance/
    Conformance,
    /// Check formatting, lints and documentation, natively and for WebAssembly
    Lint,
    /// Build, and pack the npm tarball into target/package/
    Pack,
    /// Build, and serve the playground with its sample files
    Play {
        /// Where to listen; the next free port is taken when this one is in use
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// Check that the version in Cargo.toml could be published, on npm and crates.io; nothing is sent
    Release,
    /// Build, and assemble the playground as static files that any web server can serve
    Site {
        /// Where to; what is there goes [default: target/site]
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Build, and hold the size of all that a page loads against its budget
    Size,
    /// Run the tests that draw from a seed, with numbers as large as one wishes
    Soak(soak::Numbers),
    /// Run every test, or the parts named with --only
    Test {
        /// Run this part alone; may be given several times
        #[arg(long, value_name = "NAME", value_enum)]
        only: Vec<test::Part>,
        /// Run part engines in these [default: all], and that part alone unless others are named
        #[arg(long, value_name = "NAME,…", value_enum, value_delimiter = ',')]
        engines: Vec<engines::Engine>,
        #[command(flatten)]
        histories: test::Histories,
    },
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let shell = shell()?;
    match command {
        Command::Bench(options) => bench::run(&shell, &options),
        Command::Build => build::run(&shell),
        Command::Conformance => conformance::run(&shell),
        Command::Lint => lint::run(&shell),
        Command::Pack => pack::run(&shell).map(drop),
        Command::Play { port } => play::run(&shell, port),
        Command::Release => release::run(&shell),
        Command::Site { out } => site::run(&shell, out),
        Command::Size => size::run(&shell, size::BUDGET),
        Command::Soak(numbers) => soak::run(&shell, &numbers),
        Command::Test { only, engines, histories } => {
            test::run(&shell, &only, &engines, &histories)
        }
    }
}

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the root of the repository")
}

/// A shell at the root, whose `PATH` has the programs that cargo installs.
fn shell() -> Result<Shell> {
    let shell = Shell::new()?;
    shell.change_dir(root());
    shell.set_var("PATH", tools::search_path()?);
    Ok(shell)
}
