//! The path under which a file is published, and where that is in the browser's file system.

use super::QmgrError;
use super::quoted::Quoted;
use super::text::check_length;
use crate::ordered::Map;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Bound;
use std::rc::Rc;

/// The longest path, in UTF-16 code units (ruling A24).
pub const LOCAL_PATH_LIMIT: usize = 260;

/// A full path in one of three forms (ruling A24).
///
/// | form | example | stored below the queue's root of files as |
/// |---|---|---|
/// | POSIX | `/models/A.bin` | `posix/models/%41%2Ebin` |
/// | drive | `C:\models\A.bin`, `c:/Models/a.bin` | `drive/c/models/a%2Ebin` |
/// | UNC | `\\server\share\A.bin`, `//Server/share/a.bin` | `unc/server/share/a%2Ebin` |
///
/// The last two are Windows forms: ASCII case and the direction of slashes make no difference. Text
/// from JavaScript has to be checked for lone surrogates before it gets here.
///
/// Two values are equal when they are spelt alike; they are one file when their keys are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Rc<str>", into = "Rc<str>")]
pub struct LocalPath {
    spelt: Rc<str>,
    /// Where the last segment begins in `spelt`.
    name_at: usize,
    key: Rc<str>,
}

impl LocalPath {
    /// Reads the full path of a file.
    ///
    /// # Errors
    ///
    /// `E_INVALIDARG` for a path that is empty, relative or longer than [`LOCAL_PATH_LIMIT`], that
    /// begins with `\\?\` or `\\.\`, or that names no file; for a segment that is empty, `.` or
    /// `..`, that has a wildcard, a control character or the `:` of a stream, or that is a device's
    /// name such as `CON` or `nul.txt`; in the Windows forms also for one with `<`, `>`, `|` or `"`
    /// and for one that ends with a dot or a space, which Windows would take away.
    pub fn parse(text: &str) -> Result<Self, QmgrError> {
        Self::try_from(Rc::from(text))
    }

    /// The parts of a path: where its name begins, and its key.
    fn read(text: &str) -> Result<(usize, String), QmgrError> {
        let outline = Outline::read(text)?;
        let name = outline.segments.get(outline.form.root_segments()..).and_then(<[&str]>::last);
        let name_at = match name {
            None | Some(&"") => return Err(invalid(text, "names no file")),
            Some(name) => text.len() - name.len(),
        };
        Ok((name_at, outline.into_key(text)?))
    }

    /// The path as spelt.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelt
    }

    /// The same, shared.
    #[must_use]
    pub fn text(&self) -> Rc<str> {
        Rc::clone(&self.spelt)
    }

    /// The last segment as spelt.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.spelt[self.name_at..]
    }

    /// A text that is equal for two spellings of one file, and only then: [`Self::segments`], joined
    /// by `/`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where the file is stored below the queue's root of files: its directories, then its own name.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.key.split('/')
    }

    /// Why no file can stand here beside others, which are given by their keys (ruling A24).
    #[must_use]
    pub fn obstacle<T>(&self, files: &Map<String, T>) -> Option<&'static str> {
        let below = [&*self.key, "/"].concat();
        let mut from_there = files.range::<str>((Bound::Included(&*below), Bound::Unbounded));
        if from_there.next().is_some_and(|(other, _)| other.starts_with(&below)) {
            return Some("is a directory");
        }
        let slashes = self.key.bytes().enumerate().filter(|(_, byte)| *byte == b'/');
        // The first segment names the form and is never a file.
        let is_below_file = slashes.skip(1).any(|(end, _)| files.contains_key(&self.key[..end]));
        is_below_file.then_some("lies below a file")
    }

    /// Whether the file is in `directory` or in a directory below it.
    #[must_use]
    pub fn is_below(&self, directory: &LocalDirectory) -> bool {
        self.key.strip_prefix(&directory.key).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// A directory in one of the forms of [`LocalPath`], with or without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LocalDirectory {
    key: String,
}

impl LocalDirectory {
    /// Reads the full path of a directory; `/`, `C:\` and `\\server\share` are directories too.
    ///
    /// # Errors
    ///
    /// `E_INVALIDARG`, as for [`LocalPath::parse`].
    pub fn parse(text: &str) -> Result<Self, QmgrError> {
        let mut outline = Outline::read(text)?;
        outline.segments.pop_if(|last| last.is_empty());
        Ok(Self { key: outline.into_key(text)? })
    }
}

#[derive(Clone, Copy)]
enum Form {
    Drive(char),
    Posix,
    Unc,
}

impl Form {
    /// The form of a text, and what follows the part that shows it.
    fn of(text: &str) -> Option<(Self, &str)> {
        if let Some(rest) = text.strip_prefix(r"\\").or_else(|| text.strip_prefix("//")) {
            return Some((Self::Unc, rest));
        }
        if let Some(rest) = text.strip_prefix('/') {
            return Some((Self::Posix, rest));
        }
        let drive = text.chars().next().filter(char::is_ascii_alphabetic)?;
        let rest = text[1..].strip_prefix(':')?.strip_prefix(['/', '\\'])?;
        Some((Self::Drive(drive.to_ascii_lowercase()), rest))
    }

    fn separates(self, character: char) -> bool {
        character == '/' || character == '\\' && self.is_windows()
    }

    /// How many of the segments name no directory or file, but the server and its share.
    fn root_segments(self) -> usize {
        match self {
            Self::Drive(_) | Self::Posix => 0,
            Self::Unc => 2,
        }
    }

    fn is_windows(self) -> bool {
        match self {
            Self::Drive(_) | Self::Unc => true,
            Self::Posix => false,
        }
    }
}

/// A path taken apart, its segments as spelt and not yet looked at.
struct Outline<'a> {
    form: Form,
    segments: Vec<&'a str>,
}

impl<'a> Outline<'a> {
    fn read(text: &'a str) -> Result<Self, QmgrError> {
        check_length(text, LOCAL_PATH_LIMIT, "a local path")?;
        let (form, rest) = Form::of(text).ok_or_else(|| invalid(text, "is not a full path"))?;
        Ok(Self { form, segments: rest.split(|c| form.separates(c)).collect() })
    }

    /// The key, if every segment is fit to be a name; a fault is reported as one of `text`.
    fn into_key(self, text: &str) -> Result<String, QmgrError> {
        if self.segments.len() < self.form.root_segments() {
            return Err(invalid(text, "lacks a server or a share"));
        }
        let mut key = String::with_capacity(2 * text.len());
        key.push_str(match self.form {
            Form::Drive(_) => "drive/",
            Form::Posix => "posix",
            Form::Unc => "unc",
        });
        if let Form::Drive(letter) = self.form {
            key.push(letter);
        }
        for segment in self.segments {
            if let Some(fault) = fault_of(segment, self.form) {
                return Err(invalid(text, fault));
            }
            key.push('/');
            if self.form.is_windows() {
                push_stored(&mut key, &segment.to_ascii_lowercase());
            } else {
                push_stored(&mut key, segment);
            }
        }
        Ok(key)
    }
}

/// What stays as it is in a stored name: small ASCII letters, digits, `-` and `_`.
///
/// - Capitals are encoded because some browsers store names in file systems that ignore case.
/// - Dots are, because some refuse or change names that end with one, or that have an ending which
///   means something to them or to the system.
/// - Everything beyond ASCII is, because a file system may normalise it.
/// - The rest is, because no rule about it is common to all.
const ENCODED: &AsciiSet = &{
    let mut set = NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    let mut capital = b'A';
    while capital <= b'Z' {
        set = set.add(capital);
        capital += 1;
    }
    set
};

/// The longest stored name. File systems take 255 bytes, and the name of a part has an ending more.
const STORED_LIMIT: usize = 200;

/// Appends a segment as it is stored. One that is too long becomes directories whose names end with
/// `+`, which is in no other stored name, and a last piece.
fn push_stored(key: &mut String, segment: &str) {
    let mut end = key.len() + STORED_LIMIT;
    key.extend(utf8_percent_encode(segment, ENCODED));
    while key.len() > end {
        key.insert_str(end, "+/");
        end += "+/".len() + STORED_LIMIT;
    }
}

/// Why a segment cannot be a name.
fn fault_of(segment: &str, form: Form) -> Option<&'static str> {
    if segment.is_empty() {
        return Some("has an empty segment");
    }
    if matches!(segment, "." | "..") {
        return Some("has a segment of dots");
    }
    let of_character = |character| match character {
        '*' | '?' => Some("has a wildcard"),
        ':' => Some("names a stream"),
        '<' | '>' | '|' | '"' if form.is_windows() => {
            Some("has a character that Windows does not allow")
        }
        _ if character.is_control() => Some("has a control character"),
        _ => None,
    };
    if let Some(fault) = segment.chars().find_map(of_character) {
        return Some(fault);
    }
    if is_device(segment) {
        return Some("names a device");
    }
    if form.is_windows() && segment.ends_with(['.', ' ']) {
        return Some("has a segment that ends with a dot or a space");
    }
    None
}

/// Whether Windows takes a name for a device, whatever ending it has.
fn is_device(segment: &str) -> bool {
    let stem = segment.split('.').next().unwrap_or(segment).trim_end_matches(' ');
    if ["AUX", "CON", "NUL", "PRN"].iter().any(|device| stem.eq_ignore_ascii_case(device)) {
        return true;
    }
    let Some((name, number)) = stem.split_at_checked(3) else { return false };
    ["COM", "LPT"].iter().any(|port| name.eq_ignore_ascii_case(port))
        && matches!(number, "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
}

fn invalid(text: &str, fault: &str) -> QmgrError {
    QmgrError::invalid_argument(format!("local path {} {fault}", Quoted(text)))
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.spelt)
    }
}

impl TryFrom<Rc<str>> for LocalPath {
    type Error = QmgrError;

    /// As [`LocalPath::parse`]; the text is not copied.
    fn try_from(text: Rc<str>) -> Result<Self, QmgrError> {
        let (name_at, key) = Self::read(&text)?;
        Ok(Self { spelt: text, name_at, key: key.into() })
    }
}

impl From<LocalPath> for Rc<str> {
    fn from(path: LocalPath) -> Self {
        path.spelt
    }
}
