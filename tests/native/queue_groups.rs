//! Commands and refusals: spec §1.3, §3 and the status words of §4.2.

use crate::sim::{Behaviour, START, World, guid, info, url};
use qmgr::abi::{
    FileSetInfo, GROUPPROP_DISPLAYNAME, GROUPPROP_PRIORITY, Guid, Hresult, PropertyValue,
    SIZE_LIMIT,
};
use qmgr::protocol::{
    Answer, Command, Credentials, GroupState, Limits, Owner, Serial, SettingsPatch,
};
use qmgr::time::Millis;

const INCOMPLETE_SUSPENDED: u32 = 0x180;
const INCOMPLETE: u32 = 0x080;
const INCOMPLETE_SUSPENDED_ERROR: u32 = 0x380;
const COMPLETE_SUSPENDED: u32 = 0x140;
const FOREGROUND: u32 = 0x400;

const JOB_INCOMPLETE: u32 = 0x08;
const JOB_INCOMPLETE_ERROR: u32 = 0x18;
const JOB_COMPLETE: u32 = 0x04;

fn create(id: Guid) -> Command {
    Command::CreateGroup { id, credentials: Credentials::default() }
}

fn name(group: Serial, text: &str) -> Command {
    let value = PropertyValue::Text(text.to_owned());
    Command::SetProperty { group, property: GROUPPROP_DISPLAYNAME, value }
}

#[track_caller]
fn assert_refused(world: &mut World, command: Command, expected: Hresult) {
    let said = format!("{command:?}");
    let result = world.ask(command);
    assert_eq!(result.map_err(|error| error.hresult), Err(expected), "{said}");
}

#[track_caller]
fn assert_done(world: &mut World, command: Command) -> Answer {
    let said = format!("{command:?}");
    world.ask(command).unwrap_or_else(|error| panic!("{said}: {error}"))
}

fn be(world: &mut World, user: &str, administrator: bool) {
    world.page.owner = Owner { user: user.into(), administrator };
}

fn enumerated(world: &mut World) -> Vec<Guid> {
    let answer = assert_done(world, Command::EnumGroups { flags: 0 });
    let Answer::Ids(ids) = answer else { panic!("no ids: {answer:?}") };
    ids
}

/// A world with a group in each of the states of spec §1.3 that a call can meet.
struct States {
    world: World,
    new_without_job: Serial,
    new: Serial,
    suspended: Serial,
    running: Serial,
    waiting: Serial,
    failed: Serial,
    complete: Serial,
}

impl States {
    fn new() -> Self {
        let mut world = World::new()
            .with_file("/new", 5_000)
            .with_file("/suspended", 5_000)
            .with_file("/running", 5_000)
            .then(Behaviour::Silent)
            .with_file("/waiting", 5_000)
            .always(Behaviour::Status(503, None))
            .with_file("/failed", 5_000)
            .then(Behaviour::Status(404, None))
            .with_file("/complete", 5_000);
        let new_without_job = world.empty_group();
        let new = world.group(["/new"]);
        let complete = world.resumed_group(["/complete"]);
        let failed = world.resumed_group(["/failed"]);
        world.run_until_idle();
        let suspended = world.resumed_group(["/suspended"]);
        assert_done(&mut world, Command::SuspendGroup { group: suspended });
        let waiting = world.resumed_group(["/waiting"]);
        world.run_until(|world| world.row(waiting).state == GroupState::Waiting);
        let running = world.resumed_group(["/running"]);
        Self { world, new_without_job, new, suspended, running, waiting, failed, complete }
    }

    fn all(&self) -> [Serial; 7] {
        [
            self.new_without_job,
            self.new,
            self.suspended,
            self.running,
            self.waiting,
            self.failed,
            self.complete,
        ]
    }
}

#[test]
fn every_state_has_the_status_words_of_the_truth_table() {
    let States { world, new_without_job, new, suspended, running, waiting, failed, complete } =
        States::new();
    for (group, status, job_status) in [
        (new_without_job, INCOMPLETE_SUSPENDED, 0),
        (new, INCOMPLETE_SUSPENDED, JOB_INCOMPLETE),
        (suspended, INCOMPLETE_SUSPENDED, JOB_INCOMPLETE),
        (running, INCOMPLETE, JOB_INCOMPLETE),
        (waiting, INCOMPLETE, JOB_INCOMPLETE),
        (failed, INCOMPLETE_SUSPENDED_ERROR, JOB_INCOMPLETE_ERROR),
        (complete, COMPLETE_SUSPENDED, JOB_COMPLETE),
    ] {
        assert_eq!(world.status(group), status, "{:?}", world.row(group));
        assert_eq!(world.job_status(group), job_status, "{:?}", world.row(group));
    }
}

#[test]
fn the_foreground_shows_in_every_state_and_changes_nothing_else_of_the_words() {
    let mut states = States::new();
    for group in states.all() {
        let before = (states.world.status(group), states.world.job_status(group));
        assert_done(&mut states.world, Command::SwitchToForeground { group });
        let after = (states.world.status(group), states.world.job_status(group));
        assert_eq!(after, (before.0 | FOREGROUND, before.1));
    }
}

#[test]
fn the_foreground_outlives_suspending_resuming_completing_and_a_restart() {
    let mut world = World::new().with_file("/a", 5_000);
    let group = world.group(["/a"]);
    assert_done(&mut world, Command::SwitchToForeground { group });
    assert_done(&mut world, Command::SwitchToForeground { group });
    assert_done(&mut world, Command::ResumeGroup { group });
    assert_eq!(world.status(group), INCOMPLETE | FOREGROUND);
    assert_done(&mut world, Command::SuspendGroup { group });
    world.crash(crate::sim::Crash::Kill);
    assert_done(&mut world, Command::ResumeGroup { group });
    world.run_until_idle();
    assert_eq!(world.status(group), COMPLETE_SUSPENDED | FOREGROUND);
}

#[test]
fn a_new_group_is_suspended_with_the_properties_of_a_new_group() {
    let mut world = World::new();
    let group = world.empty_group();
    let row = world.row(group);
    assert_eq!(row.state, GroupState::New);
    assert_eq!(row.job, None);
    assert_eq!(*row.properties, qmgr::abi::Properties::default());
    assert_eq!((row.files_total, row.bytes_done, row.bytes_total), (0, 0, None));
}

#[test]
fn the_id_of_a_group_is_unique_in_the_queue_whoever_created_it() {
    let mut world = World::new();
    assert_done(&mut world, create(guid(900)));
    assert_refused(&mut world, create(guid(900)), Hresult::E_INVALIDARG);
    be(&mut world, "another", false);
    assert_refused(&mut world, create(guid(900)), Hresult::E_INVALIDARG);
}

#[test]
fn the_null_id_is_an_id_like_any_other() {
    let mut world = World::new();
    assert_done(&mut world, create(Guid::NULL));
    assert_refused(&mut world, create(Guid::NULL), Hresult::E_INVALIDARG);
    assert_done(&mut world, Command::GetGroup { id: Guid::NULL });
}

#[test]
fn an_id_that_no_group_has_is_not_found() {
    let mut world = World::new();
    assert_refused(&mut world, Command::GetGroup { id: guid(900) }, Hresult::QM_E_ITEM_NOT_FOUND);
}

#[test]
fn the_ids_of_a_cancelled_group_and_of_its_job_are_free_again() {
    let mut world = World::new();
    let group = world.empty_group();
    assert_done(&mut world, Command::CreateJob { group, id: guid(901) });
    let id = world.row(group).id;
    assert_done(&mut world, Command::CancelGroup { group });
    assert_refused(&mut world, Command::GetGroup { id }, Hresult::QM_E_ITEM_NOT_FOUND);
    let Answer::Group(created) = assert_done(&mut world, create(id)) else { panic!("no row") };
    let again = created.group.serial;
    assert_ne!(again, group, "a serial is never used again");
    assert_done(&mut world, Command::CreateJob { group: again, id: guid(901) });
}

#[test]
fn the_id_of_a_job_is_unique_in_the_queue() {
    let mut world = World::new();
    let (one, other) = (world.empty_group(), world.empty_group());
    let id = guid(901);
    assert_done(&mut world, Command::CreateJob { group: one, id });
    assert_refused(&mut world, Command::CreateJob { group: other, id }, Hresult::E_INVALIDARG);
    assert_eq!(world.row(one).job, Some(id));
}

#[test]
fn a_job_may_have_the_id_of_a_group() {
    let mut world = World::new();
    let group = world.empty_group();
    let id = world.row(group).id;
    assert_done(&mut world, Command::CreateJob { group, id });
}

#[test]
fn create_job_refuses_a_running_group_before_it_refuses_a_second_job() {
    let mut states = States::new();
    for (group, expected) in [
        (states.running, Hresult::QM_E_INVALID_STATE),
        (states.waiting, Hresult::QM_E_INVALID_STATE),
        (states.new, Hresult::E_NOTIMPL),
        (states.suspended, Hresult::E_NOTIMPL),
        (states.failed, Hresult::E_NOTIMPL),
        (states.complete, Hresult::E_NOTIMPL),
    ] {
        // Even with an id that is taken: the state and the one job are looked at first (ruling A7).
        let taken = states.world.row(states.new).job.expect("it has a job");
        for id in [guid(902), taken] {
            assert_refused(&mut states.world, Command::CreateJob { group, id }, expected);
        }
    }
}

#[test]
fn a_group_without_files_cannot_be_resumed() {
    let mut world = World::new();
    let group = world.empty_group();
    assert_refused(&mut world, Command::ResumeGroup { group }, Hresult::BG_E_EMPTY);
    assert_done(&mut world, Command::CreateJob { group, id: guid(901) });
    assert_refused(&mut world, Command::ResumeGroup { group }, Hresult::BG_E_EMPTY);
    assert_eq!(world.row(group).state, GroupState::New);
}

#[test]
fn suspending_a_group_that_is_not_running_changes_nothing() {
    let mut states = States::new();
    for group in
        [states.new_without_job, states.new, states.suspended, states.failed, states.complete]
    {
        let before = states.world.row(group).clone();
        assert_done(&mut states.world, Command::SuspendGroup { group });
        assert_eq!(*states.world.row(group), before);
    }
}

#[test]
fn suspending_drops_the_retry_that_was_waited_for() {
    let States { mut world, waiting, running, .. } = States::new();
    assert_done(&mut world, Command::CancelGroup { group: running });
    let retries = world.row(waiting).retries;
    assert_done(&mut world, Command::SuspendGroup { group: waiting });
    assert_eq!(world.status(waiting), INCOMPLETE_SUSPENDED);
    assert_eq!(world.row(waiting).wait, None);
    let asked = world.ranges_asked("/waiting").len();
    world.run_for(Millis(3_600_000));
    assert_eq!(world.ranges_asked("/waiting").len(), asked);
    world.crash(crate::sim::Crash::Kill);
    world.run_for(Millis(3_600_000));
    assert_eq!(world.ranges_asked("/waiting").len(), asked, "nor does it come back with a restart");
    assert_eq!(world.row(waiting).retries, retries, "the count is kept");
}

#[test]
fn resuming_a_group_that_waits_tries_again_at_once() {
    let States { mut world, waiting, running, .. } = States::new();
    assert_done(&mut world, Command::CancelGroup { group: running });
    let (asked, retries) = (world.ranges_asked("/waiting").len(), world.row(waiting).retries);
    assert_done(&mut world, Command::ResumeGroup { group: waiting });
    assert_eq!(world.row(waiting).retries, retries + 1);
    world.run_for(Millis(100));
    assert_eq!(world.ranges_asked("/waiting").len(), asked + 1);
}

#[test]
fn resuming_a_group_in_error_clears_the_error_and_goes_on() {
    let States { mut world, failed, running, .. } = States::new();
    assert_done(&mut world, Command::CancelGroup { group: running });
    assert_eq!(world.row(failed).error.as_ref().map(|error| error.http_status), Some(404));
    assert_done(&mut world, Command::ResumeGroup { group: failed });
    let row = world.row(failed);
    assert_eq!((row.status, row.job_status), (INCOMPLETE, JOB_INCOMPLETE));
    assert_eq!((row.error.clone(), row.retries), (None, 1));
    world.run_until(|world| world.status(failed) == COMPLETE_SUSPENDED);
    assert_eq!(world.published("/failed"), Some(world.served("/failed")));
}

#[test]
fn resuming_a_group_that_is_complete_changes_nothing() {
    let States { mut world, complete, .. } = States::new();
    let before = world.row(complete).clone();
    assert_done(&mut world, Command::ResumeGroup { group: complete });
    world.run_for(Millis(1_000));
    assert_eq!(*world.row(complete), before);
    assert_eq!(world.ranges_asked("/complete").len(), 1);
}

#[test]
fn resuming_a_group_that_runs_changes_nothing() {
    let States { mut world, running, .. } = States::new();
    assert_done(&mut world, Command::ResumeGroup { group: running });
    world.run_for(Millis(100));
    assert_eq!(world.row(running).retries, 0);
    assert!(world.ranges_asked("/running").len() <= 1);
}

#[test]
fn files_are_added_in_every_state_that_has_a_job() {
    let mut states = States::new();
    states.world = states.world.with_file("/more", 1_000);
    for group in [states.new, states.suspended, states.running, states.waiting, states.failed] {
        let (status, files) = (states.world.status(group), states.world.row(group).files_total);
        assert_done(&mut states.world, Command::AddFiles { group, files: vec![info("/more")] });
        assert_eq!(states.world.status(group), status);
        assert_eq!(states.world.row(group).files_total, files + 1);
    }
}

#[test]
fn files_added_to_a_complete_group_make_it_incomplete_until_it_is_resumed() {
    let mut world = World::new().with_file("/a", 3_000).with_file("/b", 3_000);
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_eq!(world.status(group), COMPLETE_SUSPENDED);
    assert_done(&mut world, Command::AddFiles { group, files: vec![info("/b")] });
    assert_eq!((world.status(group), world.job_status(group)), (INCOMPLETE_SUSPENDED, 0x08));
    world.run_for(Millis(10_000));
    assert_eq!(world.published("/b"), None);
    assert_done(&mut world, Command::ResumeGroup { group });
    world.run_until_idle();
    assert_eq!(world.status(group), COMPLETE_SUSPENDED);
    assert_eq!(world.published("/b"), Some(world.served("/b")));
    assert_eq!(world.ranges_asked("/a").len(), 1, "what is finished is not fetched again");
}

#[test]
fn a_group_without_a_job_takes_no_files() {
    let mut world = World::new();
    let group = world.empty_group();
    let command = Command::AddFiles { group, files: vec![info("/a")] };
    assert_refused(&mut world, command, Hresult::QM_E_INVALID_STATE);
}

#[test]
fn all_files_are_added_or_none() {
    let mut world = World::new();
    let group = world.group(["/a"]);
    let wrong_url = FileSetInfo { remote_file: "ftp://there.test/b".into(), ..info("/b") };
    let wrong_path = FileSetInfo { local_file: "relative".into(), ..info("/b") };
    for files in [vec![], vec![info("/b"), wrong_url], vec![info("/b"), wrong_path]] {
        assert_refused(&mut world, Command::AddFiles { group, files }, Hresult::E_INVALIDARG);
        assert_eq!(world.row(group).files_total, 1);
    }
    world.crash(crate::sim::Crash::Kill);
    assert_done(&mut world, name(group, "still there"));
    assert_eq!(world.row(group).files_total, 1);
}

#[test]
fn a_path_where_a_directory_stands_or_below_a_file_is_denied() {
    let mut world = World::new().with_file("/d/a", 1_000);
    world.resumed_group(["/d/a"]);
    world.run_until_idle();
    let group = world.group(["/b"]);
    for local_file in ["/d", "/d/a/x", "/d/a/x/y"] {
        let file = FileSetInfo { local_file: local_file.into(), ..info("/b") };
        let command = Command::AddFiles { group, files: vec![file] };
        assert_refused(&mut world, command, Hresult::E_ACCESSDENIED);
    }
    let file = FileSetInfo { local_file: "/d/b".into(), ..info("/b") };
    assert_done(&mut world, Command::AddFiles { group, files: vec![file] });
}

#[test]
fn every_call_on_a_cancelled_group_is_refused() {
    let mut world = World::new().with_file("/a", 5_000).then(Behaviour::Silent);
    let group = world.resumed_group(["/a"]);
    assert_done(&mut world, Command::CancelGroup { group });
    assert_eq!((world.row(group).state, world.status(group)), (GroupState::Cancelled, 0));
    for command in [
        Command::AddFiles { group, files: vec![info("/b")] },
        Command::CancelGroup { group },
        Command::CreateJob { group, id: guid(901) },
        Command::ResumeGroup { group },
        name(group, "gone"),
        Command::SuspendGroup { group },
        Command::SwitchToForeground { group },
    ] {
        assert_refused(&mut world, command, Hresult::QM_E_INVALID_STATE);
    }
    let attached = assert_done(&mut world, Command::Attach { groups: vec![group] });
    assert_eq!(attached, Answer::Groups(vec![]));
}

#[test]
fn a_group_can_be_cancelled_in_every_state() {
    let mut states = States::new();
    for group in states.all() {
        assert_done(&mut states.world, Command::CancelGroup { group });
        assert_eq!(states.world.status(group), 0);
    }
    states.world.run_until_idle();
    assert_eq!(enumerated(&mut states.world), []);
    assert!(states.world.database.tables.groups.is_empty());
    assert!(states.world.database.tables.transfers.is_empty());
    assert_eq!(states.world.disk.parts().count(), 0);
    assert!(states.world.published("/complete").is_some(), "what is published stays");
}

#[test]
fn a_property_is_set_in_every_state_and_survives_a_restart() {
    let mut states = States::new();
    for group in states.all() {
        assert_done(&mut states.world, name(group, "named"));
    }
    states.world.crash(crate::sim::Crash::PowerCut);
    for group in states.all() {
        assert_done(&mut states.world, Command::SwitchToForeground { group });
        assert_eq!(states.world.row(group).properties.display_name, "named");
    }
}

#[test]
fn a_property_that_is_refused_keeps_its_value() {
    let mut world = World::new();
    let group = world.empty_group();
    assert_done(&mut world, name(group, "kept"));
    assert_refused(&mut world, name(group, &"x".repeat(257)), Hresult::E_INVALIDARG);
    let priority = |value| Command::SetProperty { group, property: GROUPPROP_PRIORITY, value };
    assert_refused(&mut world, priority(PropertyValue::Integer(2)), Hresult::E_NOTIMPL);
    let text = PropertyValue::Text("1".to_owned());
    assert_refused(&mut world, priority(text), Hresult::E_INVALIDARG);
    assert_eq!(world.row(group).properties.display_name, "kept");
}

#[test]
fn another_users_group_is_denied_to_all_but_administrators_who_take_it() {
    let mut world = World::new();
    let group = world.empty_group();
    let id = world.row(group).id;
    be(&mut world, "another", false);
    assert_refused(&mut world, Command::GetGroup { id }, Hresult::E_ACCESSDENIED);
    assert_eq!(enumerated(&mut world), []);
    be(&mut world, "root", true);
    assert_eq!(enumerated(&mut world), [id], "seeing it in the list takes nothing");
    be(&mut world, "someone", false);
    assert_done(&mut world, Command::GetGroup { id });
    be(&mut world, "root", true);
    assert_done(&mut world, Command::GetGroup { id });
    be(&mut world, "someone", false);
    assert_refused(&mut world, Command::GetGroup { id }, Hresult::E_ACCESSDENIED);
    world.crash(crate::sim::Crash::Kill);
    assert_refused(&mut world, Command::GetGroup { id }, Hresult::E_ACCESSDENIED);
}

#[test]
fn groups_are_enumerated_in_creation_order_and_with_no_flags() {
    let mut world = World::new();
    let ids = [guid(903), guid(901), guid(902)];
    for id in ids {
        assert_done(&mut world, create(id));
    }
    assert_eq!(enumerated(&mut world), ids);
    world.crash(crate::sim::Crash::Kill);
    assert_eq!(enumerated(&mut world), ids);
    assert_refused(&mut world, Command::EnumGroups { flags: 1 }, Hresult::E_NOTIMPL);
}

#[test]
fn quotas_are_off_unless_set_and_never_hold_for_an_administrator() {
    let limits = Limits { groups: Some(2), files_per_job: Some(2) };
    let mut world =
        World::new().configured(SettingsPatch { limits: Some(limits), ..Default::default() });
    let group = world.group(["/a"]);
    world.empty_group();
    assert_refused(&mut world, create(guid(900)), Hresult::BG_E_TOO_MANY_JOBS_PER_USER);
    let two = Command::AddFiles { group, files: vec![info("/b"), info("/c")] };
    assert_refused(&mut world, two.clone(), Hresult::BG_E_TOO_MANY_FILES_IN_JOB);
    assert_done(&mut world, Command::AddFiles { group, files: vec![info("/b")] });
    be(&mut world, "someone", true);
    assert_done(&mut world, create(guid(900)));
    assert_done(&mut world, two);
}

#[test]
fn a_cancelled_group_makes_room_under_the_quota() {
    let limits = Limits { groups: Some(1), files_per_job: None };
    let mut world =
        World::new().configured(SettingsPatch { limits: Some(limits), ..Default::default() });
    let group = world.empty_group();
    assert_done(&mut world, Command::CancelGroup { group });
    assert_done(&mut world, create(guid(900)));
}

#[test]
fn attaching_reads_whole_rows_of_the_groups_that_are_there() {
    let mut world = World::new();
    let group = world.group(["/a", "/b"]);
    let answer = assert_done(&mut world, Command::Attach { groups: vec![group, Serial(99)] });
    let Answer::Groups(rows) = answer else { panic!("no rows") };
    assert_eq!(rows.len(), 1);
    assert!(rows[0].whole);
    assert_eq!(rows[0].files.len(), 2);
}

#[test]
fn a_group_that_nobody_touches_is_cancelled_after_the_inactivity_timeout() {
    let mut world = World::new().with_file("/a", 5_000);
    let forgotten = world.group(["/a"]);
    let named = world.empty_group();
    let day = 86_400_000;
    world.ledger.look_away();
    world.run_for(Millis(89 * day));
    assert_done(&mut world, name(named, "remembered"));
    world.run_for(Millis(2 * day));
    assert_eq!(world.row(forgotten).state, GroupState::Cancelled);
    assert_eq!(world.row(named).state, GroupState::New);
    assert!(world.now > START);
}

#[test]
fn published_files_are_found_listed_and_deleted_in_any_spelling() {
    let mut world = World::new().with_file("/d/a", 3_000).with_file("/e", 1_000);
    let file = FileSetInfo { local_file: r"C:\Data\A.bin".into(), ..info("/d/a") };
    let group = world.group_of(vec![file, info("/e")]);
    assert_done(&mut world, Command::ResumeGroup { group });
    world.run_until_idle();
    let find = |local_file: &str| Command::FindFile { local_file: local_file.to_owned() };
    let Answer::File(found) = assert_done(&mut world, find("c:/data/a.BIN")) else {
        panic!("no file")
    };
    assert_eq!((&*found.local_file, found.size), (r"C:\Data\A.bin", 3_000));
    assert_eq!(*found.remote_file, *url("/d/a"));
    assert_eq!(found.etag.as_deref(), Some("\"v1\""));
    let list =
        |directory: Option<&str>| Command::ListFiles { directory: directory.map(str::to_owned) };
    let count = |answer| {
        let Answer::Files(files) = answer else { panic!("no files: {answer:?}") };
        files.len()
    };
    assert_eq!(count(assert_done(&mut world, list(None))), 2);
    assert_eq!(count(assert_done(&mut world, list(Some("C:\\data")))), 1);
    let delete = Command::DeleteFile { local_file: "C:/DATA/a.bin".to_owned() };
    assert_done(&mut world, delete.clone());
    assert_refused(&mut world, find(r"C:\Data\A.bin"), Hresult::FILE_NOT_FOUND);
    assert_refused(&mut world, delete, Hresult::FILE_NOT_FOUND);
    assert_eq!(world.published(r"C:\Data\A.bin"), None);
    world.crash(crate::sim::Crash::PowerCut);
    assert_refused(&mut world, find(r"C:\Data\A.bin"), Hresult::FILE_NOT_FOUND);
    assert_eq!(world.status(group), COMPLETE_SUSPENDED, "the group stays what it was");
}

#[test]
fn promised_sizes_add_up_to_no_more_than_javascript_counts() {
    let mut world = World::new();
    let largest = FileSetInfo { size: Some(SIZE_LIMIT), ..info("/a") };
    let group = world.group_of(vec![largest.clone(), largest]);
    assert_eq!(world.row(group).bytes_total, Some(SIZE_LIMIT));
}
