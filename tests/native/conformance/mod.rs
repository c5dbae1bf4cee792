//! The conformance rows of `tests/conformance/`, against the pure queue in the simulated world.

mod callback;
mod calls;
mod row;
mod runner;
mod server;
mod words;

use row::{Row, Table};
use runner::Runner;
use std::panic::catch_unwind;

/// Set to a part of an id to run the rows whose id contains it.
const FILTER: &str = "QMGR_ROW";

#[test]
fn every_row_holds_in_the_pure_queue() {
    let table = Table::read();
    let wanted = std::env::var(FILTER).unwrap_or_default();
    let rows = table.rows.iter().filter(|row| row.runs("native") && row.id.contains(&wanted));
    let (mut ran, mut cases, mut failures) = (0, 0, Vec::new());
    for row in rows {
        ran += 1;
        for state in row.given() {
            cases += 1;
            if let Err(found) = run_guarded(&table, row, &state) {
                failures.push(format!(
                    "{} (given {state}): {found}\n    {}",
                    row.id,
                    row.sentence()
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
    assert!(ran > 0, "no row's id contains {wanted:?}");
    println!("native: {ran} rows hold, in {cases} cases");
}

/// Runs a row in one of the states that it is given for; a world that finds itself broken panics.
fn run_guarded(table: &Table, row: &Row, state: &str) -> Result<(), String> {
    catch_unwind(|| run(table, row, state)).unwrap_or_else(|_| Err("the world panicked".to_owned()))
}

/// Runs a row in one of the states that it is given for; says what was found where it does not hold.
fn run(table: &Table, row: &Row, state: &str) -> Result<(), String> {
    let mut runner = Runner::new(&table.open_options(row))?;
    for step in table.steps_to(state)? {
        runner.take(&step).map_err(|found| format!("on the way to the state: {step}: {found}"))?;
    }
    for (number, step) in (1..).zip(row.steps()) {
        runner.take(step).map_err(|found| format!("step {number}: {step}: {found}"))?;
    }
    Ok(())
}
