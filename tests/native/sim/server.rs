//! Scripted servers: files with versions, and what goes wrong when they are asked for.

use qmgr::http::{AnswerHead, Headers, Request};
use qmgr::time::Millis;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, UNIX_EPOCH};

/// What one answer does, other than to serve the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// The body breaks off after so many bytes.
    CutAfter(usize),
    /// The request is redirected to the mirror of the file, which holds versions of its own.
    Elsewhere,
    /// A range request is answered as if it had no range.
    IgnoreRange,
    /// A range request is answered with a MIME envelope.
    Multipart,
    /// A length that makes no sense.
    OddLength(&'static str),
    /// A range request is answered with a range that makes no sense.
    OddRange(&'static str),
    /// The body goes on for so many bytes after its end.
    Overlong(usize),
    /// No answer ever comes.
    Silent,
    /// The body stops moving after so many bytes.
    StallAfter(usize),
    /// An answer with another status, and a `Retry-After` if there is one.
    Status(u16, Option<String>),
    /// The connection cannot be made.
    Unreachable,
    /// A range request is answered with 416, and with the size of the file if it is told.
    Unsatisfied { is_told: bool },
    /// A range request is answered with a range that begins so many bytes later than asked for.
    WrongRange(u64),
}

/// What a page of another origin may see of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cors {
    /// All that a download looks at.
    Exposed,
    /// What needs no leave: length, type and `Last-Modified`.
    Hidden,
    /// That, and `Content-Range`.
    RangeExposed,
    /// Nothing: the browser reports no answer.
    Refused,
}

/// How a server treats `Range`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranges {
    /// Parts of at most so many bytes.
    Capped(u64),
    /// With a whole that is coded: the browser shows it to a request without `Range` alone.
    Coded,
    /// As RFC 9110 says.
    Honoured,
    /// As if it were not there.
    Ignored,
}

/// What an answer tells of its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validators {
    /// A `Last-Modified` that is strong.
    Date,
    /// A `Last-Modified` that is true to the second, and so strong only after that second.
    FreshDate,
    /// A `Last-Modified` that stays when the file changes.
    FrozenDate,
    /// Nothing.
    None,
    /// A strong `ETag`.
    Strong,
    /// A weak `ETag`.
    Weak,
}

/// A file on a server.
#[derive(Clone)]
pub struct RemoteFile {
    /// Every version the server ever held; the last one is served.
    pub versions: Vec<Vec<u8>>,
    /// When the last one came.
    pub modified: Millis,
    pub validators: Validators,
    pub ranges: Ranges,
    /// What pages of another origin may see.
    pub cors: Cors,
    /// Whether answers name their length.
    pub has_length: bool,
    /// Whether ranges are answered with the size of the file.
    pub has_total: bool,
    /// What the next answers do; after them the file is served.
    pub script: VecDeque<Behaviour>,
    /// What all answers do once the script is used up.
    pub always: Option<Behaviour>,
    /// Whether requests have to be signed: `?until=` or `x-until` with a time to come.
    pub wants_signature: bool,
    /// The requests that came, as `bytes=0-`, or `none` without a range, or `probe`.
    pub asked: Vec<String>,
}

/// An answer on its way.
pub struct Response {
    pub head: AnswerHead,
    /// The bytes that come.
    pub body: Vec<u8>,
    pub end: BodyEnd,
    /// What a body that stalls holds back.
    pub held_back: Vec<u8>,
}

/// What follows the last byte of a body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum BodyEnd {
    Breaks,
    Closes,
    Stalls,
}

/// What comes of a request.
pub enum Reaction {
    Answer(Box<Response>),
    Nothing,
    Refusal,
}

impl Response {
    /// A body that stalls goes on to its end; says whether it stalled.
    pub fn go_on(&mut self) -> bool {
        let stalled = self.end == BodyEnd::Stalls;
        if stalled {
            self.body.append(&mut self.held_back);
            self.end = BodyEnd::Closes;
        }
        stalled
    }
}

/// All servers, as files by URL.
#[derive(Clone, Default)]
pub struct Servers {
    pub files: BTreeMap<String, RemoteFile>,
    /// URLs that pages may give in place of the stored ones.
    pub stand_ins: Vec<String>,
}

impl RemoteFile {
    pub fn new(url: &str, size: usize) -> Self {
        Self {
            versions: vec![content(url, 0, size)],
            modified: Millis(0),
            validators: Validators::Strong,
            ranges: Ranges::Honoured,
            cors: Cors::Exposed,
            has_length: true,
            has_total: true,
            script: VecDeque::new(),
            always: None,
            wants_signature: false,
            asked: Vec::new(),
        }
    }

    /// Another version takes the place of the one that is served.
    pub fn change(&mut self, url: &str, size: usize) {
        self.versions.push(content(url, self.versions.len(), size));
    }

    fn validators(&self, now: Millis) -> Headers {
        let version = self.versions.len() as u64;
        let date = |at: u64| Some(httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(at)));
        let mut headers = Headers { date: date(now.0), ..Headers::default() };
        match self.validators {
            Validators::Date => headers.last_modified = date(700_000_000_000 + version * 10_000),
            Validators::FreshDate => headers.last_modified = date(self.modified.0),
            Validators::FrozenDate => headers.last_modified = date(700_000_000_000),
            Validators::None => {}
            Validators::Strong => headers.etag = Some(format!("\"v{version}\"")),
            Validators::Weak => headers.etag = Some(format!("W/\"v{version}\"")),
        }
        headers
    }
}

impl Servers {
    /// Whether anything answers to a request without CORS; `None` when that is never known.
    pub fn probe(&mut self, url: &str) -> Option<bool> {
        let address = url.split('?').next().unwrap_or(url);
        let Some(file) = self.files.get_mut(address) else { return Some(true) };
        file.asked.push("probe".to_owned());
        match file.script.pop_front().or_else(|| file.always.clone()) {
            Some(Behaviour::Silent) => None,
            behaviour => Some(behaviour != Some(Behaviour::Unreachable)),
        }
    }

    /// The reaction to a request, as far as the browser shows it to a page of `page`.
    pub fn ask(
        &mut self,
        url: &str,
        request: &Request,
        headers: &[(String, String)],
        page: &str,
        now: Millis,
    ) -> Reaction {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let signed = query.strip_prefix("until=").or_else(|| {
            let field = headers.iter().find(|(name, _)| name == "x-until")?;
            Some(field.1.as_str())
        });
        let is_valid =
            signed.and_then(|until| until.parse().ok()).is_some_and(|at| Millis(at) > now);
        let is_refused =
            self.files.get(address).is_some_and(|file| file.wants_signature) && !is_valid;
        let mut reaction = if is_refused {
            self.files.get_mut(address).expect("it was looked up").asked.push("refused".to_owned());
            Reaction::Answer(Box::new(status(address, 403, None)))
        } else {
            self.ask_for(address, request, page, now)
        };
        if let Reaction::Answer(response) = &mut reaction
            && response.head.url == address
        {
            response.head.url = url.to_owned();
        }
        reaction
    }

    fn ask_for(&mut self, url: &str, request: &Request, page: &str, now: Millis) -> Reaction {
        if page.starts_with("https:") && url.starts_with("http:") {
            return Reaction::Refusal;
        }
        let is_near = |url: &str| url.strip_prefix(page).is_some_and(|path| path.starts_with('/'));
        if !is_near(url) && request.if_range.is_some() {
            // Asks for leave that nobody gives.
            return Reaction::Refusal;
        }
        let mut reaction = self.react(url, request, now);
        if let Reaction::Answer(response) = &mut reaction
            && !(is_near(url) && is_near(&response.head.url))
        {
            let answering = self.files.get(&response.head.url).or(self.files.get(url));
            let cors = answering.map_or(Cors::Exposed, |file| file.cors);
            if cors == Cors::Refused {
                return Reaction::Refusal;
            }
            response.head.filtered = true;
            let headers = &mut response.head.headers;
            if cors != Cors::Exposed {
                *headers = Headers {
                    content_length: headers.content_length.take(),
                    content_range: headers
                        .content_range
                        .take()
                        .filter(|_| cors == Cors::RangeExposed),
                    content_type: headers.content_type.take(),
                    last_modified: headers.last_modified.take(),
                    ..Headers::default()
                };
            }
        }
        reaction
    }

    fn react(&mut self, url: &str, request: &Request, now: Millis) -> Reaction {
        let Some(file) = self.files.get_mut(url) else {
            return Reaction::Answer(Box::new(status(url, 404, None)));
        };
        file.asked.push(request.range.map_or_else(|| "none".to_owned(), |range| range.to_string()));
        let behaviour = file.script.pop_front().or_else(|| file.always.clone());
        let elsewhere = mirror(url);
        let (url, file) = match (&behaviour, self.files.get(&elsewhere)) {
            (Some(Behaviour::Elsewhere), Some(mirror)) => (elsewhere.as_str(), mirror),
            _ => (url, &self.files[url]),
        };
        let whole = Request::default();
        let request = match &behaviour {
            Some(Behaviour::IgnoreRange) => &whole,
            _ => request,
        };
        let shift = match behaviour {
            Some(Behaviour::WrongRange(shift)) => shift,
            _ => 0,
        };
        let mut response = match &behaviour {
            Some(Behaviour::Silent) => return Reaction::Nothing,
            Some(Behaviour::Unreachable) => return Reaction::Refusal,
            Some(Behaviour::Status(code, retry_after)) => status(url, *code, retry_after.clone()),
            // A coded answer to a range is a bare `TypeError`.
            _ if file.ranges == Ranges::Coded && request.range.is_some() => {
                return Reaction::Refusal;
            }
            _ => file.serve(url, request, shift, now),
        };
        if let Some(behaviour) = behaviour {
            file.spoil(&mut response, behaviour);
        }
        Reaction::Answer(Box::new(response))
    }
}

/// The URL that a file is redirected to at times.
pub fn mirror(url: &str) -> String {
    format!("https://mirror.test/{}", url.rsplit("//").next().unwrap_or_default())
}

impl RemoteFile {
    /// The answer to a request, unless something goes wrong; `shift` makes a part begin later.
    pub fn serve(&self, url: &str, request: &Request, shift: u64, now: Millis) -> Response {
        let bytes = self.versions.last().expect("a file has a version");
        let is_coded = self.ranges == Ranges::Coded;
        let size = bytes.len() as u64;
        let mut headers = self.validators(now);
        let holds = request.if_range.as_ref().is_none_or(|validator| {
            headers.etag.as_ref() == Some(validator)
                || headers.last_modified.as_ref() == Some(validator)
        });
        let range = request.range.filter(|_| holds && self.ranges != Ranges::Ignored);
        let (code, body) = match range {
            Some(range) if range.start + shift >= size => {
                headers.content_range = Some(format!("bytes */{size}"));
                (416, Vec::new())
            }
            Some(range) => {
                let first = range.start + shift;
                let longest = match self.ranges {
                    Ranges::Capped(longest) => longest,
                    Ranges::Coded | Ranges::Honoured | Ranges::Ignored => size,
                };
                let asked = range.last.map_or(size, |last| size.min(last + 1)).max(first + 1);
                let end = asked.min(first + longest);
                let total = if self.has_total { size.to_string() } else { "*".to_owned() };
                headers.content_range = Some(format!("bytes {first}-{}/{total}", end - 1));
                (206, bytes[to_index(first)..to_index(end)].to_vec())
            }
            None => (200, bytes.clone()),
        };
        if is_coded {
            headers.content_encoding = Some("gzip".to_owned());
        }
        if self.has_length {
            // Of a coded body it is the length on the wire.
            let length = if is_coded { body.len() * 2 / 3 } else { body.len() };
            headers.content_length = Some(length.to_string());
        }
        let head = AnswerHead { status: code, filtered: false, url: url.to_owned(), headers };
        Response { head, body, end: BodyEnd::Closes, held_back: Vec::new() }
    }

    /// Does to an answer what the script says.
    fn spoil(&self, response: &mut Response, behaviour: Behaviour) {
        let size = self.versions.last().map_or(0, Vec::len);
        let Response { head, body, end, held_back } = response;
        let is_part = head.status == 206;
        let is_hidden = !head.url.starts_with("https://here.test/") || self.ranges == Ranges::Coded;
        match behaviour {
            Behaviour::CutAfter(length) if length < body.len() => {
                body.truncate(length);
                *end = BodyEnd::Breaks;
            }
            Behaviour::StallAfter(length) if length < body.len() => {
                *held_back = body.split_off(length);
                *end = BodyEnd::Stalls;
            }
            // Where no length is named, or a hidden coding may belong to it, more bytes are simply a longer file.
            Behaviour::Overlong(more) if head.headers.content_length.is_some() && !is_hidden => {
                body.extend(std::iter::repeat_n(0xAA, more));
            }
            Behaviour::Multipart if is_part => {
                head.headers.content_type = Some("multipart/byteranges; boundary=x".to_owned());
                head.headers.content_range = None;
                body.splice(..0, *b"--x\r\n");
            }
            Behaviour::OddLength(text) => {
                head.headers.content_length = Some(text.to_owned());
                // The browser waits for as many bytes as it was told.
                if text.parse::<u128>().is_ok_and(|length| length > body.len() as u128) {
                    *end = BodyEnd::Breaks;
                }
            }
            Behaviour::OddRange(text) if is_part => {
                head.headers.content_range = Some(text.to_owned());
            }
            Behaviour::Unsatisfied { is_told } if is_part => {
                head.status = 416;
                head.headers.content_range = is_told.then(|| format!("bytes */{size}"));
                head.headers.content_length = None;
                *body = b"what went wrong".to_vec();
            }
            Behaviour::CutAfter(_)
            | Behaviour::Elsewhere
            | Behaviour::IgnoreRange
            | Behaviour::Multipart
            | Behaviour::OddRange(_)
            | Behaviour::Overlong(_)
            | Behaviour::Silent
            | Behaviour::StallAfter(_)
            | Behaviour::Status(..)
            | Behaviour::Unreachable
            | Behaviour::Unsatisfied { .. }
            | Behaviour::WrongRange(_) => {}
        }
    }
}

fn to_index(position: u64) -> usize {
    usize::try_from(position).expect("a small file")
}

fn status(url: &str, status: u16, retry_after: Option<String>) -> Response {
    let headers = Headers { retry_after, ..Headers::default() };
    let head = AnswerHead { status, filtered: false, url: url.to_owned(), headers };
    let body = b"what went wrong".to_vec();
    Response { head, body, end: BodyEnd::Closes, held_back: Vec::new() }
}

/// Bytes that no other version of any file shares at any position for long.
fn content(url: &str, version: usize, size: usize) -> Vec<u8> {
    let seed = url.bytes().fold(version as u64, |seed, byte| {
        seed.wrapping_mul(0x0100_0000_01b3).wrapping_add(u64::from(byte))
    });
    let mut bytes = vec![0; size];
    fastrand::Rng::with_seed(seed).fill(&mut bytes);
    bytes
}
