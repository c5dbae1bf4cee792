//! Many groups and many files: what is told, ordered and recorded is counted.

use crate::sim::{START, guid, info};
use qmgr::abi::FileSetInfo;
use qmgr::http::{AnswerHead, Headers};
use qmgr::protocol::{
    Answer, Call, ClientId, Command, Credentials, Epoch, Owner, Serial, Storage, ToEngine, ToPage,
};
use qmgr::queue::{Commit, Effect, Ended, Event, Host, Pieces, Queue, Ticket};
use qmgr::snapshot::Saved;
use qmgr::time::Millis;
use std::collections::VecDeque;

const GROUPS: u32 = 10_000;

fn opened(saved: Saved) -> Queue {
    let host = Host {
        origin: None,
        dice: 7,
        storage: Storage::Memory,
        epoch: Epoch(1),
        first_ticket: Ticket(0),
        pieces: Pieces::default(),
        worker: "worker".to_owned(),
    };
    Queue::restore(saved, host, START).expect("records of this build")
}

fn call(queue: &mut Queue, sequence: u64, command: Command) {
    let owner = Owner { user: "someone".into(), administrator: false };
    let client = ClientId("page".into());
    let call = Call { client, sequence, acknowledged: sequence - 1, owner, command };
    queue.call(ToEngine::Call(call), START);
}

fn create(queue: &mut Queue, number: u32) {
    let (id, credentials) = (guid(number), Credentials::default());
    call(queue, u64::from(number), Command::CreateGroup { id, credentials });
}

/// Carries out every commit, and names all other effects.
fn carry_out(queue: &mut Queue, commits: &mut Vec<Commit>) -> Vec<Effect> {
    let mut others = Vec::new();
    while let Some(effect) = queue.poll_effect() {
        if let Effect::Commit(commit) = effect {
            queue.handle_event(Event::Committed { ticket: commit.ticket }, START);
            commits.push(*commit);
        } else {
            others.push(effect);
        }
    }
    others
}

/// The records after these commits, which only add.
fn saved(commits: &[Commit]) -> Saved {
    let mut saved = Saved::default();
    for commit in commits.iter().cloned() {
        saved.queue = commit.queue.or(saved.queue);
        let groups = commit.groups.into_iter();
        saved.groups.extend(groups.filter_map(|(serial, record)| Some((serial, record?))));
    }
    saved
}

fn messages(queue: &mut Queue) -> Vec<ToPage> {
    std::iter::from_fn(|| queue.poll_message()).collect()
}

#[test]
fn a_burst_of_calls_costs_two_transactions() {
    let mut queue = opened(Saved::default());
    carry_out(&mut queue, &mut Vec::new());
    messages(&mut queue);
    // What is polled at each call, as a driver does, whose database is slower than the page.
    let mut first = Vec::new();
    for number in 1..=GROUPS {
        create(&mut queue, number);
        first.extend(queue.poll_effect());
    }
    let [Effect::Commit(begun)] = &first[..] else { panic!("one commit, not {first:?}") };
    assert_eq!(begun.groups.len(), 1);
    queue.handle_event(Event::Committed { ticket: begun.ticket }, START);
    let mut commits = Vec::new();
    assert_eq!(carry_out(&mut queue, &mut commits), []);
    assert_eq!(commits.len(), 1);
    assert_eq!(commits[0].groups.len(), GROUPS as usize - 1);
    let is_reply = |message: &ToPage| matches!(message, ToPage::Reply { result: Ok(_), .. });
    let replies = messages(&mut queue).into_iter().filter(is_reply).count();
    assert_eq!(replies, GROUPS as usize);
}

#[test]
fn a_page_hears_of_the_groups_that_it_asks_for_and_no_others() {
    let mut queue = opened(Saved::default());
    let mut commits = Vec::new();
    for number in 1..=GROUPS {
        create(&mut queue, number);
    }
    carry_out(&mut queue, &mut commits);

    let mut queue = opened(saved(&commits));
    let heard = messages(&mut queue);
    assert!(matches!(heard[..], [ToPage::Active(_)]), "{heard:?}");
    assert_eq!(carry_out(&mut queue, &mut Vec::new()), []);

    let held = [Serial(1), Serial(5_000), Serial(10_000)];
    call(&mut queue, 20_000, Command::Attach { groups: held.to_vec() });
    let heard = messages(&mut queue);
    let [ToPage::Reply { result: Ok(Answer::Groups(rows)), .. }] = &heard[..] else {
        panic!("one answer, not {heard:?}");
    };
    assert!(rows.iter().map(|row| row.group.serial).eq(held));
}

#[test]
fn what_changes_of_one_file_rewrites_no_record_of_another() {
    let mut queue = opened(Saved::default());
    let group = Serial(1);
    create(&mut queue, 1);
    call(&mut queue, 2, Command::CreateJob { group, id: guid(2) });
    let files: Vec<FileSetInfo> = (0..1_000).map(|file| info(&format!("/{file}"))).collect();
    call(&mut queue, 3, Command::AddFiles { group, files });
    let mut commits = Vec::new();
    carry_out(&mut queue, &mut commits);
    assert_eq!(commits.iter().map(|commit| commit.transfers.len()).sum::<usize>(), 1_000);

    call(&mut queue, 4, Command::ResumeGroup { group });
    let begun = carry_out(&mut queue, &mut Vec::new());
    let [Effect::Fetch { ticket, .. }] = begun[..] else { panic!("one request, not {begun:?}") };
    let head = AnswerHead { status: 200, ..Default::default() };
    queue.handle_event(Event::Answered { ticket, head }, START);
    commits.clear();
    carry_out(&mut queue, &mut commits);
    let written: Vec<_> = commits.iter().flat_map(|commit| &commit.transfers).collect();
    assert!(matches!(written[..], [((Serial(1), 0), Some(_))]), "{written:?}");
}

/// Answers and ends each request in so many milliseconds, until none is made; counts the commits.
fn serve_all(queue: &mut Queue, millis: u64) -> (u64, Millis) {
    let headers = Headers { content_length: Some("4096".to_owned()), ..Headers::default() };
    let head = AnswerHead { status: 200, headers, ..AnswerHead::default() };
    let (mut commits, mut now) = (0, START);
    let mut requests = VecDeque::new();
    loop {
        while let Some(effect) = queue.poll_effect() {
            if let Effect::Commit(commit) = effect {
                commits += 1;
                queue.handle_event(Event::Committed { ticket: commit.ticket }, now);
            } else if let Effect::Fetch { ticket, .. } = effect {
                requests.push_back(ticket);
            }
        }
        now = now.plus(Millis(millis));
        if queue.next_alarm().is_some_and(|alarm| alarm <= now) {
            queue.handle_alarm(now);
        }
        let Some(ticket) = requests.pop_front() else { return (commits, now.since(START)) };
        queue.handle_event(Event::Answered { ticket, head: head.clone() }, now);
        let (position, how) = (Some(4_096), Ended::Closed);
        queue.handle_event(Event::Ended { ticket, position, how }, now);
    }
}

#[test]
fn the_records_of_many_small_files_are_written_together() {
    let mut queue = opened(Saved::default());
    let group = Serial(1);
    create(&mut queue, 1);
    call(&mut queue, 2, Command::CreateJob { group, id: guid(2) });
    let files: Vec<FileSetInfo> = (0..1_000).map(|file| info(&format!("/{file}"))).collect();
    call(&mut queue, 3, Command::AddFiles { group, files });
    call(&mut queue, 4, Command::ResumeGroup { group });
    let (commits, span) = serve_all(&mut queue, 5);
    assert!(span >= Millis(5_000), "all files were requested: {span:?}");
    let windows = span.0 / 200;
    assert!(commits <= windows + 4, "{commits} commits in {windows} windows");
}

/// What was ordered of the driver.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    requests: usize,
    flushes: usize,
    commits: usize,
    moves: usize,
}

/// Every body brings so many bytes in a tenth of a second, up to `size`; all else is done at once.
fn fetch_all(queue: &mut Queue, size: u64, chunk: u64) -> Counts {
    let (mut counts, mut now) = (Counts::default(), START);
    let headers = Headers { content_length: Some(size.to_string()), ..Headers::default() };
    let head = AnswerHead { status: 200, headers, ..AnswerHead::default() };
    let mut body = None;
    loop {
        while let Some(effect) = queue.poll_effect() {
            let event = match effect {
                Effect::Commit(ref commit) => {
                    counts.commits += 1;
                    Event::Committed { ticket: commit.ticket }
                }
                Effect::Fetch { ticket, .. } => {
                    counts.requests += 1;
                    Event::Answered { ticket, head: head.clone() }
                }
                Effect::Receive { ticket, at, .. } => {
                    body = Some((ticket, at));
                    continue;
                }
                Effect::Flush { ticket } => {
                    counts.flushes += 1;
                    let position = body.map_or(0, |(_, position)| position);
                    Event::Flushed { ticket, position }
                }
                Effect::Publish { ticket, .. } => {
                    counts.moves += 1;
                    Event::Published { ticket, result: Ok(()) }
                }
                Effect::Allow { .. } => continue,
                Effect::Abort { .. }
                | Effect::Compare { .. }
                | Effect::Copy { .. }
                | Effect::DeleteFile { .. }
                | Effect::DeletePart { .. }
                | Effect::Hash { .. }
                | Effect::Load { .. }
                | Effect::Probe { .. }
                | Effect::Shorten { .. }
                | Effect::WatchPage { .. } => panic!("nothing here asks for {effect:?}"),
            };
            queue.handle_event(event, now);
        }
        let Some((ticket, position)) = body else { return counts };
        now = now.plus(Millis(100));
        let position = (position + chunk).min(size);
        body = (position < size).then_some((ticket, position));
        queue.handle_event(
            match body {
                Some(_) => Event::Progress { ticket, position },
                None => Event::Ended { ticket, position: Some(position), how: Ended::Closed },
            },
            now,
        );
    }
}

#[test]
fn a_gibibyte_costs_one_request_and_a_flush_and_a_record_each_48_mebibytes() {
    let mut queue = opened(Saved::default());
    let group = Serial(1);
    create(&mut queue, 1);
    call(&mut queue, 2, Command::CreateJob { group, id: guid(2) });
    call(&mut queue, 3, Command::AddFiles { group, files: vec![info("/a")] });
    carry_out(&mut queue, &mut Vec::new());
    call(&mut queue, 4, Command::ResumeGroup { group });
    let counts = fetch_all(&mut queue, 1 << 30, 16 << 20);
    // Three quarters of what a crash may cost; the end of the body flushes what came after the last of them.
    let checkpoints = (1 << 30) / (48 << 20);
    // Beside those: the call with the answer, the end, and that it is published.
    let commits = checkpoints + 3;
    assert_eq!(counts, Counts { requests: 1, flushes: checkpoints, commits, moves: 1 });
}
