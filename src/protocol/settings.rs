//! The settings of a queue, spelt as in `OpenOptions`: the rows of the conformance tests name them so.

use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The settings of a queue, stored with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Pacing of attempts after a failure.
    pub retry: Retry,
    /// How much may be lost to a crash.
    pub checkpoint: Checkpoint,
    /// When bytes may be appended.
    pub resume: Resume,
    /// How many connections at once.
    pub connections: Connections,
    /// How long a background group runs while others wait.
    pub time_slice: Millis,
    /// Quotas.
    pub limits: Limits,
    /// After how long without progress or change a group is cancelled; `None` for never.
    pub inactivity_timeout: Option<Millis>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retry: Retry::default(),
            checkpoint: Checkpoint::default(),
            resume: Resume::default(),
            connections: Connections::default(),
            time_slice: Millis(30_000),
            limits: Limits::default(),
            inactivity_timeout: Some(Millis(7_776_000_000)),
        }
    }
}

/// Pacing of attempts after a failure (spec §7.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Retry {
    /// The first delay; each further one doubles.
    pub minimum_delay: Millis,
    /// No delay is longer.
    pub maximum_delay: Millis,
    /// Without progress for so long, a recoverable failure becomes an error; 0 makes every failure one.
    pub no_progress_timeout: Millis,
    /// A connection on which no byte moves for so long is given up.
    pub stall_timeout: Millis,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            minimum_delay: Millis(5_000),
            maximum_delay: Millis(600_000),
            no_progress_timeout: Millis(1_209_600_000),
            stall_timeout: Millis(30_000),
        }
    }
}

/// At most so much of a running file is not durable yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Checkpoint {
    /// Bytes.
    pub bytes: u64,
    /// Time.
    pub interval: Millis,
}

impl Default for Checkpoint {
    fn default() -> Self {
        Self { bytes: 64 << 20, interval: Millis(1_000) }
    }
}

/// When bytes may be appended to those that are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resume {
    /// Also on equal length, equal `Last-Modified` and an equal overlap of 64 KiB.
    Likely,
    /// Only on proof that the server's file is the same version.
    #[default]
    Proven,
}

/// How many connections at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Connections {
    /// For one file; `None` lets the engine choose between 1 and 4.
    pub per_file: Option<u32>,
    /// For one origin.
    pub per_origin: u32,
    /// For the queue.
    pub total: u32,
}

impl Default for Connections {
    fn default() -> Self {
        Self { per_file: None, per_origin: 4, total: 6 }
    }
}

/// Quotas; none by default (ruling A32).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// Groups in the queue.
    pub groups: Option<u32>,
    /// Files in a job.
    pub files_per_job: Option<u32>,
}

/// The settings that an `open` named; the others stay as they are. One that consists of several fields
/// is replaced whole: a field that it leaves out has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SettingsPatch {
    /// See [`Settings::retry`].
    pub retry: Option<Retry>,
    /// See [`Settings::checkpoint`].
    pub checkpoint: Option<Checkpoint>,
    /// See [`Settings::resume`].
    pub resume: Option<Resume>,
    /// See [`Settings::connections`].
    pub connections: Option<Connections>,
    /// See [`Settings::time_slice`].
    pub time_slice: Option<Millis>,
    /// See [`Settings::limits`].
    pub limits: Option<Limits>,
    /// See [`Settings::inactivity_timeout`].
    pub inactivity_timeout: Option<Option<Millis>>,
}
