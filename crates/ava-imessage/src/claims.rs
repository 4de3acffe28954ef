//! Which message belongs to which send: no row of a history is ever claimed twice.
//!
//! The API takes no idempotency key, so a send whose answer was lost can only be recognised by its phone,
//! text and time. This table holds what makes that safe: the ids that answers and earlier claims already
//! account for, and the sends whose answer is still awaited and which may own a row that looks like ours.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::dates::shift;
use crate::model::{Direction, Message, Status};
use crate::transport::Witness;

/// The service's `Date` counts whole seconds, and rows may be stamped by another machine.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_secs(2);
/// How long after the first reading of the history a row may still be stamped.
const WINDOW_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// A send that begins later than this after an answer cannot reach its row, if the clocks of the service
/// agree to within ten minutes.
const REMEMBERED: Duration = Duration::from_secs(600);
/// More ids or unsettled sends than this aren't kept: the oldest go first.
const MOST_KEPT: usize = 100_000;
const SWEEP_FROM: usize = 1024;

/// A send, for the time its outcome isn't known.
pub(crate) type SendNumber = u64;

/// Whose a claimed row is: it gets that row again, however often it is settled, and nobody else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A send of this client.
    Here(SendNumber),
    /// An attempt of another client, by a hash of that client's name and its number there.
    Elsewhere(u64),
}

/// When a row must be stamped to be the one that a send made, by the service's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Window {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Window {
    /// Fixed by the first reading after the attempt, from what its `Date` says and how long ago, by our
    /// monotonic clock, the attempt began.
    pub(crate) fn fix(date: Timestamp, since_began: Duration) -> Window {
        let began = SignedDuration::try_from(since_began).unwrap_or(SignedDuration::MAX);
        Window { from: shift(shift(date, -began), -CLOCK_SLACK), to: shift(date, WINDOW_AFTER) }
    }

    fn holds(&self, time: Timestamp) -> bool {
        (self.from..=self.to).contains(&time)
    }
}

/// The send that is looked for.
#[derive(Clone, Copy)]
pub(crate) struct Sought<'a> {
    pub(crate) number: SendNumber,
    pub(crate) owner: Owner,
    pub(crate) phone: &'a str,
    pub(crate) text: &'a str,
}

/// One look at the history of a phone.
pub(crate) struct Reading {
    /// The rows of each page, with the page's `Date`.
    pub(crate) pages: Vec<(Timestamp, Vec<Message>)>,
    /// When the first page's answer arrived.
    pub(crate) received: Instant,
}

/// What a reading says of a send.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    /// It is there.
    Sent(Message),
    /// It is there and failed.
    Failed(Message),
    /// It isn't there yet, or a sibling may own what is.
    NotYet,
    /// There are several that it may be.
    Ambiguous,
}

pub(crate) struct Claims {
    table: Mutex<Table>,
    hasher: RandomState,
}

#[derive(Default)]
struct Table {
    last: SendNumber,
    /// Few at a time, each touched several times.
    live: BTreeMap<SendNumber, Live>,
    taken: HashMap<Box<str>, Taken>,
    sweep_at: usize,
}

/// A send whose outcome isn't known: its answer is awaited, or it is unknown and may be settled.
struct Live {
    key: u64,
    began: Option<Instant>,
    /// The witness of the request on its way, while its answer is awaited.
    awaited: Option<Witness>,
    window: Option<Window>,
}

impl Live {
    fn reaches(&self, taken: &Taken) -> bool {
        self.key == taken.key && self.window.is_none_or(|w| taken.stamped.is_none_or(|at| w.holds(at)))
    }
}

/// An id that is accounted for.
struct Taken {
    key: u64,
    by: Option<Owner>,
    stamped: Option<Timestamp>,
    at: Instant,
}

impl Claims {
    pub(crate) fn new() -> Claims {
        Claims {
            table: Mutex::new(Table { sweep_at: SWEEP_FROM, ..Table::default() }),
            hasher: RandomState::new(),
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Two sends of one phone and text are siblings. A collision only makes strangers wait for each other.
    fn key(&self, phone: &str, text: &str) -> u64 {
        self.hasher.hash_one((phone, text))
    }

    /// By what an attempt of another client is known here.
    pub(crate) fn elsewhere(&self, client: &str, number: SendNumber) -> Owner {
        Owner::Elsewhere(self.hasher.hash_one((client, number)))
    }

    /// A send begins; nothing of it is on its way yet.
    pub(crate) fn begin(&self, phone: &str, text: &str) -> SendNumber {
        self.admit(None, phone, text, None, None)
    }

    /// An attempt is to be settled: one of this client's, under the number it had, or one from elsewhere.
    pub(crate) fn admit(
        &self,
        number: Option<SendNumber>,
        phone: &str,
        text: &str,
        began: Option<Instant>,
        window: Option<Window>,
    ) -> SendNumber {
        let key = self.key(phone, text);
        let mut table = self.table();
        let number = number.unwrap_or_else(|| {
            table.last += 1;
            table.last
        });
        if table.live.contains_key(&number) {
            return number;
        }
        if table.live.len() >= MOST_KEPT
            && let Some(oldest) = table.live.iter().find(|(_, l)| l.awaited.is_none()).map(|(n, _)| *n)
        {
            table.live.remove(&oldest);
        }
        table.live.insert(number, Live { key, began, awaited: None, window });
        number
    }

    /// A request of the send goes on its way.
    pub(crate) fn posting(&self, number: SendNumber, witness: &Witness) {
        if let Some(live) = self.table().live.get_mut(&number) {
            live.began = Some(Instant::now());
            live.awaited = Some(witness.clone());
        }
    }

    /// Its answer will not come: the send is unknown, or was not sent.
    pub(crate) fn answered(&self, number: SendNumber) {
        if let Some(live) = self.table().live.get_mut(&number) {
            live.awaited = None;
        }
    }

    /// The send is over: nobody will settle it.
    pub(crate) fn forget(&self, number: SendNumber) {
        self.table().live.remove(&number);
    }

    /// The service answered with an id.
    pub(crate) fn returned(
        &self,
        number: Option<SendNumber>,
        key: (&str, &str),
        id: &str,
        stamped: Option<Timestamp>,
    ) {
        let mut table = self.table();
        let live = number.and_then(|number| table.live.remove(&number));
        let key = live.map_or_else(|| self.key(key.0, key.1), |live| live.key);
        table.take(id, Taken { key, by: number.map(Owner::Here), stamped, at: Instant::now() });
    }

    /// When the request of a send went on its way.
    pub(crate) fn began(&self, number: SendNumber) -> Option<Instant> {
        self.table().live.get(&number)?.began
    }

    /// The window of a send, once a reading has fixed it.
    pub(crate) fn window(&self, number: SendNumber) -> Option<Window> {
        self.table().live.get(&number)?.window
    }

    /// Judges an unknown send by a reading, and claims its row in the same breath.
    pub(crate) fn judge(&self, sought: &Sought<'_>, reading: &Reading) -> Verdict {
        let Sought { number, owner, phone, text } = *sought;
        let key = self.key(phone, text);
        let mut table = self.table();
        let earlier = table.claimed_before(owner, key, reading);
        if let Some(row) = earlier {
            return verdict_of(row);
        }
        let Some(live) = table.live.get_mut(&number) else {
            return Verdict::NotYet;
        };
        let window = match (live.window, live.began, reading.pages.first()) {
            (Some(window), _, _) => window,
            (None, Some(began), Some((date, _))) => {
                *live.window.insert(Window::fix(*date, reading.received.saturating_duration_since(began)))
            }
            _ => return Verdict::NotYet,
        };
        let matches = reading.matching(phone, text, window, &table.taken);
        if matches.iter().any(|row| table.a_sibling_may_own(row, number, key, reading)) {
            return Verdict::NotYet;
        }
        match matches.as_slice() {
            [] => Verdict::NotYet,
            [row] => {
                let row = (*row).clone();
                table.live.remove(&number);
                let taken = Taken { key, by: Some(owner), stamped: Some(row.timestamp), at: Instant::now() };
                table.take(&row.id, taken);
                verdict_of(row)
            }
            _ => Verdict::Ambiguous,
        }
    }
}

fn verdict_of(row: Message) -> Verdict {
    if row.status == Status::Failed { Verdict::Failed(row) } else { Verdict::Sent(row) }
}

impl Reading {
    fn rows(&self) -> impl Iterator<Item = (Timestamp, &Message)> {
        self.pages.iter().flat_map(|(date, rows)| rows.iter().map(move |row| (*date, row)))
    }

    /// The rows that the send may have made, each id once. A page counts rows up to its own `Date`, and a
    /// little: what is stamped later has not happened yet.
    fn matching(
        &self,
        phone: &str,
        text: &str,
        window: Window,
        taken: &HashMap<Box<str>, Taken>,
    ) -> Vec<&Message> {
        let mut found: Vec<&Message> = Vec::new();
        for (date, row) in self.rows() {
            let ours = row.direction == Direction::Outbound
                && row.phone == phone
                && row.text == text
                && window.holds(row.timestamp)
                && row.timestamp <= shift(date, CLOCK_SLACK)
                && !taken.contains_key(&*row.id);
            if ours && found.iter().all(|other| other.id != row.id) {
                found.push(row);
            }
        }
        found
    }
}

impl Table {
    /// A send that is settled twice gets its own row again.
    fn claimed_before(&self, owner: Owner, key: u64, reading: &Reading) -> Option<Message> {
        let is_its_own =
            |row: &Message| self.taken.get(&*row.id).is_some_and(|t| t.by == Some(owner) && t.key == key);
        reading.rows().map(|(_, row)| row).find(|row| is_its_own(row)).cloned()
    }

    /// Whether a send of the same text whose answer is still awaited may own the row: its body was asked
    /// for, and it began before the row was stamped.
    fn a_sibling_may_own(&self, row: &Message, number: SendNumber, key: u64, reading: &Reading) -> bool {
        let Some((date, _)) = reading.pages.first() else {
            return true;
        };
        self.live.iter().any(|(other, live)| {
            *other != number
                && live.key == key
                && live.awaited.as_ref().is_some_and(Witness::polled)
                && live.began.is_none_or(|began| {
                    let since = reading.received.saturating_duration_since(began);
                    row.timestamp >= Window::fix(*date, since).from
                })
        })
    }

    fn take(&mut self, id: &str, taken: Taken) {
        self.taken.insert(id.into(), taken);
        if self.taken.len() >= self.sweep_at {
            let Table { live, taken, .. } = self;
            let now = Instant::now();
            taken.retain(|_, t| {
                now.saturating_duration_since(t.at) < REMEMBERED || live.values().any(|l| l.reaches(t))
            });
            if taken.len() > MOST_KEPT {
                // In one go: one at a time, each found anew, would hold every send up for seconds.
                let mut times: Vec<Instant> = taken.values().map(|t| t.at).collect();
                let mut surplus = taken.len() - MOST_KEPT;
                let (_, cut, _) = times.select_nth_unstable(surplus);
                let cut = *cut;
                taken.retain(|_, t| {
                    let goes = surplus > 0 && t.at <= cut;
                    surplus -= usize::from(goes);
                    !goes
                });
            }
            self.sweep_at = (self.taken.len() * 2).max(SWEEP_FROM);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "+15550001111";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_769_342_400 + second).unwrap()
    }

    fn row(id: &str, second: i64) -> Message {
        Message {
            id: id.into(),
            phone: PHONE.into(),
            text: "hi".into(),
            direction: Direction::Outbound,
            timestamp: at(second),
            status: Status::Delivered,
            extra: Default::default(),
        }
    }

    fn reading(date: i64, rows: Vec<Message>) -> Reading {
        Reading { pages: vec![(at(date), rows)], received: Instant::now() }
    }

    fn unknown(claims: &Claims) -> SendNumber {
        let number = claims.begin(PHONE, "hi");
        let witness = polled();
        claims.posting(number, &witness);
        claims.answered(number);
        number
    }

    fn polled() -> Witness {
        let witness = Witness::default();
        crate::transport::RequestBody::new("x".into(), witness.clone()).into_bytes().unwrap();
        witness
    }

    fn judge(claims: &Claims, number: SendNumber, reading: &Reading) -> Verdict {
        claims.judge(&Sought { number, owner: Owner::Here(number), phone: PHONE, text: "hi" }, reading)
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_of_another_client_gets_its_row_again_and_nobody_elses() {
        let claims = Claims::new();
        let window = Some(Window { from: at(0), to: at(60) });
        let settle = |client: &str, rows: Vec<Message>| {
            let number = claims.admit(None, PHONE, "hi", None, window);
            let owner = claims.elsewhere(client, 1);
            let sought = Sought { number, owner, phone: PHONE, text: "hi" };
            let verdict = claims.judge(&sought, &reading(10, rows));
            claims.forget(number);
            verdict
        };
        for _ in 0..3 {
            assert!(matches!(settle("one", vec![row("m", 5)]), Verdict::Sent(found) if found.id == "m"));
        }
        assert_eq!(settle("other", vec![row("m", 5)]), Verdict::NotYet);
        assert!(
            matches!(settle("other", vec![row("m", 5), row("n", 6)]), Verdict::Sent(found) if found.id == "n")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_number_alone_is_not_enough_to_get_a_row_again() {
        let claims = Claims::new();
        let number = claims.begin(PHONE, "other words");
        claims.returned(Some(number), (PHONE, "other words"), "theirs", Some(at(5)));
        let mistaken = claims.admit(Some(number), PHONE, "hi", Some(Instant::now()), None);
        let theirs = Message { text: "other words".into(), ..row("theirs", 5) };
        assert_eq!(judge(&claims, mistaken, &reading(6, vec![theirs])), Verdict::NotYet);
    }

    #[tokio::test(start_paused = true)]
    async fn the_window_stays_where_the_first_reading_put_it() {
        let claims = Claims::new();
        let number = unknown(&claims);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(judge(&claims, number, &reading(10, vec![row("old", 4)])), Verdict::NotYet);
        assert_eq!(claims.window(number), Some(Window { from: at(5), to: at(70) }));
        tokio::time::advance(Duration::from_secs(500)).await;
        assert_eq!(judge(&claims, number, &reading(510, vec![row("late", 71)])), Verdict::NotYet);
        assert!(matches!(judge(&claims, number, &reading(511, vec![row("m", 70)])), Verdict::Sent(_)));
        // Settled again, it finds the row it already owns, and no other.
        let again = judge(&claims, number, &reading(512, vec![row("n", 69), row("m", 70)]));
        assert!(matches!(again, Verdict::Sent(r) if r.id == "m"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_row_from_the_servers_future_does_not_count_yet() {
        let claims = Claims::new();
        let number = unknown(&claims);
        assert_eq!(judge(&claims, number, &reading(10, vec![row("m", 13)])), Verdict::NotYet);
        assert!(matches!(judge(&claims, number, &reading(11, vec![row("m", 13)])), Verdict::Sent(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_returned_id_is_never_claimed_and_forgotten_only_when_out_of_reach() {
        let claims = Claims::new();
        claims.returned(None, (PHONE, "hi"), "mine", Some(at(9)));
        let number = unknown(&claims);
        assert_eq!(judge(&claims, number, &reading(10, vec![row("mine", 9)])), Verdict::NotYet);
        tokio::time::advance(Duration::from_secs(3600)).await;
        for i in 0..3000 {
            claims.returned(None, (PHONE, "other"), &format!("m{i}"), Some(at(3600)));
        }
        assert_eq!(judge(&claims, number, &reading(3700, vec![row("mine", 9)])), Verdict::NotYet);
        claims.forget(number);
        tokio::time::advance(Duration::from_secs(3600)).await;
        for i in 0..9000 {
            claims.returned(None, (PHONE, "other"), &format!("n{i}"), Some(at(7200)));
        }
        assert!(!claims.table().taken.contains_key("mine"));
        assert!(!claims.table().taken.contains_key("m0"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_sibling_that_waits_keeps_the_row_unless_it_cannot_own_it() {
        let claims = Claims::new();
        let number = unknown(&claims);
        let sibling = claims.begin(PHONE, "hi");
        let untouched = Witness::default();
        claims.posting(sibling, &untouched);
        let judged = judge(&claims, number, &reading(10, vec![]));
        assert_eq!(judged, Verdict::NotYet);
        claims.posting(sibling, &polled());
        assert_eq!(judge(&claims, number, &reading(10, vec![row("m", 10)])), Verdict::NotYet);
        claims.posting(sibling, &untouched);
        assert!(matches!(judge(&claims, number, &reading(10, vec![row("m", 10)])), Verdict::Sent(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_sibling_that_began_after_the_row_was_stamped_does_not_keep_it() {
        let claims = Claims::new();
        let number = unknown(&claims);
        tokio::time::advance(Duration::from_secs(20)).await;
        let sibling = claims.begin(PHONE, "hi");
        claims.posting(sibling, &polled());
        assert!(matches!(judge(&claims, number, &reading(30, vec![row("m", 10)])), Verdict::Sent(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn two_rows_are_one_too_many() {
        let claims = Claims::new();
        let number = unknown(&claims);
        let rows = vec![row("a", 10), row("a", 10), row("b", 10)];
        assert_eq!(judge(&claims, number, &reading(10, rows)), Verdict::Ambiguous);
    }

    #[tokio::test(start_paused = true)]
    async fn of_too_many_ids_the_oldest_go() {
        let claims = Claims::new();
        let sweep = SWEEP_FROM << 7;
        let (first, last) = (0, sweep - 1);
        for number in 0..sweep {
            claims.returned(None, (PHONE, "hi"), &format!("m{number}"), None);
            tokio::time::advance(Duration::from_micros(1)).await;
        }
        let table = claims.table();
        assert_eq!(table.taken.len(), MOST_KEPT);
        assert!(!table.taken.contains_key(format!("m{first}").as_str()));
        assert!(table.taken.contains_key(format!("m{last}").as_str()));
    }
}
