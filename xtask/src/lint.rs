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
    words_of_one_file(&root().join("src"))?;
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

/// What may stand in one file of the crate, and why in no other.
const WORDS: [(&str, &str, &str); 2] = [
    ("target_arch", "src/lib.rs", "a pure room compiles everywhere or nowhere"),
    ("?}", "src/driver/js.rs", "what `Debug` prints is not in the package: xtask/src/quiet.mjs"),
];

fn words_of_one_file(source: &Path) -> Result<()> {
    for entry in fs::read_dir(source)? {
        let path = entry?.path();
        if path.is_dir() {
            words_of_one_file(&path)?;
            continue;
        }
        let text = fs::read_to_string(&path)?;
        for (word, place, reason) in WORDS {
            if path != root().join(place) && text.contains(word) {
                bail!("{} has `{word}`, which only {place} may: {reason}", path.display());
            }
        }
    }
    Ok(())
}
