//! The tools that the commands use: what is there already, and how what is missing is installed.

use crate::root;
use anyhow::{Context, Result, bail, ensure};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use xshell::{Shell, cmd};

/// The oldest wasm-pack that the tests are known to run with; also the one that is installed.
const WASM_PACK: &str = "0.15.1";
/// The oldest geckodriver that the tests are known to run with; also the one that is installed.
const GECKODRIVER: &str = "0.37.1";
/// The oldest Node.js whose test runner the tests can do with.
const NODE: &str = "20.14";

const FIREFOXES: [&str; 2] = ["firefox", "firefox-esr"];
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// What npm is to install, in a directory with a package.json.
const LOCK: &str = "package-lock.json";
/// A copy of what it has installed.
const INSTALLED_LOCK: &str = "node_modules/.installed-package-lock.json";

/// Something that a command cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Everything in `bench/package.json`.
    BenchPackages,
    /// A Chromium or Chrome, and the chromedriver for it.
    Chromium,
    /// Everything in `tests/consumers/package.json`.
    ConsumerPackages,
    /// A Firefox.
    Firefox,
    /// The driver of Firefox.
    Geckodriver,
    /// The web server.
    Nginx,
    /// Everything in `tests/package.json`, and Node.js itself.
    NpmPackages,
    /// wasm-bindgen's programs, of the very version of the crate.
    WasmBindgen,
    /// wasm-pack.
    WasmPack,
    /// The standard library for `wasm32-unknown-unknown`.
    WasmTarget,
    /// WebKitGTK's driver and its browser, and a display that nobody sees, since it has no headless mode.
    WebKit,
}

impl Tool {
    fn is_there(self, shell: &Shell) -> Result<bool> {
        Ok(match self {
            Tool::Chromium => chromium().is_some() && chromedriver().is_some(),
            Tool::Firefox => FIREFOXES.iter().any(|name| find(name).is_some()),
            Tool::Geckodriver => {
                version_of(shell, "geckodriver") >= Some(parse_version(GECKODRIVER))
            }
            Tool::Nginx => nginx().is_some(),
            Tool::BenchPackages => has_npm_packages("bench")?,
            Tool::ConsumerPackages => has_npm_packages("tests/consumers")?,
            Tool::NpmPackages => has_npm_packages("tests")?,
            Tool::WasmBindgen => {
                version_of(shell, "wasm-bindgen") == Some(parse_version(&wasm_bindgen_version()?))
            }
            Tool::WasmPack => version_of(shell, "wasm-pack") >= Some(parse_version(WASM_PACK)),
            Tool::WasmTarget => {
                let libraries =
                    cmd!(shell, "rustc --print target-libdir --target wasm32-unknown-unknown")
                        .read()?;
                Path::new(&libraries).exists()
            }
            Tool::WebKit => webkit_driver().is_some() && find("xvfb-run").is_some(),
        })
    }

    /// Whether installing it means compiling it, for minutes.
    fn is_compiled(self) -> bool {
        matches!(self, Tool::Geckodriver | Tool::WasmBindgen | Tool::WasmPack)
    }

    fn install(self, shell: &Shell) -> Result<()> {
        match self {
            Tool::Chromium => {
                let packages: &[&str] = if is_ubuntu() {
                    &["chromium-browser", "chromium-chromedriver"]
                } else {
                    &["chromium", "chromium-driver"]
                };
                apt_install(
                    shell,
                    packages,
                    "Chromium or Chrome, and its chromedriver, so that both are on PATH",
                )
            }
            Tool::Firefox => {
                // Ubuntu's `firefox` is a snap, which finds no profile outside its own directories.
                ensure!(
                    !is_ubuntu(),
                    "missing: install Firefox as Mozilla's own package, so that it is on PATH"
                );
                apt_install(shell, &["firefox-esr"], "Firefox, so that it is on PATH")
            }
            Tool::Geckodriver => cargo_install(shell, "geckodriver", GECKODRIVER),
            Tool::Nginx => apt_install(shell, &["nginx-light"], "nginx, so that it is on PATH"),
            Tool::BenchPackages => install_npm_packages(shell, "bench"),
            Tool::ConsumerPackages => install_npm_packages(shell, "tests/consumers"),
            Tool::NpmPackages => install_npm_packages(shell, "tests"),
            Tool::WasmBindgen => cargo_install(shell, "wasm-bindgen-cli", &wasm_bindgen_version()?),
            Tool::WasmPack => cargo_install(shell, "wasm-pack", WASM_PACK),
            Tool::WasmTarget => {
                say("installing the target wasm32-unknown-unknown (rustup target add)");
                cmd!(shell, "rustup --quiet target add wasm32-unknown-unknown").quiet().run().context(
                    "the Rust target wasm32-unknown-unknown is missing: install it with rustup, or the package of your system that holds it",
                )
            }
            Tool::WebKit => apt_install(
                shell,
                &["webkit2gtk-driver", "xvfb", "xauth"],
                "WebKitGTK's WebKitWebDriver with its MiniBrowser, and xvfb-run, so that they are on PATH",
            ),
        }
    }
}

/// Makes sure that all of `tools` are there. What is compiled and what is fetched is installed side by side.
pub fn provide(shell: &Shell, tools: &[Tool]) -> Result<()> {
    let mut compiled = Vec::new();
    let mut fetched = Vec::new();
    for &tool in tools {
        if !tool.is_there(shell)? {
            if tool.is_compiled() { compiled.push(tool) } else { fetched.push(tool) }
        }
    }
    let install_all = |tools: &[Tool]| -> Result<()> {
        let shell = crate::shell()?;
        for tool in tools {
            tool.install(&shell)?;
            ensure!(tool.is_there(&shell)?, "{tool:?} was installed, but is not found on PATH");
        }
        Ok(())
    };
    thread::scope(|scope| {
        let compiling = scope.spawn(|| install_all(&compiled));
        let fetching = install_all(&fetched);
        compiling.join().expect("installing does not panic").and(fetching)
    })
}

/// `PATH`, and behind it the places where cargo and Debian put programs that a user's `PATH` may lack.
pub fn search_path() -> Result<OsString> {
    let mut places: Vec<PathBuf> =
        env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    let cargo = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    places.extend(cargo.map(|cargo| cargo.join("bin")));
    places.push("/usr/sbin".into());
    Ok(env::join_paths(places)?)
}

/// The browser that the tests drive.
pub fn chromium() -> Option<PathBuf> {
    BROWSERS.iter().find_map(|name| find(name))
}

/// The driver that wasm-pack speaks to.
pub fn chromedriver() -> Option<PathBuf> {
    find("chromedriver")
}

/// The driver of Firefox.
pub fn geckodriver() -> Option<PathBuf> {
    find("geckodriver")
}

/// The driver of WebKitGTK.
pub fn webkit_driver() -> Option<PathBuf> {
    find("WebKitWebDriver")
}

/// The web server.
pub fn nginx() -> Option<PathBuf> {
    find("nginx")
}

fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&search_path().ok()?)
        .map(|place| place.join(program))
        .find(|path| path.is_file())
}

/// What `Cargo.lock` says of the crate; its programs must have the same version to the last digit.
fn wasm_bindgen_version() -> Result<String> {
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    lock.split_once("name = \"wasm-bindgen\"\nversion = \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(version, _)| version.to_owned())
        .context("Cargo.lock names no wasm-bindgen")
}

/// What `program --version` prints behind its name, as numbers; `None` where there is no such program.
fn version_of(shell: &Shell, program: &str) -> Option<Vec<u32>> {
    let text = cmd!(shell, "{program} --version").quiet().ignore_stderr().read().ok()?;
    text.split_whitespace()
        .find(|word| word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()))
        .map(parse_version)
}

fn parse_version(text: &str) -> Vec<u32> {
    text.trim_start_matches('v').split('.').map_while(|number| number.parse().ok()).collect()
}

fn check_node(shell: &Shell) -> Result<()> {
    let fits = version_of(shell, "node").is_some_and(|version| version >= parse_version(NODE));
    ensure!(
        fits && find("npm").is_some(),
        "Node.js {NODE} or later with npm is missing: install it, so that both are on PATH"
    );
    Ok(())
}

fn has_npm_packages(directory: &str) -> Result<bool> {
    let directory = root().join(directory);
    let installed = fs::read(directory.join(INSTALLED_LOCK)).ok();
    Ok(installed == Some(fs::read(directory.join(LOCK))?))
}

fn install_npm_packages(shell: &Shell, directory: &str) -> Result<()> {
    check_node(shell)?;
    say(&format!("installing the npm packages of {directory}/package.json (npm ci)"));
    cmd!(shell, "npm ci --silent --prefix {directory}")
        .quiet()
        .run()
        .with_context(|| format!("npm ci failed in {directory}/"))?;
    let directory = root().join(directory);
    fs::copy(directory.join(LOCK), directory.join(INSTALLED_LOCK))?;
    Ok(())
}

fn cargo_install(shell: &Shell, name: &str, version: &str) -> Result<()> {
    say(&format!("installing {name} {version} (cargo install; takes some minutes)"));
    cmd!(shell, "cargo install --quiet --force {name} --version {version}")
        .quiet()
        .run()
        .with_context(|| format!("{name} {version} is missing: install it with `cargo install {name} --version {version}`"))
}

/// Installs Debian packages, as root or through sudo where that asks for no password.
fn apt_install(shell: &Shell, packages: &[&str], by_hand: &str) -> Result<()> {
    let missing = || format!("missing: install {by_hand}");
    let sudo: &[&str] = match cmd!(shell, "id -u").quiet().read().as_deref() {
        Ok("0") => &[],
        _ if cmd!(shell, "sudo -n true").quiet().ignore_stdout().ignore_stderr().run().is_ok() => {
            &["sudo", "-n"]
        }
        _ => bail!(missing()),
    };
    if find("apt-get").is_none() {
        bail!(missing());
    }
    say(&format!("installing {} (apt-get install)", packages.join(" ")));
    let apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"];
    cmd!(shell, "env {sudo...} {apt...} update").quiet().run().with_context(missing)?;
    cmd!(shell, "env {sudo...} {apt...} install --yes --no-install-recommends {packages...}")
        .quiet()
        .ignore_stdout()
        .run()
        .with_context(missing)
}

fn is_ubuntu() -> bool {
    fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"))
}

fn say(line: &str) {
    eprintln!("xtask: {line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(parse_version("0.15.1") > parse_version("0.9.12"));
        assert!(parse_version("v20.20.2") >= parse_version("20"));
    }
}
