//! The API's methods on the handles of a row: each call goes through the protocol and the mirror, as
//! the binding's does.
//!
//! What only the binding can judge (the JavaScript types of arguments) has no place here: such a call
//! is [`Failure::Beyond`], and its row must name the runners that can make it.

use super::callback::Callback;
use super::words;
use crate::sim::{World, url};
use qmgr::abi::{
    FileSetInfo, GROUPPROP_NOTIFYCLSID, Guid, Hresult, LocalPath, Property, PropertyValue,
    QmgrError,
};
use qmgr::mirror::{Caller, GroupView, GuidEnumerator, JobView, PointerChange};
use qmgr::protocol::{Answer, Command, StoredFile};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

/// The properties that there are, and one that there is not.
const PROPERTIES: std::ops::RangeInclusive<u32> = 0..=13;

/// What a name in a row stands for.
#[derive(Clone)]
pub enum Handle {
    Queue(Rc<Caller>),
    Group(GroupView),
    Job(JobView),
    Enumerator(Rc<RefCell<GuidEnumerator>>),
    Callback(Rc<Callback>),
}

/// What a call gives back.
pub enum Output {
    Value(Value),
    Handle(Handle),
}

/// Why a call gives nothing back.
pub enum Failure {
    /// It failed with an HRESULT.
    Hresult(Hresult),
    /// It cannot be made here.
    Beyond(String),
}

impl From<QmgrError> for Failure {
    fn from(error: QmgrError) -> Self {
        Self::Hresult(error.hresult)
    }
}

impl From<Value> for Output {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<Handle> for Output {
    fn from(handle: Handle) -> Self {
        Self::Handle(handle)
    }
}

type Called = Result<Output, Failure>;

impl Handle {
    /// The id that the handle's object has.
    pub fn id(&self) -> Option<String> {
        match self {
            // It has no id; this is how it is passed.
            Self::Callback(callback) => Some(format!("@{}", callback.name)),
            Self::Group(group) => Some(group.id().to_string()),
            Self::Job(job) => Some(job.id().to_string()),
            Self::Enumerator(_) | Self::Queue(_) => None,
        }
    }

    /// Whether it is the handle of the queue that `caller` was opened with, or was before a reload.
    pub fn is_of(&self, caller: &Caller) -> bool {
        matches!(self, Self::Queue(own) if own.owner == caller.owner)
    }

    /// Everything that the API tells of the handle's object; calls that fail tell their code.
    pub fn everything(&self, world: &mut World) -> Value {
        let mut read = |verb: &str, with: Value| {
            let with = with.as_array().cloned().unwrap_or_default();
            let told = match self.call(world, verb, &with) {
                Ok(Output::Value(value)) => value,
                Ok(Output::Handle(handle)) => handle.everything(world),
                Err(Failure::Hresult(hresult)) => json!(hresult.to_string()),
                Err(Failure::Beyond(why)) => json!(why),
            };
            (verb.to_owned(), told)
        };
        match self {
            Self::Callback(_) => json!([read("calls", json!([])), read("made", json!([]))]),
            Self::Queue(_) => json!([read("enumGroups", json!([0])), read("listFiles", json!([]))]),
            Self::Group(_) => {
                let mut told = vec![
                    read("getStatus", json!([])),
                    read("getProgress", json!([1])),
                    read("getProgress", json!([3])),
                    read("getSize", json!([])),
                    read("enumJobs", json!([0])),
                ];
                told.extend(PROPERTIES.map(|property| read("getProp", json!([property]))));
                json!(told)
            }
            Self::Job(job) => {
                let mut told = vec![read("getStatus", json!([])), read("getFileCount", json!([]))];
                told.extend((0..job.file_count().unwrap_or(0)).flat_map(|index| {
                    [read("getFile", json!([index])), read("getFileDetails", json!([index]))]
                }));
                json!(told)
            }
            Self::Enumerator(own) => {
                let mut rest = own.borrow().clone();
                let (_, rest) = rest.next(u32::MAX);
                json!([rest.iter().map(Guid::to_string).collect::<Vec<_>>(), own.borrow().count()])
            }
        }
    }

    /// Calls a method.
    pub fn call(&self, world: &mut World, verb: &str, with: &[Value]) -> Called {
        match self {
            Self::Callback(callback) => on_callback(world, callback, verb, with),
            Self::Enumerator(enumerator) => on_enumerator(enumerator, verb, with),
            Self::Group(group) => on_group(world, group, verb, with),
            Self::Job(job) => on_job(world, job, verb, with),
            Self::Queue(caller) => on_queue(world, caller, verb, with),
        }
    }
}

fn on_callback(world: &World, callback: &Callback, verb: &str, with: &[Value]) -> Called {
    match (verb, with) {
        ("calls", []) => Ok(Value::from(callback.calls(world)).into()),
        ("made", []) => Ok(json!(callback.made(world)).into()),
        _ => Err(beyond(verb, with)),
    }
}

fn on_queue(world: &mut World, caller: &Rc<Caller>, verb: &str, with: &[Value]) -> Called {
    match (verb, with) {
        ("close", []) => {
            caller.close();
            Ok(Value::Null.into())
        }
        ("createGroup", [id]) => {
            let credentials = caller.credentials;
            group_of(world, caller, Command::CreateGroup { id: guid(id)?, credentials })
        }
        ("deleteFile", [path]) => {
            ask(world, caller, Command::DeleteFile { local_file: text(path)? })?;
            Ok(Value::Null.into())
        }
        ("enumGroups", [flags]) => {
            let answer = ask(world, caller, Command::EnumGroups { flags: dword(flags)? })?;
            let Answer::Ids(ids) = answer else { return Err(unexpected()) };
            Ok(enumerator(GuidEnumerator::new(ids)))
        }
        ("getGroup", [id]) => group_of(world, caller, Command::GetGroup { id: guid(id)? }),
        ("listFiles", [] | [_]) => {
            let directory = with.first().map(text).transpose()?;
            let answer = ask(world, caller, Command::ListFiles { directory })?;
            let Answer::Files(files) = answer else { return Err(unexpected()) };
            Ok(files.into_iter().map(stored).collect::<Value>().into())
        }
        ("openFile", [path]) => {
            let answer = ask(world, caller, Command::FindFile { local_file: text(path)? })?;
            let Answer::File(file) = answer else { return Err(unexpected()) };
            Ok(opened(world, &file.local_file).into())
        }
        ("registerClass", [class, callback]) => {
            caller.check()?;
            world.know(guid(class)?, named_callback(callback)?);
            Ok(Value::Null.into())
        }
        _ => Err(beyond(verb, with)),
    }
}

/// The group that a call makes known.
fn group_of(world: &mut World, caller: &Rc<Caller>, command: Command) -> Called {
    let Answer::Group(update) = ask(world, caller, command)? else { return Err(unexpected()) };
    let row = Rc::clone(&world.page.held[&update.group.serial]);
    Ok(Handle::Group(GroupView::new(row, Rc::clone(caller))).into())
}

/// A published file in the contract's spelling.
fn stored(file: StoredFile) -> Value {
    json!({
        "localFile": file.local_file,
        "remoteFile": file.remote_file,
        "size": file.size,
        "lastModified": file.last_modified,
        "etag": file.etag,
        "type": file.media_type,
        "integrity": file.integrity,
    })
}

fn on_group(world: &mut World, view: &GroupView, verb: &str, with: &[Value]) -> Called {
    let group = view.serial();
    let mut command = |command| -> Called {
        view.check()?;
        ask(world, view.caller(), command)?;
        Ok(Value::Null.into())
    };
    match (verb, with) {
        ("groupId", []) => Ok(json!(view.id().to_string()).into()),
        ("getStatus", []) => Ok(json!([view.status()?, 0]).into()),
        ("getProgress", [selector]) => Ok(json!(view.progress(dword(selector)?)?).into()),
        ("getSize", []) => Ok(json!(view.size()?).into()),
        ("getProp", [property]) => Ok(match view.property(Property(dword(property)?))? {
            PropertyValue::Integer(number) => json!(number),
            PropertyValue::Text(text) => json!(text),
        }
        .into()),
        ("setProp", [property, value]) => {
            view.check()?;
            let property = Property(dword(property)?);
            let value = variant(value)?;
            if property == GROUPPROP_NOTIFYCLSID {
                return set_class(world, view, value);
            }
            command(Command::SetProperty { group, property, value })
        }
        ("setNotificationPointer", [iid, callback]) => {
            view.check_callback_interface(guid(iid)?)?;
            let callback = if callback.is_null() { None } else { Some(named_callback(callback)?) };
            world.point(group, callback);
            Ok(Value::Null.into())
        }
        ("getJob", [id]) => Ok(Handle::Job(view.job(guid(id)?)?).into()),
        ("enumJobs", [flags]) => Ok(enumerator(view.jobs(dword(flags)?)?)),
        ("createJob", [id]) => {
            view.check()?;
            let id = guid(id)?;
            command(Command::CreateJob { group, id })?;
            Ok(Handle::Job(JobView::new(view.clone(), id)).into())
        }
        ("suspendGroup", []) => command(Command::SuspendGroup { group }),
        ("resumeGroup", []) => command(Command::ResumeGroup { group }),
        ("cancelGroup", []) => command(Command::CancelGroup { group }),
        ("switchToForeground", []) => command(Command::SwitchToForeground { group }),
        ("queryNewJobInterface", [iid]) => {
            view.query_new_job_interface(guid(iid)?)?;
            Ok(Value::Null.into())
        }
        ("getDetails", []) => plain(&view.details()?),
        _ => Err(beyond(verb, with)),
    }
}

/// What the page does when a group is given a class: its object becomes the pointer.
fn set_class(world: &mut World, view: &GroupView, value: PropertyValue) -> Called {
    let group = view.serial();
    let change = world.page.registrations.change_to(&value)?;
    let change = change.try_map(|class| Ok::<_, Failure>(class.clone()))?;
    if let PointerChange::Set(object) = &change {
        world.page.made.push(object.clone());
        world.point(group, Some(object.clone()));
    }
    let property = GROUPPROP_NOTIFYCLSID;
    let done = ask(world, view.caller(), Command::SetProperty { group, property, value });
    if change == PointerChange::Clear {
        world.point(group, None);
    }
    done?;
    Ok(Value::Null.into())
}

fn on_job(world: &mut World, job: &JobView, verb: &str, with: &[Value]) -> Called {
    match (verb, with) {
        ("jobId", []) => Ok(json!(job.id().to_string()).into()),
        ("cancelJob", []) => {
            job.cancel()?;
            Ok(Value::Null.into())
        }
        ("getProgress", [selector]) => Ok(json!(job.group().progress(dword(selector)?)?).into()),
        ("getStatus", []) => plain(&job.status()?),
        ("addFiles", [Value::Array(files)]) => {
            let view = job.group();
            view.check()?;
            let files = files.iter().map(file_set).collect::<Result<_, _>>()?;
            ask(world, view.caller(), Command::AddFiles { group: view.serial(), files })?;
            Ok(Value::Null.into())
        }
        ("getFile", [index]) => {
            let FileSetInfo { remote_file, local_file, size, integrity } =
                job.file(dword(index)?)?;
            let mut file =
                json!({ "remoteFile": remote_file, "localFile": local_file, "sizeHint": 0 });
            for (name, value) in [("size", json!(size)), ("integrity", json!(integrity))] {
                if !value.is_null() {
                    file[name] = value;
                }
            }
            Ok(file.into())
        }
        ("getFileCount", []) => Ok(json!(job.file_count()?).into()),
        ("getFileDetails", [index]) => plain(&job.file_details(dword(index)?)?),
        ("switchToForeground", []) => {
            job.switch_to_foreground()?;
            Ok(Value::Null.into())
        }
        _ => Err(beyond(verb, with)),
    }
}

fn on_enumerator(shared: &Rc<RefCell<GuidEnumerator>>, verb: &str, with: &[Value]) -> Called {
    let mut inner = shared.borrow_mut();
    match (verb, with) {
        ("next", [celt]) => {
            let (hresult, items) = inner.next(dword(celt)?);
            let items = items.iter().map(Guid::to_string).collect::<Vec<_>>();
            let fetched = items.len();
            Ok(json!({ "hresult": hresult.0, "items": items, "fetched": fetched }).into())
        }
        ("skip", [celt]) => Ok(json!(inner.skip(dword(celt)?).0).into()),
        ("reset", []) => {
            inner.reset();
            Ok(Value::Null.into())
        }
        ("clone", []) => Ok(enumerator(inner.clone())),
        ("getCount", []) => Ok(json!(inner.count()).into()),
        _ => Err(beyond(verb, with)),
    }
}

/// Sends a command in the caller's name and waits for its reply.
pub fn ask(world: &mut World, caller: &Caller, command: Command) -> Result<Answer, QmgrError> {
    caller.check()?;
    world.page.owner = caller.owner.clone();
    world.ask(command)
}

/// What stands under a published name: its length, and whose content it is.
fn opened(world: &World, path: &str) -> Value {
    let key = LocalPath::parse(path).expect("a published path");
    let bytes = world.disk.files.get(key.key()).expect("a file");
    let content = world.servers.files.iter().find_map(|(remote, file)| {
        let version = file.versions.iter().position(|version| version == bytes)?;
        let path = remote.strip_prefix(&url("")).unwrap_or(remote);
        Some(format!("{path} v{}", version + 1))
    });
    json!({ "size": bytes.len(), "content": content })
}

fn enumerator(inner: GuidEnumerator) -> Output {
    Handle::Enumerator(Rc::new(RefCell::new(inner))).into()
}

fn plain(value: &impl serde::Serialize) -> Called {
    let value = serde_json::to_value(value);
    value.map(Into::into).map_err(|error| Failure::Beyond(error.to_string()))
}

fn dword(value: &Value) -> Result<u32, Failure> {
    let number = value.as_i64().and_then(|number| match u32::try_from(number) {
        Ok(number) => Some(number),
        Err(_) => i32::try_from(number).ok().map(i32::cast_unsigned),
    });
    number.ok_or_else(|| Failure::Beyond(format!("{value} is no DWORD")))
}

fn text(value: &Value) -> Result<String, Failure> {
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| Failure::Beyond(format!("{value} is no text")))
}

fn named_callback(value: &Value) -> Result<String, Failure> {
    let name = value.as_str().and_then(|name| name.strip_prefix('@'));
    name.map(str::to_owned).ok_or_else(|| Failure::Beyond(format!("{value} is no callback")))
}

fn guid(value: &Value) -> Result<Guid, Failure> {
    Ok(text(value)?.parse()?)
}

fn variant(value: &Value) -> Result<PropertyValue, Failure> {
    if let Value::String(text) = value {
        return Ok(PropertyValue::Text(text.clone()));
    }
    Ok(PropertyValue::Integer(dword(value)?.cast_signed()))
}

fn file_set(value: &Value) -> Result<FileSetInfo, Failure> {
    let mut fields =
        value.as_object().cloned().ok_or_else(|| Failure::Beyond(format!("{value} is no file")))?;
    // Not supported, and ignored by the binding (spec §2.10).
    fields.remove("sizeHint");
    let known = ["remoteFile", "localFile", "size", "integrity"];
    if let Some(unknown) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Failure::Beyond(format!("a file has no {unknown}")));
    }
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| Failure::Beyond(error.to_string()))
}

fn beyond(verb: &str, with: &[Value]) -> Failure {
    let with = Value::from(with);
    Failure::Beyond(format!("no call {verb} with {with} can be made natively"))
}

fn unexpected() -> Failure {
    Failure::Beyond("the engine answered another question".to_owned())
}

/// The code that a row names.
pub fn code(name: &str) -> Result<Hresult, String> {
    words::number(name).map(Hresult).ok_or_else(|| format!("no HRESULT is called {name}"))
}
