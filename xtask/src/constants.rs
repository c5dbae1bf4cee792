//! The constants of the header, from the crate itself, as a module of JavaScript and its types.

use qmgr::abi::constants::{self, ConstantValue};
use std::fmt::Write;

const NOTE: &str = "// Generated from the crate's constants by `cargo xtask build`.\n";

/// The text of `constants.js`.
pub fn module() -> String {
    let mut text = String::from(NOTE);
    for (name, value) in constants::all() {
        writeln!(text, "export const {name} = {};", literal(value))
            .expect("a string takes all text");
    }
    text
}

/// The text of `constants.d.ts`: each number has itself for a type.
pub fn types() -> String {
    let mut text = String::from(NOTE);
    text.push_str("import type { Guid } from \"./index.js\";\n");
    for (name, value) in constants::all() {
        let kind = match value {
            ConstantValue::Guid(_) => String::from("Guid"),
            ConstantValue::Number(_) => literal(value),
        };
        writeln!(text, "export const {name}: {kind};").expect("a string takes all text");
    }
    text
}

fn literal(value: ConstantValue) -> String {
    match value {
        ConstantValue::Guid(guid) => format!("\"{guid}\""),
        ConstantValue::Number(number) => format!("{number:#x}"),
    }
}
