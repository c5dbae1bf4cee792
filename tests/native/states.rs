//! The page that shows the transitions of a group, and the data that the playground draws them from, held against the
//! table that runs.

use expect_test::expect_file;
use qmgr::queue::{StateWords, Transition, states, transitions};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;

const INTRODUCTION: &str = "\
# Where can a group stand, and what moves it on?

This page is printed from the code that runs: `State::after` in [src/queue/state.rs](../src/queue/state.rs) says for
each state and cause where they lead, and a group's state changes in no other way. The page is made by trying every
cause on every state. A test compares it, `UPDATE_EXPECT=1 cargo test --test native states` prints it anew, and the walk
of small worlds ([tests/native/walk](../tests/native/walk/mod.rs)) goes along every arrow at least once.

";

const NOTES: &str = "
What leaves a state as it is has no arrow: SetProp anywhere, SuspendGroup in `Error`, AddFiles in `Running`. Words with the
foreground bit have 0x400 added, but for 0, which means that the call fails. A group without a job has no
job word. `Running` is shown to callers as `queued`, `connecting` or `transferring`; `Publishing` is a state of its own
because it outlives a crash, and to the documented API it is running still. A cancelled group is gone once its finished
files stand under their names.

A restart leaves every state as it was, with two exceptions: a group that waited for a condition (the network, a locked
file) runs again and finds out anew, and one whose records are damaged is in error.
";

#[test]
fn the_page_of_states_shows_the_table_that_runs() {
    expect_file!["../../docs/states.md"].assert_eq(&page());
}

#[test]
fn the_playground_draws_the_table_that_runs() {
    expect_file!["../../www/states.json"].assert_eq(&data());
}

/// One line for each state and each arrow.
fn data() -> String {
    let state = |state: StateWords| {
        json!({ "name": state.name, "group": state.group, "job": state.job }).to_string()
    };
    let arrow = |((from, to), causes)| json!({ "from": from, "to": to, "causes": causes });
    let states: Vec<_> = states().into_iter().map(state).collect();
    let arrows: Vec<_> = arrows().into_iter().map(|each| arrow(each).to_string()).collect();
    format!(
        "{{\n  \"states\": [\n    {}\n  ],\n  \"arrows\": [\n    {}\n  ]\n}}\n",
        states.join(",\n    "),
        arrows.join(",\n    "),
    )
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("```mermaid\nstateDiagram-v2\n    [*] --> New : CreateGroup\n");
    for ((from, to), causes) in arrows() {
        writeln!(page, "    {from} --> {to} : {}", causes.join(" / "))
            .expect("a string takes all text");
    }
    page.push_str("    Cancelled --> [*] : finished files published\n```\n\n");
    page.push_str("| state | group word | job word |\n|---|---|---|\n");
    for state in states() {
        writeln!(page, "| {} | {:#05x} | {:#04x} |", state.name, state.group, state.job)
            .expect("a string takes all text");
    }
    page.push_str(NOTES);
    page
}

/// What leads from one state to another, in the order of the states.
fn arrows() -> Vec<((&'static str, &'static str), Vec<&'static str>)> {
    let mut causes: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut order = Vec::new();
    for Transition { from, cause, to } in transitions() {
        let arrow = causes.entry((from, to)).or_default();
        if arrow.is_empty() {
            order.push((from, to));
        }
        arrow.push(cause);
    }
    order.into_iter().map(|arrow| (arrow, causes.remove(&arrow).unwrap_or_default())).collect()
}
