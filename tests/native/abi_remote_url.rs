//! Remote URLs: which are taken, and to which origin they belong.

use proptest::prelude::*;
use qmgr::abi::{Hresult, RemoteUrl};

#[test]
fn http_and_https_urls_are_kept_as_spelt_and_know_their_origin() {
    #[track_caller]
    fn case(text: &str, origin: &str) {
        let url = RemoteUrl::parse(text).expect("a legal URL");
        assert_eq!((url.as_str(), &**url.origin()), (text, origin));
    }
    case("http://server/path/file.ext", "http://server");
    case("https://server", "https://server");
    case("HTTP://Example.COM/File.BIN", "http://example.com");
    case("http://example.com:80/", "http://example.com");
    case("https://example.com:443/", "https://example.com");
    case("https://example.com:80/", "https://example.com:80");
    case("http://example.com:/", "http://example.com");
    case("http://127.0.0.1:8080/a", "http://127.0.0.1:8080");
    case("http://[::1]:8080/a", "http://[::1]:8080");
    case("http://h/%E4%BD%A0?a=b&c=%2F#part", "http://h");
    case("http://h/file?glob=*.bin&q=a?b", "http://h");
    case("http://h/file#*", "http://h");
    case("http://h/a/../b;v=1,2/(x)!$&'+=~", "http://h");
}

#[test]
fn every_other_text_is_an_invalid_argument() {
    #[track_caller]
    fn case(text: &str) {
        let error = RemoteUrl::parse(text).expect_err("not a legal URL");
        assert_eq!(error.hresult, Hresult::E_INVALIDARG);
    }
    case("");
    case("server/file");
    case("/file");
    case("//server/file");
    case("ftp://server/file");
    case("file:///C:/file");
    case("data:text/plain,x");
    case("blob:http://server/1");
    case("javascript:alert(1)");
    case("http:");
    case("http:file");
    case("http:/server/file");
    case("http://");
    case("http:///file");
    case("http://:80/file");
    case("http://server:65536/file");
    case("http://server:port/file");
    case("http://user@server/file");
    case("http://user:word@server/file");
    case("http://@server/file");
    case("http://serv%65r/file");
    case("http://[::1/file");
    case("http://server/*.bin");
    case("http://server/a*/file");
    case(" http://server/file");
    case("http://server/file\n");
    case("http://server/a b");
    case("http://server/a\tb");
    case("http://server/a\u{0}b");
    case("http://server/a\\b");
    case("http://server/a|b");
    case("http://server/<a>");
    case("http://server/\"a\"");
    case("http://server/{a}");
    case("http://server/a^b");
    case("http://server/a`b");
    case("http://server/[a]");
    case("http://server/a%");
    case("http://server/a%2");
    case("http://server/a%zz");
    case("http://server/é");
    case("http://sérver/");
    case("http://server/?q=é");
    case("http://server/#a#b");
}

#[test]
fn a_url_has_at_most_2200_units() {
    let longest = format!("http://server/{}", "a".repeat(2_200 - 14));
    assert!(RemoteUrl::parse(&longest).is_ok());
    let error = RemoteUrl::parse(&(longest + "a")).expect_err("one unit too long");
    assert_eq!(error.hresult, Hresult::E_INVALIDARG);
    assert_eq!(error.message, "a URL of 2201 UTF-16 units where 2200 are allowed");
}

#[test]
fn an_error_says_what_was_found() {
    #[track_caller]
    fn case(text: &str, message: &str) {
        assert_eq!(RemoteUrl::parse(text).map_err(|error| error.message), Err(message.to_owned()));
    }
    case("ftp://server/a", r#"URL "ftp://server/a" is neither http nor https"#);
    case("http:///a", r#"URL "http:///a" names no host"#);
    let without_scheme = ["", "nothing", "example.com/a.bin", "//server/a", "/a:b", "?a:b", "#a:b"];
    for text in without_scheme {
        case(
            text,
            &format!(r#"URL "{text}" has no scheme: it has to begin with https:// or http://"#),
        );
    }
    case("http://h/a b", r#"URL "http://h/a b" is malformed: unexpected character at index 10"#);
    case("1http://h/", r#"URL "1http://h/" is malformed: unexpected character at index 0"#);
    case("http://h/*", r#"URL "http://h/*" has a wildcard in its path"#);
}

#[test]
fn json_holds_the_text_and_is_checked_when_read() {
    let url = RemoteUrl::parse("http://server/a").expect("a legal URL");
    assert_eq!(serde_json::to_string(&url).expect("a text"), r#""http://server/a""#);
    assert_eq!(serde_json::from_str::<RemoteUrl>(r#""http://server/a""#).expect("legal"), url);
    assert!(serde_json::from_str::<RemoteUrl>(r#""ftp://server/a""#).is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text: String) {
        let _ = RemoteUrl::parse(&text);
    }

    #[test]
    fn a_url_of_odd_parts_is_refused_or_kept_as_spelt(
        text in "(http|HTTPS)://[a-z%@:\\[\\]é.]{0,12}(:[0-9]{0,6})?/[ -~é]{0,20}",
    ) {
        if let Ok(url) = RemoteUrl::parse(&text) {
            prop_assert_eq!(url.as_str(), text);
            prop_assert!(url.as_str().is_ascii());
            prop_assert!(RemoteUrl::parse(url.origin()).is_ok());
        }
    }
}
