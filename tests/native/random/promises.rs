//! What holds at every step of every history.

use crate::sim::World;
use qmgr::protocol::{GroupRow, GroupState, WaitReason};
use qmgr::queue::Part;
use qmgr::snapshot::SavedState;
use rangemap::RangeSet;
use std::collections::BTreeMap;

/// Holds the world against what the queue promises; `checkpoint` is the most bytes that any settings
/// so far left at risk.
pub fn check(world: &World, checkpoint: u64) {
    check_rows(world);
    check_records(world);
    check_connections(world);
    if world.queue.is_working() {
        assert!(world.next_due().is_some(), "a group is left without anything under way");
    }
    for (part, risked) in world.at_risk() {
        assert!(risked < checkpoint.max(1), "{risked} bytes of {part} are not safe");
    }
    for (part, unrecorded) in world.unrecorded() {
        let most = checkpoint * world.breadth(part);
        assert!(unrecorded <= most, "a crash costs {unrecorded} bytes of {part}, not {most}");
    }
}

/// The settings bound the connections, and no two fetch a byte at the same time.
fn check_connections(world: &World) {
    let mut origins: BTreeMap<&str, u32> = BTreeMap::new();
    for connection in world.connections() {
        let origin = connection.url.split('/').nth(2).unwrap_or_default();
        *origins.entry(origin).or_default() += 1;
    }
    assert!(origins.values().sum::<u32>() <= 6, "more connections than the settings allow");
    assert!(origins.values().all(|count| *count <= 4), "more to one origin than they allow");
    let mut taken: BTreeMap<Part, RangeSet<u64>> = BTreeMap::new();
    for sink in world.connections().filter_map(|connection| connection.sink.as_ref()) {
        let rest = sink.position..sink.until.unwrap_or(u64::MAX);
        let taken = taken.entry(sink.part).or_default();
        assert!(!taken.overlaps(&rest), "{rest:?} of {} is fetched twice", sink.part);
        if !rest.is_empty() {
            taken.insert(rest);
        }
    }
}

/// A group that could move does, or says why not and until when.
fn check_rows(world: &World) {
    for row in world.page.rows.values() {
        assert!(row.bytes_total.is_none_or(|total| row.bytes_done <= total), "{row:?}");
        let says_why = matches!(row.state, GroupState::Waiting | GroupState::Queued);
        assert_eq!(row.wait.is_some(), says_why, "{row:?}");
        let Some(wait) = &row.wait else { continue };
        let is_under_way = world.is_busy() || world.next_due().is_some_and(|due| due <= world.now);
        let is_true = match wait.reason {
            WaitReason::Offline => !world.is_online() && wait.next_attempt_at.is_none(),
            WaitReason::Turn => {
                // Who is connecting may be waiting for a page to say which request to send.
                let is_connecting = |row: &GroupRow| row.state == GroupState::Connecting;
                world.connections().next().is_some() || world.page.rows.values().any(is_connecting)
            }
            WaitReason::Backoff
            | WaitReason::NoActiveTab
            | WaitReason::RetryAfter
            | WaitReason::StorageBusy => wait.next_attempt_at.is_some_and(|at| at > world.now),
        };
        assert!(is_true || is_under_way, "{row:?}");
        let has_failed = !matches!(wait.reason, WaitReason::Turn | WaitReason::NoActiveTab);
        assert!(!has_failed || wait.last_error.is_some(), "{row:?}");
    }
}

fn check_records(world: &World) {
    let tables = &world.database.tables;
    for (key, record) in &tables.transfers {
        let group = tables.groups.get(&key.0).expect("the group of a file");
        if group.state == SavedState::Complete {
            assert!(record.complete && record.published, "{key:?}: {record:?}");
        }
    }
    for (key, file) in &tables.files {
        // A deletion is on the disk before it is in the records.
        let Some(bytes) = world.disk.files.get(key) else { continue };
        let is_being_replaced = world.is_busy();
        assert!(file.size == bytes.len() as u64 || is_being_replaced, "{key}: {file:?}");
    }
}
