//! `cargo xtask size`: what a page has to load, against its budget.

use crate::build;
use anyhow::Result;
use xshell::{Shell, cmd};

/// What all code that a page and its worker load is to have at most, in bytes of brotli.
pub const BUDGET: u32 = 92_160;

/// What it has at most while it is over the budget, so that the tests tell when it grows.
pub const LIMIT: u32 = 205_000;

/// Builds, and prints what the bytes of the module are for.
pub fn rooms(shell: &Shell) -> Result<()> {
    let module = build::named(shell)?;
    let budget = BUDGET.to_string();
    cmd!(shell, "node xtask/src/rooms.mjs {module} {budget}").quiet().run()?;
    Ok(())
}

/// Builds, prints the sizes, and fails where their sum is above `most`.
pub fn run(shell: &Shell, most: u32) -> Result<()> {
    let package = build::package(shell)?;
    let most = most.to_string();
    cmd!(shell, "node xtask/src/size.mjs {package} {most}").quiet().run()?;
    Ok(())
}
