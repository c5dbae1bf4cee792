//! GUIDs: what is read and how it is written.

use proptest::prelude::*;
use qmgr::abi::{Guid, Hresult};

#[test]
fn four_spellings_are_one_guid() {
    #[track_caller]
    fn case(text: &str) {
        let guid: Guid = text.parse().expect("a GUID");
        assert_eq!(guid.to_string(), "69ad4aee-51be-439b-a92c-86ae490e8b30");
        assert_eq!(guid.clsid_text(), "{69AD4AEE-51BE-439B-A92C-86AE490E8B30}");
    }
    case("69ad4aee-51be-439b-a92c-86ae490e8b30");
    case("69AD4AEE-51be-439B-a92c-86ae490e8B30");
    case("{69ad4aee-51be-439b-a92c-86ae490e8b30}");
    case("{69AD4AEE-51BE-439B-A92C-86AE490E8B30}");
}

#[test]
fn the_null_guid_is_all_zeros() {
    assert_eq!(Guid::NULL, Guid::default());
    assert_eq!(Guid::NULL.to_string(), "00000000-0000-0000-0000-000000000000");
    assert_eq!("00000000-0000-0000-0000-000000000000".parse(), Ok(Guid::NULL));
}

#[test]
fn anything_else_is_an_invalid_argument() {
    #[track_caller]
    fn case(text: &str) {
        assert_eq!(text.parse::<Guid>().map_err(|error| error.hresult), Err(Hresult::E_INVALIDARG));
    }
    case("");
    case("{}");
    case("69ad4aee51be439ba92c86ae490e8b30");
    case("{69ad4aee51be439ba92c86ae490e8b30}");
    case("urn:uuid:69ad4aee-51be-439b-a92c-86ae490e8b30");
    case("{69ad4aee-51be-439b-a92c-86ae490e8b30");
    case("69ad4aee-51be-439b-a92c-86ae490e8b30}");
    case("(69ad4aee-51be-439b-a92c-86ae490e8b30)");
    case("{{9ad4aee-51be-439b-a92c-86ae490e8b30}}");
    case(" 69ad4aee-51be-439b-a92c-86ae490e8b30 ");
    case("69ad4aee-51be-439b-a92c-86ae490e8b3");
    case("69ad4aee-51be-439b-a92c-86ae490e8b3g");
    case("69ad4aee-51be-439ba-92c-86ae490e8b30");
    case("69ad4aee-51be-439b-a92c-86ae490e8b3é");
    case("+9ad4aee-51be-439b-a92c-86ae490e8b30");
}

proptest! {
    #[test]
    fn every_guid_is_read_back_from_each_of_its_texts(bits: u128) {
        let digits = format!("{bits:032x}");
        let text = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]).join("-");
        let guid: Guid = text.parse().expect("a GUID");
        prop_assert_eq!(guid.to_string(), text);
        prop_assert_eq!(guid.clsid_text().parse(), Ok(guid));
    }

    #[test]
    fn no_text_panics(text: String) {
        let _ = text.parse::<Guid>();
    }
}
