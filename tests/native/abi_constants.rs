//! Every constant against the values written down from the headers.

use qmgr::abi::constants::{self, ConstantValue};
use qmgr::abi::{
    CLSID_BackgroundCopyQMgr, Hresult, IID_IBackgroundCopyCallback1, NotifyFlags, Property,
    StatusWord, win32,
};
use serde_json::{Map, Value};

const HEADER: &str = include_str!("qmgr-constants.json");

fn section(name: &str) -> Map<String, Value> {
    let header: Value = serde_json::from_str(HEADER).expect("the file is JSON");
    header[name].as_object().expect("the file has the section").clone()
}

fn as_json(value: ConstantValue) -> Value {
    match value {
        ConstantValue::Guid(guid) => guid.to_string().into(),
        ConstantValue::Number(number) => number.into(),
    }
}

#[test]
fn every_constant_of_the_header_is_there_with_its_value_and_nothing_else_is() {
    let mut expected = Map::new();
    for name in ["flags", "errors", "groupprop", "iids"] {
        expected.append(&mut section(name));
    }
    let actual: Map<_, _> =
        constants::all().map(|(name, value)| (name.to_owned(), as_json(value))).collect();
    assert_eq!(actual, expected);
}

#[test]
fn constants_come_in_the_order_of_the_header_and_each_but_once() {
    let places: Vec<_> =
        constants::all().map(|(name, _)| HEADER.find(&format!("\"{name}\":"))).collect();
    assert!(places.is_sorted_by(|earlier, later| earlier < later), "{places:?}");
}

#[test]
fn the_names_in_rust_have_the_values_of_the_table() {
    assert_eq!(NotifyFlags::QM_NOTIFY_DISABLE_NOTIFY.bits(), 0x40);
    assert_eq!(StatusWord::QM_STATUS_GROUP_FOREGROUND.bits(), 0x400);
    assert_eq!(qmgr::abi::QM_PROTOCOL_CUSTOM, 4);
    assert_eq!(qmgr::abi::QM_PROGRESS_SIZE_DONE, 3);
    assert_eq!(qmgr::abi::GROUPPROP_DESCRIPTION, Property(12));
    assert_eq!(Hresult::QM_E_ITEM_NOT_FOUND, Hresult(0x8100_1004));
    assert_eq!(IID_IBackgroundCopyCallback1.to_string(), "084f6593-3800-4e08-9b59-99fa59addf82");
    assert_eq!(CLSID_BackgroundCopyQMgr.to_string(), "69ad4aee-51be-439b-a92c-86ae490e8b30");
}

#[test]
fn every_win32_code_is_there_with_its_value_and_nothing_else_is() {
    let actual: Map<_, _> =
        win32::ALL.iter().map(|(name, code)| ((*name).to_owned(), (*code).into())).collect();
    assert_eq!(actual, section("win32_errors"));
}
