//! The log, as foreign code gets it.
//!
//! Off it costs an atomic load. On, a line is a value put on a queue; the sink runs on the thread of the callbacks,
//! with no lock of ours held. Keys, texts and full phone numbers never get this far: the core writes none.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record as SpanRecord};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::fork::{ForkCell, Replaced};
use crate::notify;

/// Every line is of this target.
pub const TARGET: &str = "ava_imessage";

/// So many lines wait for a sink; further ones are counted and dropped.
const MOST_WAITING: usize = 1000;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// Nothing at all; as a threshold only.
    Off = 0,
    /// Something is broken.
    Error = 1,
    /// Somebody should know: a send was cut in flight, messages may have been missed, a poll failed.
    Warn = 2,
    /// Worth knowing.
    Info = 3,
    /// Each request, each retry.
    Debug = 4,
    /// Everything.
    Trace = 5,
}

impl Level {
    /// The stable name: `warn`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }

    /// The level of this name, in any case.
    pub fn from_name(name: &str) -> Option<Level> {
        [Level::Off, Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace]
            .into_iter()
            .find(|level| level.as_str().eq_ignore_ascii_case(name))
    }

    /// What `AVA_LOG` asks for, if it names a level. Not for the mobile packages, which read no environment.
    pub fn from_env() -> Option<Level> {
        std::env::var("AVA_LOG").ok().and_then(|name| Level::from_name(name.trim()))
    }

    fn of(level: tracing::Level) -> Level {
        match level {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warn,
            tracing::Level::INFO => Level::Info,
            tracing::Level::DEBUG => Level::Debug,
            tracing::Level::TRACE => Level::Trace,
        }
    }

    fn filter(self) -> tracing::level_filters::LevelFilter {
        use tracing::level_filters::LevelFilter;
        match self {
            Level::Off => LevelFilter::OFF,
            Level::Error => LevelFilter::ERROR,
            Level::Warn => LevelFilter::WARN,
            Level::Info => LevelFilter::INFO,
            Level::Debug => LevelFilter::DEBUG,
            Level::Trace => LevelFilter::TRACE,
        }
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// How much it matters.
    pub level: Level,
    /// [`TARGET`].
    pub target: &'static str,
    /// When it was written, by this machine's clock.
    pub time: SystemTime,
    /// What happened, in words that don't change from one time to the next.
    pub message: String,
    /// With what: the line's own fields, then those of the request it belongs to
    /// (`http.request.method`, `url.template`, `http.response.status_code`, …).
    pub fields: Vec<(&'static str, Value)>,
}

/// Where lines go.
pub trait Sink: Send + Sync + 'static {
    /// Takes lines, oldest first, never none. Called on the thread of the callbacks, one call at a time, so that
    /// it may take locks and wait; the queue is bounded meanwhile.
    fn log(&self, records: Vec<Record>);
}

impl<F: Fn(Vec<Record>) + Send + Sync + 'static> Sink for F {
    fn log(&self, records: Vec<Record>) {
        self(records);
    }
}

/// A sink, its threshold, and what waits for it.
pub struct Logger {
    sink: Arc<dyn Sink>,
    level: AtomicU8,
    /// Of this process: at the fork a thread may have held the parent's.
    waiting: ForkCell<Mutex<VecDeque<Record>>>,
    lost: AtomicUsize,
}

impl Logger {
    /// A logger of lines from `level` on. It costs its calls what that level says, and others nothing.
    pub fn new(sink: impl Sink, level: Level) -> Arc<Logger> {
        install();
        let logger = Logger {
            sink: Arc::new(sink),
            level: AtomicU8::new(Level::Off as u8),
            waiting: ForkCell::new(),
            lost: AtomicUsize::new(0),
        };
        logger.set_level(level);
        Arc::new(logger)
    }

    /// Changes the threshold: lines below it cost next to nothing from then on. A binding whose language has
    /// levels of its own sets theirs here, so that no line is made for nobody.
    pub fn set_level(&self, level: Level) {
        self.level.store(level as u8, Ordering::Relaxed);
        if HIGHEST.fetch_max(level as u8, Ordering::Relaxed) < level as u8 {
            tracing::callsite::rebuild_interest_cache();
        }
    }

    fn takes(&self, level: Level) -> bool {
        level as u8 <= self.level.load(Ordering::Relaxed)
    }

    fn queue(self: &Arc<Self>, record: Record) {
        let waiting = self.waiting.get_or_insert(Mutex::default);
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MOST_WAITING {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.push_back(record);
        let first = waiting.len() == 1;
        drop(waiting);
        if first {
            let logger = Arc::clone(self);
            notify::tell(move || logger.deliver());
        }
    }

    fn deliver(&self) {
        // What the sink does is no news to the sink.
        let _quiet = quiet();
        let Some(waiting) = self.waiting.get() else { return };
        let mut records: Vec<Record> =
            waiting.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            records.push(Record {
                level: Level::Warn,
                target: TARGET,
                time: SystemTime::now(),
                message: "the log was too slow: lines were dropped".to_owned(),
                fields: vec![("lost", lost.into())],
            });
        }
        if !records.is_empty() {
            // A sink that panics can be told of nowhere.
            let _ = catch_unwind(AssertUnwindSafe(|| self.sink.log(records)));
        }
    }
}

impl fmt::Debug for Logger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logger").finish_non_exhaustive()
    }
}

/// The highest threshold that any logger ever had.
static HIGHEST: AtomicU8 = AtomicU8::new(0);
static GLOBAL: Replaced<Arc<Logger>> = Replaced::new();

/// Sets where the lines of clients without a logger of their own go ([`Options::logger`](crate::Options)); `None`
/// turns them off, as they are at first. To change what is logged, change the logger's level: a few bytes of
/// each logger set here are kept for good.
pub fn set_logger(logger: Option<Arc<Logger>>) {
    GLOBAL.set(logger);
}

/// Waits until every line and every hook that was told so far has been dealt with, for `timeout` at the most.
/// Whether that was so. For the end of a program, and for tests. In a hook or a sink, which would wait for itself, it
/// is not so, and that is said at once.
pub fn flush_callbacks(timeout: Duration) -> bool {
    notify::flush(timeout)
}

/// Whether there are lines or hooks that have not been dealt with: what [`flush_callbacks`] would wait for.
pub fn callbacks_are_waiting() -> bool {
    notify::is_waiting()
}

thread_local! {
    static SCOPE: RefCell<Scope> = const { RefCell::new(Scope::Global) };
}

/// Where the lines of this thread go at the moment.
enum Scope {
    Global,
    Of(Arc<Logger>),
    Nowhere,
}

pub(crate) struct ScopeGuard(Option<Scope>);

impl Drop for ScopeGuard {
    fn drop(&mut self) {
        if let Some(before) = self.0.take() {
            let _ = SCOPE.try_with(|scope| scope.replace(before));
        }
    }
}

fn within(inner: Scope) -> ScopeGuard {
    ScopeGuard(SCOPE.try_with(|scope| scope.replace(inner)).ok())
}

/// Until the guard is dropped, this thread's lines go to `logger`, if there is one.
pub(crate) fn scope(logger: Option<&Arc<Logger>>) -> ScopeGuard {
    logger.map_or(ScopeGuard(None), |logger| within(Scope::Of(Arc::clone(logger))))
}

/// Until the guard is dropped, this thread's lines go nowhere.
pub(crate) fn quiet() -> ScopeGuard {
    within(Scope::Nowhere)
}

fn with_logger<T>(then: impl FnOnce(&Arc<Logger>) -> T) -> Option<T> {
    SCOPE
        .try_with(|scope| match &*scope.try_borrow().ok()? {
            Scope::Of(logger) => Some(then(logger)),
            Scope::Nowhere => None,
            Scope::Global => GLOBAL.get().map(then),
        })
        .ok()
        .flatten()
}

/// The subscriber is this library's own copy of `tracing`'s global one, so that no application notices it.
fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Forward);
        // Where a Rust application links this crate as it is, its own subscriber stays.
        let _ = tracing::subscriber::set_global_default(subscriber);
    });
}

struct Forward;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Forward {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> tracing::subscriber::Interest {
        // The libraries below were not written with secrets in mind.
        if metadata.target() == TARGET {
            tracing::subscriber::Interest::sometimes()
        } else {
            tracing::subscriber::Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        let highest = HIGHEST.load(Ordering::Relaxed);
        let all = [Level::Off, Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace];
        all.into_iter().find(|level| *level as u8 == highest).map(Level::filter)
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // A request's span is only of use to the lines about requests.
        let level = if metadata.is_span() { Level::Debug } else { Level::of(*metadata.level()) };
        metadata.target() == TARGET && with_logger(|logger| logger.takes(level)).unwrap_or(false)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &SpanRecord<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.all.extend(of_span.all.iter().cloned());
            }
        }
        let record = Record {
            level: Level::of(*event.metadata().level()),
            target: TARGET,
            time: SystemTime::now(),
            message: fields.message,
            fields: fields.all,
        };
        with_logger(|logger| logger.queue(record));
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    all: Vec<(&'static str, Value)>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}");
        if field.name() == "message" {
            self.message = value;
        } else {
            self.all.push((field.name(), value.into()));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.all.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.all.push((field.name(), value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.all.push((field.name(), value.into()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.all.push((field.name(), value.into()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.all.push((field.name(), value.into()));
    }
}
