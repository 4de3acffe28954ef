//! What is being measured of a language: printed as it comes, and kept.

use super::contest::{Contender, median, ratio};
use super::machine;
use super::recording::{Goal, Language, Row};

pub(crate) struct Report {
    quick: bool,
    language: Language,
}

impl Report {
    pub(crate) fn begin(name: &str, quick: bool) -> Report {
        println!("\n==> {name}");
        if quick {
            println!("quick: it works or it doesn't; the numbers mean nothing");
        }
        let name = name.to_owned();
        Report {
            quick,
            language: Language {
                name,
                command: None,
                versions: Vec::new(),
                others_busy: 0.0,
                rows: Vec::new(),
            },
        }
    }

    /// What is measured, or measured beside.
    pub(crate) fn version(&mut self, name: &str, version: impl Into<String>) {
        self.language.versions.push((name.to_owned(), version.into()));
    }

    /// When all is built, and before the first contender runs.
    pub(crate) fn built(&mut self) {
        self.language.others_busy = machine::busy();
        println!("other programs keep {:.0} % of the cores busy", self.language.others_busy);
    }

    pub(crate) fn section(&self, title: &str) {
        println!("\n{title}");
    }

    /// What each contender costs, of which ours is the first: the middle of its rounds.
    pub(crate) fn costs(&mut self, task: &str, contenders: &[Contender], costs: &[Vec<f64>]) {
        for (contender, costs) in contenders.iter().zip(costs) {
            self.cost(task, contender.name, costs, "µs", None);
        }
    }

    /// What one contender costs; a goal is not to be exceeded.
    pub(crate) fn cost(&mut self, task: &str, name: &str, values: &[f64], unit: &str, goal: Option<f64>) {
        let row = Row { contender: Some(name.to_owned()), ..spread(task, values, unit) };
        self.add(row, goal.map(Goal::AtMost));
    }

    /// How many times cheaper ours, the first, is than each of the others; the goals say how many it is to be.
    pub(crate) fn cheaper(
        &mut self,
        task: &str,
        contenders: &[Contender],
        costs: &[Vec<f64>],
        goals: &[(&str, f64)],
    ) {
        for (peer, theirs) in contenders.iter().zip(costs).skip(1) {
            let goal =
                goals.iter().find(|(name, _)| *name == peer.name).map(|(_, goal)| Goal::AtLeast(*goal));
            let row = Row::of(task, ratio(theirs, &costs[0]), "×");
            self.add(Row { cheaper_than: Some(peer.name.to_owned()), ..row }, goal);
        }
    }

    /// Ours in parts of a peer's; a goal is not to be exceeded.
    pub(crate) fn beside(&mut self, task: &str, peer: &str, ours: &[f64], theirs: &[f64], goal: Option<f64>) {
        let row = Row { beside: Some(peer.to_owned()), ..Row::of(task, ratio(ours, theirs), "×") };
        self.add(row, goal.map(Goal::AtMost));
    }

    /// The middle of several values of ours alone.
    pub(crate) fn spread(&mut self, task: &str, values: &[f64], unit: &str, goal: Option<f64>) {
        self.add(spread(task, values, unit), goal.map(Goal::AtMost));
    }

    /// One value of ours alone; a goal is not to be exceeded.
    pub(crate) fn value(&mut self, task: &str, value: f64, unit: &str, goal: Option<f64>) {
        self.add(Row::of(task, value, unit), goal.map(Goal::AtMost));
    }

    fn add(&mut self, row: Row, goal: Option<Goal>) {
        let row = Row { goal: goal.filter(|_| !self.quick), ..row };
        println!("{}", line(&row));
        self.language.rows.push(row);
    }

    /// Sums up.
    pub(crate) fn finish(self) -> Language {
        let goals: Vec<bool> = self.language.rows.iter().filter_map(Row::is_met).collect();
        let met = goals.iter().filter(|met| **met).count();
        if !self.quick {
            println!("\n{met} of {} goals met", goals.len());
        }
        self.language
    }
}

fn spread(task: &str, values: &[f64], unit: &str) -> Row {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Row { spread: Some([least, most]), ..Row::of(task, median(values), unit) }
}

fn line(row: &Row) -> String {
    let spread = row.spread.map(|[least, most]| format!("{least:.1} to {most:.1}")).unwrap_or_default();
    let goal = match (row.goal, row.is_met()) {
        (Some(goal), Some(true)) => format!("goal {goal}: met"),
        (Some(goal), _) => format!("goal {goal}: MISSED"),
        (None, _) => String::new(),
    };
    let decimals = if row.value < 10.0 { 2 } else { 1 };
    let Row { value, unit, .. } = row;
    format!("  {:<48}{value:>9.decimals$} {unit:<5} {spread:<18}{goal}", row.what()).trim_end().to_owned()
}
