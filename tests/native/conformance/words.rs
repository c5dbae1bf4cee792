//! What the strings and objects of a row stand for, and whether an output is the expected one.

use crate::sim;
use qmgr::abi::StatusWord;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// The numbers and ids of the headers by their names, as they were written down from the headers: not
/// those of the code, which a row has to find wrong where they are.
static HEADER: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let file: Value =
        serde_json::from_str(include_str!("../qmgr-constants.json")).expect("the file is JSON");
    let sections = ["flags", "errors", "groupprop", "iids"];
    let sections = sections.iter().filter_map(|section| file[section].as_object());
    sections.flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
});

/// A value of a row, its words replaced by what they stand for. `ids` knows the ids of the handles.
pub fn resolved(value: &Value, ids: &dyn Fn(&str) -> Option<String>) -> Result<Value, String> {
    Ok(match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(word) => resolved_word(word, ids)?,
        Value::Array(items) => {
            items.iter().map(|item| resolved(item, ids)).collect::<Result<_, _>>()?
        }
        Value::Object(fields) => match single(fields) {
            Some(("text", Value::Array(pieces))) => Value::String(text(pieces)?),
            Some(("js" | "units", _)) => {
                return Err("a value that only JavaScript has: name the runners with `only`".into());
            }
            _ => Value::Object(
                fields
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), resolved(value, ids)?)))
                    .collect::<Result<_, String>>()?,
            ),
        },
    })
}

/// Compares an output with what a row expects: objects name the members that count, everything else
/// is exact.
pub fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(expected), Value::Number(found)) => expected.as_f64() == found.as_f64(),
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len() && expected.iter().zip(found).all(|(e, f)| fits(e, f))
        }
        (Value::Object(fields), found) => match (single(fields), found) {
            (Some(("between", Value::Array(bounds))), Value::Number(number)) => {
                let bounds = bounds.iter().map(Value::as_f64).collect::<Vec<_>>();
                bounds.len() == 2 && bounds[0] <= number.as_f64() && number.as_f64() <= bounds[1]
            }
            (_, Value::Object(found)) => fields
                .iter()
                .all(|(name, value)| found.get(name).is_some_and(|found| fits(value, found))),
            _ => false,
        },
        (expected, found) => expected == found,
    }
}

/// A number of a header by its name, in hex, or joined from several by ` | `.
pub fn number(word: &str) -> Option<u32> {
    word.split(" | ").try_fold(0, |bits, name| {
        let number = match name.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => HEADER.get(name)?.as_u64().and_then(|number| u32::try_from(number).ok()),
        };
        Some(bits | number?)
    })
}

fn resolved_word(word: &str, ids: &dyn Fn(&str) -> Option<String>) -> Result<Value, String> {
    if let Some(handle) = word.strip_prefix('@') {
        let id = ids(handle).ok_or_else(|| format!("no handle {handle:?} with an id"))?;
        return Ok(Value::String(id));
    }
    if let Some(Ok(number)) = word.strip_prefix('#').map(str::parse) {
        return Ok(Value::String(sim::guid(number).to_string()));
    }
    if let Some(number) = number(word) {
        return Ok(number.into());
    }
    let id = HEADER.get(word).and_then(Value::as_str);
    Ok(Value::String(id.map_or_else(|| word.replace("{server}", &sim::url("")), str::to_owned)))
}

/// A literal text from its pieces: `"once"`, or `["again", 10]` for ten times.
fn text(pieces: &[Value]) -> Result<String, String> {
    pieces.iter().map(piece).collect()
}

fn piece(piece: &Value) -> Result<String, String> {
    if let Some(once) = piece.as_str() {
        return Ok(once.to_owned());
    }
    let again = piece.get(0).and_then(Value::as_str);
    let times = piece.get(1).and_then(Value::as_u64).and_then(|times| usize::try_from(times).ok());
    match (again, times) {
        (Some(again), Some(times)) => Ok(again.repeat(times)),
        _ => Err(format!("no piece of a text: {piece}")),
    }
}

/// A value for whoever reads a failure, a status word with the names of its bits.
pub fn told(value: &Value) -> String {
    let word = value.get(0).and_then(Value::as_u64).and_then(|word| u32::try_from(word).ok());
    match word {
        Some(word) => {
            let names = StatusWord::from_bits_retain(word).names().collect::<Vec<_>>();
            format!("{value} ({word:#x}: {})", names.join(" | "))
        }
        None => value.to_string(),
    }
}

fn single(fields: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut fields = fields.iter();
    let (name, value) = fields.next()?;
    fields.next().is_none().then_some((name.as_str(), value))
}
