//! HRESULTs: names, parts, and what a failed job reports of them.

use qmgr::abi::{Hresult, QmgrError};

#[test]
fn every_code_of_the_table_has_its_own_name() {
    for &(name, code) in Hresult::ALL {
        assert_eq!(Hresult(code).name(), Some(name));
        assert_eq!(Hresult(code).to_string(), name);
    }
}

#[test]
fn a_code_without_a_name_is_written_as_eight_hex_digits() {
    assert_eq!(Hresult(0x8007_0002).to_string(), "0x80070002");
    assert_eq!(Hresult(2).to_string(), "0x00000002");
    assert_eq!(Hresult::CANCELLED.to_string(), "0x800704C7");
    assert_eq!(Hresult::CANCELLED.name(), None);
}

#[test]
fn facilities_and_codes_are_read_from_their_bits() {
    #[track_caller]
    fn case(hresult: Hresult, facility: u32, code: u32) {
        assert_eq!((hresult.facility(), hresult.code()), (facility, code));
    }
    case(Hresult::E_INVALIDARG, 7, 87);
    case(Hresult::BG_E_HTTP_ERROR_404, 25, 404);
    case(Hresult::BG_E_EMPTY, 32, 3);
    case(Hresult::QM_E_ITEM_NOT_FOUND, 0x100, 0x1004);
    case(Hresult::E_UNEXPECTED, 0, 0xFFFF);
}

#[test]
fn win32_codes_become_hresults() {
    assert_eq!(Hresult::from_win32(0), Hresult::S_OK);
    assert_eq!(Hresult::from_win32(5), Hresult::E_ACCESSDENIED);
    assert_eq!(Hresult::from_win32(0x8020_0003), Hresult::BG_E_EMPTY);
    assert_eq!(Hresult::FILE_NOT_FOUND, Hresult(0x8007_0002));
    assert_eq!(Hresult::DISK_FULL, Hresult(0x8007_0070));
    assert_eq!(Hresult::CANCELLED, Hresult(0x8007_04C7));
    assert_eq!(Hresult::WINHTTP_CANNOT_CONNECT, Hresult(0x8007_2EFD));
}

#[test]
fn http_statuses_become_hresults_named_or_not() {
    assert_eq!(Hresult::from_http(404), Hresult::BG_E_HTTP_ERROR_404);
    assert_eq!(Hresult::from_http(505), Hresult::BG_E_HTTP_ERROR_505);
    assert_eq!(Hresult::from_http(429), Hresult(0x8019_01AD));
    assert_eq!(Hresult::from_http(429).name(), None);
}

#[test]
fn a_failure_is_reported_as_ruling_a19_says() {
    #[track_caller]
    fn case(hresult: Hresult, win32: u32, transport: u32) {
        assert_eq!((hresult.win32_result(), hresult.transport_result()), (win32, transport));
    }
    case(Hresult::DISK_FULL, 112, 0);
    case(Hresult::E_ACCESSDENIED, 5, 0);
    case(Hresult::BG_E_HTTP_ERROR_404, 0x8019_0194, 404);
    case(Hresult::from_http(429), 0x8019_01AD, 429);
    case(Hresult::BG_E_CONNECTION_CLOSED, 0x8020_002E, 0);
    case(Hresult::S_OK, 0, 0);
}

#[test]
fn an_error_shows_its_code_and_its_sentence() {
    let error = QmgrError::item_not_found("no group has this id");
    assert_eq!(error.to_string(), "QM_E_ITEM_NOT_FOUND: no group has this id");
}
