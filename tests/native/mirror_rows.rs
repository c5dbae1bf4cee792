//! What the getters of a page answer from the rows it mirrors.

use qmgr::abi::{
    FileSetInfo, Guid, Hresult, Property, PropertyValue, QM_PROGRESS_PERCENT_DONE,
    QM_PROGRESS_SIZE_DONE, QM_PROGRESS_TIME_DONE,
};
use qmgr::mirror::{Caller, Change, GroupEvent, GroupView, Mirror, Outcome};
use qmgr::protocol::{
    Credentials, FileRow, GroupError, GroupRow, GroupState, GroupUpdate, Owner, Serial, Wait,
    WaitReason,
};
use qmgr::time::Millis;
use std::rc::Rc;

const JOB: &str = "11111111-2222-3333-4444-555555555555";

fn job_id() -> Guid {
    JOB.parse().expect("a GUID")
}

fn file(name: &str) -> FileRow {
    FileRow {
        info: FileSetInfo {
            remote_file: format!("http://server/{name}").into(),
            local_file: format!("/{name}").into(),
            size: None,
            integrity: None,
        },
        complete: false,
        published: false,
        bytes_done: 0,
        bytes_total: None,
        ranges: Vec::new(),
        etag: None,
        last_modified: None,
        proof: None,
    }
}

fn row(serial: u64, state: GroupState, status: u32) -> GroupRow {
    GroupRow {
        serial: Serial(serial),
        id: Guid::NULL,
        state,
        status,
        job: Some(job_id()),
        job_status: 0x08,
        properties: Rc::default(),
        bytes_done: 0,
        bytes_total: None,
        files_done: 0,
        files_total: 1,
        bytes_per_second: 0,
        retries: 0,
        wait: None,
        error: None,
    }
}

fn whole(group: GroupRow) -> GroupUpdate {
    GroupUpdate { group, files: vec![(0, file("a"))], whole: true }
}

fn new_group() -> GroupUpdate {
    whole(row(1, GroupState::New, 0x180))
}

fn running_group() -> GroupUpdate {
    whole(row(1, GroupState::Transferring, 0x080))
}

fn failed_group() -> GroupUpdate {
    let mut group = row(1, GroupState::Error, 0x380);
    group.job_status = 0x18;
    group.retries = 3;
    group.error = Some(Box::new(not_found()));
    whole(group)
}

fn not_found() -> GroupError {
    GroupError {
        hresult: Hresult::from_http(404),
        message: "the server answered 404".into(),
        file_index: Some(0),
        http_status: 404,
    }
}

fn caller() -> Rc<Caller> {
    let owner = Owner { user: "default".into(), administrator: false };
    Rc::new(Caller::new(owner, Credentials::default()))
}

/// A mirror with an active engine, and a handle of its one group.
fn mirror_of(update: GroupUpdate) -> (Mirror, GroupView) {
    let mut mirror = Mirror::new();
    mirror.set_engine_active(true);
    let (row, _) = mirror.hold(update);
    (mirror, GroupView::new(row, caller()))
}

fn events(change: Change) -> Vec<GroupEvent> {
    change.events
}

#[test]
fn a_handle_follows_the_rows_of_its_group() {
    let (mut mirror, group) = mirror_of(new_group());
    assert_eq!(group.status(), Ok(0x180));
    mirror.apply(running_group());
    assert_eq!(group.status(), Ok(0x080));
}

#[test]
fn two_handles_share_one_row_and_the_row_goes_with_the_last() {
    let mut mirror = Mirror::new();
    let (first, _) = mirror.hold(new_group());
    let (second, change) = mirror.hold(running_group());
    assert!(Rc::ptr_eq(&first, &second));
    assert_eq!(events(change), [GroupEvent::StatusChange]);
    drop(first);
    assert_eq!(mirror.held(), [Serial(1)]);
    drop(second);
    assert_eq!(mirror.held(), []);
}

#[test]
fn rows_of_groups_that_nobody_holds_are_dropped_without_events() {
    let mut mirror = Mirror::new();
    let change = mirror.apply(running_group());
    assert_eq!((change.serial, change.status, change.events), (Serial(1), 0x080, vec![]));
    assert_eq!(mirror.held(), []);
}

#[test]
fn listeners_hear_once_of_what_changed() {
    let (mut mirror, _group) = mirror_of(new_group());
    assert_eq!(events(mirror.apply(running_group())), [GroupEvent::StatusChange]);
    assert_eq!(events(mirror.apply(running_group())), []);

    let mut moved = running_group();
    moved.group.bytes_done = 7;
    assert_eq!(events(mirror.apply(moved)), [GroupEvent::Progress]);

    let mut complete = whole(row(1, GroupState::Complete, 0x140));
    complete.group.bytes_done = 10;
    assert_eq!(
        events(mirror.apply(complete)),
        [GroupEvent::StatusChange, GroupEvent::Progress, GroupEvent::Complete]
    );
}

fn moved_to(bytes: u64) -> GroupUpdate {
    let mut group = row(1, GroupState::Transferring, 0x080);
    group.bytes_done = bytes;
    whole(group)
}

#[test]
fn progress_within_a_rest_is_told_once_when_the_rest_ends() {
    let (mut mirror, _group) = mirror_of(running_group());
    let rest = |mirror: &mut Mirror| mirror.end_rest(Serial(1)).map(events);
    assert_eq!(events(mirror.apply(moved_to(1))), [GroupEvent::Progress]);
    assert_eq!(events(mirror.apply(moved_to(2))), []);
    assert_eq!(events(mirror.apply(moved_to(3))), []);
    assert_eq!(rest(&mut mirror), Some(vec![GroupEvent::Progress]), "a rest begins again");
    assert_eq!(events(mirror.apply(moved_to(4))), []);
    assert_eq!(rest(&mut mirror), Some(vec![GroupEvent::Progress]));
    assert_eq!(rest(&mut mirror), Some(vec![]));
    assert_eq!(events(mirror.apply(moved_to(5))), [GroupEvent::Progress]);
}

#[test]
fn the_end_of_a_group_tells_what_progress_is_owed() {
    let (mut mirror, _group) = mirror_of(running_group());
    mirror.apply(moved_to(1));
    assert_eq!(events(mirror.apply(moved_to(2))), []);
    let mut failed = failed_group();
    failed.group.bytes_done = 2;
    assert_eq!(
        events(mirror.apply(failed)),
        [GroupEvent::StatusChange, GroupEvent::Progress, GroupEvent::Error]
    );
    assert_eq!(mirror.end_rest(Serial(1)).map(events), Some(vec![]));
}

#[test]
fn a_group_whose_bytes_were_all_told_of_tells_of_the_last_percent_when_it_is_complete() {
    let (mut mirror, _group) = mirror_of(running_group());
    mirror.apply(moved_to(10));
    assert_eq!(mirror.end_rest(Serial(1)).map(events), Some(vec![]));
    let mut complete = moved_to(10);
    (complete.group.state, complete.group.status) = (GroupState::Complete, 0x140);
    assert_eq!(
        events(mirror.apply(complete)),
        [GroupEvent::StatusChange, GroupEvent::Progress, GroupEvent::Complete]
    );
}

#[test]
fn a_cancelled_group_tells_of_no_progress() {
    let (mut mirror, _group) = mirror_of(running_group());
    mirror.apply(moved_to(1));
    mirror.apply(moved_to(2));
    let cancelled = mirror.apply(whole(row(1, GroupState::Cancelled, 0)));
    assert_eq!(events(cancelled), [GroupEvent::StatusChange, GroupEvent::Cancelled]);
    assert_eq!(mirror.end_rest(Serial(1)).map(events), Some(vec![]));
}

#[test]
fn a_group_that_nobody_holds_any_more_has_no_rest_to_end() {
    let (mut mirror, group) = mirror_of(running_group());
    mirror.apply(moved_to(1));
    drop(group);
    assert_eq!(mirror.end_rest(Serial(1)), None);
}

#[test]
fn a_group_that_fails_says_so() {
    let (mut mirror, _group) = mirror_of(running_group());
    assert_eq!(events(mirror.apply(failed_group())), [GroupEvent::StatusChange, GroupEvent::Error]);
}

#[test]
fn an_update_that_is_not_whole_leaves_the_other_files_alone() {
    let mut group = row(1, GroupState::Transferring, 0x080);
    group.files_total = 2;
    let files = vec![(0, file("a")), (1, file("b"))];
    let (mut mirror, view) = mirror_of(GroupUpdate { group: group.clone(), files, whole: true });

    let changed = FileRow { bytes_done: 5, ranges: vec![(0, 5)], ..file("b") };
    mirror.apply(GroupUpdate { group, files: vec![(1, changed)], whole: false });

    let job = view.job(job_id()).expect("the group's job");
    assert_eq!(job.file(0).map(|info| info.local_file), Ok("/a".into()));
    assert_eq!(job.file_details(1).map(|details| details.ranges), Ok(vec![(0, 5)]));
}

#[test]
fn files_are_counted_from_zero_and_end_before_the_count() {
    let (_mirror, group) = mirror_of(new_group());
    let job = group.job(job_id()).expect("the group's job");
    assert_eq!(job.file_count(), Ok(1));
    assert!(job.file(0).is_ok());
    for index in [1, u32::MAX] {
        let error = job.file(index).expect_err("no such file");
        assert_eq!(error.hresult, Hresult::QM_E_ITEM_NOT_FOUND);
    }
}

#[test]
fn a_job_is_found_by_its_own_id_only() {
    let (_mirror, group) = mirror_of(new_group());
    assert!(group.job(job_id()).is_ok());
    let error = group.job(Guid::NULL).expect_err("another id");
    assert_eq!(error.hresult, Hresult::QM_E_ITEM_NOT_FOUND);
}

#[test]
fn the_jobs_are_the_one_job_and_take_no_flags() {
    let (_mirror, group) = mirror_of(new_group());
    assert_eq!(group.jobs(0).map(|jobs| jobs.count()), Ok(1));
    assert_eq!(group.jobs(1).expect_err("flags").hresult, Hresult::E_NOTIMPL);
}

#[test]
fn progress_and_size_come_from_the_row() {
    let mut update = running_group();
    update.group.bytes_done = 50;
    update.group.bytes_total = Some(200);
    let (_mirror, group) = mirror_of(update);
    assert_eq!(group.progress(QM_PROGRESS_PERCENT_DONE), Ok(25));
    assert_eq!(group.progress(QM_PROGRESS_SIZE_DONE), Ok(50));
    assert_eq!(group.size(), Ok(200));
    let error = group.progress(QM_PROGRESS_TIME_DONE).expect_err("unsupported");
    assert_eq!(error.hresult, Hresult::E_NOTIMPL);
}

#[test]
fn properties_come_from_the_row() {
    let mut update = new_group();
    Rc::make_mut(&mut update.group.properties).display_name = "maps".into();
    let (_mirror, group) = mirror_of(update);
    assert_eq!(group.property(Property(11)), Ok(PropertyValue::Text("maps".into())));
    let error = group.property(Property(8)).expect_err("unsupported");
    assert_eq!(error.hresult, Hresult::E_NOTIMPL);
}

#[test]
fn the_results_of_a_job_are_those_of_its_failure() {
    let (_mirror, group) = mirror_of(failed_group());
    let status = group.job(job_id()).and_then(|job| job.status()).expect("a status");
    assert_eq!(status.status, 0x18);
    assert_eq!((status.win32_result, status.transport_result), (0x8019_0194, 404));
    assert_eq!(status.num_of_retries, 3);
}

#[test]
fn the_results_of_a_job_are_zero_unless_it_is_in_error() {
    let mut update = running_group();
    update.group.error = Some(Box::new(not_found()));
    update.group.retries = 2;
    let (_mirror, group) = mirror_of(update);
    let status = group.job(job_id()).and_then(|job| job.status()).expect("a status");
    assert_eq!((status.win32_result, status.transport_result), (0, 0));
    assert_eq!(status.num_of_retries, 2);
}

#[test]
fn a_running_group_without_an_engine_waits_for_a_tab() {
    let mut update = running_group();
    update.group.bytes_per_second = 1_000;
    update.group.bytes_total = Some(10_000);
    let (mirror, group) = mirror_of(update);
    assert_eq!(group.details().map(|details| details.wait), Ok(None));

    mirror.set_engine_active(false);
    let details = group.details().expect("an open caller");
    assert_eq!(details.state, GroupState::Queued);
    assert_eq!((details.bytes_per_second, details.seconds_remaining), (0, None));
    assert_eq!(details.wait.map(|wait| wait.reason), Some(WaitReason::NoActiveTab));
    assert_eq!(group.status(), Ok(0x080));
}

#[test]
fn a_suspended_group_waits_for_no_tab() {
    let (mirror, group) = mirror_of(whole(row(1, GroupState::Suspended, 0x180)));
    mirror.set_engine_active(false);
    assert_eq!(group.details().map(|details| details.wait), Ok(None));
}

#[test]
fn waiting_for_a_tab_keeps_the_failure_that_was_waited_out() {
    let mut update = whole(row(1, GroupState::Waiting, 0x080));
    update.group.wait = Some(Box::new(Wait {
        reason: WaitReason::Backoff,
        next_attempt_at: Some(Millis(5_000)),
        last_error: Some(not_found()),
    }));
    let (mirror, group) = mirror_of(update);
    mirror.set_engine_active(false);
    let wait = group.details().expect("an open caller").wait.expect("a wait");
    assert_eq!((wait.reason, wait.next_attempt_at), (WaitReason::NoActiveTab, None));
    assert_eq!(wait.last_error.map(|error| error.http_status), Some(404));
}

#[test]
fn the_seconds_that_remain_are_rounded_up() {
    let mut update = running_group();
    update.group.bytes_done = 1;
    update.group.bytes_total = Some(1_002);
    update.group.bytes_per_second = 1_000;
    let (_mirror, group) = mirror_of(update);
    assert_eq!(group.details().map(|details| details.seconds_remaining), Ok(Some(2)));
}

#[test]
fn a_cancelled_group_only_knows_its_id_and_that_it_is_cancelled() {
    let (mut mirror, group) = mirror_of(running_group());
    let job = group.job(job_id()).expect("the group's job");
    let change = mirror.apply(whole(row(1, GroupState::Cancelled, 0)));
    assert_eq!(change.events, [GroupEvent::StatusChange, GroupEvent::Cancelled]);

    assert_eq!(group.status().expect_err("cancelled").hresult, Hresult::QM_E_INVALID_STATE);
    assert_eq!(job.status().expect_err("cancelled").hresult, Hresult::QM_E_INVALID_STATE);
    assert_eq!(job.file(0).expect_err("cancelled").hresult, Hresult::QM_E_INVALID_STATE);
    assert_eq!((group.id(), job.id()), (Guid::NULL, job_id()));
    assert_eq!(group.details().map(|details| details.state), Ok(GroupState::Cancelled));
    assert_eq!(group.outcome(), Ok(Outcome::Cancelled));
}

#[test]
fn nothing_revives_a_cancelled_group() {
    let (mut mirror, group) = mirror_of(running_group());
    mirror.apply(whole(row(1, GroupState::Cancelled, 0)));
    assert_eq!(events(mirror.apply(running_group())), []);
    assert_eq!(group.outcome(), Ok(Outcome::Cancelled));
}

#[test]
fn after_close_every_getter_of_that_caller_fails_and_those_of_others_answer() {
    let mut mirror = Mirror::new();
    let (row, _) = mirror.hold(new_group());
    let (closing, staying) = (caller(), caller());
    let closed = GroupView::new(Rc::clone(&row), Rc::clone(&closing));
    let open = GroupView::new(row, staying);

    assert!(closing.close());
    assert!(!closing.close());

    let unavailable = Hresult::QM_E_SERVICE_UNAVAILABLE;
    assert_eq!(closed.status().expect_err("closed").hresult, unavailable);
    assert_eq!(closed.details().expect_err("closed").hresult, unavailable);
    assert_eq!(closed.outcome().expect_err("closed").hresult, unavailable);
    assert_eq!(open.status(), Ok(0x180));
}

#[test]
fn somebody_who_waits_for_the_end_hears_how_it_ended() {
    let (mut mirror, group) = mirror_of(running_group());
    assert_eq!(group.outcome(), Ok(Outcome::Pending));
    mirror.apply(failed_group());
    assert_eq!(group.outcome(), Ok(Outcome::Failed(not_found())));
    mirror.apply(running_group());
    assert_eq!(group.outcome(), Ok(Outcome::Pending));
    mirror.apply(whole(row(1, GroupState::Complete, 0x140)));
    assert_eq!(group.outcome(), Ok(Outcome::Complete));
}

#[test]
fn a_group_that_a_new_engine_does_not_know_is_cancelled() {
    let mut mirror = Mirror::new();
    let (kept, _) = mirror.hold(new_group());
    let (gone, _) = mirror.hold(whole(row(2, GroupState::Transferring, 0x080)));
    let asked = mirror.held();
    assert_eq!(asked, [Serial(1), Serial(2)]);

    let changes = mirror.reconcile(&asked, vec![running_group()]);

    let heard: Vec<_> = changes.into_iter().map(|c| (c.serial, c.status, c.events)).collect();
    assert_eq!(
        heard,
        [
            (Serial(1), 0x080, vec![GroupEvent::StatusChange]),
            (Serial(2), 0, vec![GroupEvent::StatusChange, GroupEvent::Cancelled]),
        ]
    );
    assert_eq!(GroupView::new(kept, caller()).status(), Ok(0x080));
    assert_eq!(GroupView::new(gone, caller()).outcome(), Ok(Outcome::Cancelled));
}

#[test]
fn a_group_held_after_the_question_is_not_cancelled_by_the_answer() {
    let mut mirror = Mirror::new();
    let (_first, _) = mirror.hold(new_group());
    let asked = mirror.held();
    let (second, _) = mirror.hold(whole(row(2, GroupState::New, 0x180)));
    assert_eq!(mirror.reconcile(&asked, vec![new_group()]), []);
    assert_eq!(GroupView::new(second, caller()).status(), Ok(0x180));
}
