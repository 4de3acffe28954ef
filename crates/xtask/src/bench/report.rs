//! The table: what was measured, beside which goal.

use std::fmt;

use serde::Serialize;

/// Everything that was measured.
#[derive(Serialize)]
pub(crate) struct Report {
    version: &'static str,
    system: String,
    opt_level: String,
    /// The numbers mean nothing.
    quick: bool,
    rows: Vec<Row>,
}

/// One number.
#[derive(Serialize)]
struct Row {
    what: String,
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    spread: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<Goal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<bool>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Goal::AtMost(goal) => value <= goal,
            Goal::AtLeast(goal) => value >= goal,
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

impl Report {
    /// Prints what it is of.
    pub(crate) fn begin(quick: bool) -> Report {
        let opt_level = std::env::var("CARGO_PROFILE_RELEASE_OPT_LEVEL").unwrap_or_else(|_| "s".to_owned());
        let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
        println!(
            "{system}, release profile (opt-level {opt_level}, 3 for what decodes), ours and the peers alike"
        );
        if quick {
            println!("quick: it works or it doesn't; the numbers mean nothing");
        }
        Report { version: env!("CARGO_PKG_VERSION"), system, opt_level, quick, rows: Vec::new() }
    }

    pub(crate) fn section(&self, title: &str) {
        println!("\n{title}");
    }

    /// The middle of several values, and how far they lie apart.
    pub(crate) fn spread(&mut self, what: &str, values: &[f64], unit: &'static str, goal: Option<f64>) {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        self.add(what, super::contest::median(values), unit, Some([least, most]), goal.map(Goal::AtMost));
    }

    /// One value; a goal is not to be exceeded.
    pub(crate) fn value(&mut self, what: &str, value: f64, unit: &'static str, goal: Option<f64>) {
        self.add(what, value, unit, None, goal.map(Goal::AtMost));
    }

    /// One value; a goal is to be reached.
    pub(crate) fn at_least(&mut self, what: &str, value: f64, unit: &'static str, goal: Option<f64>) {
        self.add(what, value, unit, None, goal.map(Goal::AtLeast));
    }

    fn add(
        &mut self,
        what: &str,
        value: f64,
        unit: &'static str,
        spread: Option<[f64; 2]>,
        goal: Option<Goal>,
    ) {
        let goal = goal.filter(|_| !self.quick);
        let met = goal.map(|goal| goal.is_met(value));
        let row = Row { what: what.to_owned(), value, unit, spread, goal, met };
        println!("{}", row.line());
        self.rows.push(row);
    }

    /// Sums up.
    pub(crate) fn finish(&self) {
        let goals: Vec<bool> = self.rows.iter().filter_map(|row| row.met).collect();
        let met = goals.iter().filter(|met| **met).count();
        if !self.quick {
            println!("\n{met} of {} goals met", goals.len());
        }
    }
}

impl Row {
    fn line(&self) -> String {
        let spread = self.spread.map(|[least, most]| format!("{least:.1} to {most:.1}")).unwrap_or_default();
        let goal = match (self.goal, self.met) {
            (Some(goal), Some(true)) => format!("goal {goal}: met"),
            (Some(goal), _) => format!("goal {goal}: MISSED"),
            (None, _) => String::new(),
        };
        let decimals = if self.value < 10.0 { 2 } else { 1 };
        let line =
            format!("  {:<44}{:>9.decimals$} {:<5} {:<18}{}", self.what, self.value, self.unit, spread, goal);
        line.trim_end().to_owned()
    }
}
