//! What is kept, the answers that come, and what is made of them, in few words.

use Outcome::*;
use qmgr::abi::Hresult;
use qmgr::http::{AnswerHead, Failure, Kept, Reach, Request, Verdict, Version, plan};
use qmgr::protocol::Resume;
use qmgr::ranges::Ranges;
use qmgr::time::Millis;

/// Sun, 06 Nov 1994 08:49:37 GMT.
pub(super) const NOW: Millis = Millis(784_111_777_000);
pub(super) const MODIFIED: &str = "Sun, 06 Nov 1994 08:00:00 GMT";
pub(super) const MODIFIED_LATER: &str = "Sun, 06 Nov 1994 08:30:00 GMT";
pub(super) const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
pub(super) const URL: &str = "https://example.test/a";

/// What is kept when the request is planned.
#[derive(Clone)]
pub(super) struct Given {
    pub durable: Ranges,
    pub version: Option<Version>,
    pub expected_size: Option<u64>,
    pub hash_decides: bool,
    pub reach: Reach,
    pub resume: Resume,
    pub without_range: bool,
}

impl Given {
    pub fn kept(&self) -> Kept<'_> {
        Kept {
            durable: &self.durable,
            version: self.version.as_ref(),
            expected_size: self.expected_size,
            hash_decides: self.hash_decides,
            resume: self.resume,
        }
    }

    pub fn request(&self) -> Request {
        plan(&self.kept(), self.reach, self.without_range)
    }

    pub fn expecting(mut self, size: u64) -> Self {
        self.expected_size = Some(size);
        self
    }

    pub fn with_hash(mut self) -> Self {
        self.hash_decides = true;
        self
    }

    pub fn across(mut self) -> Self {
        self.reach = Reach::CrossOrigin;
        if let Some(version) = &mut self.version {
            version.filtered = true;
        }
        self
    }

    pub fn durable(mut self, ranges: &[(u64, u64)]) -> Self {
        self.durable = ranges.iter().map(|&(start, end)| start..end).collect();
        self
    }

    pub fn version(mut self, change: impl FnOnce(&mut Version)) -> Self {
        change(self.version.as_mut().expect("only what is resumed has a version"));
        self
    }
}

/// Nothing is kept.
pub(super) fn first() -> Given {
    Given {
        durable: Ranges::new(),
        version: None,
        expected_size: None,
        hash_decides: false,
        reach: Reach::SameOrigin,
        resume: Resume::Proven,
        without_range: false,
    }
}

pub(super) fn first_without_range() -> Given {
    Given { without_range: true, ..first() }
}

/// 40 of 100 bytes are kept of a version with this `ETag`.
pub(super) fn resumed(etag: &str) -> Given {
    resumed_with(Version { etag: Some(etag.into()), ..kept_version() })
}

/// 40 of 100 bytes are kept of a version with a strong date alone.
pub(super) fn resumed_by_date() -> Given {
    resumed_with(Version {
        last_modified: Some(MODIFIED.into()),
        strong_date: true,
        ..kept_version()
    })
}

/// 40 of 100 bytes are kept of a version without validator.
pub(super) fn resumed_without_validator() -> Given {
    resumed_with(kept_version())
}

/// 100,000 of 200,000 bytes are kept of a version of which another origin shows length and date, in a
/// queue that takes likely for proven.
pub(super) fn likely() -> Given {
    let last_modified = Some(MODIFIED.into());
    let version = Version { size: Some(200_000), last_modified, ..kept_version() };
    Given { resume: Resume::Likely, ..resumed_with(version) }.durable(&[(0, 100_000)]).across()
}

/// The same of a version that came as a whole: what its length counts is hidden.
pub(super) fn likely_by_length() -> Given {
    likely().version(|version| {
        version.size = None;
        version.unsure_size = Some(200_000);
        version.resumable = false;
    })
}

/// An answer that shows what [`likely`] has to see, and more.
pub(super) fn like(range: &str, fields: &str) -> AnswerHead {
    filtered(206, &format!("content-range: bytes {range}\nlast-modified: {MODIFIED}\n{fields}"))
}

pub(super) fn resumed_with(version: Version) -> Given {
    Given { version: Some(version), ..first() }.durable(&[(0, 40)])
}

pub(super) fn kept_version() -> Version {
    Version {
        size: Some(100),
        media_type: "text/plain".into(),
        source: URL.into(),
        resumable: true,
        ..Version::default()
    }
}

/// The head of an answer, its header fields as `name: value` lines.
pub(super) fn head(status: u16, fields: &str) -> AnswerHead {
    let mut head = AnswerHead { status, url: URL.to_owned(), ..AnswerHead::default() };
    for line in fields.lines().filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").expect("a field is `name: value`");
        let field = match name {
            "accept-ranges" => &mut head.headers.accept_ranges,
            "content-encoding" => &mut head.headers.content_encoding,
            "content-length" => &mut head.headers.content_length,
            "content-range" => &mut head.headers.content_range,
            "content-type" => &mut head.headers.content_type,
            "date" => &mut head.headers.date,
            "etag" => &mut head.headers.etag,
            "last-modified" => &mut head.headers.last_modified,
            "retry-after" => &mut head.headers.retry_after,
            other => panic!("no rule looks at {other}"),
        };
        *field = Some(value.to_owned());
    }
    head
}

/// The same as a page of another origin sees it: what is not in `fields` may have been hidden.
pub(super) fn filtered(status: u16, fields: &str) -> AnswerHead {
    AnswerHead { filtered: true, ..head(status, fields) }
}

/// A 206 that has all that a good one has.
pub(super) fn part(range: &str, etag: &str) -> AnswerHead {
    head(206, &format!("content-range: {range}\netag: {etag}"))
}

/// A verdict without its version and its sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    Append { at: u64, until: Option<u64> },
    Compare { at: u64, from: u64, until: u64 },
    Complete { size: u64 },
    Fatal(Hresult),
    Restart,
    Transient { hresult: Hresult, after: Option<u64> },
    Whole { until: Option<u64>, size: Option<u64> },
    WithoutRange,
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Append { at, until, .. } => Append { at, until },
            Verdict::Compare { at, from, until, .. } => Compare { at, from, until },
            Verdict::Complete { version } => {
                Complete { size: version.size.expect("a complete file has a size") }
            }
            Verdict::Failed(Failure { hresult, transient: false, retry_after, .. }) => {
                assert_eq!(retry_after, None, "what is fatal is not tried again");
                Fatal(hresult)
            }
            Verdict::Failed(Failure { hresult, retry_after, .. }) => {
                Transient { hresult, after: retry_after.map(|span| span.0) }
            }
            Verdict::Restart(_) => Restart,
            Verdict::Whole { until, version } => Whole { until, size: version.size },
            Verdict::WithoutRange(_) => WithoutRange,
        }
    }
}

pub(super) const INVALID: Outcome = Fatal(Hresult::BG_E_INVALID_SERVER_RESPONSE);
pub(super) const TOO_LARGE: Outcome = Fatal(Hresult::BG_E_TOO_LARGE);
pub(super) const WRONG_SIZE: Outcome = Fatal(Hresult::BG_E_VALIDATION_FAILED);
pub(super) const ALL: Outcome = Whole { until: Some(100), size: Some(100) };
pub(super) const LIKELY: Outcome = Compare { at: 34_464, from: 100_000, until: 200_000 };
pub(super) const UNKNOWN_LENGTH: Outcome = Whole { until: None, size: None };
pub(super) const REST: Outcome = Append { at: 40, until: Some(100) };

pub(super) const fn fatal(status: u16) -> Outcome {
    Fatal(Hresult::from_http(status))
}

pub(super) const fn transient(status: u16, after: Option<u64>) -> Outcome {
    Transient { hresult: Hresult::from_http(status), after }
}
