//! One row in the simulated world: its handles, and its steps one by one.

use super::callback::Callback;
use super::calls::{Failure, Handle, Output, ask, code};
use super::row::{Call, MakeCallback, Open, Step, Until};
use super::server::Scripts;
use super::words;
use crate::sim::World;
use qmgr::mirror::Caller;
use qmgr::protocol::{Command, Credentials, Owner, SettingsPatch};
use qmgr::time::Millis;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How long `until` waits by the world's clock; as long as the other runners do by theirs.
const LIMIT: Millis = Millis(20_000);

/// One row in the simulated world.
pub struct Runner {
    world: World,
    scripts: Scripts,
    handles: BTreeMap<String, Handle>,
    /// How each handle of the queue was opened, to be opened again after a reload.
    opened: BTreeMap<String, Map<String, Value>>,
}

impl Runner {
    /// An empty queue, opened as `queue`.
    pub fn new(options: &Map<String, Value>) -> Result<Self, String> {
        let mut runner = Self {
            world: World::new(),
            scripts: Scripts::default(),
            handles: BTreeMap::new(),
            opened: BTreeMap::new(),
        };
        let open = Open { open: options.clone(), fails: None, name: "queue".to_owned() };
        runner.open(open)?;
        Ok(runner)
    }

    /// Takes a step; says what was found where it does not end as the row expects.
    pub fn take(&mut self, step: &Step) -> Result<(), String> {
        match step.clone() {
            Step::Call(call) => self.call(call),
            Step::Callback(MakeCallback { name, answers }) => {
                let callback = Callback::new(&mut self.world, &name, &answers)?;
                self.handles.insert(name, Handle::Callback(Rc::new(callback)));
                Ok(())
            }
            Step::Open(open) => self.open(open),
            Step::Pass(pass) => {
                self.world.run_for(Millis(pass.pass));
                Ok(())
            }
            Step::Reload(reload) => self.reload(&reload.reload),
            Step::Serve(serve) => serve
                .serve
                .iter()
                .try_for_each(|(path, script)| self.scripts.serve(&mut self.world, path, script)),
            Step::Until(until) => self.until(&until),
        }
    }

    fn call(&mut self, Call { call, with, gives, fails, name }: Call) -> Result<(), String> {
        let before = fails.as_ref().map(|_| self.everything());
        let result = self.invoke(&call, &with)?;
        match (result, fails) {
            (Err(failure), fails) => {
                judge_failure(failure, fails.as_deref())?;
                let after = self.everything();
                match before.filter(|before| *before != after) {
                    Some(before) => {
                        Err(format!("the failure changed\n  {before}\ninto\n  {after}"))
                    }
                    None => Ok(()),
                }
            }
            (Ok(_), Some(fails)) => Err(format!("{fails} is expected, S_OK found")),
            (Ok(Output::Handle(handle)), None) => {
                if gives.is_some() {
                    return Err("a handle is no value: name it with `as`".to_owned());
                }
                if let Some(name) = name {
                    self.handles.insert(name, handle);
                }
                Ok(())
            }
            (Ok(Output::Value(_)), None) if name.is_some() => Err("no handle to name".to_owned()),
            (Ok(Output::Value(found)), None) => match gives {
                Some(expected) => self.judge(&expected, &found),
                None => Ok(()),
            },
        }
    }

    fn until(&mut self, Until { until, with, gives }: &Until) -> Result<(), String> {
        let end = self.world.now.plus(LIMIT);
        loop {
            let found = match self.invoke(until, with)? {
                Ok(Output::Value(found)) => found,
                Ok(Output::Handle(_)) => return Err("a handle is no value".to_owned()),
                Err(failure) => return judge_failure(failure, None),
            };
            let Err(found) = self.judge(gives, &found) else { return Ok(()) };
            if self.world.next_due().is_none_or(|due| due > end) || !self.world.step() {
                return Err(format!("waited in vain: {found}"));
            }
        }
    }

    fn open(&mut self, Open { open, fails, name }: Open) -> Result<(), String> {
        let mut settings = open.clone();
        let owner = settings.remove("owner").unwrap_or_else(|| json!({ "user": "default" }));
        let owner = serde_json::from_value::<Owner>(owner).map_err(|error| error.to_string())?;
        let known = [
            "retry",
            "checkpoint",
            "resume",
            "connections",
            "timeSlice",
            "limits",
            "inactivityTimeout",
        ];
        if let Some(unknown) = settings.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(format!("no option {unknown} natively"));
        }
        let patch = serde_json::from_value::<SettingsPatch>(Value::Object(settings));
        let patch = patch.map_err(|error| error.to_string())?;
        if open.contains_key("inactivityTimeout") {
            // Time alone ends groups then, which the ledger does not foresee.
            self.world.ledger.look_away();
        }
        let caller = Rc::new(Caller::new(owner, Credentials::default()));
        match (ask(&mut self.world, &caller, Command::Configure(patch)), fails) {
            (Ok(_), None) => {
                self.opened.insert(name.clone(), open);
                self.handles.insert(name, Handle::Queue(caller));
                Ok(())
            }
            (Ok(_), Some(fails)) => Err(format!("{fails} is expected, S_OK found")),
            (Err(error), fails) => judge_failure(error.into(), fails.as_deref()),
        }
    }

    /// A new page and a new engine; each handle that a row named stands for the same thing again.
    fn reload(&mut self, options: &Map<String, Value>) -> Result<(), String> {
        let handles = std::mem::take(&mut self.handles);
        for handle in handles.values() {
            if let Handle::Callback(callback) = handle {
                callback.keep(&self.world);
            }
        }
        let returns = std::mem::take(&mut self.world.page.returns_of);
        self.world.reload();
        self.world.page.returns_of = returns;
        for (name, mut open) in self.opened.clone() {
            open.extend(options.clone());
            self.open(Open { open, fails: None, name })?;
        }
        let queues = self.handles.clone();
        for (name, handle) in handles {
            let group = match &handle {
                Handle::Group(group) => group,
                Handle::Job(job) => job.group(),
                Handle::Callback(_) => {
                    self.handles.insert(name, handle);
                    continue;
                }
                Handle::Enumerator(_) | Handle::Queue(_) => continue,
            };
            let queue = queues.values().find(|queue| queue.is_of(group.caller()));
            let queue = queue.ok_or("the group's queue was not opened again")?;
            let id = json!(group.id().to_string());
            // What is not in the queue any more has no handle any more.
            let Ok(Output::Handle(found)) = queue.call(&mut self.world, "getGroup", &[id]) else {
                continue;
            };
            let found = match handle.id().filter(|_| matches!(handle, Handle::Job(_))) {
                None => Ok(Output::Handle(found)),
                Some(job) => found.call(&mut self.world, "getJob", &[json!(job)]),
            };
            if let Ok(Output::Handle(found)) = found {
                self.handles.insert(name, found);
            }
        }
        Ok(())
    }

    /// Calls `<handle>.<verb>`.
    fn invoke(&mut self, call: &str, with: &[Value]) -> Result<Result<Output, Failure>, String> {
        let (name, verb) = call.split_once('.').ok_or_else(|| format!("no handle in {call:?}"))?;
        let with = with.iter().map(|value| self.resolved(value)).collect::<Result<Vec<_>, _>>()?;
        let handle =
            self.handles.get(name).cloned().ok_or_else(|| format!("no handle {name:?}"))?;
        Ok(handle.call(&mut self.world, verb, &with))
    }

    fn resolved(&self, value: &Value) -> Result<Value, String> {
        words::resolved(value, &|name| self.handles.get(name)?.id())
    }

    fn judge(&self, expected: &Value, found: &Value) -> Result<(), String> {
        let expected = self.resolved(expected)?;
        if words::fits(&expected, found) {
            return Ok(());
        }
        Err(format!("{} is expected, {} found", words::told(&expected), words::told(found)))
    }

    /// Everything that the API tells of what the row has handles to.
    fn everything(&mut self) -> Value {
        let handles = self.handles.clone();
        let told =
            handles.iter().map(|(name, handle)| (name.clone(), handle.everything(&mut self.world)));
        Value::Object(told.collect())
    }
}

fn judge_failure(failure: Failure, expected: Option<&str>) -> Result<(), String> {
    match (failure, expected) {
        (Failure::Beyond(why), _) => Err(why),
        (Failure::Hresult(found), None) => Err(format!("S_OK is expected, {found} found")),
        (Failure::Hresult(found), Some(name)) if found == code(name)? => Ok(()),
        (Failure::Hresult(found), Some(name)) => Err(format!("{name} is expected, {found} found")),
    }
}
