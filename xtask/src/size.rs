//! `cargo xtask size`: what a page has to load, against its budget.

use crate::build;
use anyhow::Result;
use xshell::{Shell, cmd};

/// All code that a page and its worker load, in bytes of brotli.
const BUDGET: &str = "92160";

/// Builds, prints the sizes, and fails over the budget.
pub fn run(shell: &Shell) -> Result<()> {
    let package = build::package(shell)?;
    cmd!(shell, "node xtask/src/size.mjs {package} {BUDGET}").quiet().run()?;
    Ok(())
}
