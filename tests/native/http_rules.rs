//! The rules R1 to R35 for ranges over HTTP, each as rows of a table: what is kept, the answer that
//! comes to the request planned for it, and what may be done with its body.

use Outcome::*;
use qmgr::abi::Hresult;
use qmgr::http::{
    AnswerHead, ByteRange, EndVerdict, Ending, Failure, Kept, Reach, Request, Verdict, Version,
    judge, judge_end, plan,
};
use qmgr::protocol::{Proof, Resume};
use qmgr::ranges::Ranges;
use qmgr::time::Millis;

/// Sun, 06 Nov 1994 08:49:37 GMT.
const NOW: Millis = Millis(784_111_777_000);
const MODIFIED: &str = "Sun, 06 Nov 1994 08:00:00 GMT";
const MODIFIED_LATER: &str = "Sun, 06 Nov 1994 08:30:00 GMT";
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const URL: &str = "https://example.test/a";

/// What is kept when the request is planned.
#[derive(Clone)]
struct Given {
    durable: Ranges,
    version: Option<Version>,
    expected_size: Option<u64>,
    hash_decides: bool,
    reach: Reach,
    resume: Resume,
    without_range: bool,
}

impl Given {
    fn kept(&self) -> Kept<'_> {
        Kept {
            durable: &self.durable,
            version: self.version.as_ref(),
            expected_size: self.expected_size,
            hash_decides: self.hash_decides,
            resume: self.resume,
        }
    }

    fn request(&self) -> Request {
        plan(&self.kept(), self.reach, self.without_range)
    }

    fn expecting(mut self, size: u64) -> Self {
        self.expected_size = Some(size);
        self
    }

    fn with_hash(mut self) -> Self {
        self.hash_decides = true;
        self
    }

    fn across(mut self) -> Self {
        self.reach = Reach::CrossOrigin;
        if let Some(version) = &mut self.version {
            version.filtered = true;
        }
        self
    }

    fn durable(mut self, ranges: &[(u64, u64)]) -> Self {
        self.durable = ranges.iter().map(|&(start, end)| start..end).collect();
        self
    }

    fn version(mut self, change: impl FnOnce(&mut Version)) -> Self {
        change(self.version.as_mut().expect("only what is resumed has a version"));
        self
    }
}

/// Nothing is kept.
fn first() -> Given {
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

fn first_without_range() -> Given {
    Given { without_range: true, ..first() }
}

/// 40 of 100 bytes are kept of a version with this `ETag`.
fn resumed(etag: &str) -> Given {
    resumed_with(Version { etag: Some(etag.into()), ..kept_version() })
}

/// 40 of 100 bytes are kept of a version with a strong date alone.
fn resumed_by_date() -> Given {
    resumed_with(Version {
        last_modified: Some(MODIFIED.into()),
        strong_date: true,
        ..kept_version()
    })
}

/// 40 of 100 bytes are kept of a version without validator.
fn resumed_without_validator() -> Given {
    resumed_with(kept_version())
}

/// 100,000 of 200,000 bytes are kept of a version of which another origin shows length and date, in a
/// queue that takes likely for proven.
fn likely() -> Given {
    let last_modified = Some(MODIFIED.into());
    let version = Version { size: Some(200_000), last_modified, ..kept_version() };
    Given { resume: Resume::Likely, ..resumed_with(version) }.durable(&[(0, 100_000)]).across()
}

/// The same of a version that came as a whole: what its length counts is hidden.
fn likely_by_length() -> Given {
    likely().version(|version| {
        version.size = None;
        version.unsure_size = Some(200_000);
        version.resumable = false;
    })
}

/// An answer that shows what [`likely`] has to see, and more.
fn like(range: &str, fields: &str) -> AnswerHead {
    filtered(206, &format!("content-range: bytes {range}\nlast-modified: {MODIFIED}\n{fields}"))
}

fn resumed_with(version: Version) -> Given {
    Given { version: Some(version), ..first() }.durable(&[(0, 40)])
}

fn kept_version() -> Version {
    Version {
        size: Some(100),
        media_type: "text/plain".into(),
        source: URL.into(),
        resumable: true,
        ..Version::default()
    }
}

/// The head of an answer, its header fields as `name: value` lines.
fn head(status: u16, fields: &str) -> AnswerHead {
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
fn filtered(status: u16, fields: &str) -> AnswerHead {
    AnswerHead { filtered: true, ..head(status, fields) }
}

/// A 206 that has all that a good one has.
fn part(range: &str, etag: &str) -> AnswerHead {
    head(206, &format!("content-range: {range}\netag: {etag}"))
}

/// A verdict without its version and its sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
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

const INVALID: Outcome = Fatal(Hresult::BG_E_INVALID_SERVER_RESPONSE);
const TOO_LARGE: Outcome = Fatal(Hresult::BG_E_TOO_LARGE);
const WRONG_SIZE: Outcome = Fatal(Hresult::BG_E_VALIDATION_FAILED);
const ALL: Outcome = Whole { until: Some(100), size: Some(100) };
const LIKELY: Outcome = Compare { at: 34_464, from: 100_000, until: 200_000 };
const UNKNOWN_LENGTH: Outcome = Whole { until: None, size: None };
const REST: Outcome = Append { at: 40, until: Some(100) };

const fn fatal(status: u16) -> Outcome {
    Fatal(Hresult::from_http(status))
}

const fn transient(status: u16, after: Option<u64>) -> Outcome {
    Transient { hresult: Hresult::from_http(status), after }
}

type PlanRow = (&'static str, Given, &'static str);

/// What is kept, and the request for it.
#[rustfmt::skip]
fn plan_rows() -> Vec<PlanRow> {
    vec![
        ("R1 the first request has a Range and no If-Range", first(), "bytes=0-"),
        ("R1 without Range there is no If-Range", Given { without_range: true, ..resumed("\"a\"") }, ""),
        ("R2 a weak ETag is not sent", resumed("W/\"a\""), "bytes=0-"),
        ("R2 a malformed ETag is not sent", resumed("a"), "bytes=0-"),
        ("R2 two ETags in one field are not sent", resumed("\"a\", \"b\""), "bytes=0-"),
        ("R2 with a hash the resume needs no validator", resumed("W/\"a\"").with_hash(), "bytes=40-"),
        ("R3 a date is not sent beside a weak ETag",
            resumed_by_date().version(|v| v.etag = Some("W/\"a\"".into())), "bytes=0-"),
        ("R3 a date is not sent where an ETag may be hidden", resumed_by_date().version(|v| v.filtered = true), "bytes=0-"),
        ("R4 a strong date is sent as it came", resumed_by_date(), "bytes=40- if Sun, 06 Nov 1994 08:00:00 GMT"),
        ("R4 a date that is not strong is not sent", resumed_by_date().version(|v| v.strong_date = false), "bytes=0-"),
        ("R5 a strong ETag is sent", resumed("\"a\""), "bytes=40- if \"a\""),
        ("R5 to another origin goes the Range alone", resumed("\"a\"").across(), "bytes=40-"),
        ("R5 a first request that brought no byte begins again", resumed("\"a\"").durable(&[]), "bytes=0-"),
        ("R7 without validator it begins again", resumed_without_validator(), "bytes=0-"),
        ("R7 likely: it begins 64 KiB early", likely(), "bytes=34464-"),
        ("R7 likely: of a whole whose coding is hidden", likely_by_length(), "bytes=34464-"),
        ("R7 likely: the end of a gap is left open, for the length", likely().durable(&[(0, 100_000), (150_000, 160_000)]), "bytes=34464-"),
        ("R7 likely: not without a date", likely().version(|v| v.last_modified = None), "bytes=0-"),
        ("R7 likely: not without a length", likely().version(|v| v.size = None), "bytes=0-"),
        ("R7 likely: not of so few bytes that they are compared as fast as fetched", likely().durable(&[(0, 65_536)]), "bytes=0-"),
        ("R7 likely: not of what was decoded", likely().version(|v| v.resumable = false), "bytes=0-"),
        ("R7 likely: not unless it was asked for", Given { resume: Resume::Proven, ..likely() }, "bytes=0-"),
        ("R7 likely: not in place of a proof", likely().version(|v| v.etag = Some("\"a\"".into())), "bytes=100000-"),
        ("R7 likely: nor of the hash", likely().with_hash(), "bytes=100000-"),
        ("R9 the first gap is asked for, up to what follows it",
            resumed("\"a\"").durable(&[(0, 10), (30, 40), (60, 100)]), "bytes=10-29 if \"a\""),
        ("R9 a gap at the beginning", resumed("\"a\"").durable(&[(30, 40)]), "bytes=0-29 if \"a\""),
        ("R13 beyond the end, when nobody said where it is",
            resumed("\"a\"").version(|v| v.size = None), "bytes=40- if \"a\""),
        ("R21 coded bytes are not continued", resumed("\"a\"").version(|v| v.resumable = false), "bytes=0-"),
        ("R26 a range beyond 2^53 is written out",
            resumed("\"a\"").durable(&[(0, 1 << 60)]).version(|v| v.size = None), "bytes=1152921504606846976- if \"a\""),
        ("R26 positions beyond 2^32",
            resumed("\"a\"").durable(&[(0, 5_000_000_000), (6_000_000_000, 6_000_000_001)]).version(|v| v.size = Some(7_000_000_000)),
            "bytes=5000000000-5999999999 if \"a\""),
        ("R28 no other range is ever asked for than one of GET", resumed("\"a\"").with_hash(), "bytes=40- if \"a\""),
        ("R33 redirected to another origin, If-Range would cost a preflight there",
            resumed("\"a\"").version(|v| v.filtered = true), "bytes=40-"),
    ]
}

type JudgeRow = (&'static str, Given, AnswerHead, Outcome);

/// What is kept, the answer to the request for it, and the verdict.
#[rustfmt::skip]
fn judge_rows() -> Vec<JudgeRow> {
    vec![
        // Validators.
        ("R2 an equal weak ETag proves nothing, its answer is taken as a whole",
            resumed("W/\"a\""), part("bytes 0-99/100", "W/\"a\""), ALL),
        ("R4 an equal strong date proves it",
            resumed_by_date(), head(206, &format!("content-range: bytes 40-99/100\nlast-modified: {MODIFIED}")), REST),
        ("R4 another date is another version",
            resumed_by_date(), head(206, &format!("content-range: bytes 40-99/100\nlast-modified: {MODIFIED_LATER}")), Restart),
        ("R5 206 with the equal ETag", resumed("\"a\""), part("bytes 40-99/100", "\"a\""), REST),
        ("R5 206 with the equal ETag from another origin", resumed("\"a\"").across(),
            filtered(206, "content-range: bytes 40-99/100\netag: \"a\""), REST),
        ("R5 200 with the whole new file",
            resumed("\"a\""), head(200, "content-length: 90\netag: \"b\""), Whole { until: Some(90), size: Some(90) }),
        ("R6 another ETag, in spite of If-Range", resumed("\"a\""), part("bytes 40-99/100", "\"b\""), Restart),
        ("R6 another ETag, in spite of the hash", resumed("\"a\"").with_hash(), part("bytes 40-99/100", "\"b\""), Restart),
        ("R6 another size under one ETag", resumed("\"a\""), part("bytes 40-99/101", "\"a\""), Restart),
        ("R6 an ETag that became weak", resumed("\"a\""), part("bytes 40-99/100", "W/\"a\""), Restart),
        ("R7 a part without validator", resumed("\"a\""), head(206, "content-range: bytes 40-99/100"), Restart),
        ("R7 a part whose validator is hidden",
            resumed("\"a\"").across(), filtered(206, "content-range: bytes 40-99/100"), Restart),
        ("R7 a part without validator, when the hash decides",
            resumed("\"a\"").with_hash(), head(206, "content-range: bytes 40-99/100"), REST),
        ("R7 a date that is not strong", resumed_by_date().version(|v| v.strong_date = false).with_hash(),
            head(206, &format!("content-range: bytes 40-99/100\nlast-modified: {MODIFIED_LATER}")), Restart),

        // Likely.
        ("R7 likely: equal length and date", likely(), like("34464-199999/200000", ""), LIKELY),
        ("R7 likely: by lengths alone, where the range is hidden", likely(),
            filtered(206, &format!("content-length: 165536\nlast-modified: {MODIFIED}")), LIKELY),
        ("R7 likely: by lengths alone, of a whole whose coding is hidden", likely_by_length(),
            filtered(206, &format!("content-length: 165536\nlast-modified: {MODIFIED}")), LIKELY),
        ("R7 likely: a capped part", likely(), like("34464-119999/200000", ""), Compare { at: 34_464, from: 100_000, until: 120_000 }),
        ("R7 likely: no further than the gap", likely().durable(&[(0, 100_000), (150_000, 160_000)]),
            like("34464-199999/200000", ""), Compare { at: 34_464, from: 100_000, until: 150_000 }),
        ("R7 likely: nothing is missing", likely_by_length().durable(&[(0, 200_000)]),
            filtered(206, &format!("content-length: 65536\nlast-modified: {MODIFIED}")),
            Compare { at: 134_464, from: 200_000, until: 200_000 }),
        ("R7 likely: another length", likely(), like("34464-199998/199999", ""), Restart),
        ("R7 likely: another length, hidden", likely(),
            filtered(206, &format!("content-length: 165537\nlast-modified: {MODIFIED}")), Restart),
        ("R7 likely: another length than that of the whole", likely_by_length(),
            like("34464-199998/199999", ""), Restart),
        ("R7 likely: no length", likely(), filtered(206, &format!("last-modified: {MODIFIED}")), Restart),
        ("R7 likely: the total is not told", likely(), like("34464-199999/*", ""), Restart),
        ("R7 likely: another date", likely(),
            filtered(206, &format!("content-range: bytes 34464-199999/200000\nlast-modified: {MODIFIED_LATER}")), Restart),
        ("R7 likely: no date", likely(), filtered(206, "content-range: bytes 34464-199999/200000"), Restart),
        ("R7 likely: another ETag", likely().version(|v| v.etag = Some("W/\"a\"".into())),
            like("34464-199999/200000", "etag: W/\"b\""), Restart),
        ("R7 likely: another resource", likely(),
            AnswerHead { url: "https://mirror.test/a".to_owned(), ..like("34464-199999/200000", "") }, Restart),
        ("R7 likely: the part ends within the overlap", likely(), like("34464-99998/200000", ""), Restart),
        ("R7 likely: another range than asked for", likely(), like("34465-199999/200000", ""), WithoutRange),
        ("R7 likely: the whole as a part", likely(), like("0-199999/200000", ""), Whole { until: Some(200_000), size: Some(200_000) }),
        ("R7 likely: the whole", likely(), filtered(200, "content-length: 200000"), UNKNOWN_LENGTH),
        ("R7 likely: nothing there any more", likely(), filtered(416, "content-range: bytes */34464"), Restart),
        ("R7 likely: a hidden first part may begin anywhere", Given { resume: Resume::Likely, ..first() }.across(),
            filtered(206, "content-length: 100"), WithoutRange),

        // Ranges.
        ("R8 the whole, as a part", first(), part("bytes 0-99/100", "\"a\""), ALL),
        ("R8 the unit in capitals, more spaces", first(), part("Bytes   0-99/100", "\"a\""), ALL),
        ("R8 the first request is answered with a later part", first(), part("bytes 1-99/100", "\"a\""), WithoutRange),
        ("R8 an earlier part than asked for", resumed("\"a\""), part("bytes 39-99/100", "\"a\""), WithoutRange),
        ("R8 a later part than asked for", resumed("\"a\""), part("bytes 41-99/100", "\"a\""), WithoutRange),
        ("R8 the whole as a part, instead of the rest", resumed("\"a\""), part("bytes 0-99/100", "\"a\""), ALL),
        ("R8 the whole of a new version as a part", resumed("\"a\""),
            part("bytes 0-89/90", "\"b\""), Whole { until: Some(90), size: Some(90) }),
        ("R8 more than the gap: only the gap is written",
            resumed("\"a\"").durable(&[(0, 10), (30, 40)]), part("bytes 10-99/100", "\"a\""), Append { at: 10, until: Some(30) }),
        ("R8 Content-Length contradicts", resumed("\"a\""),
            head(206, "content-range: bytes 40-99/100\ncontent-length: 50\netag: \"a\""), WithoutRange),
        ("R9 a capped first answer", first(), part("bytes 0-9/100", "\"a\""), Whole { until: Some(10), size: Some(100) }),
        ("R9 a capped rest", resumed("\"a\""), part("bytes 40-49/100", "\"a\""), Append { at: 40, until: Some(50) }),
        ("R10 a part that does not say which", first(), head(206, "content-length: 100"), WithoutRange),
        ("R10 a rest that does not say which",
            resumed("\"a\""), head(206, "content-length: 60\netag: \"a\""), WithoutRange),
        ("R10 hidden on the first answer", first().across(), filtered(206, "content-length: 100"), WithoutRange),
        ("R10 hidden, even if of the caller's size: it may be the end of a longer file",
            first().across().expecting(100), filtered(206, "content-length: 100"), WithoutRange),
        ("R10 hidden, and of unknown length: the hash decides, but the end of the body does not show whether it was all",
            first().across().with_hash(), filtered(206, ""), WithoutRange),
        ("R10 hidden, the hash decides", first().across().with_hash(),
            filtered(206, "content-length: 100"), Whole { until: Some(100), size: None }),
        ("R10 hidden on the rest", resumed("\"a\"").across(), filtered(206, "content-length: 60\netag: \"a\""), Restart),
        ("R10 hidden on the rest, the hash decides",
            resumed("\"a\"").across().with_hash(), filtered(206, "content-length: 60"), REST),
        ("R10 hidden on the rest and not of its length, though the hash decides",
            resumed("\"a\"").across().with_hash(), filtered(206, "content-length: 59"), Restart),
        ("R11 last before first", first(), part("bytes 5-4/100", "\"a\""), WithoutRange),
        ("R11 last before first on the rest", resumed("\"a\""), part("bytes 40-39/100", "\"a\""), WithoutRange),
        ("R11 total not after last", first(), part("bytes 0-100/100", "\"a\""), WithoutRange),
        ("R11 total not after last on the rest", resumed("\"a\""), part("bytes 40-100/100", "\"a\""), WithoutRange),
        ("R12 another unit", first(), part("items 0-99/100", "\"a\""), WithoutRange),
        ("R12 another unit on the rest", resumed("\"a\""), part("items 40-99/100", "\"a\""), WithoutRange),
        ("R12 no unit", first(), part("0-99/100", "\"a\""), WithoutRange),
        ("R12 signs and spaces are no digits", first(), part("bytes +0-99/ 100", "\"a\""), WithoutRange),
        ("R12 two fields in one", first(), part("bytes 0-99/100, bytes 0-99/100", "\"a\""), WithoutRange),
        ("R12 no range", first(), part("bytes */100", "\"a\""), WithoutRange),
        ("R13 the total is not known yet", first(), part("bytes 0-9/*", "\"a\""), Whole { until: Some(10), size: None }),
        ("R13 not known on the rest", resumed("\"a\""), part("bytes 40-49/*", "\"a\""), Append { at: 40, until: Some(50) }),
        ("R13 not known, but beyond the known", resumed("\"a\""), part("bytes 40-100/*", "\"a\""), Restart),
        ("R13 it becomes known", resumed("\"a\"").version(|v| v.size = None), part("bytes 40-99/100", "\"a\""), REST),
        ("R13 it becomes known, and less is there than is kept",
            resumed("\"a\"").version(|v| v.size = None).durable(&[(0, 40), (60, 200)]),
            part("bytes 40-59/100", "\"a\""), Restart),
        ("R14 a Content-Range on 200 means nothing", first(),
            head(200, "content-length: 100\ncontent-range: bytes 5-9/10"), ALL),
        ("R14 on a resume too", resumed("\"a\""),
            head(200, "content-length: 100\ncontent-range: bytes 40-99/100\netag: \"a\""), ALL),
        ("R15 200 to a resume, of the same version", resumed("\"a\""), head(200, "content-length: 100\netag: \"a\""), ALL),

        // 416.
        ("R16 nothing is missing", resumed("\"a\"").version(|v| v.size = None),
            head(416, "content-range: bytes */40"), Complete { size: 40 }),
        ("R16 nothing is missing, by the ETag of another origin", resumed("\"a\"").version(|v| v.size = None).across(),
            filtered(416, "content-range: bytes */40\netag: \"a\""), Complete { size: 40 }),
        ("R16 of another origin without ETag it is no proof", resumed("\"a\"").version(|v| v.size = None).across(),
            filtered(416, "content-range: bytes */40"), Restart),
        ("R16 of another version", resumed("\"a\"").version(|v| v.size = None),
            head(416, "content-range: bytes */40\netag: \"b\""), Restart),
        ("R16 of another version, in spite of the hash", resumed("\"a\"").version(|v| v.size = None).with_hash(),
            head(416, "content-range: bytes */40\netag: \"b\""), Restart),
        ("R16 the hash decides", resumed_without_validator().version(|v| v.size = None).with_hash(),
            head(416, "content-range: bytes */40"), Complete { size: 40 }),
        ("R16 the hash decides where all is hidden",
            resumed_without_validator().version(|v| v.size = None).with_hash().across(), filtered(416, ""), Complete { size: 40 }),
        ("R16 all is hidden, and more is kept than the caller expects",
            resumed_without_validator().version(|v| v.size = None).with_hash().across().expecting(39), filtered(416, ""), Restart),
        ("R16 all is hidden, and less is there than the caller expects",
            resumed_without_validator().version(|v| v.size = None).with_hash().across().expecting(41), filtered(416, ""), WRONG_SIZE),
        ("R16 shorter than what is kept", resumed("\"a\""), head(416, "content-range: bytes */39"), Restart),
        ("R16 shorter than it was", resumed("\"a\""), head(416, "content-range: bytes */40"), Restart),
        ("R16 longer than what is kept", resumed("\"a\""), head(416, "content-range: bytes */41"), Restart),
        ("R16 not of the caller's size", resumed("\"a\"").version(|v| v.size = None).expecting(41),
            head(416, "content-range: bytes */40"), WRONG_SIZE),
        ("R16 a file with bytes refuses to be sent from its first",
            first(), head(416, "content-range: bytes */100"), WithoutRange),
        ("R17 without size on the first request", first(), head(416, ""), WithoutRange),
        ("R17 without size on a resume", resumed("\"a\""), head(416, ""), WithoutRange),
        ("R17 with a range instead of a size", resumed("\"a\""), head(416, "content-range: bytes 40-99/100"), WithoutRange),
        ("R17 hidden on the first request", first().across(), filtered(416, ""), WithoutRange),
        ("R17 to a request without Range", first_without_range(), head(416, "content-range: bytes */100"), fatal(416)),
        ("R18 beyond the end comes a 200", resumed("\"a\"").durable(&[(0, 100)]),
            head(200, "content-length: 100\netag: \"a\""), ALL),
        ("R19 multipart on the first request", first(),
            head(206, "content-type: multipart/byteranges; boundary=x\ncontent-range: bytes 0-99/100"), WithoutRange),
        ("R19 multipart on a resume", resumed("\"a\""),
            head(206, "content-type: multipart/byteranges; boundary=x\netag: \"a\""), WithoutRange),
        ("R19 a multipart file is a file", first(),
            head(200, "content-type: multipart/byteranges; boundary=x\ncontent-length: 100"), ALL),
        ("R20 the older name, capitals, a quoted boundary", resumed("\"a\""),
            head(206, "content-type: Multipart/X-ByteRanges;boundary=\"x\"\netag: \"a\""), WithoutRange),

        // Codings and lengths.
        ("R21 a coded part", first(), head(206, "content-encoding: gzip\ncontent-range: bytes 0-99/100"), WithoutRange),
        ("R21 a coded rest", resumed("\"a\""),
            head(206, "content-encoding: br\ncontent-range: bytes 40-99/100\netag: \"a\""), WithoutRange),
        ("R21 the length of a coded body is not the file's",
            first_without_range(), head(200, "content-encoding: gzip\ncontent-length: 41"), UNKNOWN_LENGTH),
        ("R21 nor that of one that may be", first_without_range().across(), filtered(200, "content-length: 41"), UNKNOWN_LENGTH),
        ("R21 not even to a request with Range", first().across(), filtered(200, "content-length: 41"), UNKNOWN_LENGTH),
        ("R21 unless the coding is shown to be none", first().across(),
            filtered(200, "content-encoding: identity\ncontent-length: 100"), ALL),
        ("R22 ranges were accepted, and are not", resumed("\"a\""),
            head(200, "accept-ranges: bytes\ncontent-length: 100\netag: \"a\""), ALL),
        ("R24 the promised end is told", first(), head(200, "content-length: 100"), ALL),
        ("R25 no length", first(), head(200, ""), UNKNOWN_LENGTH),
        ("R25 a length that is no number", first(), head(200, "content-length: abc"), UNKNOWN_LENGTH),
        ("R25 a negative length", first(), head(200, "content-length: -1"), UNKNOWN_LENGTH),
        ("R25 an empty length", first(), head(200, "content-length: "), UNKNOWN_LENGTH),
        ("R25 two lengths", first(), head(200, "content-length: 100, 101"), UNKNOWN_LENGTH),
        ("R25 one length, twice", first(), head(200, "content-length: 100, 100"), ALL),
        ("R25 the caller knows better", first().expecting(101), head(200, "content-length: 100"), WRONG_SIZE),
        ("R25 the caller knows better than the part", first().expecting(101), part("bytes 0-99/100", "\"a\""), WRONG_SIZE),
        ("R26 2^32", first(), part("bytes 0-4294967295/4294967296", "\"a\""),
            Whole { until: Some(1 << 32), size: Some(1 << 32) }),
        ("R26 positions beyond 2^32",
            resumed("\"a\"").durable(&[(0, 5_000_000_000)]).version(|v| v.size = Some(7_000_000_000)),
            part("bytes 5000000000-6999999999/7000000000", "\"a\""),
            Append { at: 5_000_000_000, until: Some(7_000_000_000) }),
        ("R26 the largest size", first(), head(200, "content-length: 9007199254740991"),
            Whole { until: Some((1 << 53) - 1), size: Some((1 << 53) - 1) }),
        ("R26 2^53", first(), head(200, "content-length: 9007199254740992"), TOO_LARGE),
        ("R26 2^53 as the total", first(), part("bytes 0-99/9007199254740992", "\"a\""), TOO_LARGE),
        ("R26 2^63", first(), head(200, "content-length: 9223372036854775808"), TOO_LARGE),
        ("R26 2^64", first(), head(200, "content-length: 18446744073709551616"), TOO_LARGE),
        ("R26 2^64 as last", first(), part("bytes 0-18446744073709551616/*", "\"a\""), TOO_LARGE),
        ("R26 2^64 as the length of a rest", resumed("\"a\"").across().with_hash().version(|v| v.size = None),
            filtered(206, "content-length: 18446744073709551616"), TOO_LARGE),
        ("R26 2^64 after a 416", resumed("\"a\""), head(416, "content-range: bytes */18446744073709551616"), Restart),
        ("R27 a file without bytes", first(), head(416, "content-range: bytes */0"), Complete { size: 0 }),
        ("R27 a file without bytes, as 200", first(), head(200, "content-length: 0"), Whole { until: Some(0), size: Some(0) }),
        ("R27 the file has lost its bytes, and some are kept",
            resumed_without_validator(), head(416, "content-range: bytes */0"), Restart),
        ("R27 bytes were expected", first().expecting(1), head(416, "content-range: bytes */0"), WRONG_SIZE),

        // Status.
        ("R31 seconds", first(), head(503, "retry-after: 120"), transient(503, Some(120_000))),
        ("R31 a date", first(), head(429, "retry-after: Sun, 06 Nov 1994 08:50:37 GMT"), transient(429, Some(60_000))),
        ("R31 a date of the older forms", first(), head(429, "retry-after: Sun Nov  6 08:50:37 1994"), transient(429, Some(60_000))),
        ("R31 a date that has passed", first(), head(503, "retry-after: Sun, 06 Nov 1994 08:00:00 GMT"), transient(503, Some(0))),
        ("R31 a day at most", first(), head(503, "retry-after: 99999999999999999999"), transient(503, Some(86_400_000))),
        ("R31 a day at most, as a date", first(), head(503, "retry-after: Fri, 31 Dec 9999 23:59:59 GMT"), transient(503, Some(86_400_000))),
        ("R31 neither", first(), head(503, "retry-after: soon"), transient(503, None)),
        ("R31 a negative one", first(), head(503, "retry-after: -5"), transient(503, None)),
        ("R32 408", first(), head(408, ""), transient(408, None)),
        ("R32 429", first(), head(429, ""), transient(429, None)),
        ("R32 500", resumed("\"a\""), head(500, "content-range: bytes 40-99/100\netag: \"a\""), transient(500, None)),
        ("R32 502", first(), head(502, ""), transient(502, None)),
        ("R32 503", first(), head(503, ""), transient(503, None)),
        ("R32 504", first(), head(504, ""), transient(504, None)),
        ("R32 a proxy's own 5xx", first(), head(522, ""), transient(522, None)),
        ("R32 400", first(), head(400, ""), fatal(400)),
        ("R32 401", first(), head(401, ""), fatal(401)),
        ("R32 403", first(), head(403, "retry-after: 5"), fatal(403)),
        ("R32 404", resumed("\"a\""), head(404, ""), fatal(404)),
        ("R32 405", first(), head(405, ""), fatal(405)),
        ("R32 407", first(), head(407, ""), fatal(407)),
        ("R32 410", first(), head(410, ""), fatal(410)),
        ("R32 412", first(), head(412, ""), fatal(412)),
        ("R32 414", first(), head(414, ""), fatal(414)),
        ("R32 451", first(), head(451, ""), fatal(451)),
        ("R32 501", first(), head(501, ""), fatal(501)),
        ("R32 505", first(), head(505, ""), fatal(505)),
        ("R32 a success that brings no file", first(), head(204, ""), fatal(204)),
        ("R32 201", first(), head(201, "content-length: 100"), fatal(201)),
        ("R32 203", first(), head(203, "content-length: 100"), fatal(203)),
        ("R32 a redirect that was not followed", first(), head(302, ""), fatal(302)),
        ("R32 no status at all", first(), head(0, ""), INVALID),
        ("R33 the ETag of another resource", resumed("\"a\""),
            AnswerHead { url: "https://mirror.test/a".to_owned(), ..part("bytes 40-99/100", "\"a\"") }, Restart),
        ("R33 a date of another resource", resumed_by_date(),
            AnswerHead { url: "https://mirror.test/a".to_owned(),
                ..head(206, &format!("content-range: bytes 40-99/100\nlast-modified: {MODIFIED}")) }, Restart),
        ("R33 the end of another resource", resumed("\"a\"").version(|v| v.size = None),
            AnswerHead { url: "https://mirror.test/a".to_owned(), ..head(416, "content-range: bytes */40") }, Restart),
        ("R33 the same resource, signed anew", resumed("\"a\""),
            AnswerHead { url: format!("{URL}?signature=2#x"), ..part("bytes 40-99/100", "\"a\"") }, REST),
        ("R34 a part unasked", first_without_range(), part("bytes 0-99/100", "\"a\""), INVALID),
        ("R35 304 unasked", first(), head(304, "etag: \"a\""), fatal(304)),
        ("R35 304 to a resume", resumed("\"a\""), head(304, "etag: \"a\""), fatal(304)),
    ]
}

/// [`EndVerdict`] without its sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Complete(u64),
    Cut,
    More,
    WithoutRange,
    WrongSize,
}

type EndRow = (&'static str, Given, Option<u64>, u64, Ending, End);

/// What is kept when a body has ended, where it had to end, where it ended and how, and what that means.
#[rustfmt::skip]
fn end_rows() -> Vec<EndRow> {
    use Ending::{Broken, Closed};
    let whole = |given: Given| given.durable(&[(0, 100)]);
    let unknown = |given: Given| given.version(|version| version.size = None);
    vec![
        ("R9 a capped answer: the rest is asked for", resumed("\"a\""), Some(40), 40, Closed, End::More),
        ("R9 the rest could not be proven", resumed_without_validator(), Some(40), 40, Closed, End::WithoutRange),
        ("R9 the rest could not be proven, but the hash decides",
            resumed_without_validator().with_hash(), Some(40), 40, Closed, End::More),
        ("R13 where it ends must still be asked", unknown(resumed("\"a\"")), Some(40), 40, Closed, End::More),
        ("R13 and cannot be", unknown(resumed_without_validator()), Some(40), 40, Closed, End::WithoutRange),
        ("R24 short of the promise", resumed("\"a\""), Some(100), 40, Closed, End::Cut),
        ("R24 short of the promise, with an error", resumed("\"a\""), Some(100), 40, Broken, End::Cut),
        ("R24 an error without a promise", unknown(resumed("\"a\"")), None, 40, Broken, End::Cut),
        ("R24 an error after all that was promised", whole(resumed("\"a\"")), Some(100), 100, Broken, End::Complete(100)),
        ("R24 longer than the promise", whole(resumed("\"a\"")), Some(100), 101, Closed, End::WithoutRange),
        ("R24 longer than the gap", whole(resumed("\"a\"")), Some(60), 100, Closed, End::Complete(100)),
        ("R25 no promise, no error", unknown(resumed_without_validator()), None, 40, Closed, End::Complete(40)),
        ("R25 the caller knows better", unknown(resumed_without_validator()).expecting(41), None, 40, Closed, End::WrongSize),
        ("R25 the caller agrees", unknown(resumed_without_validator()).expecting(40), None, 40, Closed, End::Complete(40)),
        ("R25 bytes are missing before its end", unknown(resumed("\"a\"")).durable(&[(0, 10), (20, 40)]), None, 40, Closed, End::More),
        ("R27 a file without bytes", unknown(resumed("\"a\"")).durable(&[]), None, 0, Closed, End::Complete(0)),
        ("R29 the union of the parts is the whole", whole(resumed("\"a\"")), Some(60), 60, Closed, End::Complete(100)),
        ("R29 a gap remains", resumed("\"a\"").durable(&[(0, 60), (61, 100)]), Some(60), 60, Closed, End::More),
    ]
}

/// Runs one row and turns its failure into a line of the report.
fn report<T: PartialEq + std::fmt::Debug>(rule: &str, found: T, wanted: T) -> Option<String> {
    (found != wanted).then(|| format!("{rule}\n     found {found:?}\n    wanted {wanted:?}"))
}

#[track_caller]
fn assert_none(failed: Vec<String>) {
    assert!(failed.is_empty(), "{} rows fail:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn every_request_is_planned_by_the_rules() {
    let rows = plan_rows().into_iter();
    assert_none(
        rows.filter_map(|(rule, given, wanted)| {
            let Request { range, if_range, overlap: _ } = given.request();
            let range = range.map(|range| range.to_string()).unwrap_or_default();
            let found = match if_range {
                None => range,
                Some(validator) => format!("{range} if {validator}"),
            };
            report(rule, found.as_str(), wanted)
        })
        .collect(),
    );
}

#[test]
fn every_answer_is_judged_by_the_rules() {
    let rows = judge_rows().into_iter();
    assert_none(
        rows.filter_map(|(rule, given, head, wanted)| {
            let found = judge(&given.request(), &given.kept(), &head, NOW);
            report(rule, Outcome::from(found), wanted)
        })
        .collect(),
    );
}

#[test]
fn every_end_of_a_body_is_judged_by_the_rules() {
    let rows = end_rows().into_iter();
    assert_none(
        rows.filter_map(|(rule, given, until, position, ending, wanted)| {
            let found = match judge_end(&given.kept(), until, position, ending) {
                EndVerdict::Cut(failure) => {
                    assert!(failure.transient, "a cut connection can be made again");
                    assert_eq!(failure.hresult, Hresult::BG_E_CONNECTION_CLOSED);
                    End::Cut
                }
                EndVerdict::Failed(failure) => {
                    assert!(!failure.transient, "a wrong size stays wrong");
                    assert_eq!(failure.hresult, Hresult::BG_E_VALIDATION_FAILED);
                    End::WrongSize
                }
                EndVerdict::FileComplete { size } => End::Complete(size),
                EndVerdict::More => End::More,
                EndVerdict::WithoutRange(_) => End::WithoutRange,
            };
            report(rule, found, wanted)
        })
        .collect(),
    );
}

#[test]
fn every_rule_has_a_row() {
    // Tested by name below: R23 and R30.
    let mut named = vec!["R23", "R30"];
    named.extend(plan_rows().iter().map(|row| row.0));
    named.extend(judge_rows().iter().map(|row| row.0));
    named.extend(end_rows().iter().map(|row| row.0));
    for rule in 1..=35 {
        let rule = format!("R{rule}");
        assert!(named.iter().any(|row| row.split(' ').next() == Some(&rule)), "no row for {rule}");
    }
}

fn version_of(verdict: Verdict) -> Version {
    match verdict {
        Verdict::Append { version, .. }
        | Verdict::Compare { version, .. }
        | Verdict::Complete { version }
        | Verdict::Whole { version, .. } => version,
        Verdict::Failed(_) | Verdict::Restart(_) | Verdict::WithoutRange(_) => {
            panic!("{verdict:?} has no version")
        }
    }
}

fn version_after(given: &Given, head: &AnswerHead) -> Version {
    version_of(judge(&given.request(), &given.kept(), head, NOW))
}

#[test]
fn the_length_of_a_whole_answer_is_kept_for_a_likely_resume_unless_it_counts_coded_bytes() {
    let after = |head: AnswerHead| version_after(&first_without_range().across(), &head);
    let hidden = after(filtered(200, "content-length: 200000"));
    assert_eq!((hidden.size, hidden.unsure_size, hidden.resumable), (None, Some(200_000), false));
    let coded = after(filtered(200, "content-length: 200000\ncontent-encoding: gzip"));
    assert_eq!((coded.size, coded.unsure_size), (None, None));
    let refusing = after(filtered(200, "content-length: 200000\naccept-ranges: none"));
    assert_eq!((refusing.size, refusing.unsure_size), (None, None));
    let answer = filtered(206, &format!("content-length: 165536\nlast-modified: {MODIFIED}"));
    let compared = version_after(&likely_by_length(), &answer);
    assert_eq!((compared.size, compared.resumable), (Some(200_000), true), "both lengths agree");
}

#[test]
fn mixed_content_is_http_from_https_but_to_this_machine() {
    let from_https = |remote| Reach::between(Some("https://here.test"), remote);
    for near in [
        "http://localhost",
        "http://localhost:8080",
        "http://a.localhost",
        "http://127.0.0.1:8000",
        "http://127.9.9.9",
        "http://[::1]",
        "http://[::1]:80",
    ] {
        assert_eq!(from_https(near), Reach::CrossOrigin, "{near}");
    }
    for far in [
        "http://here.test",
        "http://localhost.test",
        "http://128.0.0.1",
        "http://[::2]",
        "http://[::ffff:127.0.0.1]",
        "http://127.0.0.1.test",
    ] {
        assert_eq!(from_https(far), Reach::MixedContent, "{far}");
    }
    assert_eq!(from_https("https://there.test"), Reach::CrossOrigin);
    assert_eq!(from_https("https://there.test:25"), Reach::BlockedPort);
    assert_eq!(from_https("https://[::25]"), Reach::CrossOrigin);
    assert_eq!(Reach::between(None, "http://there.test:25"), Reach::SameOrigin);
    assert_eq!(from_https("https://here.test"), Reach::SameOrigin);
    assert_eq!(Reach::between(Some("http://here.test"), "http://there.test"), Reach::CrossOrigin);
    assert_eq!(Reach::between(None, "http://there.test"), Reach::SameOrigin);
}

#[test]
fn r23_a_file_of_a_server_that_refuses_ranges_is_not_continued() {
    let head = head(200, "accept-ranges: none\ncontent-length: 100\netag: \"a\"");
    let version = version_after(&first(), &head);
    assert_eq!(plan(&resumed_with(version).kept(), Reach::SameOrigin, false).if_range, None);
}

#[test]
fn r21_a_body_that_may_have_been_decoded_is_not_continued() {
    let fields = "content-length: 41\netag: \"a\"";
    let coded = head(200, &format!("content-encoding: gzip\n{fields}"));
    for head in [coded, filtered(200, fields)] {
        let version = version_after(&first_without_range(), &head);
        assert_eq!(version.etag.as_deref(), Some("\"a\""), "it is still worth telling");
        assert_eq!(resumed_with(version).with_hash().kept().proof(), None);
    }
}

#[test]
fn r4_a_date_is_strong_from_one_second_on() {
    let strong = |modified: &str, date: &str| {
        let fields = format!("content-length: 100\nlast-modified: {modified}\ndate: {date}");
        version_after(&first(), &head(200, &fields)).strong_date
    };
    assert!(strong(MODIFIED, DATE));
    assert!(strong(MODIFIED, "Sun, 06 Nov 1994 08:00:01 GMT"));
    assert!(!strong(MODIFIED, MODIFIED), "a change within the same second would go unseen");
    assert!(!strong(DATE, MODIFIED), "its clock cannot be believed");
    assert!(!strong("yesterday", DATE));
    assert!(!strong(MODIFIED, "today"));
}

#[test]
fn r30_newer_fields_replace_the_stored_ones() {
    let given = resumed("\"a\"").version(|version| {
        version.last_modified = Some(MODIFIED.into());
        version.strong_date = true;
    });
    let head = head(
        206,
        &format!(
            "content-range: bytes 40-49/*\netag: \"a\"\nlast-modified: {MODIFIED_LATER}\n\
             content-type: text/html"
        ),
    );
    let version = version_after(&given, &head);
    assert_eq!(version.last_modified.as_deref(), Some(MODIFIED_LATER));
    assert!(!version.strong_date, "of the newer date nothing is known");
    assert_eq!(&*version.media_type, "text/html");
    assert_eq!(version.size, Some(100), "the size stays, and so does what the answer leaves out");
    assert_eq!(version.etag.as_deref(), Some("\"a\""));
}

#[test]
fn what_a_resume_rests_on_is_told() {
    let proof = |given: Given| given.kept().proof();
    assert_eq!(proof(first()), None);
    assert_eq!(proof(resumed("\"a\"").with_hash()), Some(Proof::Etag));
    assert_eq!(proof(resumed("\"\"")), Some(Proof::Etag), "an empty tag is a tag");
    assert_eq!(proof(resumed_by_date().with_hash()), Some(Proof::Date));
    assert_eq!(proof(resumed("W/\"a\"").with_hash()), Some(Proof::Hash));
    assert_eq!(proof(resumed("W/\"a\"")), None);
    assert_eq!(proof(resumed("\"\u{17f}\"")), None, "no byte of a header field is that character");
    assert_eq!(proof(likely()), Some(Proof::Likely));
    assert_eq!(proof(likely().with_hash()), Some(Proof::Hash));
    assert_eq!(proof(Given { resume: Resume::Proven, ..likely() }), None);
}

#[test]
fn the_type_and_validators_of_an_error_page_are_not_the_files() {
    let head = head(416, "content-range: bytes */0\ncontent-type: text/html\netag: \"error\"");
    let version = version_after(&first(), &head);
    assert_eq!((&*version.media_type, version.etag, version.size), ("", None, Some(0)));
}

#[test]
fn failures_say_what_was_found() {
    let given = first().expecting(101);
    let failed = |head: &AnswerHead| {
        let verdict = judge(&given.request(), &given.kept(), head, NOW);
        let Verdict::Failed(failure) = verdict else { panic!("{verdict:?}") };
        (failure.message, failure.http_status)
    };
    assert_eq!(
        failed(&head(200, "content-length: 100")),
        ("the file has 100 bytes, 101 were expected".to_owned(), 200)
    );
    assert_eq!(failed(&head(404, "")), ("the server answered 404".to_owned(), 404));
    assert_eq!(
        failed(&head(200, "content-length: 9007199254740992")),
        ("the file has more than 9007199254740991 bytes".to_owned(), 200)
    );
    let cut = judge_end(&resumed("\"a\"").kept(), Some(100), 40, Ending::Closed);
    let EndVerdict::Cut(cut) = cut else { panic!("{cut:?}") };
    assert_eq!((cut.message.as_str(), cut.http_status), ("the body ended at byte 40 of 100", 0));
}

#[test]
fn r2_a_weak_tag_proves_nothing_even_to_a_range_that_nobody_should_have_asked_for() {
    let given = resumed("W/\"a\"");
    let range = ByteRange { start: 40, last: None };
    let request = Request { range: Some(range), ..Request::default() };
    let rest = part("bytes 40-99/100", "W/\"a\"");
    assert_eq!(Outcome::from(judge(&request, &given.kept(), &rest, NOW)), Restart);
}
