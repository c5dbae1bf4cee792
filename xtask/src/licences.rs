//! Whether what is compiled into the package may be given on under the package's own terms.

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

/// Licences that ask for no more than to be named.
const ALLOWED: [&str; 4] = ["Apache-2.0", "MIT", "MIT-0", "Unicode-3.0"];

/// Looks at every crate that the module is made of. npm has nothing to add: the package has no dependencies.
pub fn check(shell: &Shell) -> Result<()> {
    let format = "{p}|{l}";
    let compiled = ["--edges", "normal,build", "--target", "wasm32-unknown-unknown"];
    let crates = cmd!(shell, "cargo tree --locked --package qmgr {compiled...} --prefix none --no-dedupe --format {format}")
        .quiet()
        .read()?;
    let mut refused: Vec<&str> = crates
        .lines()
        .filter(|line| !line.split_once('|').is_some_and(|(_, licence)| is_allowed(licence)))
        .collect();
    refused.sort_unstable();
    refused.dedup();
    ensure!(refused.is_empty(), "licences to look at: {}", refused.join(", "));
    Ok(())
}

/// Whether an SPDX expression, as plain as crates have them, can be met by the allowed licences alone.
fn is_allowed(licence: &str) -> bool {
    let one_of = |choice: &str| {
        choice
            .split(" OR ")
            .flat_map(|part| part.split('/'))
            .any(|part| ALLOWED.contains(&part.trim_matches(|c| c == '(' || c == ')' || c == ' ')))
    };
    licence.split(" AND ").all(one_of)
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn a_licence_is_allowed_where_each_part_leaves_an_allowed_choice() {
        for licence in
            ["MIT", "MIT/Apache-2.0", "GPL-3.0-only OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"]
        {
            assert!(is_allowed(licence), "{licence}");
        }
        for licence in ["", "GPL-3.0-only", "MIT AND MPL-2.0", "(MIT OR Apache-2.0) AND OpenSSL"] {
            assert!(!is_allowed(licence), "{licence}");
        }
    }
}
