//! What a listener knows, and what it asks next: the whole of listening but the waiting and the asking.
//!
//! The API gives no cursor and no acknowledgement; `since` is documented as *after this time*, and nothing is
//! said of precision, order or rows that appear late. So every pass asks again for what may have appeared
//! late, drops the ids it knows, and moves on only when the server has shown everything. `docs/listening.md`
//! gives the reasons.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::checkpoint::{Acknowledged, CheckpointState};
use crate::dates::{floor, shift};
use crate::model::{Direction, Message};

/// How late a row may appear, by its own timestamp, and still be seen.
pub(crate) const OVERLAP: SignedDuration = SignedDuration::from_secs(120);
/// `since` may be exclusive, and may count whole seconds.
const SINCE_SLACK: SignedDuration = SignedDuration::from_secs(1);
/// Ids are kept this much longer than a pass can bring them back.
const FORGET_SLACK: SignedDuration = SignedDuration::from_secs(10);
/// Where a page is continued from, relative to its newest timestamp, while the last try brought nothing new.
/// From `MAY_SKIP` on, rows that share the newest timestamp may be passed over.
const RUNGS: [SignedDuration; 5] = [
    SignedDuration::from_secs(-1),
    SignedDuration::from_millis(-1),
    SignedDuration::ZERO,
    SignedDuration::from_millis(1),
    SignedDuration::from_secs(1),
];
const MAY_SKIP: usize = 2;
/// How many histories are read to fill a gap.
const MOST_PHONES: usize = 100;

/// A stretch of time, by the service's clock, of which messages may have been missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub(crate) enum Want {
    /// Poll for what came after a time; without one, only the answer's `Date` is wanted.
    Poll(Option<Timestamp>),
    /// Tell of a gap, once.
    Report(Gap),
    /// Read the history of a phone, to fill the gap.
    History(String),
    /// The pass is over: wait. `fresh` if it brought something.
    Rest { fresh: bool },
}

pub(crate) struct Inbox {
    origin: String,
    phone: Option<String>,
    start: Option<Timestamp>,
    baseline: Option<Timestamp>,
    baseline_done: bool,
    /// Everything up to here was shown by the server.
    watermark: Option<Timestamp>,
    /// Everything up to here was acknowledged, and that was saved.
    persisted: Option<Timestamp>,
    known: HashMap<String, Known>,
    unacknowledged: BTreeSet<(Timestamp, String)>,
    acknowledged: BTreeSet<(Timestamp, String)>,
    queue: VecDeque<Message>,
    pass: Option<Pass>,
    reported: Vec<Gap>,
    /// Who wrote, the latest last.
    phones: VecDeque<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Known {
    Waiting(Timestamp),
    Acknowledged,
}

/// One way through everything since the watermark.
struct Pass {
    /// What the next request asks for.
    since: Timestamp,
    /// What the last request asked for that brought something.
    productive: Timestamp,
    asked: bool,
    /// The `Date` of the first answer.
    date: Option<Timestamp>,
    newest: Option<Timestamp>,
    ids: HashSet<String>,
    rung: usize,
    fresh: bool,
    gap: Option<Gap>,
    drained: bool,
    /// The histories still to be read, once the gap was reported.
    histories: Option<Vec<String>>,
}

impl Inbox {
    pub(crate) fn new(state: CheckpointState) -> Inbox {
        let mut inbox = Inbox {
            origin: state.origin,
            phone: state.phone,
            start: state.start,
            baseline: state.baseline,
            baseline_done: state.baseline_done,
            watermark: state.watermark,
            persisted: state.watermark,
            known: HashMap::new(),
            unacknowledged: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            queue: VecDeque::new(),
            pass: None,
            reported: Vec::new(),
            phones: VecDeque::new(),
        };
        for Acknowledged { id, timestamp } in state.acknowledged {
            inbox.known.insert(id.clone(), Known::Acknowledged);
            inbox.acknowledged.insert((timestamp, id));
        }
        inbox
    }

    pub(crate) fn phone(&self) -> Option<&str> {
        self.phone.as_deref()
    }

    /// The next message for the consumer.
    pub(crate) fn pop(&mut self) -> Option<Message> {
        self.queue.pop_front()
    }

    /// What to do next.
    pub(crate) fn want(&mut self) -> Want {
        let Some(watermark) = self.watermark else {
            return Want::Poll(None);
        };
        let pass = self.pass.get_or_insert_with(|| Pass::from(oldest_asked(watermark)));
        if !pass.drained {
            return Want::Poll(Some(pass.since));
        }
        if let Some(gap) = pass.gap
            && pass.histories.is_none()
        {
            return Want::Report(gap);
        }
        match pass.histories.as_mut().and_then(Vec::pop) {
            Some(phone) => Want::History(phone),
            None => Want::Rest { fresh: pass.fresh },
        }
    }

    /// A gap was reported: its histories are next.
    pub(crate) fn reported(&mut self, gap: Gap) {
        self.reported.push(gap);
        let phones = match &self.phone {
            Some(phone) => vec![phone.clone()],
            None => self.phones.iter().cloned().collect(),
        };
        if let Some(pass) = &mut self.pass {
            pass.histories = Some(phones);
        }
    }

    /// A pass is over and the next one begins with the next `want`.
    pub(crate) fn rested(&mut self) {
        let Some(pass) = self.pass.take() else { return };
        // Without a `Date` the newest timestamp alone may lie in the future: the watermark stays.
        if let (Some(newest), Some(date)) = (pass.newest, pass.date) {
            self.watermark = self.watermark.max(Some(newest.min(date)));
        }
        self.baseline_done = true;
    }

    /// Takes in what a poll brought.
    pub(crate) fn polled(&mut self, rows: Vec<Message>, has_more: bool, date: Option<Timestamp>) {
        if self.watermark.is_none() {
            self.begin(&rows, date);
            return;
        }
        let Some(mut pass) = self.pass.take() else { return };
        let order = Order::of(&rows);
        let oldest = rows.iter().map(|row| row.timestamp).min();
        let was_first = !pass.asked;
        let news = pass.note(&rows, date);
        pass.fresh |= self.take_all(rows, order);
        if was_first || news {
            pass.productive = pass.since;
            match (has_more, order, oldest) {
                (false, ..) => pass.drained = true,
                // Newest first: what is hidden is older than all that was shown.
                (true, Order::Descending, Some(oldest)) => {
                    pass.widen_gap(oldest);
                    pass.drained = true;
                }
                (true, Order::Mixed, _) => {
                    pass.widen_gap(pass.newest.unwrap_or(pass.since));
                    pass.climb(0);
                }
                (true, ..) => pass.climb(0),
            }
        } else if pass.rung >= MAY_SKIP && !has_more {
            pass.drained = true;
        } else {
            pass.climb(pass.rung + 1);
        }
        if pass.drained {
            pass.gap = pass.gap.and_then(|gap| self.unreported(gap));
        }
        self.pass = Some(pass);
    }

    /// Takes in the history of a phone. Whether all that was missed is in it, nobody knows.
    pub(crate) fn history_read(&mut self, rows: Vec<Message>) {
        let rows: Vec<Message> =
            rows.into_iter().filter(|row| self.baseline.is_none_or(|b| row.timestamp >= b)).collect();
        let order = Order::of(&rows);
        let fresh = self.take_all(rows, order);
        if let Some(pass) = &mut self.pass {
            pass.fresh |= fresh;
        }
    }

    /// The first answer: listening begins at its `Date`, never at the local clock. Without one, it begins
    /// after what there is.
    fn begin(&mut self, rows: &[Message], date: Option<Timestamp>) {
        let after_newest = || {
            let newest = rows.iter().map(|row| row.timestamp).max();
            newest.map_or(Timestamp::UNIX_EPOCH, |at| shift(at, SignedDuration::from_nanos(1)))
        };
        let baseline = date.unwrap_or_else(after_newest);
        self.baseline = Some(baseline);
        self.watermark = Some(baseline);
        self.start = Some(oldest_asked(baseline));
    }

    fn take_all(&mut self, mut rows: Vec<Message>, order: Order) -> bool {
        if order == Order::Descending {
            // So that messages of one timestamp are yielded as they were written.
            rows.reverse();
        }
        rows.sort_by_key(|row| row.timestamp);
        rows.into_iter().fold(false, |fresh, row| self.take(row) | fresh)
    }

    /// Queues a row that is news.
    fn take(&mut self, row: Message) -> bool {
        let elsewhere = self.phone.as_ref().is_some_and(|phone| *phone != row.phone);
        if row.direction != Direction::Inbound || elsewhere {
            return false;
        }
        self.remember_phone(&row.phone);
        let before_start = self.start.is_some_and(|start| row.timestamp < start);
        // Its id may have been forgotten; and a restart would not ask for it.
        let too_late = self.persisted.is_some_and(|mark| row.timestamp <= oldest_asked(mark));
        if before_start || too_late || self.known.contains_key(&row.id) {
            return false;
        }
        let at = row.timestamp;
        if !self.baseline_done && self.baseline.is_some_and(|baseline| at < baseline) {
            self.known.insert(row.id.clone(), Known::Acknowledged);
            self.acknowledged.insert((at, row.id));
            return false;
        }
        self.known.insert(row.id.clone(), Known::Waiting(at));
        self.unacknowledged.insert((at, row.id.clone()));
        self.queue.push_back(row);
        true
    }

    fn remember_phone(&mut self, phone: &str) {
        if self.phones.back().is_some_and(|last| last == phone) {
            return;
        }
        self.phones.retain(|known| known != phone);
        self.phones.push_back(phone.to_owned());
        if self.phones.len() > MOST_PHONES {
            self.phones.pop_front();
        }
    }

    /// The part of a gap that wasn't reported before.
    fn unreported(&mut self, mut gap: Gap) -> Option<Gap> {
        let horizon = self.persisted.map_or(Timestamp::MIN, oldest_asked);
        self.reported.retain(|old| old.to >= horizon);
        let mut shrunk = true;
        while shrunk {
            shrunk = false;
            for old in &self.reported {
                if old.from <= gap.from && gap.to <= old.to {
                    return None;
                }
                if old.from <= gap.from && gap.from < old.to {
                    gap.from = old.to;
                    shrunk = true;
                }
            }
        }
        Some(gap)
    }

    /// Whether a message waits to be acknowledged.
    pub(crate) fn is_waiting(&self, id: &str) -> bool {
        matches!(self.known.get(id), Some(Known::Waiting(_)))
    }

    /// The watermark that may be saved once `id`, too, is acknowledged: never past a message that isn't.
    /// It never goes back either: the ids behind it may be forgotten.
    pub(crate) fn safe_watermark(&self, id: Option<&str>) -> Option<Timestamp> {
        let oldest =
            self.unacknowledged.iter().find(|(_, waiting)| Some(&**waiting) != id).map(|(at, _)| *at);
        let watermark = self.watermark?;
        Some(oldest.map_or(watermark, |oldest| watermark.min(oldest))).max(self.persisted)
    }

    /// Whether there is something to save besides acknowledgements.
    pub(crate) fn has_moved(&self) -> bool {
        self.safe_watermark(None) > self.persisted
    }

    /// The state to save in which `id`, too, is acknowledged.
    pub(crate) fn snapshot(&self, id: Option<&str>) -> CheckpointState {
        let watermark = self.safe_watermark(id);
        let horizon = watermark.map_or(Timestamp::MIN, forgotten_before);
        let mut state = CheckpointState::new(&self.origin, self.phone.as_deref());
        state.start = self.start;
        state.baseline = self.baseline;
        state.baseline_done = self.baseline_done;
        state.watermark = watermark;
        let newly = id.and_then(|id| match self.known.get(id) {
            Some(Known::Waiting(at)) => Some((*at, id.to_owned())),
            _ => None,
        });
        state.acknowledged = self
            .acknowledged
            .iter()
            .chain(newly.as_ref())
            .filter(|(at, _)| *at >= horizon)
            .map(|(timestamp, id)| Acknowledged { id: id.clone(), timestamp: *timestamp })
            .collect();
        state
    }

    /// A state was saved in which `id`, too, is acknowledged, with this watermark.
    pub(crate) fn saved(&mut self, id: Option<&str>, watermark: Option<Timestamp>) {
        if let Some(id) = id
            && let Some(Known::Waiting(at)) = self.known.get(id).copied()
        {
            self.known.insert(id.to_owned(), Known::Acknowledged);
            let entry = (at, id.to_owned());
            self.unacknowledged.remove(&entry);
            self.acknowledged.insert(entry);
        }
        self.persisted = self.persisted.max(watermark);
        if let Some(mark) = self.persisted {
            let kept = self.acknowledged.split_off(&(forgotten_before(mark), String::new()));
            for (_, id) in std::mem::replace(&mut self.acknowledged, kept) {
                self.known.remove(&id);
            }
        }
    }
}

/// What a pass from this watermark asks for.
fn oldest_asked(watermark: Timestamp) -> Timestamp {
    shift(floor(watermark), -(OVERLAP + SINCE_SLACK))
}

/// Ids of rows older than this can't come again.
fn forgotten_before(persisted: Timestamp) -> Timestamp {
    shift(persisted, -(OVERLAP + FORGET_SLACK))
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    Ascending,
    Descending,
    Mixed,
}

impl Order {
    fn of(rows: &[Message]) -> Order {
        let descends = rows.windows(2).any(|pair| pair[1].timestamp < pair[0].timestamp);
        let ascends = rows.windows(2).any(|pair| pair[1].timestamp > pair[0].timestamp);
        match (ascends, descends) {
            (_, false) => Order::Ascending,
            (false, true) => Order::Descending,
            (true, true) => Order::Mixed,
        }
    }
}

impl Pass {
    fn from(since: Timestamp) -> Pass {
        Pass {
            since,
            productive: since,
            asked: false,
            date: None,
            newest: None,
            ids: HashSet::new(),
            rung: 0,
            fresh: false,
            gap: None,
            drained: false,
            histories: None,
        }
    }

    /// Whether the rows are news to this pass.
    fn note(&mut self, rows: &[Message], date: Option<Timestamp>) -> bool {
        if !std::mem::replace(&mut self.asked, true) {
            self.date = date;
        }
        self.newest = self.newest.max(rows.iter().map(|row| row.timestamp).max());
        let known = self.ids.len();
        self.ids.extend(rows.iter().map(|row| row.id.clone()));
        self.ids.len() > known
    }

    fn widen_gap(&mut self, to: Timestamp) {
        let gap = Gap { from: self.productive, to };
        self.gap = Some(match self.gap {
            Some(old) => Gap { from: old.from.min(gap.from), to: old.to.max(gap.to) },
            None => gap,
        });
    }

    /// Continues from this rung or the first above it that asks for something else than the last request.
    fn climb(&mut self, from_rung: usize) {
        let newest = self.newest.unwrap_or(self.since);
        let further = (from_rung..RUNGS.len())
            .map(|rung| (rung, shift(newest, RUNGS[rung])))
            .find(|(_, since)| *since > self.since);
        if further.is_none_or(|(rung, _)| rung >= MAY_SKIP) {
            self.widen_gap(newest);
        }
        match further {
            Some((rung, since)) => (self.rung, self.since) = (rung, since),
            None => self.drained = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Status;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn row(id: &str, second: i64) -> Message {
        Message {
            id: id.into(),
            phone: "+15550001111".into(),
            text: "hi".into(),
            direction: Direction::Inbound,
            timestamp: at(second),
            status: Status::Received,
            extra: Default::default(),
        }
    }

    fn since(second: i64) -> Inbox {
        let mut state = CheckpointState::new("http://localhost", None);
        (state.start, state.watermark) = (Some(at(second)), Some(at(second)));
        state.baseline_done = true;
        Inbox::new(state)
    }

    fn drain(inbox: &mut Inbox) -> Vec<String> {
        std::iter::from_fn(|| inbox.pop()).map(|m| m.id).collect()
    }

    #[test]
    fn a_pass_overlaps_and_drops_what_it_knows() {
        let mut inbox = since(1000);
        assert_eq!(inbox.want(), Want::Poll(Some(at(879))));
        inbox.polled(vec![row("old", 999), row("a", 1000), row("b", 1001)], false, Some(at(1005)));
        assert_eq!(drain(&mut inbox), ["a", "b"]);
        assert_eq!(inbox.want(), Want::Rest { fresh: true });
        inbox.rested();
        assert_eq!(inbox.want(), Want::Poll(Some(at(880))));
        inbox.polled(vec![row("late", 1000), row("b", 1001)], false, Some(at(1010)));
        assert_eq!(drain(&mut inbox), ["late"]);
    }

    #[test]
    fn the_baseline_is_not_news_but_what_appears_late_is() {
        let mut inbox = Inbox::new(CheckpointState::new("http://localhost", None));
        assert_eq!(inbox.want(), Want::Poll(None));
        inbox.polled(vec![row("x", 5)], true, Some(at(1000)));
        assert_eq!(inbox.want(), Want::Poll(Some(at(879))));
        inbox.polled(vec![row("before", 990), row("new", 1000)], false, Some(at(1001)));
        assert_eq!(drain(&mut inbox), ["new"]);
        inbox.want();
        inbox.rested();
        inbox.want();
        inbox.polled(vec![row("before", 990), row("late", 995), row("new", 1000)], false, Some(at(1006)));
        assert_eq!(drain(&mut inbox), ["late"]);
    }

    #[test]
    fn an_ascending_page_is_continued_until_nothing_is_left() {
        let mut inbox = since(1000);
        inbox.want();
        inbox.polled(vec![row("a", 1001), row("b", 1005)], true, Some(at(1100)));
        assert_eq!(inbox.want(), Want::Poll(Some(at(1004))));
        inbox.polled(vec![row("b", 1005), row("c", 1009)], false, Some(at(1101)));
        assert_eq!(inbox.want(), Want::Rest { fresh: true });
        assert_eq!(drain(&mut inbox), ["a", "b", "c"]);
    }

    #[test]
    fn a_descending_page_with_more_behind_it_is_a_gap_told_once() {
        let mut inbox = since(1000);
        let page = || vec![row("d", 1009), row("c", 1005)];
        inbox.want();
        inbox.polled(page(), true, Some(at(1010)));
        let gap = Gap { from: at(879), to: at(1005) };
        assert_eq!(inbox.want(), Want::Report(gap));
        inbox.reported(gap);
        assert_eq!(inbox.want(), Want::History("+15550001111".into()));
        inbox.history_read(vec![row("b", 1003), row("c", 1005)]);
        assert_eq!(inbox.want(), Want::Rest { fresh: true });
        inbox.rested();
        assert_eq!(drain(&mut inbox), ["c", "d", "b"]);
        inbox.want();
        inbox.polled(page(), true, Some(at(1011)));
        assert_eq!(inbox.want(), Want::Rest { fresh: false });
    }

    #[test]
    fn more_rows_of_one_timestamp_than_a_page_holds_are_a_gap_and_no_treadmill() {
        let mut inbox = since(1000);
        let page = || vec![row("a", 1005), row("b", 1005)];
        let mut asked = Vec::new();
        while let Want::Poll(Some(since)) = inbox.want() {
            asked.push(since.as_millisecond() - at(1005).as_millisecond());
            inbox.polled(
                if asked.len() < 6 { page() } else { vec![row("c", 1008)] },
                asked.len() < 6,
                Some(at(1100)),
            );
        }
        assert_eq!(asked, [-126_000, -1000, -1, 0, 1, 1000]);
        assert_eq!(inbox.want(), Want::Report(Gap { from: at(879), to: at(1005) }));
        assert_eq!(drain(&mut inbox), ["a", "b", "c"]);
    }

    #[test]
    fn the_saved_watermark_never_passes_an_unacknowledged_message_and_never_goes_back() {
        let mut inbox = since(1000);
        inbox.want();
        inbox.polled(vec![row("a", 1001), row("b", 1050)], false, Some(at(1060)));
        inbox.want();
        inbox.rested();
        assert_eq!(inbox.safe_watermark(None), Some(at(1001)));
        assert_eq!(inbox.safe_watermark(Some("a")), Some(at(1050)));
        let saved = inbox.snapshot(Some("a"));
        assert_eq!(saved.acknowledged.len(), 1);
        inbox.saved(Some("a"), saved.watermark);
        inbox.saved(Some("b"), inbox.safe_watermark(Some("b")));
        inbox.want();
        inbox.polled(vec![row("late", 990 + 20)], false, Some(at(1061)));
        assert_eq!(inbox.safe_watermark(None), Some(at(1050)));
    }

    #[test]
    fn ids_are_forgotten_only_out_of_reach_and_what_is_too_late_is_not_repeated() {
        let mut inbox = since(1000);
        for (i, second) in [1001, 1100, 1240].into_iter().enumerate() {
            inbox.want();
            inbox.polled(vec![row(&format!("m{i}"), second)], false, Some(at(second + 1)));
            inbox.want();
            inbox.rested();
            inbox.pop();
            let id = format!("m{i}");
            inbox.saved(Some(&id), inbox.safe_watermark(Some(&id)));
        }
        // 1240 - 130 = 1110.
        assert_eq!(inbox.acknowledged.iter().map(|(_, id)| &**id).collect::<Vec<_>>(), ["m2"]);
        inbox.want();
        inbox.polled(vec![row("m0", 1001), row("m1", 1100), row("m2", 1240)], false, Some(at(1242)));
        assert_eq!(drain(&mut inbox), [""; 0]);
    }
}
