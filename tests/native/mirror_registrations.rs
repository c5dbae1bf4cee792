//! What a page says of its callbacks.

use qmgr::abi::{Guid, Hresult, PropertyValue};
use qmgr::mirror::{PointerChange, Registrations};
use qmgr::protocol::{Callback, Registration, Serial, Standing};
use qmgr::time::Millis;

const NOW: Millis = Millis(1_000);

fn registered(callback: Callback, at: u64, standing: Standing) -> Registration {
    Registration { callback, at: Millis(at), standing }
}

#[test]
fn no_two_registrations_have_the_same_time() {
    let mut page = Registrations::<_, (), ()>::default();
    let (first, second) = (Callback::Pointer(Serial(1)), Callback::Pointer(Serial(2)));
    assert_eq!(
        page.set_pointer(Serial(1), Some("a"), NOW),
        registered(first, 1_000, Standing::There)
    );
    assert_eq!(
        page.set_pointer(Serial(1), Some("b"), NOW),
        registered(first, 1_001, Standing::There)
    );
    assert_eq!(
        page.set_pointer(Serial(2), None, Millis(5)),
        registered(second, 1_002, Standing::Cleared)
    );
}

#[test]
fn the_latest_pointer_and_class_stand() {
    let mut page = Registrations::<_, _, &str>::default();
    page.set_pointer(Serial(1), Some("a"), NOW);
    page.set_pointer(Serial(1), Some("b"), NOW);
    page.set_class(Guid::NULL, "c", NOW);
    page.set_class(Guid::NULL, "d", NOW);
    assert_eq!(page.pointer(Serial(1)), Some(&"b"));
    assert_eq!(page.class(Guid::NULL), Some(&"d"));
    page.set_pointer(Serial(1), None, NOW);
    assert_eq!(page.pointer(Serial(1)), None);
}

#[test]
fn a_new_engine_is_told_everything_with_its_first_time() {
    let mut page = Registrations::<_, _, &str>::default();
    let changes = [
        page.set_pointer(Serial(1), Some("a"), NOW),
        page.set_pointer(Serial(2), None, NOW),
        page.set_class(Guid::NULL, "c", NOW),
    ];
    assert_eq!(page.all(), changes);
    page.forget_group(Serial(2));
    assert_eq!(page.all(), [changes[0], changes[2]]);
}

#[test]
fn a_closed_handle_takes_its_own_back() {
    let mut page = Registrations::<_, _, &str>::default();
    page.set_pointer(Serial(1), Some("mine"), NOW);
    page.set_pointer(Serial(2), Some("other"), NOW);
    page.set_class(Guid::NULL, "mine", NOW);
    let withdrawn = page.withdraw(|pointer| *pointer == "mine", |class| *class == "mine", |_| true);
    let gone = [
        registered(Callback::Pointer(Serial(1)), 1_000, Standing::Gone),
        registered(Callback::Class(Guid::NULL), 1_002, Standing::Gone),
    ];
    assert_eq!(withdrawn, gone);
    assert_eq!((page.pointer(Serial(1)), page.class(Guid::NULL)), (None, None));
    assert_eq!(page.pointer(Serial(2)), Some(&"other"));
    assert_eq!(page.all().len(), 1, "a new engine hears of no pointer that was cleared");
}

#[test]
fn a_class_id_clears_the_pointer_or_makes_an_object_of_a_known_class() {
    let class: Guid = "00000000-0000-0000-0000-00000000000c".parse().expect("a GUID");
    let mut page = Registrations::<(), _, ()>::default();
    page.set_class(class, "factory", NOW);
    let text = |text: &str| PropertyValue::Text(text.to_owned());
    assert_eq!(page.change_to(&text(&class.clsid_text())), Ok(PointerChange::Set(&"factory")));
    assert_eq!(page.change_to(&text(&Guid::NULL.clsid_text())), Ok(PointerChange::Clear));
    assert_eq!(page.change_to(&text("no class")), Ok(PointerChange::None));
    assert_eq!(page.change_to(&PropertyValue::Integer(7)), Ok(PointerChange::None));
    let unknown = page.change_to(&text("{00000000-0000-0000-0000-00000000000D}"));
    assert_eq!(unknown.map_err(|error| error.hresult), Err(Hresult::REGDB_E_CLASSNOTREG));
}
