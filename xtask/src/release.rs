//! `cargo xtask release`: whether the version in `Cargo.toml` could be published. Nothing is sent anywhere.

use crate::{licences, pack};
use anyhow::Result;
use xshell::{Shell, cmd};

/// Checks licences, packs, and lets npm and cargo go through all but the last step.
pub fn run(shell: &Shell) -> Result<()> {
    licences::check(shell)?;
    let tarball = pack::run(shell)?;
    cmd!(shell, "npm publish --dry-run {tarball}").run()?;
    cmd!(shell, "cargo publish --package qmgr --dry-run").run()?;
    println!("{} could be published; CONTRIBUTING.md says how", env!("CARGO_PKG_VERSION"));
    Ok(())
}
