//! The scripts of `www/lab/server/script.js`, as far as the simulated servers know them.

use crate::sim::{Behaviour, Ranges, RemoteFile, Validators, World, url};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the files of the server do.
#[derive(Default)]
pub struct Scripts(BTreeMap<String, Map<String, Value>>);

impl Scripts {
    /// Makes a file, or changes some keys of its script.
    pub fn serve(
        &mut self,
        world: &mut World,
        path: &str,
        changes: &Map<String, Value>,
    ) -> Result<(), String> {
        let script = self.0.entry(path.to_owned()).or_default();
        script.extend(changes.clone());
        let file = world.servers.files.entry(url(path)).or_insert_with(|| {
            RemoteFile::new(&url(path), script.get("size").and_then(size).unwrap_or(65_536))
        });
        apply(script, changes, file, &url(path))?;
        if changes.get("stallAfter").is_some_and(Value::is_null) {
            world.release(path);
        }
        Ok(())
    }
}

fn apply(
    script: &Map<String, Value>,
    changes: &Map<String, Value>,
    file: &mut RemoteFile,
    url: &str,
) -> Result<(), String> {
    for (key, value) in changes {
        let unknown = || format!("the simulated server has no {key}: {value}");
        match (key.as_str(), value) {
            ("size" | "status" | "retryAfter" | "cutAfter" | "stallAfter", _) => {}
            ("version", value) => {
                let version = size(value).ok_or_else(unknown)?;
                let length = script.get("size").and_then(size).unwrap_or(65_536);
                while file.versions.len() < version {
                    file.change(url, length);
                }
                if file.versions.len() > version {
                    return Err("versions only go up".to_owned());
                }
            }
            ("etag", Value::String(kind)) => {
                file.validators = match kind.as_str() {
                    "none" => Validators::None,
                    "strong" => Validators::Strong,
                    "weak" => Validators::Weak,
                    _ => return Err(unknown()),
                }
            }
            // The simulated server sends a date only where it sends no tag, and none by itself.
            ("lastModified", Value::String(kind)) if kind == "none" => {}
            ("length", Value::String(kind)) => file.has_length = kind == "exact",
            ("ranges", Value::String(kind)) if kind == "honour" => file.ranges = Ranges::Honoured,
            ("ranges", Value::String(kind)) if kind == "ignore" => file.ranges = Ranges::Ignored,
            ("ranges", Value::Object(cap)) => {
                let longest = cap.get("cap").and_then(Value::as_u64).ok_or_else(unknown)?;
                file.ranges = Ranges::Capped(longest);
            }
            ("steps", Value::Array(steps)) => {
                let steps = steps.iter().map(|step| {
                    let step = step.as_object().ok_or_else(unknown)?;
                    Ok(behaviour(step)?.unwrap_or(Behaviour::CutAfter(usize::MAX)))
                });
                file.script = steps.collect::<Result<_, String>>()?;
            }
            _ => return Err(unknown()),
        }
    }
    let lasting = ["status", "retryAfter", "cutAfter", "stallAfter"];
    let lasting = script.iter().filter(|(key, _)| lasting.contains(&key.as_str()));
    file.always = behaviour(&lasting.map(|(key, value)| (key.clone(), value.clone())).collect())?;
    Ok(())
}

fn behaviour(step: &Map<String, Value>) -> Result<Option<Behaviour>, String> {
    let given = |key: &str| step.get(key).filter(|value| !value.is_null());
    let whole = |value: &Value| size(value).ok_or_else(|| format!("{value} is no number of bytes"));
    if let Some(unknown) = step
        .keys()
        .find(|key| !["status", "retryAfter", "cutAfter", "stallAfter"].contains(&key.as_str()))
    {
        return Err(format!("the simulated server has no {unknown} for one request"));
    }
    if let Some(status) = given("status") {
        let status = status.as_u64().and_then(|status| u16::try_from(status).ok());
        let retry_after = given("retryAfter")
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        return Ok(Some(Behaviour::Status(status.ok_or("a status is a number")?, retry_after)));
    }
    if let Some(length) = given("cutAfter") {
        return Ok(Some(Behaviour::CutAfter(whole(length)?)));
    }
    given("stallAfter").map(|length| Ok(Behaviour::StallAfter(whole(length)?))).transpose()
}

fn size(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|size| usize::try_from(size).ok())
}
