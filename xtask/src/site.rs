//! `cargo xtask site`: the playground and its package as one directory, for any web server.

use crate::build;
use anyhow::Result;
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// Builds and assembles into `out`; what was there before goes.
pub fn run(shell: &Shell, out: Option<PathBuf>) -> Result<()> {
    build::package(shell)?;
    let out = out.unwrap_or_else(|| build::target().join("site"));
    cmd!(shell, "node tests/server/site.mjs --out {out}").quiet().run()?;
    Ok(())
}
