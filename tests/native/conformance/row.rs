//! The rows as their files hold them. `tests/conformance/README.md` says what each field means.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

/// All rows, and how the states that they start from are reached.
pub struct Table {
    pub rows: Vec<Row>,
    states: States,
}

/// One documented fact.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub id: String,
    interface: String,
    method: String,
    fact: String,
    marks: Vec<String>,
    given: Option<Given>,
    #[serde(default)]
    open: Map<String, Value>,
    #[serde(default)]
    steps: Vec<Step>,
    structural: Option<String>,
    only: Option<Only>,
}

/// The states a row holds in.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Given {
    One(String),
    Each(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Only {
    runners: Vec<String>,
    because: String,
}

/// One thing to do, and what has to come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub enum Step {
    Call(Call),
    Callback(MakeCallback),
    Open(Open),
    Pass(Pass),
    Reload(Reload),
    Serve(Serve),
    Until(Until),
}

/// Calls a method.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub call: String,
    #[serde(default)]
    pub with: Vec<Value>,
    pub gives: Option<Value>,
    pub fails: Option<String>,
    #[serde(rename = "as")]
    pub name: Option<String>,
}

/// Makes a callback, which answers by its script.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeCallback {
    #[serde(rename = "callback")]
    pub name: String,
    #[serde(default)]
    pub answers: Vec<String>,
}

/// Opens the queue once more, in another name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    pub open: Map<String, Value>,
    pub fails: Option<String>,
    #[serde(rename = "as")]
    pub name: String,
}

/// Lets milliseconds pass.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pass {
    pub pass: u64,
}

/// Ends the page and its engine, and opens the queue anew, with some options changed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reload {
    pub reload: Map<String, Value>,
}

/// Says what the files of the server do, by path.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serve {
    pub serve: BTreeMap<String, Map<String, Value>>,
}

/// Calls a method again and again until it gives what is expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Until {
    pub until: String,
    #[serde(default)]
    pub with: Vec<Value>,
    pub gives: Value,
}

impl TryFrom<Map<String, Value>> for Step {
    type Error = String;

    /// The verb of a step is the one of its fields that no other kind of step has.
    fn try_from(fields: Map<String, Value>) -> Result<Self, String> {
        let has = |verb: &str| fields.contains_key(verb);
        let value = || Value::Object(fields.clone());
        let step = if has("call") {
            serde_json::from_value(value()).map(Self::Call)
        } else if has("callback") {
            serde_json::from_value(value()).map(Self::Callback)
        } else if has("until") {
            serde_json::from_value(value()).map(Self::Until)
        } else if has("serve") {
            serde_json::from_value(value()).map(Self::Serve)
        } else if has("open") {
            serde_json::from_value(value()).map(Self::Open)
        } else if has("reload") {
            serde_json::from_value(value()).map(Self::Reload)
        } else if has("pass") {
            serde_json::from_value(value()).map(Self::Pass)
        } else {
            return Err(format!("no verb of a step in {}", value()));
        };
        step.map_err(|error| format!("{}: {error}", value()))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct States {
    open: Map<String, Value>,
    states: BTreeMap<String, State>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    after: Option<String>,
    steps: Vec<Step>,
}

impl Table {
    /// Reads the files; panics on what it does not understand, since no row may be passed over.
    pub fn read() -> Self {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
        let mut files: Vec<_> = fs::read_dir(directory.join("rows"))
            .expect("the directory of the rows")
            .map(|entry| entry.expect("an entry of the directory").path())
            .collect();
        files.sort();
        let rows = files.iter().flat_map(|file| parsed::<Vec<Row>>(file)).collect();
        Self { rows, states: parsed(&directory.join("states.json")) }
    }

    /// The options that a row opens its queue with.
    pub fn open_options(&self, row: &Row) -> Map<String, Value> {
        let mut options = self.states.open.clone();
        for (name, value) in &row.open {
            match (options.get_mut(name), value) {
                (Some(Value::Object(fields)), Value::Object(more)) => fields.extend(more.clone()),
                _ => drop(options.insert(name.clone(), value.clone())),
            }
        }
        options
    }

    /// The way to a state. One that ends in ` foreground` is the state of a group that was switched
    /// to the foreground when it was new.
    pub fn steps_to(&self, state: &str) -> Result<Vec<Step>, String> {
        let (name, is_foreground) = match state.strip_suffix(" foreground") {
            Some(name) => (name, true),
            None => (state, false),
        };
        let found = self.states.states.get(name).ok_or_else(|| format!("no state {name:?}"))?;
        let mut steps = match &found.after {
            Some(before) if is_foreground => self.steps_to(&format!("{before} foreground"))?,
            Some(before) => self.steps_to(before)?,
            None => Vec::new(),
        };
        steps.extend(found.steps.iter().cloned());
        if is_foreground && found.after.is_none() {
            steps.push(Step::Call(Call {
                call: "group.switchToForeground".to_owned(),
                with: Vec::new(),
                gives: None,
                fails: None,
                name: None,
            }));
        }
        Ok(steps)
    }
}

impl Row {
    /// Whether a runner has to run it: all do, unless it names some and says why.
    pub fn runs(&self, runner: &str) -> bool {
        if let Some(Only { runners, because }) = &self.only {
            assert!(!because.is_empty(), "{}: `only` without a reason", self.id);
            assert!(!runners.is_empty(), "{}: no runner runs it", self.id);
            return runners.iter().any(|named| named == runner);
        }
        assert_ne!(
            self.steps.is_empty(),
            self.structural.is_none(),
            "{}: steps or structural",
            self.id
        );
        self.structural.is_none()
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub fn given(&self) -> Vec<String> {
        match self.given.clone() {
            None => vec!["nothing".to_owned()],
            Some(Given::One(state)) => vec![state],
            Some(Given::Each(states)) => states,
        }
    }

    /// The row as a sentence, for whoever reads a failure.
    pub fn sentence(&self) -> String {
        let Self { interface, method, fact, marks, .. } = self;
        format!("{interface}::{method}: {fact} [{}]", marks.join(", "))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, with) = match self {
            Self::Call(call) => (call.call.as_str(), call.with.as_slice()),
            Self::Callback(callback) => (callback.name.as_str(), [].as_slice()),
            Self::Open(_) => ("open", [].as_slice()),
            Self::Pass(_) => ("pass", [].as_slice()),
            Self::Reload(_) => ("reload", [].as_slice()),
            Self::Serve(_) => ("serve", [].as_slice()),
            Self::Until(until) => (until.until.as_str(), until.with.as_slice()),
        };
        let with = with.iter().map(ToString::to_string).collect::<Vec<_>>();
        let text = format!("{verb}({})", with.join(", "));
        match text.char_indices().nth(100) {
            Some((end, _)) => write!(f, "{}…", &text[..end]),
            None => f.write_str(&text),
        }
    }
}

fn parsed<T: for<'de> Deserialize<'de>>(file: &Path) -> T {
    let text = fs::read_to_string(file).expect("a file of the table");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
