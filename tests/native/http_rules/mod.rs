//! The rules R1 to R35 for ranges over HTTP, each as rows of a table: what is kept, the answer that
//! comes to the request planned for it, and what may be done with its body.

mod given;
mod rows;

use given::{
    DATE, Given, MODIFIED, MODIFIED_LATER, NOW, Outcome, filtered, first, first_without_range,
    head, likely, likely_by_length, part, resumed, resumed_by_date, resumed_with,
};
use qmgr::abi::Hresult;
use qmgr::http::{
    AnswerHead, ByteRange, EndVerdict, Ending, Reach, Request, Verdict, Version, judge, judge_end,
    plan,
};
use qmgr::protocol::{Proof, Resume};
use rows::{End, end_rows, judge_rows, plan_rows};

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
    assert_eq!(Outcome::from(judge(&request, &given.kept(), &rest, NOW)), Outcome::Restart);
}
