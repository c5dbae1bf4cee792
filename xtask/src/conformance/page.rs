//! The page's text.

use super::table::{Interface, Method, RUNNERS, Row, Table};
use std::fmt::Write;

const HEAD: &str = "\
<!-- Generated from tests/conformance/ by `cargo xtask conformance`. -->

# Conformance

Every documented fact of `qmgr.h` that we know of, method by method, and what we decided where the documents are silent
or at odds with themselves. Each fact is a row of the table in [tests/conformance/](../tests/conformance/README.md), which
three runners execute: `native` (the pure queue in a simulated world), `node` (the built package in Node.js, bytes in
memory) and `chrome` (the built package in headless Chrome, bytes in the private file system).

`cargo xtask test --only conformance` runs all rows in their runners and fails where one does not hold, or where this page
is not what the rows say. So a fact that names its runners holds in each of them.

| mark | the fact comes from |
|---|---|
| Q | the reference pages of `qmgr.h` |
| H | the header and its IDL |
| E | the pages about the engine, and those of the later API where they speak of the same thing |
| inferred | none of them by its words, but it follows |
| A1 to A46 | a [ruling](#rulings) of ours |

A fact that JavaScript cannot express (null pointers, reference counts, the order of a vtable) is *structural*, with the
reason.
";

/// The whole page.
pub fn text(table: &Table) -> String {
    let mut text = String::from(HEAD);
    write_counts(&mut text, table);
    for interface in &table.interfaces {
        write_interface(&mut text, table, interface);
    }
    write_rulings(&mut text, table);
    text
}

macro_rules! line {
    ($text:expr $(, $arguments:expr)* $(,)?) => {
        writeln!($text $(, $arguments)*).expect("a string takes all text")
    };
}

fn write_counts(text: &mut String, table: &Table) {
    let methods: usize = table.interfaces.iter().map(|interface| interface.methods.len()).sum();
    let structural = table.rows.iter().filter(|row| row.structural.is_some()).count();
    line!(text, "\n| | |\n|---|---|");
    line!(text, "| methods | {methods} |");
    line!(text, "| rulings | {} |", table.rulings.len());
    line!(text, "| facts | {} |", table.rows.len());
    for runner in RUNNERS {
        let count = table.rows.iter().filter(|row| row.runners().contains(&runner)).count();
        line!(text, "| that hold in {runner} | {count} |");
    }
    line!(text, "| structural | {structural} |");
}

fn write_interface(text: &mut String, table: &Table, interface: &Interface) {
    line!(text, "\n## {}\n", interface.name);
    line!(text, "`{}`; in JavaScript `{}`.", interface.iid, interface.object);
    for method in &interface.methods {
        write_method(text, table, interface, method);
    }
}

fn write_method(text: &mut String, table: &Table, interface: &Interface, method: &Method) {
    line!(text, "\n### {}::{}\n", interface.name, method.name);
    line!(text, "`{}`; in JavaScript `{}`.\n", method.signature, method.javascript);
    line!(text, "| fact | marks | holds in |\n|---|---|---|");
    for row in table.rows_of(interface, method) {
        let id = &row.id;
        let fact = cell(&row.fact);
        line!(text, "| <a id=\"{id}\"></a>{fact} | {} | {} |", marks(row), holds_in(row));
    }
}

/// Each ruling leads to where it stands.
fn marks(row: &Row) -> String {
    let marks = row.marks.iter().map(|mark| match mark.strip_prefix('A') {
        Some(_) => format!("[{mark}](#{mark})"),
        None => mark.clone(),
    });
    marks.collect::<Vec<_>>().join(", ")
}

fn holds_in(row: &Row) -> String {
    if let Some(why) = &row.structural {
        return format!("*structural*: {}", cell(why));
    }
    let runners = row.runners().join(", ");
    match &row.only {
        Some(only) => format!("{runners}; not elsewhere, since {}", cell(&only.because)),
        None => runners,
    }
}

fn write_rulings(text: &mut String, table: &Table) {
    line!(text, "\n## Rulings\n");
    line!(text, "| | question | ruling | why | shown by |\n|---|---|---|---|---|");
    for (name, ruling) in &table.rulings {
        let rows = table.rows_for(name).map(|row| format!("[{0}](#{0})", row.id));
        line!(
            text,
            "| <a id=\"{name}\"></a>{name} | {} | {} | {} | {} |",
            cell(&ruling.question),
            cell(&ruling.ruling),
            cell(&ruling.why),
            rows.collect::<Vec<_>>().join(", "),
        );
    }
}

/// A text that stays within its cell of a table, and is no markup.
fn cell(text: &str) -> String {
    let mut cell = String::new();
    for character in text.chars() {
        if matches!(character, '|' | '*' | '\\' | '<') {
            cell.push('\\');
        }
        cell.push(character);
    }
    cell
}
