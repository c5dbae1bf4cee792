//! The pure queue, timed: what a step costs in a queue of many groups, and a file in a job of many.
//!
//! A step is one call of a page or one event of the driver, with all that follows: the groups it
//! touches are settled, effects and messages polled, the next alarm asked for. Commits that are reported
//! durable are among the steps.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::disallowed_types, reason = "a benchmark reads a clock")]

mod desk;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use desk::{Crowd, Desk, saved};
use qmgr::protocol::Command;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// What the system's allocator takes of a step differs from system to system, and in a browser it is neither.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

const GROUPS: [u32; 3] = [10, 1_000, 10_000];
const FILES: [u32; 3] = [100, 1_000, 10_000];

/// So many groups live between two looks at the clock.
const LIVES: u32 = 100;

/// The time of one step, while groups are created, filled, fetched, paused, and cancelled when they are
/// complete, beside a crowd of others.
fn steps(criterion: &mut Criterion) {
    for (name, crowd) in [
        ("steps/background", Crowd::Background),
        ("steps/foreground", Crowd::Foreground),
        ("steps/waiting", Crowd::Waiting),
    ] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(1));
        for count in GROUPS {
            let mut desk = Desk::new(saved(count, 2, crowd));
            group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
                bencher.iter_custom(|iterations| {
                    let first = desk.steps;
                    let mut spent = Duration::ZERO;
                    while desk.steps - first < iterations {
                        desk.prepare(LIVES);
                        let start = Instant::now();
                        for _ in 0..LIVES {
                            desk.live_a_life(crowd);
                        }
                        spent += start.elapsed();
                    }
                    per_iteration(spent, iterations, desk.steps - first)
                });
            });
        }
        group.finish();
    }
}

/// The time of one file, from the request to its name, in the one job of a queue.
fn files(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("files");
    group.throughput(Throughput::Elements(1));
    for count in FILES {
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter_custom(|iterations| {
                let jobs = iterations.div_ceil(u64::from(count));
                let mut spent = Duration::ZERO;
                for _ in 0..jobs {
                    let mut desk = Desk::new(saved(1, count, Crowd::Foreground));
                    let start = Instant::now();
                    desk.run_until_complete();
                    spent += start.elapsed();
                }
                per_iteration(spent, iterations, jobs * u64::from(count))
            });
        });
    }
    group.finish();
}

/// The time of one group, when a queue is restored from its records.
fn restore(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("restore");
    group.throughput(Throughput::Elements(1));
    for count in GROUPS {
        let records = saved(count, 2, Crowd::Background);
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter_custom(|iterations| {
                let queues = iterations.div_ceil(u64::from(count));
                let mut spent = Duration::ZERO;
                for _ in 0..queues {
                    let records = records.clone();
                    let start = Instant::now();
                    let queue = desk::restored(records);
                    spent += start.elapsed();
                    drop(queue);
                }
                per_iteration(spent, iterations, queues * u64::from(count))
            });
        });
    }
    group.finish();
}

/// The time of one group, when all are created in one go: two transactions, whatever their number.
fn create(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("create");
    group.throughput(Throughput::Elements(1));
    for count in GROUPS {
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter_custom(|iterations| {
                let queues = iterations.div_ceil(u64::from(count));
                let mut spent = Duration::ZERO;
                for _ in 0..queues {
                    let mut desk = Desk::new(saved(0, 0, Crowd::Background));
                    let start = Instant::now();
                    desk.create_at_once(count);
                    spent += start.elapsed();
                    assert_eq!(desk.commits, 2, "a burst costs two transactions");
                }
                per_iteration(spent, iterations, queues * u64::from(count))
            });
        });
    }
    group.finish();
}

/// The calls that only read: all ids of the queue, and one group's status from the page's mirror.
fn reads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("enumGroups");
    for count in GROUPS {
        let mut desk = Desk::new(saved(count, 2, Crowd::Background));
        group.throughput(Throughput::Elements(u64::from(count)));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| desk.call(Command::EnumGroups { flags: 0 }));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("getStatus");
    group.throughput(Throughput::Elements(1));
    for count in GROUPS {
        let mut desk = Desk::new(saved(count, 2, Crowd::Background));
        let view = desk.hold_a_group();
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| black_box(&view).status());
        });
    }
    group.finish();
}

/// What criterion is to believe that `iterations` took, when `done` were done in `spent`.
fn per_iteration(spent: Duration, iterations: u64, done: u64) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "the loss is far below what is measured")]
    spent.mul_f64(iterations as f64 / done as f64)
}

fn configured() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
}

criterion_group! {
    name = all;
    config = configured();
    targets = steps, files, restore, create, reads
}
criterion_main!(all);
