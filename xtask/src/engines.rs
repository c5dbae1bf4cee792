//! The browser engines that tests run in, and the tests that run in each.

use crate::tools::{self, Tool};
use crate::{build, test};
use anyhow::{Result, ensure};
use clap::ValueEnum;
use std::path::PathBuf;
use std::time::Instant;
use xshell::{Shell, cmd};

/// A browser engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Chromium or Chrome
    Chromium,
    /// Firefox
    Firefox,
    /// WebKitGTK's MiniBrowser, on a display that nobody sees
    Webkit,
}

impl Engine {
    /// What it takes to run tests in it.
    pub fn tools(self) -> &'static [Tool] {
        match self {
            Engine::Chromium => &[Tool::Chromium],
            Engine::Firefox => &[Tool::Firefox, Tool::Geckodriver],
            Engine::Webkit => &[Tool::WebKit],
        }
    }

    /// The name by which tests know it.
    fn name(self) -> &'static str {
        match self {
            Engine::Chromium => "chromium",
            Engine::Firefox => "firefox",
            Engine::Webkit => "webkit",
        }
    }

    /// Drivers and binding, in a worker of it.
    pub fn test_drivers(self, shell: &Shell) -> Result<()> {
        let path = |driver: Option<PathBuf>| driver.unwrap_or_default();
        let (browser, driver) = match self {
            Engine::Chromium => (["--chrome", "--chromedriver"], path(tools::chromedriver())),
            Engine::Firefox => (["--firefox", "--geckodriver"], path(tools::geckodriver())),
            // wasm-pack knows WebKit by Safari's name, and its drivers speak alike.
            Engine::Webkit => (["--safari", "--safaridriver"], path(tools::webkit_driver())),
        };
        // WebKitGTK gives no private file system to a browser that a driver drives.
        let skipped: &[&str] = if self == Engine::Webkit { &["--skip", "in_opfs"] } else { &[] };
        let display = self.display();
        let tests = ["test", "--headless"].into_iter().chain(browser);
        cmd!(
            shell,
            "env {display...} wasm-pack {tests...} {driver} . --test browser -- {skipped...}"
        )
        .run()?;
        Ok(())
    }

    /// The core of the page tests.
    fn test_pages(self, shell: &Shell) -> Result<()> {
        let _engine = shell.push_env("QMGR_ENGINE", self.name());
        test::node_tests_in(shell, self.display(), &["tests/engines"])
    }

    /// What starts a program with a display, for an engine that cannot do without.
    fn display(self) -> &'static [&'static str] {
        match self {
            Engine::Chromium | Engine::Firefox => &[],
            Engine::Webkit => &["xvfb-run", "--auto-servernum"],
        }
    }
}

/// Runs the tests of drivers and pages in each engine, though one fails; those of drivers not in
/// `but_drivers_of`, where they run anyway. Says what it ran.
pub fn run(shell: &Shell, engines: &[Engine], but_drivers_of: Option<Engine>) -> Result<()> {
    build::package(shell)?;
    let mut summary = Vec::new();
    for &engine in engines {
        let mut note = |what, run: &dyn Fn() -> Result<()>| {
            println!("\n{}: {what}", engine.name());
            let start = Instant::now();
            let result = run();
            if let Err(error) = &result {
                println!("{error:#}");
            }
            summary.push((engine, what, result.is_ok(), start.elapsed()));
        };
        if but_drivers_of != Some(engine) {
            note("drivers and binding", &|| engine.test_drivers(shell));
        }
        note("pages", &|| engine.test_pages(shell));
    }
    println!();
    for (engine, what, passed, time) in &summary {
        let passed = if *passed { "passed" } else { "FAILED" };
        println!("{:<9} {what:<20} {passed}  {:>4} s", engine.name(), time.as_secs());
    }
    ensure!(summary.iter().all(|(_, _, passed, _)| *passed), "tests failed in an engine");
    Ok(())
}
