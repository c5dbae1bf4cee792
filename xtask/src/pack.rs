//! `cargo xtask pack`: the tarball that npm would publish.

use crate::build;
use anyhow::{Context, Result};
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// Builds and packs, and gives back the tarball's path. npm prints what is in it and how large.
pub fn run(shell: &Shell) -> Result<PathBuf> {
    let package = build::package(shell)?;
    let directory = build::target().join("package");
    shell.remove_path(&directory)?;
    shell.create_dir(&directory)?;
    cmd!(shell, "npm pack --pack-destination {directory} {package}")
        .quiet()
        .ignore_stdout()
        .run()?;
    let tarball = shell.read_dir(&directory)?.pop().context("npm pack left no tarball")?;
    println!("The tarball is {}", tarball.display());
    Ok(tarball)
}
