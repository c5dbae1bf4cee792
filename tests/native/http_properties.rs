//! Properties of the HTTP judge: a client that does what it is told, against servers that change
//! their file at any time and misbehave in any order, ends with the bytes of one version or not at
//! all; and no header whatever makes it panic or write where it was not told to.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use qmgr::http::{
    AnswerHead, ByteRange, EndVerdict, Ending, Headers, Kept, OVERLAP, Reach, Request, Verdict,
    Version, judge, judge_end, plan,
};
use qmgr::protocol::Resume;
use qmgr::ranges::Ranges;
use qmgr::time::Millis;
use std::collections::BTreeSet;
use std::ops::Range;

const NOW: Millis = Millis(784_111_777_000);

/// The same cases each time; `PROPTEST_RNG_SEED` and `PROPTEST_CASES` ask for others and for more.
fn cases(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(1);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

/// What the server's validators are like. All of them are honest: equal only for equal files.
#[derive(Clone, Copy, Debug)]
enum Validator {
    Both,
    Date,
    /// All versions were made within the second in which they are sent.
    DateTooYoung,
    Malformed,
    None,
    Strong,
    Weak,
}

/// What does not change during a download.
#[derive(Clone, Debug)]
struct Server {
    /// The file, one version after the other.
    versions: Vec<Vec<u8>>,
    validator: Validator,
    /// Evaluates `If-Range`; otherwise passes over it.
    knows_if_range: bool,
    /// The page is of another origin, and which fields it may see there.
    across: bool,
    exposes_etag: bool,
    exposes_range: bool,
}

/// How the server answers one request. `Default` is without fault.
#[derive(Clone, Debug, Default)]
struct Turn {
    /// A new version has come.
    changes: bool,
    /// The redirect leads to a mirror, whose versions have the same validators and other bytes.
    mirror: bool,
    fault: Fault,
    /// 206 with at most so many bytes.
    cap: Option<u64>,
    /// The total is given as `*`.
    hides_total: bool,
    /// There is a `Content-Length`.
    length: bool,
    /// The connection ends after so many bytes of the body: with an error, or as if it were over.
    cut: Option<(u64, Ending)>,
    /// These bytes of the body arrive and never become durable.
    lost: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Fault {
    #[default]
    None,
    /// Answers 206 to a request without Range.
    AlwaysPart,
    /// Sends coded bytes, which the browser decodes.
    Coded,
    /// Answers 200 whatever is asked for.
    IgnoresRange,
    /// Ignores where the range ends.
    IgnoresLast,
    /// Sends a MIME envelope.
    Multipart,
    /// A range without a Content-Range.
    NoContentRange,
    /// A range that begins so many bytes later, rightly labelled.
    Shifted(u64),
    /// 416, rightly labelled, whatever is asked for.
    Unsatisfied,
    /// 416 without the size.
    UnsatisfiedMute,
    /// 503.
    Unavailable,
}

/// Names the file that a body is cut from: mirror, version.
type Origin = (bool, usize);

struct Answer {
    head: AnswerHead,
    origin: Origin,
    body: Vec<u8>,
    ending: Ending,
}

impl Server {
    fn file(&self, (mirror, version): Origin) -> Vec<u8> {
        let bytes = self.versions[version].iter();
        bytes.map(|byte| if mirror { !byte } else { *byte }).collect()
    }

    fn etag(&self, version: usize) -> Option<String> {
        match self.validator {
            Validator::Both | Validator::Strong => Some(format!("\"{version}\"")),
            Validator::Weak => Some(format!("W/\"{version}\"")),
            // Whoever holds it for a validator takes all versions for one.
            Validator::Malformed => Some("tag".to_owned()),
            Validator::Date | Validator::DateTooYoung | Validator::None => None,
        }
    }

    fn last_modified(&self, version: usize) -> Option<String> {
        match self.validator {
            Validator::Both | Validator::Date => {
                Some(format!("Sun, 06 Nov 1994 08:00:{version:02} GMT"))
            }
            Validator::DateTooYoung => Some("Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
            Validator::Malformed | Validator::None | Validator::Strong | Validator::Weak => None,
        }
    }

    fn answer(&self, request: &Request, turn: &Turn, version: usize) -> Answer {
        let origin = (turn.mirror, version);
        let file = self.file(origin);
        let size = file.len() as u64;
        let validators = [self.etag(version), self.last_modified(version)];
        let fulfilled = request.if_range.is_none()
            || !self.knows_if_range
            || validators.contains(&request.if_range);
        let mut range = request.range.filter(|_| fulfilled);
        match turn.fault {
            Fault::AlwaysPart => range = range.or(Some(ByteRange { start: 0, last: None })),
            Fault::Coded | Fault::IgnoresRange => range = None,
            Fault::IgnoresLast => range = range.map(|range| ByteRange { last: None, ..range }),
            Fault::Shifted(by) => {
                range = range.map(|range| ByteRange {
                    start: range.start + by,
                    last: range.last.map(|last| last + by),
                });
            }
            Fault::Multipart | Fault::NoContentRange | Fault::None => {}
            Fault::Unavailable | Fault::Unsatisfied | Fault::UnsatisfiedMute => {}
        }
        let mut headers = Headers {
            etag: self.etag(version),
            last_modified: self.last_modified(version),
            date: Some("Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
            content_type: Some("application/octet-stream".to_owned()),
            ..Headers::default()
        };
        let refused = matches!(turn.fault, Fault::Unsatisfied | Fault::UnsatisfiedMute);
        let (status, mut body) = match range {
            _ if matches!(turn.fault, Fault::Unavailable) => (503, Vec::new()),
            Some(range) if refused || range.start >= size => {
                let mute = matches!(turn.fault, Fault::UnsatisfiedMute);
                headers.content_range = (!mute).then(|| format!("bytes */{size}"));
                (416, Vec::new())
            }
            None => (200, file),
            Some(range) => {
                let wanted = range.last.map_or(size, |last| size.min(last + 1));
                let end = turn.cap.map_or(wanted, |cap| wanted.min(range.start + cap));
                let total = if turn.hides_total { "*".to_owned() } else { format!("{size}") };
                headers.content_range = Some(format!("bytes {}-{}/{total}", range.start, end - 1));
                (206, file[range.start as usize..end as usize].to_vec())
            }
        };
        headers.content_length = turn.length.then(|| body.len().to_string());
        if matches!(turn.fault, Fault::Coded) {
            headers.content_encoding = Some("gzip".to_owned());
            headers.content_length = turn.length.then(|| (body.len() / 2).to_string());
        }
        if matches!(turn.fault, Fault::Multipart) && status == 206 {
            headers.content_type = Some("multipart/byteranges; boundary=x".to_owned());
            headers.content_range = None;
            headers.content_length = None;
            body = [b"--x\r\n\r\n".as_slice(), &body, b"\r\n--x--"].concat();
        }
        if matches!(turn.fault, Fault::NoContentRange) {
            headers.content_range = None;
        }
        // A 200 of unknown length that is cut as if it were over is beyond any client (R25).
        let told = status == 206 || headers.content_length.is_some() && range.is_some();
        let mut ending = Ending::Closed;
        if let Some((at, how)) = turn.cut
            && (at as usize) < body.len()
        {
            body.truncate(at as usize);
            ending = if told && !self.across { how } else { Ending::Broken };
        }
        if self.across {
            headers.accept_ranges = None;
            headers.content_encoding = None;
            headers.date = None;
            headers.etag = headers.etag.filter(|_| self.exposes_etag);
            headers.content_range = headers.content_range.filter(|_| self.exposes_range);
        }
        let host = if turn.mirror { "mirror" } else { "home" };
        let url = format!("https://{host}.test/file?signature={version}");
        Answer {
            head: AnswerHead { status, filtered: self.across, url, headers },
            origin,
            body,
            ending,
        }
    }
}

/// A driver and a queue that do what they are told.
struct Client<'a> {
    server: &'a Server,
    expected_size: Option<u64>,
    hash_decides: bool,
    resume: Resume,
    durable: Ranges,
    version: Option<Version>,
    part: Vec<u8>,
    /// Whose bytes are in the part.
    origins: BTreeSet<Origin>,
    without_range: bool,
}

#[derive(Debug, PartialEq)]
enum Step {
    Done,
    Failed,
    GoOn,
}

impl Client<'_> {
    fn kept(&self) -> Kept<'_> {
        Kept {
            durable: &self.durable,
            version: self.version.as_ref(),
            expected_size: self.expected_size,
            hash_decides: self.hash_decides,
            resume: self.resume,
        }
    }

    fn forget(&mut self, without_range: bool) -> Step {
        self.durable = Ranges::new();
        self.version = None;
        self.part.clear();
        self.origins.clear();
        self.without_range = without_range;
        Step::GoOn
    }

    fn step(&mut self, turn: &Turn, version: usize) -> Step {
        let reach = if self.server.across { Reach::CrossOrigin } else { Reach::SameOrigin };
        let request = plan(&self.kept(), reach, self.without_range);
        self.without_range = false;
        assert!(request.range.is_some() || request.if_range.is_none(), "R1");
        let mut answer = self.server.answer(&request, turn, version);
        let (at, until, version) = match judge(&request, &self.kept(), &answer.head, NOW) {
            Verdict::Append { at, until, version } => {
                assert_eq!(
                    Some(at),
                    request.range.map(|range| range.start),
                    "a gap, or an overlap"
                );
                (at, until, version)
            }
            Verdict::Compare { at, from, until, version } => {
                assert_eq!(Some(at), request.range.map(|range| range.start));
                assert_eq!(self.resume, Resume::Likely);
                assert!(has_all(&self.durable, at..from), "it is not kept");
                let length = (from - at) as usize;
                if answer.body.len() < length {
                    return Step::GoOn;
                }
                if answer.body[..length] != self.part[at as usize..from as usize] {
                    return self.forget(false);
                }
                answer.body.drain(..length);
                (from, Some(until), version)
            }
            Verdict::Complete { version } => {
                self.version = Some(version);
                return self.done(self.version.as_ref().and_then(|version| version.size));
            }
            Verdict::Failed(failure) if failure.transient => return Step::GoOn,
            Verdict::Failed(_) => return Step::Failed,
            Verdict::Restart(_) => return self.forget(false),
            Verdict::Whole { until, version } => {
                self.forget(false);
                (0, until, version)
            }
            Verdict::WithoutRange(_) => {
                assert!(request.range.is_some(), "nothing else is left to try");
                return self.forget(true);
            }
        };
        self.version = Some(version);
        self.write(at, until, &answer, turn.lost);
        let position = at + answer.body.len() as u64;
        match judge_end(&self.kept(), until, position, answer.ending) {
            EndVerdict::Cut(failure) => {
                assert!(failure.transient, "a cut connection can be made again");
                Step::GoOn
            }
            EndVerdict::Failed(_) => Step::Failed,
            EndVerdict::FileComplete { size } => self.done(Some(size)),
            EndVerdict::More => Step::GoOn,
            EndVerdict::WithoutRange(_) => self.forget(true),
        }
    }

    fn write(&mut self, at: u64, until: Option<u64>, answer: &Answer, lost: Option<(u64, u64)>) {
        let end = at + answer.body.len() as u64;
        let end = until.map_or(end, |until| end.min(until));
        let (from, to) = lost.map_or((end, end), |(from, to)| (at + from, at + from.max(to)));
        for range in [at..end.min(from), at.max(to)..end] {
            if range.is_empty() {
                continue;
            }
            assert!(!has_any(&self.durable, &range), "durable bytes are written again");
            let (start, stop) = (range.start as usize, range.end as usize);
            let body = &answer.body[start - at as usize..stop - at as usize];
            self.part.resize(self.part.len().max(stop), 0);
            self.part[start..stop].copy_from_slice(body);
            self.durable.insert(range);
            self.origins.insert(answer.origin);
        }
        if !self.hash_decides {
            self.assert_one_version();
        }
    }

    /// Every durable byte is the byte at that place in one and the same file.
    fn assert_one_version(&self) {
        assert!(self.origins.len() <= 1, "a mixture of {:?}", self.origins);
        for origin in &self.origins {
            let file = self.server.file(*origin);
            for range in self.durable.iter() {
                let range = range.start as usize..range.end as usize;
                assert!(self.part.get(range.clone()) == file.get(range.clone()), "in {range:?}");
            }
        }
    }

    /// The file is said to be whole: with a hash it may be found out, without one it must be.
    fn done(&self, size: Option<u64>) -> Step {
        let size = size.expect("a whole file has a size");
        assert!(self.kept().is_whole(size), "bytes are missing or left over");
        if self.expected_size.is_some_and(|expected| expected != size) {
            panic!("{size} bytes where {:?} were expected", self.expected_size);
        }
        let mirrors = [false, true];
        let files = mirrors.iter().flat_map(|mirror| {
            (0..self.server.versions.len()).map(|version| self.server.file((*mirror, version)))
        });
        let exact = files.into_iter().any(|file| file == self.part);
        assert!(exact || self.hash_decides, "no version has these bytes");
        if exact { Step::Done } else { Step::Failed }
    }
}

fn any_validator() -> impl Strategy<Value = Validator> {
    prop_oneof![
        1 => Just(Validator::Both),
        1 => Just(Validator::Date),
        1 => Just(Validator::DateTooYoung),
        1 => Just(Validator::Malformed),
        1 => Just(Validator::None),
        3 => Just(Validator::Strong),
        1 => Just(Validator::Weak),
    ]
}

/// Versions of few bytes, often of equal length, so that a mixture is easily made.
fn any_versions() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let size = prop_oneof![4 => Just(12_usize), 1 => 0..20_usize];
    vec(size.prop_flat_map(|size| vec(any::<u8>(), size)), 1..5)
}

fn any_server() -> impl Strategy<Value = Server> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (any_versions(), any_validator(), flags).prop_map(
        |(versions, validator, (knows_if_range, across, exposes_etag, exposes_range))| Server {
            versions,
            validator,
            knows_if_range,
            across,
            exposes_etag,
            exposes_range,
        },
    )
}

fn any_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        20 => Just(Fault::None),
        1 => Just(Fault::AlwaysPart),
        2 => Just(Fault::Coded),
        2 => Just(Fault::IgnoresRange),
        2 => Just(Fault::IgnoresLast),
        1 => Just(Fault::Multipart),
        2 => Just(Fault::NoContentRange),
        2 => (1..4_u64).prop_map(Fault::Shifted),
        1 => Just(Fault::Unsatisfied),
        1 => Just(Fault::UnsatisfiedMute),
        1 => Just(Fault::Unavailable),
    ]
}

fn any_turn() -> impl Strategy<Value = Turn> {
    let ending = prop_oneof![Just(Ending::Broken), Just(Ending::Closed)];
    (
        prop::bool::weighted(0.25),
        prop::bool::weighted(0.15),
        any_fault(),
        option::weighted(0.3, 1..12_u64),
        prop::bool::weighted(0.3),
        any::<bool>(),
        option::weighted(0.6, (0..12_u64, ending)),
        option::weighted(0.2, (0..6_u64, 0..12_u64)),
    )
        .prop_map(|(changes, mirror, fault, cap, hides_total, length, cut, lost)| Turn {
            changes,
            mirror,
            fault,
            cap,
            hides_total,
            length,
            cut,
            lost,
        })
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn a_file_is_of_one_version_or_it_is_not_had(
        server in any_server(),
        turns in vec(any_turn(), 0..12),
        knows_size in prop::bool::weighted(0.2),
        hash_decides in prop::bool::weighted(0.2),
    ) {
        let last = server.versions.len() - 1;
        let mut client = Client {
            server: &server,
            expected_size: knows_size.then(|| server.versions[last].len() as u64),
            hash_decides,
            resume: Resume::Proven,
            durable: Ranges::new(),
            version: None,
            part: Vec::new(),
            origins: BTreeSet::new(),
            without_range: false,
        };
        let mut version = 0;
        for turn in &turns {
            version = last.min(version + usize::from(turn.changes));
            if client.step(turn, version) != Step::GoOn {
                return Ok(());
            }
        }
        // From here on the server is faultless. At most: what is kept is forgotten, twice, and
        // everything comes anew; or each of the gaps is closed and the end asked for.
        let gaps = client.durable.iter().count();
        let steps = (0..gaps + 4).map(|_| client.step(&Turn::default(), last));
        let ended = steps.into_iter().find(|step| *step != Step::GoOn);
        // Only a hash may find a mixture; its file is wrong before the faults end.
        prop_assert!(ended == Some(Step::Done) || hash_decides && ended.is_some(), "{:?}", ended);
    }
}

/// Versions that are long enough to have an overlap compared, and nothing in common.
fn any_long_versions() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let size = prop_oneof![4 => Just(0_usize), 1 => 0..20_usize];
    vec((any::<u64>(), size), 1..4).prop_map(|versions| {
        let versions = versions.into_iter();
        versions
            .map(|(seed, more)| {
                let mut bytes = vec![0; 2 * OVERLAP as usize + more];
                fastrand::Rng::with_seed(seed).fill(&mut bytes);
                bytes
            })
            .collect()
    })
}

fn any_long_turn() -> impl Strategy<Value = Turn> {
    let fault = prop_oneof![3 => Just(Fault::None), 1 => any_fault()];
    (any_turn(), fault, any::<bool>(), 60_000..140_000_u64).prop_map(
        |(turn, fault, changes, cut)| Turn {
            changes,
            fault,
            cap: turn.cap.map(|cap| cap * 20_000),
            cut: turn.cut.map(|(_, how)| (cut, how)),
            lost: turn.lost.map(|(from, to)| (from * 20_000, to * 12_000)),
            ..turn
        },
    )
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_likely_file_too_is_of_one_version_where_the_versions_have_no_bytes_in_common(
        server in any_server(),
        versions in any_long_versions(),
        across in prop::bool::weighted(0.8),
        turns in vec(any_long_turn(), 0..12),
    ) {
        let last = versions.len() - 1;
        // One that tells the versions apart leaves nothing to the overlap.
        let validator = match server.validator {
            Validator::Both => Validator::Both,
            Validator::Weak => Validator::Date,
            Validator::Date | Validator::DateTooYoung | Validator::Malformed | Validator::None
            | Validator::Strong => Validator::DateTooYoung,
        };
        let server = Server { versions, validator, across, ..server };
        let mut client = Client {
            server: &server,
            expected_size: None,
            hash_decides: false,
            resume: Resume::Likely,
            durable: Ranges::new(),
            version: None,
            part: Vec::new(),
            origins: BTreeSet::new(),
            without_range: false,
        };
        let mut version = 0;
        for turn in &turns {
            version = last.min(version + usize::from(turn.changes));
            if client.step(turn, version) != Step::GoOn {
                return Ok(());
            }
        }
        let gaps = client.durable.iter().count();
        let steps = (0..gaps + 4).map(|_| client.step(&Turn::default(), last));
        let ended = steps.into_iter().find(|step| *step != Step::GoOn);
        prop_assert_eq!(ended, Some(Step::Done));
    }
}

/// A number of the kind that breaks parsers.
fn any_number() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (0..200_u64).prop_map(|number| number.to_string()),
        1 => prop::sample::select(vec![
            "4294967295", "4294967296", "9007199254740991", "9007199254740992",
            "9223372036854775807", "9223372036854775808", "18446744073709551615",
            "18446744073709551616", "99999999999999999999999999", "-1", "+1", "", "abc", "1.5", "0x10",
            "００", "1e3", "*",
        ]).prop_map(str::to_owned),
    ]
}

fn any_content_range() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (any_number(), any_number(), any_number())
            .prop_map(|(first, last, total)| format!("bytes {first}-{last}/{total}")),
        1 => any_number().prop_map(|total| format!("bytes */{total}")),
        1 => (any_number(), any_number()).prop_map(|(a, b)| format!("items {a}-{b}/*")),
        1 => "\\PC{0,20}",
    ]
}

fn any_etag() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["\"a\"", "\"b\"", "W/\"a\"", "W/\"b\"", "a", "\"a", "\"", "", "\"\""])
        .prop_map(str::to_owned)
}

fn any_date() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "Sun, 06 Nov 1994 08:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sun, 99 Nov 1994 99:99:99 GMT",
        "0",
        "-1",
        "",
    ])
    .prop_map(str::to_owned)
}

fn any_head() -> impl Strategy<Value = AnswerHead> {
    let status = prop_oneof![4 => Just(206_u16), 2 => Just(200), 2 => Just(416), 1 => any::<u16>()];
    let kind = prop::sample::select(vec!["text/plain", "multipart/byteranges", ";", ""]);
    let coding = prop::sample::select(vec!["gzip", "identity", "", "br, gzip"]);
    let url = prop::sample::select(vec!["https://a.test/a", "https://a.test/a?b#c", "?", ""]);
    let accept = prop::sample::select(vec!["none", "bytes", ""]);
    (
        (status, any::<bool>(), url, option::of(any_content_range())),
        (option::of(any_number()), option::weighted(0.2, kind), option::weighted(0.1, coding)),
        (option::of(any_etag()), option::of(any_date()), option::of(any_date())),
        (option::of(prop_oneof![any_number(), any_date()]), option::of(accept)),
    )
        .prop_map(
            |(
                (status, filtered, url, content_range),
                (content_length, content_type, content_encoding),
                (etag, last_modified, date),
                (retry_after, accept_ranges),
            )| AnswerHead {
                status,
                filtered,
                url: url.to_owned(),
                headers: Headers {
                    accept_ranges: accept_ranges.map(str::to_owned),
                    content_encoding: content_encoding.map(str::to_owned),
                    content_length,
                    content_range,
                    content_type: content_type.map(str::to_owned),
                    date,
                    etag,
                    last_modified,
                    retry_after,
                },
            },
        )
}

fn any_version() -> impl Strategy<Value = Version> {
    (
        (option::of(any_etag()), option::of(any_date()), any::<bool>()),
        option::of(prop_oneof![0..200_u64, any::<u64>()]),
        option::of(0..200_000_u64),
        (any::<bool>(), prop::bool::weighted(0.9)),
    )
        .prop_map(|((etag, last_modified, strong_date), size, unsure_size, flags)| {
            let (filtered, resumable) = flags;
            Version {
                etag: etag.map(Into::into),
                last_modified: last_modified.map(Into::into),
                strong_date,
                size,
                unsure_size,
                media_type: "".into(),
                source: "https://a.test/a".into(),
                filtered,
                resumable,
            }
        })
}

fn any_durable() -> impl Strategy<Value = Ranges> {
    let range = prop_oneof![
        8 => (0..100_u64, 1..100_u64),
        1 => (any::<u64>(), 1..100_u64),
    ];
    vec(range, 0..4).prop_map(|ranges| {
        let ranges = ranges.into_iter();
        ranges
            .map(|(start, length)| {
                start.min(u64::MAX - length)..start.min(u64::MAX - length) + length
            })
            .collect()
    })
}

fn has_all(durable: &Ranges, bytes: Range<u64>) -> bool {
    durable.gaps(bytes.end).all(|gap| gap.end <= bytes.start)
}

fn has_any(durable: &Ranges, bytes: &Range<u64>) -> bool {
    durable.iter().any(|range| range.start < bytes.end && bytes.start < range.end)
}

/// `bytes FIRST-LAST/…`, read by other means than the judge's.
fn labelled(head: &AnswerHead) -> Option<(u64, u64)> {
    let text = head.headers.content_range.as_deref()?;
    let (first, rest) = text.strip_prefix("bytes ")?.split_once('-')?;
    Some((first.parse().ok()?, rest.split('/').next()?.parse().ok()?))
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn no_head_leads_astray(
        durable in any_durable(),
        version in option::weighted(0.9, any_version()),
        expected_size in option::weighted(0.2, 0..200_u64),
        hash_decides in any::<bool>(),
        is_likely in any::<bool>(),
        across in any::<bool>(),
        without_range in prop::bool::weighted(0.1),
        head in any_head(),
        now in any::<u64>(),
        position in any::<u64>(),
    ) {
        let kept = Kept {
            durable: &durable,
            version: version.as_ref(),
            expected_size,
            hash_decides,
            resume: if is_likely { Resume::Likely } else { Resume::Proven },
        };
        let reach = if across { Reach::CrossOrigin } else { Reach::SameOrigin };
        let request = plan(&kept, reach, without_range);
        let verdict = judge(&request, &kept, &head, Millis(now));
        match &verdict {
            Verdict::Append { at, until, version: appended } => {
                let stored = version.as_ref().expect("only a kept version is continued");
                let asked = request.range.expect("only a range continues it");
                prop_assert_eq!(head.status, 206);
                prop_assert_eq!(*at, asked.start);
                prop_assert!(kept.proof().is_some() && !durable.contains(*at));
                // From the first new byte to the last there is nothing that is kept.
                if let Some(until) = until {
                    prop_assert!(durable.iter().all(|range| range.end <= *at || range.start >= *until));
                }
                match labelled(&head) {
                    Some((first, last)) => {
                        prop_assert_eq!(first, asked.start);
                        prop_assert!(until.is_some_and(|until| until <= last + 1));
                    }
                    None => prop_assert!(head.filtered && hash_decides),
                }
                let etag = stored.etag.as_deref().is_some_and(|etag| {
                    etag.starts_with('"') && head.headers.etag.as_deref() == Some(etag)
                });
                let date = stored.etag.is_none()
                    && stored.last_modified.is_some()
                    && stored.last_modified.as_deref() == head.headers.last_modified.as_deref();
                prop_assert!(etag || date || hash_decides);
                prop_assert!(stored.size.is_none() || appended.size == stored.size);
            }
            Verdict::Compare { at, from, until, version: appended } => {
                let stored = version.as_ref().expect("only a kept version is continued");
                prop_assert!(is_likely && head.status == 206);
                prop_assert_eq!(Some(*at), request.range.map(|range| range.start));
                prop_assert_eq!(from - at, OVERLAP);
                prop_assert!(has_all(&durable, *at..*from));
                prop_assert!(from <= until && !has_any(&durable, &(*from..*until)));
                prop_assert!(stored.last_modified.is_some());
                prop_assert_eq!(stored.last_modified.as_deref(), head.headers.last_modified.as_deref());
                prop_assert!(appended.size.is_some());
                prop_assert!(stored.size == appended.size || stored.unsure_size == appended.size);
            }
            Verdict::Complete { version } => {
                prop_assert_eq!(head.status, 416);
                prop_assert!(version.size.is_some_and(|size| kept.is_whole(size)));
            }
            Verdict::Failed(failure) => {
                prop_assert!(failure.hresult.0 >> 31 == 1);
                prop_assert!(failure.retry_after.is_none_or(|span| span <= Millis(86_400_000)));
            }
            Verdict::Restart(_) => prop_assert!(!durable.is_empty()),
            Verdict::Whole { .. } => prop_assert!(matches!(head.status, 200 | 206)),
            Verdict::WithoutRange(_) => prop_assert!(request.range.is_some()),
        }
        if let Verdict::Append { version, until, .. } | Verdict::Whole { version, until } = &verdict {
            prop_assert!(expected_size.is_none() || version.size.is_none() || version.size == expected_size);
            let kept = Kept { version: Some(version), ..kept };
            for ending in [Ending::Broken, Ending::Closed] {
                match judge_end(&kept, *until, position, ending) {
                    EndVerdict::FileComplete { size } => prop_assert!(kept.is_whole(size)),
                    EndVerdict::Cut(failure) => prop_assert!(failure.transient),
                    EndVerdict::Failed(failure) => prop_assert!(!failure.transient),
                    EndVerdict::More => prop_assert!(kept.proof().is_some()),
                    EndVerdict::WithoutRange(_) => {}
                }
            }
        }
    }
}
