//! `GetProp` and `SetProp`.

use qmgr::abi::{
    GROUP_PROPERTIES, GROUPPROP_DESCRIPTION, GROUPPROP_DISPLAYNAME, GROUPPROP_LOCALUSERID,
    GROUPPROP_LOCALUSERPWD, GROUPPROP_NOTIFYCLSID, GROUPPROP_NOTIFYFLAGS, GROUPPROP_PRIORITY,
    GROUPPROP_PROGRESSPERCENT, GROUPPROP_PROGRESSSIZE, GROUPPROP_PROGRESSTIME,
    GROUPPROP_PROTOCOLFLAGS, GROUPPROP_REMOTEUSERID, GROUPPROP_REMOTEUSERPWD, Hresult, Properties,
    Property, PropertyValue,
};

const NULL_CLSID: &str = "{00000000-0000-0000-0000-000000000000}";

const UNSUPPORTED: [Property; 9] = [
    GROUPPROP_REMOTEUSERID,
    GROUPPROP_REMOTEUSERPWD,
    GROUPPROP_LOCALUSERID,
    GROUPPROP_LOCALUSERPWD,
    GROUPPROP_PROGRESSSIZE,
    GROUPPROP_PROGRESSPERCENT,
    GROUPPROP_PROGRESSTIME,
    Property(13),
    Property(u32::MAX),
];

fn integer(number: i32) -> PropertyValue {
    PropertyValue::Integer(number)
}

fn text(text: impl Into<String>) -> PropertyValue {
    PropertyValue::Text(text.into())
}

#[track_caller]
fn refused(property: Property, value: PropertyValue, hresult: Hresult) {
    let mut properties = Properties::default();
    properties.set(GROUPPROP_NOTIFYFLAGS, integer(4)).expect("supported");
    properties.set(GROUPPROP_NOTIFYCLSID, text(NULL_CLSID.replace('0', "a"))).expect("a CLSID");
    properties.set(GROUPPROP_DISPLAYNAME, text("name")).expect("short");
    properties.set(GROUPPROP_DESCRIPTION, text("description")).expect("short");

    let before = properties.clone();
    let error = properties.set(property, value).expect_err("not a legal value");
    assert_eq!(error.hresult, hresult, "{error}");
    assert_eq!(properties, before, "a failed SetProp changes nothing");
}

#[track_caller]
fn accepted(property: Property, value: PropertyValue, read_back: PropertyValue) {
    let mut properties = Properties::default();
    assert_eq!(properties.set(property, value), Ok(()));
    assert_eq!(properties.get(property), Ok(read_back));
}

#[test]
fn a_new_group_has_the_default_values() {
    #[track_caller]
    fn case(property: Property, value: PropertyValue) {
        assert_eq!(Properties::default().get(property), Ok(value));
    }
    case(GROUPPROP_PRIORITY, integer(1));
    case(GROUPPROP_PROTOCOLFLAGS, integer(1));
    case(GROUPPROP_NOTIFYFLAGS, integer(0));
    case(GROUPPROP_NOTIFYCLSID, text(NULL_CLSID));
    case(GROUPPROP_DISPLAYNAME, text(""));
    case(GROUPPROP_DESCRIPTION, text(""));
}

#[test]
fn unsupported_and_unknown_properties_are_not_implemented_whatever_the_type() {
    for property in UNSUPPORTED {
        let error = Properties::default().get(property).expect_err("not supported");
        assert_eq!(error.hresult, Hresult::E_NOTIMPL);
        refused(property, integer(1), Hresult::E_NOTIMPL);
        refused(property, text("x"), Hresult::E_NOTIMPL);
    }
}

#[test]
fn every_property_of_the_header_is_either_readable_or_unsupported() {
    for (name, property) in GROUP_PROPERTIES {
        let readable = Properties::default().get(*property).is_ok();
        assert_ne!(readable, UNSUPPORTED.contains(property), "{name}");
    }
}

#[test]
fn a_value_of_the_wrong_type_is_an_invalid_argument() {
    refused(GROUPPROP_PRIORITY, text("1"), Hresult::E_INVALIDARG);
    refused(GROUPPROP_PROTOCOLFLAGS, text("1"), Hresult::E_INVALIDARG);
    refused(GROUPPROP_NOTIFYFLAGS, text("4"), Hresult::E_INVALIDARG);
    refused(GROUPPROP_NOTIFYCLSID, integer(0), Hresult::E_INVALIDARG);
    refused(GROUPPROP_DISPLAYNAME, integer(0), Hresult::E_INVALIDARG);
    refused(GROUPPROP_DESCRIPTION, integer(0), Hresult::E_INVALIDARG);
}

#[test]
fn there_is_one_priority_and_one_protocol() {
    accepted(GROUPPROP_PRIORITY, integer(1), integer(1));
    accepted(GROUPPROP_PROTOCOLFLAGS, integer(1), integer(1));
    for number in [0, 2, 3, 4, -1, i32::MIN] {
        refused(GROUPPROP_PRIORITY, integer(number), Hresult::E_NOTIMPL);
        refused(GROUPPROP_PROTOCOLFLAGS, integer(number), Hresult::E_NOTIMPL);
    }
}

#[test]
fn two_notify_flags_are_supported_in_any_mix() {
    for flags in [0, 0x04, 0x40, 0x44] {
        accepted(GROUPPROP_NOTIFYFLAGS, integer(flags), integer(flags));
    }
    for flags in [0x01, 0x02, 0x80, 0x08, 0x05, 0xC4, -1, i32::MIN] {
        refused(GROUPPROP_NOTIFYFLAGS, integer(flags), Hresult::E_NOTIMPL);
    }
}

#[test]
fn a_class_id_is_read_back_in_upper_case_and_braces() {
    let upper = "{69AD4AEE-51BE-439B-A92C-86AE490E8B30}";
    accepted(GROUPPROP_NOTIFYCLSID, text(upper.to_lowercase()), text(upper));
    accepted(GROUPPROP_NOTIFYCLSID, text(upper.trim_matches(['{', '}'])), text(upper));
    accepted(GROUPPROP_NOTIFYCLSID, text(NULL_CLSID), text(NULL_CLSID));
    refused(GROUPPROP_NOTIFYCLSID, text(""), Hresult::E_INVALIDARG);
    refused(GROUPPROP_NOTIFYCLSID, text("Qmgr.Callback"), Hresult::E_INVALIDARG);
}

#[test]
fn texts_are_limited_in_utf16_units() {
    #[track_caller]
    fn case(property: Property, limit: usize) {
        for fits in ["a".repeat(limit), "é".repeat(limit), "🦀".repeat(limit / 2)] {
            accepted(property, text(fits.clone()), text(fits.clone()));
            refused(property, text(fits + "a"), Hresult::E_INVALIDARG);
        }
    }
    case(GROUPPROP_DISPLAYNAME, 256);
    case(GROUPPROP_DESCRIPTION, 1_024);
}
