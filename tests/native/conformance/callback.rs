//! The callbacks of a row.

use super::calls::code;
use crate::sim::{Return, World};
use qmgr::abi::Hresult;
use serde_json::{Value, json};
use std::cell::RefCell;

/// A callback of the page.
pub struct Callback {
    pub name: String,
    earlier: RefCell<Earlier>,
}

/// What pages knew of a callback that are gone.
#[derive(Default)]
struct Earlier {
    calls: Vec<Value>,
    made: usize,
}

impl Callback {
    /// A callback that answers by its script, and then with S_OK.
    pub fn new(world: &mut World, name: &str, answers: &[String]) -> Result<Self, String> {
        let returns = answers.iter().map(|answer| match answer.as_str() {
            "never" => Ok(Return::Nothing),
            "reject" | "throw" => Ok(Return::Failure),
            name if code(name)? == Hresult::S_OK => Ok(Return::Ok),
            _ => Ok(Return::Failure),
        });
        let returns = returns.collect::<Result<_, String>>()?;
        world.page.returns_of.insert(name.to_owned(), returns);
        Ok(Self { name: name.to_owned(), earlier: RefCell::default() })
    }

    /// What it was called with, in order.
    pub fn calls(&self, world: &World) -> Vec<Value> {
        let page = &world.page;
        let own = page.heard.iter().zip(&page.heard_by).filter(|(_, by)| **by == self.name);
        let calls = own.map(|((_, group, event), _)| {
            let row = &page.rows[group];
            json!({
                "method": "onStatus",
                "group": row.id.to_string(),
                "job": row.job.map(|job| job.to_string()),
                "fileIndex": event.file_index,
                "status": event.status,
                "numOfRetries": event.retries,
                "win32Result": event.win32_result,
                "transportResult": event.transport_result,
            })
        });
        self.earlier.borrow().calls.iter().cloned().chain(calls).collect()
    }

    /// How often a class that it stands for was asked for an object.
    pub fn made(&self, world: &World) -> usize {
        let made = world.page.made.iter().filter(|made| **made == self.name).count();
        self.earlier.borrow().made + made
    }

    /// Remembers what the page knows of it, since the page goes.
    pub fn keep(&self, world: &World) {
        let (calls, made) = (self.calls(world), self.made(world));
        self.earlier.replace(Earlier { calls, made });
    }
}
