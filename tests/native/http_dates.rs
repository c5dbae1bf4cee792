//! Dates of HTTP: as `httpdate` writes them, in their three forms, and what is none.

use proptest::prelude::*;
use qmgr::http::Version;
use qmgr::time::Millis;
use std::time::{Duration, UNIX_EPOCH};

fn read(text: &str) -> Option<Millis> {
    let last_modified = Some(text.into());
    Version { last_modified, ..Version::default() }.modified_at()
}

proptest! {
    #[test]
    fn a_date_is_read_as_it_was_written(seconds in 0..253_402_300_800_u64) {
        let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        prop_assert_eq!(read(&text), Some(Millis(seconds * 1_000)));
    }

    #[test]
    fn no_text_is_too_strange(text: String, words in "[0-9]{0,30}[ :,-]([A-Za-z0-9]{0,20}[ :,-]){5,6}(GMT|[0-9]{0,30})") {
        read(&text);
        read(&words);
    }
}

#[test]
fn a_date_has_three_forms() {
    let expected = Some(Millis(784_111_777_000));
    for text in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        " Sun, 06 Nov 1994 08:49:37 GMT ",
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
    assert_eq!(read("Thursday, 01-Jan-70 00:00:00 GMT"), Some(Millis(0)));
    assert_eq!(read("Friday, 31-Dec-69 00:00:00 GMT"), Some(Millis(3_155_673_600_000)), "2069");
    assert_eq!(read("Tue, 29 Feb 2000 23:59:59 GMT"), Some(Millis(951_868_799_000)));
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        "0",
        "yesterday",
        "2024-01-01T00:00:00Z",
        "Wed, 31 Dec 1969 23:59:59 GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:60 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Thu, 31 Nov 1994 08:49:37 GMT",
        "Thu, 29 Feb 1900 08:49:37 GMT",
        "Wed, 29 Feb 2023 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 ovD 1994 08:49:37 GMT",
        "Sun, 06 Nov 10000 08:49:37 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}
