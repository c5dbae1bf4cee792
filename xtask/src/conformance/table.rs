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
