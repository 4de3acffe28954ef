//! What a run of the benchmarks leaves: JSON, from which the page and its pictures are drawn at any time after.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A run.
#[derive(Serialize, Deserialize)]
pub(crate) struct Recording {
    /// `2026-11-25`, in UTC.
    pub(crate) date: String,
    /// What made it.
    pub(crate) command: String,
    /// Of this SDK.
    pub(crate) version: String,
    pub(crate) machine: Machine,
    /// A few calls of each only: the numbers mean nothing.
    pub(crate) quick: bool,
    pub(crate) languages: Vec<Language>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gb: f64,
    pub(crate) system: String,
}

/// What was measured of a language.
#[derive(Serialize, Deserialize)]
pub(crate) struct Language {
    pub(crate) name: String,
    /// What made it, if it was measured anew by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<String>,
    /// Of compilers, interpreters and peers.
    pub(crate) versions: Vec<(String, String)>,
    /// How busy other programs kept the machine just before, in percent of all cores.
    pub(crate) others_busy: f64,
    pub(crate) rows: Vec<Row>,
}

/// A number. It is a contender's cost at a task, or how ours compares to a peer's, or something else of ours.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) task: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contender: Option<String>,
    /// The value is how many times dearer this peer is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cheaper_than: Option<String>,
    /// The value is ours in parts of this peer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) beside: Option<String>,
    pub(crate) value: f64,
    pub(crate) unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) spread: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) goal: Option<Goal>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Row {
    pub(crate) fn of(task: &str, value: f64, unit: &str) -> Row {
        let (task, unit) = (task.to_owned(), unit.to_owned());
        Row { task, contender: None, cheaper_than: None, beside: None, value, unit, spread: None, goal: None }
    }

    /// Whether its goal is met, if it has one.
    pub(crate) fn is_met(&self) -> Option<bool> {
        self.goal.map(|goal| match goal {
            Goal::AtMost(most) => self.value <= most,
            Goal::AtLeast(least) => self.value >= least,
        })
    }

    /// How many times ours the peer costs, if that is what it tells.
    pub(crate) fn times_ours(&self) -> Option<(&str, f64)> {
        let cheaper = self.cheaper_than.as_deref().map(|peer| (peer, self.value));
        cheaper.or_else(|| self.beside.as_deref().map(|peer| (peer, 1.0 / self.value)))
    }

    /// What it is of, in words.
    pub(crate) fn what(&self) -> String {
        let Row { task, .. } = self;
        match (&self.contender, &self.cheaper_than, &self.beside) {
            (Some(contender), ..) => format!("{task}: {contender}"),
            (_, Some(peer), _) => format!("{task}: cheaper than {peer}"),
            (.., Some(peer)) => format!("{task}: to {peer}"),
            _ => task.clone(),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::AtMost(goal) => write!(f, "≤ {goal}"),
            Goal::AtLeast(goal) => write!(f, "≥ {goal}"),
        }
    }
}
