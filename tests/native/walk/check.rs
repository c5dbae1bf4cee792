//! What holds in every state of a small world.

use super::world::{Connection, Order, Stage, World, call};
use crate::sim::Database;
use qmgr::abi::LocalPath;
use qmgr::http::AnswerHead;
use qmgr::protocol::{
    Command, FileRow, GroupRow, GroupState, GroupUpdate, Serial, ToEngine, ToPage, VERSION,
};
use qmgr::queue::{DiskFailure, Ended, Event, Part, Queue, Ticket};
use qmgr::snapshot::SavedState;
use qmgr::time::Millis;
use std::collections::BTreeMap;

/// Checks one state.
pub fn check(world: &World) {
    for GroupUpdate { group, files, .. } in world.rows.values() {
        words_are_those_of_the_state(group);
        complete_means_durable_and_published(world, group, files);
        nothing_is_left_waiting_for_nothing(world, group);
        only_running_groups_transfer(world, group, files);
    }
    what_is_recorded_is_on_the_disk(world);
    what_is_published_was_served(world);
    gone_groups_leave_no_parts(world);
    questions_change_nothing(world);
    closed_tickets_change_nothing(world);
    however_an_aborted_connection_ends_it_is_the_same(world);
    a_crash_loses_nothing_durable(world);
}

/// Spec §4.1 and §4.2.
fn words_are_those_of_the_state(row: &GroupRow) {
    let (group, job) = match row.state {
        GroupState::Cancelled => (0, 0),
        GroupState::Complete => (0x140, 0x04),
        GroupState::Error => (0x380, 0x18),
        GroupState::New | GroupState::Suspended => (0x180, 0x08),
        GroupState::Connecting
        | GroupState::Publishing
        | GroupState::Queued
        | GroupState::Transferring
        | GroupState::Waiting => (0x080, 0x08),
    };
    assert_eq!(row.status & !0x400, group, "{row:?}");
    assert_eq!(row.job_status, if row.job.is_some() { job } else { 0 }, "{row:?}");
    assert!(row.status & 0x400 == 0 || group != 0, "{row:?}");
    let (complete, incomplete) = (row.status & 0x40 != 0, row.status & 0x80 != 0);
    let (suspended, error) = (row.status & 0x100 != 0, row.status & 0x200 != 0);
    assert!(complete != incomplete || group == 0, "exactly one of both: {row:?}");
    assert!(!error || suspended && incomplete, "ERROR implies SUSPENDED: {row:?}");
    assert!(!complete || suspended, "COMPLETE implies SUSPENDED: {row:?}");
    assert_eq!(row.error.is_some(), error, "{row:?}");
}

fn complete_means_durable_and_published(world: &World, row: &GroupRow, files: &[(u32, FileRow)]) {
    if row.state == GroupState::Complete {
        for (index, file) in files {
            assert!(file.complete && file.published, "file {index} of {row:?}");
            assert_eq!(file.bytes_total, Some(file.bytes_done), "file {index} of {row:?}");
        }
    }
    if world.saved_state(row.serial) == Some(&SavedState::Complete) {
        let records = &world.database.tables.transfers;
        for (key, record) in records.range((row.serial, 0)..=(row.serial, u32::MAX)) {
            assert!(record.complete && record.published, "{key:?}: {record:?}");
        }
    }
}

/// A runnable group has something under way, a timer, or says truly what it waits for.
fn nothing_is_left_waiting_for_nothing(world: &World, row: &GroupRow) {
    let is_under_way = !world.connections.is_empty() || !world.orders.is_empty();
    match row.state {
        GroupState::Complete | GroupState::Error | GroupState::New | GroupState::Suspended => {
            assert_eq!(row.wait, None, "{row:?}");
        }
        GroupState::Cancelled | GroupState::Publishing => {
            assert_eq!(row.wait, None, "{row:?}");
            assert!(is_under_way, "nothing is under way: {row:?}");
        }
        GroupState::Connecting | GroupState::Transferring => {
            assert_eq!(row.wait, None, "{row:?}");
            // The row is that of a group whose files are here, which those of the world may not be yet.
            let is_open = !world.connections.is_empty() || world.load_under_way().is_some();
            assert!(is_open, "no connection is open: {row:?}");
        }
        GroupState::Queued => {
            assert!(row.wait.is_some(), "it does not say why it waits: {row:?}");
            let is_other_runnable = world
                .rows
                .values()
                .any(|other| other.group.serial != row.serial && other.group.status & 0x100 == 0);
            assert!(is_under_way || is_other_runnable, "nothing is under way: {row:?}");
        }
        GroupState::Waiting => {
            let wait = row.wait.as_ref().expect("it says why it waits");
            match wait.next_attempt_at {
                Some(at) => {
                    let alarm = world.queue.next_alarm();
                    assert!(alarm.is_some_and(|alarm| alarm <= at), "no alarm is set: {row:?}");
                }
                None => assert!(!world.is_online, "it waits for the network: {row:?}"),
            }
        }
    }
}

/// Connections of a group that does not run are being ended; what is moved to its name is whole.
fn only_running_groups_transfer(world: &World, row: &GroupRow, files: &[(u32, FileRow)]) {
    let is_running = row.status & 0x180 == 0x080 && row.state != GroupState::Waiting;
    if world.load_under_way().is_some() {
        // The row tells what comes of calls that wait for it.
        return;
    }
    for (ticket, connection) in &world.connections {
        let is_own = files.iter().any(|(_, file)| *file.info.remote_file == *connection.url);
        assert!(!is_own || is_running || connection.is_aborted, "{ticket:?} goes on: {row:?}");
    }
    for order in world.orders.values() {
        if let Order::Publish { part, .. } = order
            && part.serial == row.serial
        {
            let file = files.iter().find(|(index, _)| *index == part.index);
            assert!(file.is_some_and(|(_, file)| file.complete && !file.published), "{row:?}");
        }
    }
}

/// Bytes that a record names are flushed, and all of the version that it names.
fn what_is_recorded_is_on_the_disk(world: &World) {
    for (&(serial, index), record) in &world.database.tables.transfers {
        let part = Part { serial, index, generation: record.generation };
        if matches!(world.saved_state(serial), Some(SavedState::Cancelled { .. })) {
            // Nobody will ask for what of it is not published.
            continue;
        }
        let is_moved = record.published || is_moved(world, part, &record.info.local_file);
        if is_moved || world.lost.contains(&part) {
            continue;
        }
        for &(start, end) in &record.ranges {
            let etag = record.version.as_ref().and_then(|version| version.etag.as_deref());
            let url = &record.info.remote_file;
            let right = world.scene().version(url, etag.expect("these servers name a version"));
            let range =
                usize::try_from(start).expect("small")..usize::try_from(end).expect("small");
            let durable = world.disk.durable(part, range.clone());
            assert_eq!(durable, right.get(range), "{record:?}");
        }
    }
}

/// A crash may come between the move of a file to its name and the record of it.
fn is_moved(world: &World, part: Part, local_file: &str) -> bool {
    let path = LocalPath::parse(local_file).expect("a path that was taken");
    world.disk.parts().all(|there| there != part) && world.disk.files.contains_key(path.key())
}

/// What stands under a name, and is recorded, is one version of the file, whole.
fn what_is_published_was_served(world: &World) {
    for (key, file) in &world.database.tables.files {
        // A deletion is on the disk before it is in the records.
        let Some(bytes) = world.disk.files.get(key) else { continue };
        assert!(world.scene().was_served(&file.remote_file, bytes), "{file:?}");
        assert_eq!(file.size, bytes.len() as u64, "{file:?}");
    }
    for (key, bytes) in &world.disk.files {
        let url = format!("https://here.test/{}", key.trim_start_matches('/'));
        let is_known = world.scene().urls().any(|known| known == url);
        assert!(!is_known || world.scene().was_served(&url, bytes), "{key}");
    }
}

fn gone_groups_leave_no_parts(world: &World) {
    for part in world.disk.parts() {
        let is_there = world.rows.contains_key(&part.serial);
        let is_recorded = world.database.tables.groups.contains_key(&part.serial);
        assert!(is_there || is_recorded, "{part} belongs to nobody");
    }
}

/// What only reads leaves the queue as it is.
fn questions_change_nothing(world: &World) {
    let mut queue = world.queue.clone();
    let questions = [
        Command::EnumGroups { flags: 0 },
        Command::FindFile { local_file: "/1/0".to_owned() },
        Command::ListFiles { directory: None },
    ];
    for question in questions {
        queue.call(ToEngine::Call(call("visitor", 1, 0, question)), world.now);
        let reply = queue.poll_message();
        assert!(matches!(reply, Some(ToPage::Reply { .. })), "{reply:?}");
    }
    queue.call(ToEngine::Hello { version: VERSION }, world.now);
    let active = queue.poll_message();
    assert!(matches!(active, Some(ToPage::Active(_))), "{active:?}");
    assert!(queue == world.queue, "a question changes the queue");
}

/// A report about an order that is done, or given up, changes nothing.
fn closed_tickets_change_nothing(world: &World) {
    let mut queue = world.queue.clone();
    for &ticket in &world.closed {
        assert!(!queue.is_open(ticket), "{ticket:?} is open again");
        for event in reports(ticket) {
            queue.handle_event(event, world.now);
        }
        let ends = [Ended::Closed, Ended::Disk(DiskFailure::Full), Ended::Aborted];
        for how in ends {
            queue.handle_event(Event::Ended { ticket, position: Some(8), how }, world.now);
        }
        queue.handle_event(Event::Committed { ticket }, world.now);
        queue.handle_event(Event::Copied { ticket, result: Ok(()) }, world.now);
        queue.handle_event(Event::FileDeleted { ticket, result: Ok(()) }, world.now);
        queue.handle_event(Event::Hashed { ticket, result: Ok([0; 32]) }, world.now);
        queue.handle_event(Event::Loaded { ticket, transfers: Vec::new() }, world.now);
        queue.handle_event(Event::Published { ticket, result: Ok(()) }, world.now);
    }
    assert!(queue == after_nothing(world), "a late report changes the queue");
}

/// What a connection reports before its end.
fn reports(ticket: Ticket) -> [Event; 3] {
    let head = AnswerHead { status: 200, ..AnswerHead::default() };
    [
        Event::Answered { ticket, head },
        Event::Progress { ticket, position: 8 },
        Event::Flushed { ticket, position: 8 },
    ]
}

/// The queue after an event that means nothing to it, so that it has seen the same time.
fn after_nothing(world: &World) -> Queue {
    let mut queue = world.queue.clone();
    queue.handle_event(Event::Committed { ticket: Ticket(u64::MAX) }, world.now);
    queue
}

/// Between the order to end a connection and its end, whatever it still reports changes nothing; and
/// its end brings the bytes that were written and nothing else.
fn however_an_aborted_connection_ends_it_is_the_same(world: &World) {
    for (&ticket, Connection { stage, .. }) in
        world.connections.iter().filter(|(_, connection)| connection.is_aborted)
    {
        let mut queue = world.queue.clone();
        for event in reports(ticket) {
            queue.handle_event(event, world.now);
        }
        assert!(queue == after_nothing(world), "an aborted connection changes the queue");
        let (position, ends) = match stage {
            Stage::Failed(_) => continue,
            Stage::Held { .. } => (None, vec![Ended::Broken]),
            Stage::Requesting => (None, vec![Ended::Unanswered("failed to fetch".to_owned())]),
            Stage::Writing { position, .. } => {
                (Some(*position), vec![Ended::Broken, Ended::Closed, Ended::Overlong])
            }
        };
        let ended = |how: Ended| {
            let mut queue = world.queue.clone();
            queue.handle_event(Event::Ended { ticket, position, how }, world.now);
            queue
        };
        for how in ends {
            let meaning = format!("an aborted connection that ends as {how:?} is another");
            assert!(ended(how) == ended(Ended::Aborted), "{meaning}");
        }
    }
}

/// An engine that starts from the records, with the commit under way written or not, finds every
/// group as it was recorded, with its bytes.
fn a_crash_loses_nothing_durable(world: &World) {
    let mut written = world.clone();
    if let Some((_, commit)) = world.commit_under_way() {
        written.database.apply(commit);
        matches_the_records(&written.believed_after_a_restart(), &written.database, world.now);
    }
    matches_the_records(&world.believed_after_a_restart(), &world.database, world.now);
}

fn matches_the_records(rows: &BTreeMap<Serial, GroupUpdate>, database: &Database, now: Millis) {
    for (serial, record) in &database.tables.groups {
        let row = rows.get(serial);
        let state = row.map_or(GroupState::Cancelled, |row| row.group.state);
        let is_idle = now.since(record.touched_at) >= Millis(3_600_000);
        let is_expected = match &record.state {
            _ if is_idle && state == GroupState::Cancelled => true,
            SavedState::Cancelled { .. } => state == GroupState::Cancelled,
            SavedState::Complete => state == GroupState::Complete,
            SavedState::Error(_) => state == GroupState::Error,
            SavedState::New => state == GroupState::New,
            SavedState::Suspended => state == GroupState::Suspended,
            SavedState::Publishing => state == GroupState::Publishing,
            SavedState::Running => matches!(
                state,
                GroupState::Connecting
                    | GroupState::Publishing
                    | GroupState::Queued
                    | GroupState::Waiting
            ),
        };
        assert!(is_expected, "{state:?} after a restart, recorded as {:?}", record.state);
        let Some(row) = row else { continue };
        words_are_those_of_the_state(&row.group);
        assert_eq!(row.files.len(), record.files as usize, "{row:?}");
        for (index, file) in &row.files {
            let record = &database.tables.transfers[&(*serial, *index)];
            assert_eq!(file.ranges, record.ranges, "{record:?}");
            assert!(file.complete >= record.complete, "{record:?}");
            assert_eq!(file.published, record.published, "{record:?}");
        }
    }
}
