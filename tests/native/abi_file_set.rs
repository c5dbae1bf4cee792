//! `FILESETINFO`, and its extensions.

use qmgr::abi::{FileSet, FileSetInfo, Hresult, Sha256Integrity};

const INTEGRITY: &str = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

fn info() -> FileSetInfo {
    FileSetInfo {
        remote_file: "HTTP://Server/a.bin".into(),
        local_file: r"C:\Models/A.bin".into(),
        size: Some(0),
        integrity: Some(INTEGRITY.to_owned()),
    }
}

#[track_caller]
fn refused(info: FileSetInfo) {
    let error = FileSet::try_from(info).expect_err("not a legal file set");
    assert_eq!(error.hresult, Hresult::E_INVALIDARG);
}

#[test]
fn a_valid_file_set_turns_back_into_what_was_given() {
    let bare = FileSetInfo { size: None, integrity: None, ..info() };
    for given in [info(), bare] {
        let file = FileSet::try_from(given.clone()).expect("legal");
        assert_eq!(FileSetInfo::from(file), given);
    }
}

#[test]
fn each_part_is_checked() {
    refused(FileSetInfo { remote_file: "ftp://server/a".into(), ..info() });
    refused(FileSetInfo { local_file: "a.bin".into(), ..info() });
    refused(FileSetInfo { size: Some(1 << 53), ..info() });
    refused(FileSetInfo { integrity: Some(String::new()), ..info() });
}

#[test]
fn the_largest_size_is_the_largest_safe_integer() {
    assert!(FileSet::try_from(FileSetInfo { size: Some((1 << 53) - 1), ..info() }).is_ok());
}

#[test]
fn a_hash_is_read_and_written() {
    let hash: Sha256Integrity = INTEGRITY.parse().expect("the hash of no bytes");
    assert_eq!(hash.0[..4], [0xE3, 0xB0, 0xC4, 0x42]);
    assert_eq!(hash.to_string(), INTEGRITY);
}

#[test]
fn any_other_hash_is_an_invalid_argument() {
    #[track_caller]
    fn case(text: &str) {
        let error = text.parse::<Sha256Integrity>().expect_err("not a legal hash");
        assert_eq!(error.hresult, Hresult::E_INVALIDARG);
    }
    let base64 = INTEGRITY.strip_prefix("sha256-").expect("its prefix");
    case("");
    case("sha256-");
    case(base64);
    case(&format!("sha384-{base64}"));
    case(&format!("SHA256-{base64}"));
    case(&format!("sha256-{base64} "));
    case(&format!("{INTEGRITY} {INTEGRITY}"));
    case(INTEGRITY.trim_end_matches('='));
    case(&INTEGRITY.replace('/', "_"));
    // The last digit holds two bits that are no part of the hash.
    case(&INTEGRITY.replace("FU=", "FV="));
    case("sha256-AAAA");
}

#[test]
fn json_has_the_names_of_the_contract_and_is_checked_when_read() {
    let json = serde_json::json!({ "remoteFile": "http://h/a", "localFile": "/a" });
    let file: FileSet = serde_json::from_value(json).expect("legal");
    assert_eq!((file.remote.as_str(), file.local.as_str()), ("http://h/a", "/a"));
    assert_eq!((file.size, file.integrity), (None, None));

    let json = serde_json::json!({ "remoteFile": "http://h/a", "localFile": "a" });
    assert!(serde_json::from_value::<FileSet>(json).is_err());
}
