//! `cargo xtask pack`: the tarball that npm would publish.

use crate::build;
use anyhow::{Context, Result};
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// Builds and packs; prints where the tarball is and how large, and gives back its path.
pub fn run(shell: &Shell) -> Result<PathBuf> {
    let package = build::package(shell)?;
    let directory = build::target().join("package");
    shell.remove_path(&directory)?;
    shell.create_dir(&directory)?;
    cmd!(shell, "npm pack --silent --pack-destination {directory} {package}")
        .quiet()
        .ignore_stdout()
        .run()?;
    let tarball = shell.read_dir(&directory)?.pop().context("npm pack left no tarball")?;
    println!("{}  {} bytes", tarball.display(), tarball.metadata()?.len());
    for file in shell.read_dir(&package)? {
        println!(
            "{:>10}  {}",
            file.metadata()?.len(),
            file.file_name().unwrap_or_default().display()
        );
    }
    Ok(tarball)
}
