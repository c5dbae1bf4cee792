//! The browser engines that tests run in, and the tests that run in each.

use crate::tools::{self, Tool};
use crate::{build, test};
use anyhow::{Result, ensure};
use clap::ValueEnum;
use std::path::PathBuf;
use std::thread;
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

    /// The core of the page tests; gives back what they say and whether they pass.
    fn test_pages(self) -> Result<(String, bool)> {
        let shell = crate::shell()?;
        let tests = test::node_tests_in(&shell, self.display(), &["tests/engines"])?;
        let ended = tests.env("QMGR_ENGINE", self.name()).ignore_status().output()?;
        let said = [ended.stdout, ended.stderr].concat();
        Ok((String::from_utf8_lossy(&said).into_owned(), ended.status.success()))
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
    for &engine in engines.iter().filter(|&&engine| but_drivers_of != Some(engine)) {
        println!("\n{}: drivers and binding", engine.name());
        let start = Instant::now();
        let result = engine.test_drivers(shell);
        if let Err(error) = &result {
            println!("{error:#}");
        }
        summary.push((engine, "drivers and binding", result.is_ok(), start.elapsed()));
    }
    // They wait for their browsers most of the time, so all engines' run side by side.
    let pages: Vec<_> = thread::scope(|scope| {
        let timed = |engine: Engine| {
            let start = Instant::now();
            let ended = engine.test_pages();
            (engine, ended, start.elapsed())
        };
        let running: Vec<_> =
            engines.iter().map(|&engine| scope.spawn(move || timed(engine))).collect();
        running.into_iter().map(|one| one.join().expect("it does not panic")).collect()
    });
    for (engine, ended, time) in pages {
        let (said, passed) = ended.unwrap_or_else(|error| (format!("{error:#}\n"), false));
        print!("\n{}: pages\n{said}", engine.name());
        summary.push((engine, "pages", passed, time));
    }
    println!();
    for (engine, what, passed, time) in &summary {
        let passed = if *passed { "passed" } else { "FAILED" };
        println!("{:<9} {what:<20} {passed}  {:>4} s", engine.name(), time.as_secs());
    }
    ensure!(summary.iter().all(|(_, _, passed, _)| *passed), "tests failed in an engine");
    Ok(())
}
