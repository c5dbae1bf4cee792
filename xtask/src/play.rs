//! `cargo xtask play`: the playground, its package and its sample files on a local server.

use crate::build;
use anyhow::{Context, Result};
use std::net::{Ipv4Addr, TcpListener};
use xshell::{Shell, cmd};

/// Builds and serves until interrupted, on `port` or the next free one.
pub fn run(shell: &Shell, port: u16) -> Result<()> {
    build::package(shell)?;
    let free = (port..=u16::MAX)
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .with_context(|| format!("no port from {port} on is free"))?;
    let free = free.to_string();
    cmd!(shell, "node tests/server/play.mjs --port {free}").quiet().run()?;
    Ok(())
}
