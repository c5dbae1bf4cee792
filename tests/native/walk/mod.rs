//! Small worlds, walked in full: every state that a few groups, files, calls and faults can lead to, in
//! whatever order things happen.
//!
//! The walk goes breadth first, so a failure prints one of the shortest ways to it. Two states are one
//! when they differ in the names of orders and the time of day alone (see [`names`]).
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `QMGR_WALK_STATES` | so many states each walk goes on from, if there are more | a few hundred, and all of the smallest world |

mod check;
mod names;
mod scene;
mod world;

use names::fingerprint;
use qmgr::protocol::{GroupState, GroupUpdate, Serial};
use qmgr::queue::transitions;
use scene::{Bounds, Scene};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use world::{Fault, Step, World};

/// A walk of so many states is a long one.
const LONG: usize = 100_000;

/// A change of one group's state, by the names of both.
type Arrow = (&'static str, &'static str);

/// What a walk has seen.
struct Walk {
    /// How each state was first reached: from which one, and by which step.
    ways: Vec<Option<(usize, Step)>>,
    seen: BTreeSet<u128>,
    edges: usize,
    /// From states that are so many steps away the walk has gone on.
    depth: usize,
    is_whole: bool,
    arrows: BTreeSet<Arrow>,
}

/// Walks through a world until every state is seen, or as many as are wanted.
fn walk(bounds: Bounds) -> Walk {
    let most = std::env::var("QMGR_WALK_STATES")
        .map_or(bounds.few, |text| text.parse().expect("a number of states"));
    let start = World::new(Rc::new(Scene::new(bounds)));
    let mut walk = Walk {
        ways: vec![None],
        seen: BTreeSet::from([fingerprint(&start, start.now)]),
        edges: 0,
        depth: 0,
        is_whole: true,
        arrows: BTreeSet::new(),
    };
    let mut front = VecDeque::from([(0, 0, start)]);
    while let Some((place, depth, world)) = front.pop_front() {
        walk.guarded(place, None, || check::check(&world));
        // Of the states that are one too many to go on from, none is left unchecked.
        if walk.ways.len() >= most {
            walk.is_whole = false;
            continue;
        }
        walk.depth = depth;
        for step in world.steps() {
            let mut next = world.clone();
            if !walk.guarded(place, Some(&step), || next.take(&step)) {
                continue;
            }
            walk.edges += 1;
            walk.note_arrows(&step, &world.rows, &next.rows);
            if walk.seen.insert(fingerprint(&next, next.now)) {
                walk.ways.push(Some((place, step)));
                front.push_back((walk.ways.len() - 1, depth + 1, next));
            }
        }
    }
    let extent = if walk.is_whole { "all there are" } else { "as many as wanted" };
    println!(
        "{}: {} states, {extent}; {} edges; depth {}",
        bounds.name,
        walk.ways.len(),
        walk.edges,
        walk.depth
    );
    walk
}

impl Walk {
    /// Does what may fail, and prints the way there if it does.
    fn guarded<T>(&self, place: usize, last: Option<&Step>, act: impl FnOnce() -> T) -> T {
        catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
            let mut way: Vec<&Step> = last.into_iter().collect();
            let mut place = place;
            while let Some((before, step)) = &self.ways[place] {
                way.push(step);
                place = *before;
            }
            eprintln!("the way there:");
            for step in way.iter().rev() {
                eprintln!("  {step:?}");
            }
            resume_unwind(panic)
        })
    }

    fn note_arrows(
        &mut self,
        step: &Step,
        before: &BTreeMap<Serial, GroupUpdate>,
        after: &BTreeMap<Serial, GroupUpdate>,
    ) {
        // What a restart makes of a state is told apart by the checks.
        if matches!(step, Step::Fault(Fault::Crash { .. })) {
            return;
        }
        for (serial, row) in before {
            let from = state_name(row);
            let to = after.get(serial).map_or("Cancelled", state_name);
            if from != to {
                self.arrows.insert((from, to));
            }
        }
    }
}

/// The name that the table of transitions gives to the state that a row shows.
fn state_name(row: &GroupUpdate) -> &'static str {
    let group = &row.group;
    match group.state {
        GroupState::Cancelled => "Cancelled",
        GroupState::Complete => "Complete",
        GroupState::Error => "Error",
        GroupState::New => "New",
        GroupState::Publishing if group.files_done == group.files_total => "Publishing",
        GroupState::Suspended => "Suspended",
        GroupState::Waiting => "Waiting",
        // A file's hash is being taken: that is shown as publishing too.
        GroupState::Connecting
        | GroupState::Publishing
        | GroupState::Queued
        | GroupState::Transferring => "Running",
    }
}

/// The arrows of docs/states.md.
fn table() -> BTreeSet<Arrow> {
    transitions().iter().map(|line| (line.from, line.to)).collect()
}

/// No group goes where no arrow leads.
fn check_arrows(walk: &Walk) {
    let table = table();
    for &(from, to) in walk.arrows.difference(&table) {
        // One step may lead on at once through the states of a group with nothing left to fetch.
        let mut reached = BTreeSet::from([from]);
        for state in ["Running", "Publishing"] {
            if reached.iter().any(|&before| table.contains(&(before, state))) {
                reached.insert(state);
            }
        }
        let is_path = reached.iter().any(|&before| table.contains(&(before, to)));
        assert!(is_path, "a group went from {from} to {to}");
    }
}

/// A long walk of one group has gone along every arrow.
fn check_all_arrows(walk: &Walk) {
    if walk.ways.len() >= LONG {
        let table = table();
        let unseen: Vec<_> = table.difference(&walk.arrows).collect();
        assert!(unseen.is_empty(), "nobody went along {unseen:?}");
    }
}

#[test]
fn one_group_keeps_the_promises_in_every_state_between_writes() {
    let walk = walk(Bounds {
        name: "one group, one fault, written at once",
        groups: 1,
        prepared: Some(1),
        faults: 1,
        few: 600,
        per_file: 1,
        writes_at_once: true,
    });
    check_arrows(&walk);
    check_all_arrows(&walk);
}

#[test]
fn one_group_keeps_the_promises_in_every_state_while_nothing_goes_wrong() {
    check_arrows(&walk(Bounds {
        name: "one group from nothing, no fault, written at once",
        groups: 1,
        prepared: None,
        faults: 0,
        few: 10000,
        per_file: 1,
        writes_at_once: true,
    }));
}

#[test]
fn one_group_keeps_the_promises_in_every_state() {
    check_arrows(&walk(Bounds {
        name: "one group, one fault",
        groups: 1,
        prepared: Some(1),
        faults: 1,
        few: 600,
        per_file: 1,
        writes_at_once: false,
    }));
}

#[test]
fn two_groups_keep_the_promises_in_every_state_while_nothing_goes_wrong() {
    check_arrows(&walk(Bounds {
        name: "two groups, no fault, written at once",
        groups: 2,
        prepared: Some(2),
        faults: 0,
        few: 600,
        per_file: 1,
        writes_at_once: true,
    }));
}

#[test]
fn two_groups_keep_the_promises_in_every_state() {
    check_arrows(&walk(Bounds {
        name: "two groups, one fault",
        groups: 2,
        prepared: Some(2),
        faults: 1,
        few: 600,
        per_file: 1,
        writes_at_once: false,
    }));
}

#[test]
fn a_file_over_two_connections_keeps_the_promises_in_every_state() {
    for (faults, writes_at_once) in [(0, false), (1, true)] {
        check_arrows(&walk(Bounds {
            name: "one group, two connections for its file",
            groups: 1,
            prepared: Some(1),
            faults,
            few: 600,
            per_file: 2,
            writes_at_once,
        }));
    }
}
