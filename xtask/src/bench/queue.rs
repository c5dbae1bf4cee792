//! The queue alone, without a browser: criterion times its steps, and this makes tables of its samples.

use super::report::plain;
use crate::build;
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Instant;
use xshell::{Shell, cmd};

/// What the groups are doing, as `benches/queue` names it.
const CROWDS: [&str; 3] = ["background", "foreground", "waiting"];
/// So many groups, and how many times the cost of a step with ten of them is allowed: no more than the
/// logarithm grows.
const GROUPS: [(u32, Option<f64>); 3] = [(10, None), (1_000, Some(3.0)), (10_000, Some(4.0))];
/// Steps a second with the most groups.
const LEAST: f64 = 1e6;

/// The samples of one benchmark: so many steps took so many nanoseconds.
#[derive(Deserialize)]
struct Samples {
    iters: Vec<f64>,
    times: Vec<f64>,
}

impl Samples {
    fn per_second(&self) -> Vec<f64> {
        self.iters.iter().zip(&self.times).map(|(steps, time)| steps * 1e9 / time).collect()
    }
}

/// One table for each crowd, as [`Report`](super::report::Report) reads them. One that cannot be made says
/// why, and the others are made all the same.
pub fn measure(shell: &Shell) -> Vec<Value> {
    let tables = CROWDS.iter().map(|crowd| {
        let start = Instant::now();
        let mut table = rows(shell, crowd).unwrap_or_else(|error| {
            eprintln!("{error:#}");
            json!({ "failed": error.to_string() })
        });
        let title =
            format!("Steps of the queue alone, native, with all other groups {}", place(crowd));
        table["name"] = "queue".into();
        table["title"] = title.into();
        table["seconds"] = start.elapsed().as_secs_f64().into();
        table
    });
    tables.collect()
}

/// Where the groups of a crowd are, in words.
fn place(crowd: &str) -> &str {
    match crowd {
        "background" => "in the background",
        "foreground" => "in the foreground",
        other => other,
    }
}

fn rows(shell: &Shell, crowd: &str) -> Result<Value> {
    let steps = format!("steps/{crowd}");
    cmd!(shell, "cargo bench --quiet --bench queue -- {steps}").run()?;
    let directory = build::target().join("criterion").join(format!("steps_{crowd}"));
    let mut rows = Vec::new();
    for (groups, most) in GROUPS {
        let path = directory.join(groups.to_string()).join("new/sample.json");
        let samples: Samples = serde_json::from_str(&shell.read_file(path)?)
            .context("criterion's samples are not as expected")?;
        let is_largest = GROUPS.iter().all(|&(other, _)| other <= groups);
        rows.push(json!({
            "name": format!("{} groups {}", plain(groups.into()), place(crowd)),
            "values": samples.per_second(),
            "least": is_largest.then_some(LEAST),
            "ratio": most.map(|most| json!({ "most": most })),
        }));
    }
    Ok(json!({ "unit": "steps/s", "ratio": "firstToThis", "rows": rows }))
}
