//! What stands on the servers, and what they were asked.

use super::{Task, World};
use crate::sim::server::{Behaviour, Cors, Ranges, RemoteFile, Response, Validators};
use qmgr::abi::{FileSetInfo, Guid, LocalPath};
use qmgr::protocol::{Command, SettingsPatch};

impl World {
    /// A file with a strong `ETag`, on the server that [`url`] names.
    #[must_use]
    pub fn with_file(mut self, path: &str, size: usize) -> Self {
        self.scripted = url(path);
        self.servers.files.insert(url(path), RemoteFile::new(&url(path), size));
        self
    }

    /// The next answer for the file breaks off after so many bytes.
    #[must_use]
    pub fn cut_after(self, length: usize) -> Self {
        self.then(Behaviour::CutAfter(length))
    }

    /// What the next answer for the file does.
    #[must_use]
    pub fn then(mut self, behaviour: Behaviour) -> Self {
        let scripted = self.scripted.clone();
        self.servers.files.get_mut(&scripted).expect("a file").script.push_back(behaviour);
        self
    }

    /// What all answers for the file do.
    #[must_use]
    pub fn always(mut self, behaviour: Behaviour) -> Self {
        let scripted = self.scripted.clone();
        self.servers.files.get_mut(&scripted).expect("a file").always = Some(behaviour);
        self
    }

    /// What the file's answers tell of its version.
    #[must_use]
    pub fn validated_by(mut self, validators: Validators) -> Self {
        let scripted = self.scripted.clone();
        self.servers.files.get_mut(&scripted).expect("a file").validators = validators;
        self
    }

    /// What the file's server lets pages of another origin see.
    #[must_use]
    pub fn with_cors(mut self, cors: Cors) -> Self {
        let scripted = self.scripted.clone();
        self.servers.files.get_mut(&scripted).expect("a file").cors = cors;
        self
    }

    /// How the file's server treats ranges.
    #[must_use]
    pub fn with_ranges(mut self, ranges: Ranges) -> Self {
        let scripted = self.scripted.clone();
        self.servers.files.get_mut(&scripted).expect("a file").ranges = ranges;
        self
    }

    /// The file's answers do not name their length.
    #[must_use]
    pub fn without_length(mut self) -> Self {
        let scripted = self.scripted.clone();
        self.servers.files.get_mut(&scripted).expect("a file").has_length = false;
        self
    }

    /// Settings that `open` would name.
    #[must_use]
    pub fn configured(mut self, patch: SettingsPatch) -> Self {
        self.ask(Command::Configure(patch)).expect("settings are taken");
        self
    }

    pub fn remote(&mut self, path: &str) -> &mut RemoteFile {
        self.servers.files.get_mut(&url(path)).expect("a file on the server")
    }

    /// The server holds another version of the file from here on.
    pub fn change(&mut self, path: &str, size: usize) {
        let (url, now) = (url(path), self.true_time());
        let file = self.servers.files.get_mut(&url).expect("a file");
        file.change(&url, size);
        file.modified = now;
    }

    /// The bodies of the file that stall go on.
    pub fn release(&mut self, path: &str) {
        let url = url(path);
        let stalled = self.connections.iter_mut().filter(|(_, open)| open.url == url);
        let released = stalled.filter_map(|(&ticket, open)| {
            let went_on = open.response.as_mut().is_some_and(Response::go_on);
            (went_on && open.sink.is_some()).then_some(ticket)
        });
        for ticket in released.collect::<Vec<_>>() {
            self.schedule(10, Task::Chunk(ticket));
        }
    }

    /// The version that the server holds.
    pub fn served(&self, path: &str) -> &[u8] {
        self.servers.files[&url(path)].versions.last().expect("a file has a version")
    }

    /// What stands under the file's name.
    pub fn published(&self, path: &str) -> Option<&[u8]> {
        self.disk.files.get(LocalPath::parse(path).expect("a path").key()).map(Vec::as_slice)
    }

    /// The ranges that the server was asked for; `none` for a request without one.
    pub fn ranges_asked(&self, path: &str) -> &[String] {
        &self.servers.files[&url(path)].asked
    }
}

/// The URL of a path: on the page's own server, or on another one if it begins with `/far/`.
pub fn url(path: &str) -> String {
    let host = if path.starts_with("/far/") { "there" } else { "here" };
    format!("https://{host}.test{path}")
}

/// A file, fetched from and published under one path.
pub fn info(path: &str) -> FileSetInfo {
    FileSetInfo {
        remote_file: url(path).into(),
        local_file: path.into(),
        size: None,
        integrity: None,
    }
}

/// An id by its number.
pub fn guid(number: u32) -> Guid {
    format!("00000000-0000-0000-0000-{number:012x}").parse().expect("a GUID")
}
