//! The data files in `tests/conformance/`, and what has to be true of them before they are a page.

use crate::root;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Who runs the rows.
pub const RUNNERS: [&str; 3] = ["native", "node", "chrome"];

/// Everything that the page tells.
pub struct Table {
    /// In vtable order.
    pub interfaces: Vec<Interface>,
    /// By number.
    pub rulings: Vec<(String, Ruling)>,
    /// In the order of the files.
    pub rows: Vec<Row>,
}

/// An interface of the header.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    pub name: String,
    /// The name of its identifier.
    pub iid: String,
    /// The class that stands for it.
    pub object: String,
    pub methods: Vec<Method>,
}

/// A method of the header.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    pub name: String,
    /// How it is called from JavaScript.
    pub javascript: String,
    /// Its declaration in the IDL.
    pub signature: String,
}

/// What is decided where the documentation is silent or at odds with itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    pub question: String,
    pub ruling: String,
    pub why: String,
}

/// One documented fact. The runners read its other fields.
#[derive(Deserialize)]
pub struct Row {
    pub id: String,
    pub interface: String,
    pub method: String,
    pub fact: String,
    pub marks: Vec<String>,
    /// Why JavaScript cannot express it.
    pub structural: Option<String>,
    /// Where not all runners run it.
    pub only: Option<Only>,
    steps: Option<Vec<Value>>,
}

/// The runners of a row, where they are not all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    pub runners: Vec<String>,
    pub because: String,
}

impl Table {
    /// Reads the files.
    pub fn read() -> Result<Self> {
        let directory = root().join("tests/conformance");
        let rulings: BTreeMap<String, Ruling> = parsed(&directory.join("rulings.json"))?;
        let mut rulings: Vec<_> = rulings.into_iter().collect();
        rulings.sort_by_key(|(name, _)| name[1..].parse::<u32>().unwrap_or(u32::MAX));
        let mut files = fs::read_dir(directory.join("rows"))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        files.sort();
        let rows = files.iter().map(|file| parsed::<Vec<Row>>(file)).collect::<Result<Vec<_>>>()?;
        let table = Self {
            interfaces: parsed(&directory.join("interfaces.json"))?,
            rulings,
            rows: rows.into_iter().flatten().collect(),
        };
        table.check()?;
        Ok(table)
    }

    /// The rows of a method.
    pub fn rows_of<'a>(
        &'a self,
        interface: &'a Interface,
        method: &'a Method,
    ) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(|row| row.interface == interface.name && row.method == method.name)
    }

    /// The rows that show a ruling.
    pub fn rows_for<'a>(&'a self, ruling: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| row.marks.iter().any(|mark| mark == ruling))
    }

    fn check(&self) -> Result<()> {
        let mut ids = BTreeSet::new();
        for row in &self.rows {
            row.check(self).with_context(|| format!("the row {}", row.id))?;
            ensure!(ids.insert(&row.id), "two rows have the id {}", row.id);
        }
        let mut bare = Vec::new();
        for interface in &self.interfaces {
            for method in &interface.methods {
                if self.rows_of(interface, method).next().is_none() {
                    bare.push(format!("{}::{}", interface.name, method.name));
                }
            }
        }
        for (ruling, _) in &self.rulings {
            if self.rows_for(ruling).next().is_none() {
                bare.push(ruling.clone());
            }
        }
        ensure!(bare.is_empty(), "no row shows {}", bare.join(", "));
        Ok(())
    }
}

impl Row {
    /// The runners that run it.
    pub fn runners(&self) -> Vec<&str> {
        match (&self.structural, &self.only) {
            (Some(_), _) => Vec::new(),
            (None, Some(only)) => only.runners.iter().map(String::as_str).collect(),
            (None, None) => RUNNERS.to_vec(),
        }
    }

    fn check(&self, table: &Table) -> Result<()> {
        let is_kebab =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        ensure!(self.id.bytes().all(is_kebab), "its id is not in kebab-case");
        ensure!(self.fact.ends_with('.'), "its fact is no sentence");
        let interface = table.interfaces.iter().find(|interface| interface.name == self.interface);
        let interface = interface.with_context(|| format!("no interface {}", self.interface))?;
        ensure!(
            interface.methods.iter().any(|method| method.name == self.method),
            "{} has no method {}",
            self.interface,
            self.method
        );
        ensure!(!self.marks.is_empty(), "it has no mark");
        for mark in &self.marks {
            let is_known = ["Q", "H", "E", "inferred"].contains(&mark.as_str())
                || table.rulings.iter().any(|(ruling, _)| ruling == mark);
            ensure!(is_known, "no mark {mark}");
        }
        let has_steps = self.steps.as_ref().is_some_and(|steps| !steps.is_empty());
        ensure!(has_steps != self.structural.is_some(), "it has either steps or `structural`");
        if let Some(Only { runners, because }) = &self.only {
            ensure!(!because.is_empty(), "`only` without a reason");
            ensure!(!runners.is_empty(), "no runner runs it");
            for runner in runners {
                ensure!(RUNNERS.contains(&runner.as_str()), "no runner {runner}");
            }
        }
        Ok(())
    }
}

fn parsed<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    serde_json::from_str(&text).with_context(|| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table in which nothing is missing: one method, one ruling, and one row that shows both.
    fn table(change: impl FnOnce(&mut Table)) -> Result<()> {
        let interface = r#"[{ "name": "I", "iid": "IID_I", "object": "O", "methods": [
            { "name": "M", "javascript": "m()", "signature": "HRESULT M(void)" }] }]"#;
        let ruling = r#"{ "question": "what", "ruling": "this", "why": "so" }"#;
        let row = r#"{ "id": "a-row", "interface": "I", "method": "M", "fact": "It is so.",
            "marks": ["Q", "A1"], "steps": [{ "call": "o.m" }] }"#;
        let mut table = Table {
            interfaces: serde_json::from_str(interface)?,
            rulings: vec![("A1".to_owned(), serde_json::from_str(ruling)?)],
            rows: vec![serde_json::from_str(row)?],
        };
        change(&mut table);
        table.check()
    }

    #[track_caller]
    fn assert_refused(change: impl FnOnce(&mut Table), because: &str) {
        let error = table(change).expect_err("the table is refused");
        assert!(format!("{error:#}").contains(because), "{error:#}");
    }

    #[test]
    fn a_table_in_which_nothing_is_missing_is_taken() {
        table(|_| {}).expect("nothing is missing");
    }

    #[test]
    fn every_method_and_every_ruling_needs_a_row() {
        assert_refused(|table| table.rows.clear(), "no row shows I::M, A1");
        assert_refused(|table| drop(table.rows[0].marks.pop()), "no row shows A1");
    }

    #[test]
    fn a_row_names_what_there_is() {
        assert_refused(|table| table.rows[0].method = "N".to_owned(), "I has no method N");
        assert_refused(|table| table.rows[0].marks.push("A2".to_owned()), "no mark A2");
        assert_refused(|table| table.rows[0].id = "A row".to_owned(), "kebab-case");
        assert_refused(|table| table.rows[0].fact = "so".to_owned(), "no sentence");
    }

    #[test]
    fn a_row_is_run_or_says_why_not() {
        let only = |runners: &[&str], because: &str| {
            let runners = runners.iter().map(ToString::to_string).collect();
            Some(Only { runners, because: because.to_owned() })
        };
        assert_refused(|table| table.rows[0].steps = None, "either steps");
        assert_refused(|table| table.rows[0].structural = Some("so".to_owned()), "either steps");
        assert_refused(|table| table.rows[0].only = only(&[], "so"), "no runner runs it");
        assert_refused(|table| table.rows[0].only = only(&["node"], ""), "without a reason");
        assert_refused(|table| table.rows[0].only = only(&["deno"], "so"), "no runner deno");
    }

    #[test]
    fn the_header_has_39_methods_and_the_documents_46_gaps() {
        let directory = root().join("tests/conformance");
        let interfaces: Vec<Interface> =
            parsed(&directory.join("interfaces.json")).expect("a file");
        assert_eq!(interfaces.iter().map(|interface| interface.methods.len()).sum::<usize>(), 39);
        let rulings: BTreeMap<String, Ruling> =
            parsed(&directory.join("rulings.json")).expect("a file");
        assert!((1..=46).all(|number| rulings.contains_key(&format!("A{number}"))));
        assert_eq!(rulings.len(), 46);
    }
}
