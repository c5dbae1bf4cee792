//! `GuidEnumerator`, called as JavaScript calls it.

use crate::support::classes::JsGuidEnumerator;
use crate::support::{Queue, Server, js};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn an_enumerator_hands_out_the_groups_in_the_order_of_their_creation() {
    let server = Server::new();
    let queue = Queue::open("enumerator", &server).await;
    let ids = [queue.group().await.group_id(), queue.group().await.group_id()];
    let groups = js::settled(queue.session.enum_groups(&JsValue::UNDEFINED)).await;
    let groups: JsGuidEnumerator = groups.expect("groups can be listed").unchecked_into();
    queue.group().await;

    assert_eq!(groups.get_count(), 2, "an enumerator is a snapshot");
    let one = groups.next(&1.into()).expect("a count");
    assert_eq!(js::number(&one, "hresult"), 0.0);
    assert_eq!(js::text(&one, "items.0"), ids[0]);
    let other = groups.duplicate();
    assert_eq!(groups.skip(&1.into()), Ok(0));
    assert_eq!(groups.skip(&1.into()), Ok(1));
    let rest = other.next(&5.into()).expect("a count");
    assert_eq!(js::number(&rest, "hresult"), 1.0);
    assert_eq!(js::number(&rest, "fetched"), 1.0);
    assert_eq!(js::text(&rest, "items.0"), ids[1]);
    groups.reset();
    assert_eq!(js::text(&groups.next(&1.into()).expect("a count"), "items.0"), ids[0]);
    let thrown = groups.next(&"1".into()).expect_err("a text is no count");
    assert_eq!(js::code(&thrown), "E_INVALIDARG");
    queue.discard().await;
}
