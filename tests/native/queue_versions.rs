//! Builds of different versions that meet in one queue, and records of other schemas.

use crate::sim::{Crash, World};
use proptest::prelude::{any, proptest};
use qmgr::bytes;
use qmgr::protocol::{
    Active, ClientId, Command, Epoch, FromEngine, GroupState, Message, Serial, Settings,
    SettingsPatch, Storage, ToEngine, ToPage, VERSION,
};
use qmgr::queue::{Host, Queue};
use qmgr::snapshot::{self, OutcomeRecord, SCHEMA, SavedState, TransferRecord, check_schema};
use qmgr::time::Millis;
use std::borrow::Cow;

/// The id of [`GROUP`].
const ID: &str = "00112233-4455-6677-8899-aabbccddeeff";

/// A group of the first schema that runs, behind its serial.
const GROUP: &[u8] = b"\x01\x10\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\
    \x07default\x02\x05\x00\x04\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04maps\x00\
    \x00\x00\x00\xe8\xe9\xd0\x85\xe9\x16\x00\x00";

/// The default settings of the first schema.
const SETTINGS: &[u8] = b"\x88\x27\xc0\xcf\x24\x80\x90\xe4\xc0\x04\xb0\xea\x01\x80\x80\x80\x20\xe8\
    \x07\x01\x00\x04\x06\xb0\xea\x01\x00\x00\x01\x80\xb0\xf1\xfb\x1c";

#[test]
fn an_engine_that_hears_a_newer_build_makes_everything_durable_and_is_over() {
    let mut world = World::new().with_file("/a", 50_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).bytes_done > 10_000);
    world.deliver(ToEngine::Hello { version: VERSION + 1 });
    world.run_until(|world| world.queue.is_over());
    assert!(world.queue.is_superseded());
    let transfer = &world.database.tables.transfers[&(group, 0)];
    assert!(transfer.ranges.iter().any(|(_, end)| *end > 10_000), "{transfer:?}");
    assert_eq!(world.ranges_asked("/a").len(), 1, "nothing is begun any more");
}

#[test]
fn builds_of_the_same_and_of_an_older_version_are_no_reason_to_go() {
    let mut world = World::new().with_file("/a", 50_000);
    let group = world.resumed_group(["/a"]);
    for version in [0, VERSION - 1, VERSION] {
        world.deliver(ToEngine::Hello { version });
    }
    world.run_until_idle();
    assert_eq!(world.row(group).state, GroupState::Complete);
    assert!(!world.queue.is_over() && !world.queue.is_superseded());
}

#[test]
fn records_of_an_older_schema_are_all_written_again_in_one_commit() {
    let mut world = World::new().with_file("/a", 5_000).with_file("/b", 5_000);
    let done = world.resumed_group(["/a"]);
    world.run_until_idle();
    let waiting = world.group(["/b"]);
    world.run_until_idle();
    let before = world.database.tables.clone();
    world.database.tables.queue.as_mut().expect("a record").schema = SCHEMA - 1;
    world.crash(Crash::Kill);
    let commit = world.commit_under_way().expect("the records of before are out of date");
    assert!(commit.strict);
    assert_eq!(commit.queue.as_ref().map(|queue| queue.schema), Some(SCHEMA));
    assert_eq!(commit.groups.len(), before.groups.len());
    assert_eq!(commit.transfers.len(), before.transfers.len());
    assert_eq!(commit.files.len(), before.files.len());
    world.run_until_idle();
    let after = &world.database.tables;
    assert_eq!(after.queue, before.queue);
    assert_eq!((&after.groups, &after.transfers), (&before.groups, &before.transfers));
    assert_eq!(world.row(done).state, GroupState::Complete);
    world.ask(Command::ResumeGroup { group: waiting }).expect("it goes on");
}

#[test]
fn records_of_this_schema_are_not_written_again() {
    let mut world = World::new().with_file("/a", 5_000);
    world.group(["/a"]);
    world.run_until_idle();
    world.crash(Crash::Kill);
    let commit = world.commit_under_way();
    assert!(commit.is_none_or(|commit| commit.queue.is_none()), "{commit:?}");
}

#[test]
fn records_of_a_newer_schema_are_refused_and_the_sentence_says_to_reload() {
    let mut world = World::new();
    world.run_until_idle();
    let mut saved = world.database.saved(std::iter::empty());
    saved.queue.as_mut().expect("a record").schema = SCHEMA + 1;
    let host = Host {
        origin: None,
        dice: 0,
        storage: Storage::Opfs,
        epoch: Epoch(2),
        first_ticket: qmgr::queue::Ticket(0),
        pieces: qmgr::queue::Pieces::default(),
        worker: "older".to_owned(),
    };
    let refusal = Queue::restore(saved, host, Millis(0)).expect_err("it cannot be read");
    assert!(refusal.message.contains("reload"), "{refusal:?}");
    assert_eq!(check_schema(SCHEMA + 1), Err(refusal));
    assert_eq!(check_schema(SCHEMA), Ok(()));
}

/// The records as the first release writes them. What is written here stays as it is for ever: such
/// records are in people's browsers.
#[test]
fn records_as_the_first_release_wrote_them_can_be_read() {
    let mut queue = vec![1, 2];
    queue.extend(SETTINGS);
    queue.push(3);
    let queue = snapshot::read_queue(&queue).expect("a queue of schema 1");
    assert_eq!((queue.schema, queue.storage, queue.next_serial.0), (1, Storage::Opfs, 3));
    assert_eq!(queue.settings, Settings::default());
    assert!(!queue.asks_pages);

    let (serial, group) = snapshot::read_group(GROUP).expect("a group of schema 1");
    assert_eq!((serial, group.id.to_string().as_str()), (Serial(1), ID));
    assert_eq!((&*group.owner, &*group.properties.display_name), ("default", "maps"));
    assert_eq!((group.state, group.touched_at), (SavedState::Running, Millis(784_111_777_000)));

    let mut transfer = vec![1, 0, 19];
    transfer.extend(b"https://here.test/a\x02/a\x00\x00\x02\x01\x00\x0a\x00\x00\x00\x00\x0a\x00");
    let (key, transfer): ((Serial, u32), TransferRecord) =
        bytes::read(&transfer).expect("a file of schema 1");
    assert_eq!((key, &*transfer.info.local_file), ((Serial(1), 0), "/a"));
    assert_eq!((transfer.generation, transfer.ranges), (2, vec![(0, 10)]));

    let outcome = b"\x04page\x07\x01\x01\xe8\xe9\xd0\x85\xe9\x16";
    let (key, outcome): ((ClientId, u64), OutcomeRecord) =
        bytes::read(outcome).expect("an outcome of schema 1");
    assert_eq!((key, outcome.group), ((ClientId("page".into()), 7), Some(Serial(1))));
    assert_eq!(outcome.at, Millis(784_111_777_000));
}

#[test]
fn of_a_group_whose_record_is_cut_short_the_id_and_the_owner_are_read() {
    let whole = snapshot::read_group(GROUP).expect("a group");
    let identity = 1 + 1 + 16 + 1 + "default".len();
    for length in 0..GROUP.len() {
        let read = snapshot::read_group(&GROUP[..length]);
        assert_eq!(read.is_some(), length >= identity, "of {length} bytes");
        if let Some((serial, group)) = read {
            assert_eq!((serial, group.id, &group.owner), (whole.0, whole.1.id, &whole.1.owner));
            assert!(matches!(group.state, SavedState::Error(_)), "of {length} bytes");
        }
    }
    let longer = [GROUP, &[0]].concat();
    let (_, group) = snapshot::read_group(&longer).expect("its id");
    assert!(matches!(group.state, SavedState::Error(_)), "bytes behind the record are damage");
}

#[test]
fn three_messages_keep_their_bytes_for_ever() {
    let hello = Message::ToEngine(Cow::Owned(ToEngine::Hello { version: VERSION }));
    assert_eq!(hello.to_bytes(), [1, 0, 0, 1]);
    let say = |message| Message::FromEngine(Cow::Owned(FromEngine { epoch: Epoch(5), message }));
    let active = Active {
        version: VERSION,
        epoch: Epoch(5),
        storage: Storage::Opfs,
        worker: "tab".to_owned(),
    };
    assert_eq!(say(ToPage::Active(active)).to_bytes(), *b"\x01\x01\x05\x00\x01\x05\x02\x03tab");
    assert_eq!(say(ToPage::Beat).to_bytes(), [1, 1, 5, 1]);
}

#[test]
fn of_another_version_only_what_keeps_its_bytes_is_heard() {
    let another = |message: &Message| {
        let mut bytes = message.to_bytes();
        bytes[0] += 1;
        Message::from_bytes(&bytes)
    };
    let hello = Message::ToEngine(Cow::Owned(ToEngine::Hello { version: VERSION + 1 }));
    assert_eq!(another(&hello), Some(hello));
    let beat = FromEngine { epoch: Epoch(5), message: ToPage::Beat };
    let beat = Message::FromEngine(Cow::Owned(beat));
    assert_eq!(another(&beat), Some(beat));
    let bye = ToEngine::Bye { client: ClientId("page".into()) };
    let bye = Message::ToEngine(Cow::Owned(bye));
    assert_eq!(another(&bye), None);
    assert_eq!(Message::from_bytes(&bye.to_bytes()), Some(bye));
}

#[test]
fn settings_that_are_named_never_and_not_named_arrive_as_they_are() {
    for inactivity_timeout in [None, Some(None), Some(Some(Millis(9)))] {
        let patch = SettingsPatch { inactivity_timeout, ..SettingsPatch::default() };
        assert_eq!(bytes::read(&bytes::write(&patch)), Some(patch));
    }
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = snapshot::read_group(&bytes);
        let _ = snapshot::read_queue(&bytes);
        let _: Option<((Serial, u32), TransferRecord)> = bytes::read(&bytes);
        let _: Option<((ClientId, u64), OutcomeRecord)> = bytes::read(&bytes);
        let _ = Message::from_bytes(&bytes);
    }
}
