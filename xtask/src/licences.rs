//! Whether what is compiled into the package may be given on under the package's own terms, and whose it is.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use xshell::{Shell, cmd};

/// Licences that ask for no more than to be named.
const ALLOWED: [&str; 4] = ["Apache-2.0", "MIT", "MIT-0", "Unicode-3.0"];

const PREFACE: &str = "\
The WebAssembly module of this package is compiled from the package's own sources, from Rust's standard
library (by The Rust Project Contributors, MIT OR Apache-2.0) and from the crates named here, each with its
licence.
";

const NO_TEXT: &str =
    "The crate brings no text of its licence: it is the one that SPDX lists under the name above.";

/// A crate's name and version.
type Crate = (String, String);

/// Looks at every crate that the module is made of. npm has nothing to add: the package has no dependencies.
pub fn check(shell: &Shell) -> Result<()> {
    let refused: Vec<String> = crates(shell, "normal,build")?
        .into_iter()
        .filter(|(_, licence)| !is_allowed(licence))
        .map(|((name, version), licence)| format!("{name} {version} ({licence})"))
        .collect();
    ensure!(refused.is_empty(), "licences to look at: {}", refused.join(", "));
    Ok(())
}

/// The notices that go with the module: each text once, under all whose it is.
pub fn notices(shell: &Shell) -> Result<String> {
    let metadata = cmd!(shell, "cargo metadata --locked --format-version 1").quiet().read()?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ((name, version), licence) in crates(shell, "normal,no-proc-macro")? {
        let package = packages
            .iter()
            .find(|package| package["name"] == *name && package["version"] == *version)
            .and_then(|package| package["manifest_path"].as_str())
            .with_context(|| format!("cargo metadata does not know {name} {version}"))?;
        let directory = Path::new(package).parent().context("a manifest lies in a directory")?;
        let mut texts = texts(directory)?;
        if texts.is_empty() {
            texts.push(String::from(NO_TEXT));
        }
        for text in texts {
            owners.entry(text).or_default().insert(format!("{name} {version} ({licence})"));
        }
    }
    let mut all = String::from(PREFACE);
    for (text, owners) in owners {
        let owners = owners.into_iter().collect::<Vec<_>>().join("\n");
        write!(all, "\n{}\n{owners}\n\n{}\n", "-".repeat(80), text.trim())?;
    }
    Ok(all)
}

/// The crates that the module depends on by `edges`, each with its licence.
fn crates(shell: &Shell, edges: &str) -> Result<BTreeMap<Crate, String>> {
    let format = "{p}|{l}";
    let target = ["--edges", edges, "--target", "wasm32-unknown-unknown"];
    let tree = ["--locked", "--package", "qmgr", "--prefix", "none", "--no-dedupe"];
    let lines = cmd!(shell, "cargo tree {tree...} {target...} --format {format}").quiet().read()?;
    let read = |line: &str| {
        let (package, licence) = line.split_once('|')?;
        let mut words = package.split(' ');
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        Some(((name.to_owned(), version.to_owned()), licence.to_owned()))
    };
    lines
        .lines()
        .filter(|line| !line.starts_with("qmgr "))
        .map(|line| read(line).with_context(|| format!("cargo tree says {line}")))
        .collect()
}

/// The texts that a crate asks to be passed on; of a choice that includes the MIT licence, that one.
fn texts(directory: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        let is_text =
            ["LICENSE", "LICENCE", "COPYING", "NOTICE"].iter().any(|word| name.starts_with(word));
        if is_text && path.is_file() {
            files.push((name, path));
        }
    }
    files.sort();
    let offers_mit = files.iter().any(|(name, _)| name.contains("MIT"));
    files.retain(|(name, _)| !(offers_mit && name.contains("APACHE")));
    files.into_iter().map(|(_, path)| Ok(fs::read_to_string(path)?.replace("\r\n", "\n"))).collect()
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
        let met =
            ["MIT", "MIT/Apache-2.0", "GPL-3.0-only OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"];
        for licence in met {
            assert!(is_allowed(licence), "{licence}");
        }
        for licence in ["", "GPL-3.0-only", "MIT AND MPL-2.0", "(MIT OR Apache-2.0) AND OpenSSL"] {
            assert!(!is_allowed(licence), "{licence}");
        }
    }
}
