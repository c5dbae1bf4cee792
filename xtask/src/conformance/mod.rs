//! `docs/conformance.md`: what the rows in `tests/conformance/` say, as a page.

mod page;
mod table;

use crate::root;
use anyhow::{Result, ensure};
use std::fs;
use table::Table;
use xshell::Shell;

const PAGE: &str = "docs/conformance.md";

/// The command: writes the page.
pub fn run(shell: &Shell) -> Result<()> {
    shell.write_file(PAGE, page::text(&Table::read()?))?;
    println!("{PAGE} is written");
    Ok(())
}

/// Fails unless the page is what the rows say.
pub fn check() -> Result<()> {
    let current = page::text(&Table::read()?);
    let committed = fs::read_to_string(root().join(PAGE)).unwrap_or_default();
    ensure!(committed == current, "{PAGE} is not current: run `cargo xtask conformance`");
    Ok(())
}
