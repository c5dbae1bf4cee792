//! `cargo xtask lint`: formatting, lints and documentation, for both targets, and the licences of what is compiled in.

use crate::tools::{self, Tool};
use crate::{licences, root};
use anyhow::{Result, bail};
use std::fs;
use std::path::Path;
use xshell::{Shell, cmd};

/// Runs all checks; the first that fails ends it.
pub fn run(shell: &Shell) -> Result<()> {
    tools::provide(shell, &[Tool::WasmTarget])?;
    one_switch_between_targets(&root().join("src"))?;
    licences::check(shell)?;
    let wasm = ["--package", "qmgr", "--target", "wasm32-unknown-unknown"];
    cmd!(shell, "cargo fmt --all --check").run()?;
    cmd!(shell, "cargo clippy --quiet --workspace --all-targets -- --deny warnings").run()?;
    cmd!(shell, "cargo clippy --quiet {wasm...} --lib --tests -- --deny warnings").run()?;
    let _flags = shell.push_env("RUSTDOCFLAGS", "--deny warnings");
    cmd!(shell, "cargo doc --quiet --workspace --no-deps --document-private-items").run()?;
    cmd!(shell, "cargo doc --quiet {wasm...} --no-deps --document-private-items").run()?;
    Ok(())
}

/// Only `src/lib.rs` chooses between targets: a pure room compiles everywhere or nowhere.
fn one_switch_between_targets(source: &Path) -> Result<()> {
    for entry in fs::read_dir(source)? {
        let path = entry?.path();
        if path.is_dir() {
            one_switch_between_targets(&path)?;
        } else if path != root().join("src/lib.rs")
            && fs::read_to_string(&path)?.contains("target_arch")
        {
            bail!("{} names a target architecture, which only src/lib.rs may", path.display());
        }
    }
    Ok(())
}
