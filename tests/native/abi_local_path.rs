//! Local paths: three forms, which spellings are one file, and what is refused.

use proptest::prelude::*;
use qmgr::abi::{Hresult, LocalDirectory, LocalPath};

#[track_caller]
fn path(text: &str) -> LocalPath {
    LocalPath::parse(text).expect("a legal path")
}

#[test]
fn each_form_has_a_place_of_its_own() {
    #[track_caller]
    fn case(text: &str, stored: &[&str], file_name: &str) {
        let path = path(text);
        assert_eq!(path.segments().collect::<Vec<_>>(), stored);
        assert_eq!((path.as_str(), path.file_name()), (text, file_name));
        assert_eq!(path.key(), stored.join("/"));
    }
    case("/a", &["posix", "a"], "a");
    case("/models/llama-2_7b.bin", &["posix", "models", "llama-2_7b%2Ebin"], "llama-2_7b.bin");
    case("/Models/A", &["posix", "%4Dodels", "%41"], "A");
    case(r"/a\b", &["posix", "a%5Cb"], r"a\b");
    case("/100% <\"|>", &["posix", "100%25%20%3C%22%7C%3E"], "100% <\"|>");
    case("/%41", &["posix", "%2541"], "%41");
    case("/...", &["posix", "%2E%2E%2E"], "...");
    case("/a. ", &["posix", "a%2E%20"], "a. ");
    case("/é/🦀", &["posix", "%C3%A9", "%F0%9F%A6%80"], "🦀");
    case(r"C:\a", &["drive", "c", "a"], "a");
    case(r"C:\Models\A.bin", &["drive", "c", "models", "a%2Ebin"], "A.bin");
    case(r"z:/a\B", &["drive", "z", "a", "b"], "B");
    case(r"C:\É", &["drive", "c", "%C3%89"], "É");
    case(r"\\server\share\a", &["unc", "server", "share", "a"], "a");
    case(r"\\Server.lan\C$\Ab\c", &["unc", "server%2Elan", "c%24", "ab", "c"], "c");
    case("//server/share/a", &["unc", "server", "share", "a"], "a");
}

#[test]
fn spellings_of_one_windows_path_are_one_file() {
    #[track_caller]
    fn case(one: &str, other: &str) {
        assert_eq!(path(one).key(), path(other).key());
        assert_ne!(path(one), path(other), "each keeps its spelling");
    }
    case(r"C:\Models\a.bin", r"c:\models\A.BIN");
    case(r"C:\Models\a.bin", "C:/Models/a.bin");
    case(r"\\Server\Share\a", r"\\server\share\A");
    case(r"\\server\share\a", "//server/share/a");
}

#[test]
fn other_paths_are_other_files() {
    #[track_caller]
    fn case(one: &str, other: &str) {
        assert_ne!(path(one).key(), path(other).key());
    }
    case("/a", "/A");
    case("/a", r"C:\a");
    case("/drive/c/a", r"C:\a");
    case("/unc/server/share/a", r"\\server\share\a");
    case(r"C:\a", r"D:\a");
    case(r"/a\b", "/a/b");
    case("/%41", "/A");
    case("/e\u{301}", "/é");
    case(r"C:\é", r"C:\É");
}

#[test]
fn stored_names_differ_even_where_case_is_ignored() {
    assert!(!path("/a").key().eq_ignore_ascii_case(path("/A").key()));
    assert!(!path("/%4a").key().eq_ignore_ascii_case(path("/%4A").key()));
}

#[test]
fn anything_but_a_full_path_of_a_file_is_an_invalid_argument() {
    #[track_caller]
    fn case(text: &str) {
        let error = LocalPath::parse(text).expect_err("not a legal path");
        assert_eq!(error.hresult, Hresult::E_INVALIDARG);
    }
    case("");
    case(" ");
    case("a");
    case("a/b");
    case(r"a\b");
    case("./a");
    case("../a");
    case("~/a");
    case(r"\a");
    case("C:");
    case("C:a");
    case(r"CD:\a");
    case(r"1:\a");
    case(r"é:\a");
    case("file:///a");
    case("http://server/a");

    case("/");
    case("/a/");
    case("/a//b");
    case("///a");
    case(r"C:\");
    case(r"C:\a\");
    case("C:/a/");
    case(r"C:\a\\b");
    case(r"C:\\a");
    case("//");
    case(r"\\server");
    case(r"\\server\");
    case(r"\\server\share");
    case(r"\\server\share\");
    case(r"\\\share\a");
    case(r"\\server\\a");

    case(r"\\?\C:\a");
    case("//?/C:/a");
    case(r"\\.\C:\a");
    case(r"\\.\pipe\a");
    case(r"\/server\share\a");

    case("/a/./b");
    case("/a/../b");
    case("/..");
    case("/.");
    case(r"C:\..\a");
    case(r"C:\a\.");
    case(r"\\server\share\..\a");

    case("/*.bin");
    case("/a?");
    case(r"C:\a*\b");
    case(r"C:\a?");

    case("/a:b");
    case(r"C:\a:b");
    case(r"C:\a.bin::$DATA");
    case(r"\\server\share\a:b");
    case(r"\\server:80\share\a");

    case(r"C:\a<b");
    case(r"C:\a>b");
    case(r"C:\a|b");
    case("C:\\\"a\"");
    case(r"C:\a.");
    case(r"C:\a ");
    case(r"C:\a.\b");
    case(r"C:\a \b");

    case("/a\u{0}");
    case("/a\nb");
    case("/a\u{7F}");
    case("/a\u{85}");
    case("C:\\a\tb");
}

#[test]
fn device_names_are_refused_in_every_form() {
    for form in ["/", "/a/", r"C:\", r"\\server\share\"] {
        for device in ["CON", "con", "PRN", "AUX", "NUL", "nul.txt", "Con.tar.gz", "CON .txt"] {
            assert!(LocalPath::parse(&format!("{form}{device}")).is_err(), "{form}{device}");
        }
        for device in ["COM1", "com9.log", "LPT1", "lpt5.txt", "COM¹", "LPT³.x"] {
            assert!(LocalPath::parse(&format!("{form}{device}")).is_err(), "{form}{device}");
        }
        for file in ["CONE", "a.con", "COM", "COM0", "COM10", "LPT", "nul_", "auxiliary", "é1"] {
            assert!(LocalPath::parse(&format!("{form}{file}")).is_ok(), "{form}{file}");
        }
    }
    assert!(LocalPath::parse("/aux/file").is_err(), "a directory cannot have one either");
}

#[test]
fn a_path_has_at_most_260_utf16_units() {
    #[track_caller]
    fn case(start: &str, unit: &str, count: usize) {
        let longest = start.to_owned() + &unit.repeat(count);
        assert_eq!(longest.encode_utf16().count(), 260);
        assert_eq!(path(&longest).as_str(), longest);
        let error = LocalPath::parse(&(longest + "a")).expect_err("one unit too long");
        assert_eq!(error.hresult, Hresult::E_INVALIDARG);
        assert_eq!(error.message, "a local path of 261 UTF-16 units where 260 are allowed");
    }
    case("/", "a", 259);
    case("/", "é", 259);
    case("/a", "🦀", 129);
    case(r"C:\a", "/a", 128);
    case(r"\\s\s\a", "b", 253);
}

#[test]
fn an_error_says_what_was_found() {
    #[track_caller]
    fn case(text: &str, message: &str) {
        assert_eq!(LocalPath::parse(text).map_err(|error| error.message), Err(message.to_owned()));
    }
    case("", r#"local path "" is not a full path"#);
    case("C:a", r#"local path "C:a" is not a full path"#);
    case("/a/", r#"local path "/a/" names no file"#);
    case("/a/../b", r#"local path "/a/../b" has a segment of dots"#);
    case("/a\nb", r#"local path "/a\nb" has a control character"#);
}

#[test]
fn a_long_segment_is_stored_in_pieces_that_file_systems_take() {
    let long = path(&format!("/{}", "你".repeat(259)));
    assert!(long.segments().all(|stored| stored.len() <= 201));
    let pieces: Vec<_> = long.segments().skip(1).collect();
    let (last, directories) = pieces.split_last().expect("a name");
    assert!(directories.iter().all(|piece| piece.ends_with('+')));
    let joined: String = directories.iter().map(|piece| piece.trim_end_matches('+')).collect();
    assert_eq!(joined + last, "%E4%BD%A0".repeat(259));

    let exact = path(&format!("/{}", "a".repeat(200)));
    assert_eq!(exact.segments().count(), 2);
}

#[test]
fn a_directory_holds_what_is_below_it() {
    #[track_caller]
    fn case(directory: &str, file: &str, below: bool) {
        let directory = LocalDirectory::parse(directory).expect("a legal directory");
        assert_eq!(path(file).is_below(&directory), below);
    }
    case("/", "/a", true);
    case("/", "/a/b", true);
    case("/", r"C:\a", false);
    case("/a", "/a/b", true);
    case("/a/", "/a/b/c", true);
    case("/a", "/a", false);
    case("/a", "/ab", false);
    case("/a", "/A/b", false);
    case(r"/a\", r"/a\/b", true);
    case(r"C:\", "c:/a", true);
    case("C:/", r"D:\a", false);
    case(r"C:\Models", "c:/models/A", true);
    case(r"C:\Models\", "c:/models/A", true);
    case(r"\\server\share", r"\\Server\Share\a", true);
    case("//server/share/", r"\\server\share\a", true);
    case(r"\\server\share\a", r"\\server\share\a\b", true);
    case(r"\\server\share", r"\\server\other\a", false);
}

#[test]
fn a_directory_is_checked_like_a_path() {
    #[track_caller]
    fn case(text: &str) {
        let error = LocalDirectory::parse(text).expect_err("not a legal directory");
        assert_eq!(error.hresult, Hresult::E_INVALIDARG);
    }
    case("");
    case("a");
    case("C:");
    case(r"\");
    case("//");
    case(r"\\server");
    case(r"\\server\");
    case("/a//");
    case("/../a");
    case("/*");
    case(r"\\?\C:\");
    case(r"C:\CON\");
    case(&format!("/{}", "a".repeat(260)));
}

#[test]
fn json_holds_the_spelling_and_is_checked_when_read() {
    let spelt = r#""C:\\Models/A""#;
    let path: LocalPath = serde_json::from_str(spelt).expect("a legal path");
    assert_eq!(path.key(), "drive/c/models/a");
    assert_eq!(serde_json::to_string(&path).expect("a text"), spelt);
    assert!(serde_json::from_str::<LocalPath>(r#""a""#).is_err());
}

/// Text that is a path now and then, of the characters that matter.
fn odd_path() -> impl Strategy<Value = String> {
    r"(/|[Cc]:[\\/]|\\\\s\\h\\|//)?([aAéb.:*%+ ~\\/-]|CON|🦀){0,8}"
}

proptest! {
    #[test]
    fn no_text_panics(text: String) {
        let _ = (LocalPath::parse(&text), LocalDirectory::parse(&text));
    }

    #[test]
    fn a_path_is_refused_or_kept_as_spelt_and_stored_under_safe_names(text in odd_path()) {
        if let Ok(path) = LocalPath::parse(&text) {
            prop_assert!(path.as_str().ends_with(path.file_name()));
            prop_assert!(!path.file_name().is_empty());
            for stored in path.segments() {
                prop_assert!(!stored.is_empty() && stored.len() <= 201);
                let safe = |c: char| c.is_ascii_alphanumeric() || "-_%+".contains(c);
                prop_assert!(stored.chars().all(safe), "{}", stored);
            }
            prop_assert_eq!(LocalPath::parse(&text), Ok(path));
        }
    }

    #[test]
    fn posix_paths_are_one_file_only_when_spelt_alike(one in odd_path(), other in odd_path()) {
        let (one, other) = (format!("/x{one}"), format!("/x{other}"));
        if let (Ok(one), Ok(other)) = (LocalPath::parse(&one), LocalPath::parse(&other)) {
            prop_assert_eq!(one.key() == other.key(), one.as_str() == other.as_str());
        }
    }

    #[test]
    fn windows_paths_are_one_file_in_any_case_and_with_any_slash(text in odd_path()) {
        let text = format!("C:/{text}");
        let respelt = text.to_ascii_uppercase().replace('/', r"\");
        match (LocalPath::parse(&text), LocalPath::parse(&respelt)) {
            (Ok(path), Ok(respelt)) => prop_assert_eq!(path.key(), respelt.key()),
            (Err(_), Err(_)) => {}
            (path, respelt) => prop_assert!(false, "{path:?} but {respelt:?}"),
        }
    }
}
