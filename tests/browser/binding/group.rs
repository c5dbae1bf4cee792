//! `Group`, called as JavaScript calls it.

use crate::support::{Queue, Server, js};
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn the_status_of_a_new_group_is_a_frozen_pair_with_hidden_names() {
    let server = Server::new();
    let queue = Queue::open("group-status", &server).await;
    let group = queue.group().await;

    let status = group.get_status().expect("an open queue");
    let pair: &Array = status.dyn_ref().expect("an array");
    assert_eq!(pair.length(), 2);
    assert_eq!(pair.get(0), 0x180);
    assert_eq!(pair.get(1), 0);
    assert_eq!(js::number(&status, "status"), f64::from(0x180));
    assert_eq!(js::number(&status, "jobIndex"), 0.0);
    assert!(Object::is_frozen(pair));
    assert_eq!(Object::keys(pair).length(), 2, "only the two places are enumerable");
    assert!(Array::iter(pair).eq([JsValue::from(0x180), JsValue::from(0)]));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_failing_member_throws_an_error_with_its_hresult() {
    let server = Server::new();
    let queue = Queue::open("group-errors", &server).await;
    let group = queue.group().await;

    let nothing = "00000000-0000-0000-0000-000000000001".into();
    let thrown = group.get_job(&nothing).expect_err("the group has no job");
    assert!(thrown.is_instance_of::<js_sys::Error>());
    assert_eq!(js::number(&thrown, "hresult"), f64::from(0x8100_1004_u32));
    assert_eq!(js::code(&thrown), "QM_E_ITEM_NOT_FOUND");
    assert_eq!(js::text(&thrown, "name"), "QmgrError");

    for not_a_dword in [JsValue::from("1"), 1.5.into(), JsValue::NULL, f64::NAN.into()] {
        let thrown = group.get_progress(&not_a_dword).expect_err("no 32-bit integer");
        assert_eq!(js::code(&thrown), "E_INVALIDARG");
    }
    let thrown = group.query_new_job_interface(&nothing).expect_err("there is none");
    assert_eq!(js::code(&thrown), "E_NOINTERFACE");
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_cancelled_group_has_no_status() {
    let server = Server::new();
    let queue = Queue::open("group-cancelled", &server).await;
    let group = queue.group().await;
    assert_eq!(group.outcome().expect("nothing has failed"), false);
    js::settled(group.cancel_group()).await.expect("a group can be cancelled");

    let thrown = group.get_status().expect_err("the group is gone");
    assert_eq!(js::code(&thrown), "QM_E_INVALID_STATE");
    let thrown = js::settled(group.resume_group()).await.expect_err("the group is gone");
    assert_eq!(js::code(&thrown), "QM_E_INVALID_STATE");
    let thrown = group.outcome().expect_err("the group was cancelled");
    assert_eq!(js::number(&thrown, "hresult"), f64::from(0x8007_04C7_u32));
    let thrown = queue.find(&group.group_id()).await.expect_err("it is out of the queue");
    assert_eq!(js::code(&thrown), "QM_E_ITEM_NOT_FOUND");
    queue.discard().await;
}
