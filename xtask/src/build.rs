//! `cargo xtask build`: from Rust to the directory that npm publishes.

use crate::tools::{self, Tool};
use crate::{constants, licences, root};
use anyhow::{Context, Result, ensure};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The version in the package's template, which the crate's replaces.
const TEMPLATE_VERSION: &str = "\"version\": \"0.0.0\"";

/// What rustc may use on `wasm32-unknown-unknown`, and no more.
const FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
];

/// Makes the module small as it travels. What makes fewer bytes, but such as compress worse, is left out: moving a
/// function with one caller into its caller, and keeping in a variable what is computed twice.
const SMALL: [&str; 8] = [
    "-Oz",
    "--skip-pass=local-cse",
    "--always-inline-max-function-size",
    "0",
    "--flexible-inline-max-function-size",
    "0",
    "--one-caller-inline-max-function-size",
    "0",
];

/// What a build needs.
pub const TOOLS: [Tool; 3] = [Tool::WasmTarget, Tool::WasmBindgen, Tool::NpmPackages];

/// The command.
pub fn run(shell: &Shell) -> Result<()> {
    let package = package(shell)?;
    println!("The package is in {}", package.display());
    Ok(())
}

/// Builds the package and says where it is.
pub fn package(shell: &Shell) -> Result<PathBuf> {
    tools::provide(shell, &TOOLS)?;
    let glue = glue(shell)?;
    let template = root().join("pkg-template");
    let package = root().join("pkg");
    let sources = target().join("xtask/sources");
    for directory in [&package, &sources] {
        shell.remove_path(directory)?;
        shell.create_dir(directory)?;
    }
    copy_all(shell, &glue, &sources)?;
    copy_all(shell, &template, &sources)?;
    shell.write_file(sources.join("constants.js"), constants::module())?;
    cmd!(shell, "node xtask/src/bundle.mjs {sources} {package}").quiet().run()?;

    for entry in shell.read_dir(&template)? {
        if entry.is_file() && entry.extension().is_none_or(|extension| extension != "js") {
            shell.copy_file(entry, &package)?;
        }
    }
    shell.copy_file(glue.join("qmgr_bg.wasm"), &package)?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        shell.copy_file(licence, &package)?;
    }
    shell.write_file(package.join("LICENSES-OF-CRATES"), licences::notices(shell)?)?;
    shell.write_file(package.join("constants.d.ts"), constants::types())?;
    types_for_require(shell, &package)?;
    stamp_version(shell, &package.join("package.json"))?;
    Ok(package)
}

/// What `require` gets has types of its own, which are the same: a `.d.ts` would call it an ES module.
fn types_for_require(shell: &Shell, package: &Path) -> Result<()> {
    for name in ["constants", "index"] {
        let types = shell.read_file(package.join(format!("{name}.d.ts")))?;
        let types = types
            .replace("\"./constants.js\"", "\"./constants.cjs\"")
            .replace("\"./index.js\"", "\"./index.cjs\"");
        shell.write_file(package.join(format!("{name}.d.cts")), types)?;
    }
    Ok(())
}

/// Compiles, binds and optimises, into a directory with `qmgr.js` and `qmgr_bg.wasm`.
fn glue(shell: &Shell) -> Result<PathBuf> {
    let flags = compiler_flags()?;
    cmd!(
        shell,
        "cargo build --quiet --release --package qmgr --lib --target wasm32-unknown-unknown --config {flags}"
    )
    .quiet()
    .run()?;
    let linked = target().join("wasm32-unknown-unknown/release/qmgr.wasm");
    let bound = target().join("xtask/bound");
    let glue = target().join("xtask/glue");
    let optimised = glue.join("qmgr_bg.wasm");
    if is_newer(
        &optimised,
        &[&linked, &root().join("tests/package-lock.json"), &env::current_exe()?],
    )? {
        return Ok(glue);
    }
    cmd!(shell, "wasm-bindgen --target web --omit-default-module-path --no-typescript --out-name qmgr --out-dir {bound} {linked}")
        .quiet()
        .run()?;
    cmd!(shell, "node xtask/src/quiet.mjs {bound}/qmgr_bg.wasm").quiet().run()?;
    shell.create_dir(&glue)?;
    shell.copy_file(bound.join("qmgr.js"), &glue)?;
    optimise(shell, &optimised, &[])?;
    cmd!(shell, "node xtask/src/shorten.mjs {optimised} {glue}/qmgr.js").quiet().run()?;
    Ok(glue)
}

/// Optimises what was bound last.
fn optimise(shell: &Shell, output: &Path, more: &[&str]) -> Result<()> {
    let wasm = target().join("xtask/bound/qmgr_bg.wasm");
    let wasm_opt = "tests/node_modules/binaryen/bin/wasm-opt";
    cmd!(shell, "node {wasm_opt} {SMALL...} {FEATURES...} {more...} {wasm} --output {output}")
        .quiet()
        .run()?;
    Ok(())
}

/// The module of the package, with the names of its functions.
pub fn named(shell: &Shell) -> Result<PathBuf> {
    package(shell)?;
    let named = target().join("xtask/named.wasm");
    optimise(shell, &named, &["--debuginfo"])?;
    Ok(named)
}

/// Keeps the paths of this machine out of what panics say of where they are, and has functions named with
/// the types that they are made for; added to the flags in `.cargo/config.toml`.
fn compiler_flags() -> Result<String> {
    let own = || Some(env::home_dir()?.join(".cargo"));
    let cargo = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(own);
    let sources = cargo.context("cargo has no home")?.join("registry/src");
    let paths = [sources.as_path(), root()]
        .map(|path| format!("'--remap-path-prefix={}='", path.display()))
        .join(", ");
    let names = "'-Csymbol-mangling-version=v0'";
    Ok(format!("target.wasm32-unknown-unknown.rustflags = [{paths}, {names}]"))
}

/// The directory that cargo builds into.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |target| root().join(target))
}

/// Whether `output` exists and was made after all of `inputs`.
fn is_newer(output: &Path, inputs: &[&Path]) -> Result<bool> {
    let Ok(made) = fs::metadata(output) else { return Ok(false) };
    let made = made.modified()?;
    for input in inputs {
        if fs::metadata(input)
            .with_context(|| format!("{} is missing", input.display()))?
            .modified()?
            >= made
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn copy_all(shell: &Shell, from: &Path, to: &Path) -> Result<()> {
    shell.create_dir(to)?;
    for entry in shell.read_dir(from)? {
        match entry.file_name() {
            Some(name) if entry.is_dir() => copy_all(shell, &entry, &to.join(name))?,
            _ => shell.copy_file(entry, to)?,
        }
    }
    Ok(())
}

/// Writes the crate's version, which the workspace shares with this program, into the package.
fn stamp_version(shell: &Shell, manifest: &Path) -> Result<()> {
    let text = shell.read_file(manifest)?;
    ensure!(text.contains(TEMPLATE_VERSION), "pkg-template/package.json lacks {TEMPLATE_VERSION}");
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    shell.write_file(manifest, text.replace(TEMPLATE_VERSION, &version))?;
    Ok(())
}
