//! Status words and the names of their bits.

use qmgr::abi::StatusWord;

#[test]
fn a_word_names_its_bits_in_the_order_of_the_header() {
    #[track_caller]
    fn case(word: u32, names: &[&str]) {
        let actual: Vec<_> = StatusWord::from_bits_retain(word).names().collect();
        assert_eq!(actual, names);
    }
    case(0, &[]);
    case(0x180, &["QM_STATUS_GROUP_INCOMPLETE", "QM_STATUS_GROUP_SUSPENDED"]);
    case(
        0x780,
        &[
            "QM_STATUS_GROUP_INCOMPLETE",
            "QM_STATUS_GROUP_SUSPENDED",
            "QM_STATUS_GROUP_ERROR",
            "QM_STATUS_GROUP_FOREGROUND",
        ],
    );
    case(0x18, &["QM_STATUS_JOB_INCOMPLETE", "QM_STATUS_JOB_ERROR"]);
    case(0xFFFF_F801, &["QM_STATUS_FILE_COMPLETE"]);
}
