//! What goes from the runtime's threads to JavaScript's: outcomes of calls, questions, news.
//!
//! A worker puts an item on the queue and, if it is the first, wakes the event loop. JavaScript then gets all that has
//! come as one JSON text: a list of items, each a list whose first element is the number of the call, or 0. An item of
//! nothing but 0 says that nothing is under way any more.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt::Write;
use std::rc::{Rc, Weak};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ava_bridge::core::Attempt as CoreAttempt;
use ava_bridge::{Call, Error, Running};
use napi::bindgen_prelude::{Function, FunctionRef, Unknown};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode, UnknownReturnValue};
use napi::{Env, Status, sys};
use napi_derive::napi;
use tokio::sync::oneshot;

use crate::answer::{Answer, Arrival, Outcome};
use crate::error::{Raised, Told};
use crate::foreign::{Kept, Question, Reply};
use crate::logging;
use crate::model::{Messages, json};

/// What waits to be told.
pub(crate) enum Item {
    /// A call has ended.
    Ended(u32, Outcome),
    /// A callback's value is wanted.
    Ask(Question, oneshot::Sender<Reply>),
    /// A callback is to be told something: whose, which, and what, as JSON text.
    Tell(u32, &'static str, String),
    /// A hook is to be given an attempt.
    TellAttempt(u32, &'static str, CoreAttempt),
    /// A hook is to be given an error.
    TellError(u32, &'static str, ava_bridge::ErrorView),
    /// What is kept under this number is not needed any more.
    Forget(u32),
}

/// About so many bytes are delivered at once. What is in them is alive at once, and whoever awaits a part waits for all.
const MOST_AT_ONCE: usize = 16 * 1024;

type Wake = ThreadsafeFunction<(), UnknownReturnValue, String, Status, false, true>;

/// The way from any thread to the event loop.
#[derive(Default)]
pub(crate) struct Queue {
    /// `None` once the loop has ended.
    items: Mutex<Option<Vec<Item>>>,
    wake: OnceLock<Wake>,
}

impl Queue {
    pub(crate) fn put(&self, item: Item) {
        let first = match &mut *self.items.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(items) => {
                items.push(item);
                items.len() == 1
            }
            // Dropped with the lock released: items have something to say of it.
            None => return,
        };
        if first && let Some(wake) = self.wake.get() {
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Puts back what was taken and not delivered yet, before what has come since.
    fn put_back(&self, rest: impl Iterator<Item = Item>) {
        if let Some(items) = &mut *self.items.lock().unwrap_or_else(PoisonError::into_inner) {
            items.splice(0..0, rest);
        }
        if let Some(wake) = self.wake.get() {
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    fn is_empty(&self) -> bool {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_none_or(Vec::is_empty)
    }

    fn replace(&self, with: Option<Vec<Item>>) -> Vec<Item> {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *items, with).unwrap_or_default()
    }
}

/// What only JavaScript's thread touches.
pub(crate) struct Desk {
    pub(crate) queue: Arc<Queue>,
    /// The calls under way; `None` where nobody waits for the outcome any more.
    running: RefCell<HashMap<u32, Option<Running>>>,
    asked: RefCell<HashMap<u32, oneshot::Sender<Reply>>>,
    attempts: RefCell<HashMap<u32, CoreAttempt>>,
    last: Cell<u32>,
    make_error: FunctionRef<String, Unknown<'static>>,
}

impl Desk {
    /// A number that isn't in use, for calls and for whatever is kept.
    fn number(&self) -> u32 {
        let next = self.last.get().checked_add(1).unwrap_or(1);
        self.last.set(next);
        next
    }

    /// Starts a call; its outcome comes under the number that this gives. The loop lives until then.
    pub(crate) fn start<T: Answer>(&self, env: &Env, call: impl FnOnce() -> Call<T>) -> u32 {
        let id = self.number();
        let queue = Arc::clone(&self.queue);
        let call = ava_bridge::guard(|| Ok(call())).unwrap_or_else(|error| Call::done(Err(error)));
        let running = call.map(T::answer).start_with(move |ended| {
            let outcome = ended.unwrap_or_else(|error| Outcome::Error(error, None));
            queue.put(Item::Ended(id, outcome));
        });
        let mut all = self.running.borrow_mut();
        if all.is_empty() {
            self.hold(env, true);
        }
        all.insert(id, Some(running));
        id
    }

    /// Has the event loop wait for us, or not.
    #[allow(unsafe_code, reason = "napi-rs has no call for it that isn't deprecated")]
    fn hold(&self, env: &Env, on: bool) {
        let Some(wake) = self.queue.wake.get() else { return };
        wake.handle.with_read_aborted(|gone| {
            if gone {
                return;
            }
            let change =
                if on { sys::napi_ref_threadsafe_function } else { sys::napi_unref_threadsafe_function };
            // SAFETY: `env` is this thread's and alive, as it was given to the function that called this; the
            // function is not closed, which the lock keeps so, and both may be called on JavaScript's thread.
            let _ = unsafe { change(env.raw(), wake.raw()) };
        });
    }

    /// An error as an object of JavaScript, to be thrown.
    pub(crate) fn raise(&self, env: &Env, error: &Error) -> napi::Error {
        let told = json(&Told::of(error, &mut |attempt| self.keep(attempt)));
        let made = self.make_error.borrow_back(env).and_then(|make| make.call(told));
        made.map_or_else(|failure| failure, napi::Error::from)
    }

    fn keep(&self, attempt: CoreAttempt) -> u32 {
        let id = self.number();
        self.attempts.borrow_mut().insert(id, attempt);
        id
    }

    /// What has come, as JSON text.
    fn drain(&self, env: &Env) -> String {
        let mut items = self.queue.replace(Some(Vec::new())).into_iter();
        let mut text = String::from("[");
        while text.len() < MOST_AT_ONCE
            && let Some(item) = items.next()
        {
            if text.len() > 1 {
                text.push(',');
            }
            self.write(&mut text, item);
        }
        if items.len() > 0 {
            self.queue.put_back(items);
        }
        if self.running.borrow().is_empty() {
            self.rest(env, &mut text);
        }
        text.push(']');
        text
    }

    /// Nothing is under way: the loop need not wait for us, once everything is told that was to be. A program's last
    /// line of the log, or the hook of a send that was aborted at its end, would be lost else.
    fn rest(&self, env: &Env, text: &mut String) {
        if ava_bridge::callbacks_are_waiting() {
            self.start(env, logging::flush);
        } else if self.queue.is_empty() {
            self.hold(env, false);
            text.push_str(if text.len() > 1 { ",[0]" } else { "[0]" });
        }
    }

    fn write(&self, text: &mut String, item: Item) {
        let mut keep = |attempt| self.keep(attempt);
        // Writing to a string doesn't fail.
        let _ = match item {
            Item::Ended(id, outcome) => {
                let wanted = self.running.borrow_mut().remove(&id).flatten();
                match wanted {
                    // Dropping the outcome tells of it whomever it concerns.
                    None => write!(text, "[{id}]"),
                    Some(running) => {
                        running.detach();
                        self.write_outcome(text, id, outcome)
                    }
                }
            }
            Item::Ask(Question { owner, which, argument }, answer) => {
                let id = self.number();
                self.asked.borrow_mut().insert(id, answer);
                let argument = json(&argument);
                write!(text, r#"[0,"ask",{},"{which}",{id},{argument}]"#, owner.id())
            }
            Item::Tell(owner, which, what) => write!(text, r#"[0,"tell",{owner},"{which}",{what}]"#),
            Item::TellAttempt(owner, which, attempt) => {
                let number = keep(attempt);
                write!(text, r#"[0,"tell",{owner},"{which}",{number}]"#)
            }
            Item::TellError(owner, which, error) => {
                let told = json(&Told::of_view(error, &mut keep));
                write!(text, r#"[0,"tell",{owner},"{which}",{told}]"#)
            }
            Item::Forget(id) => write!(text, r#"[0,"forget",{id}]"#),
        };
    }

    fn write_outcome(&self, text: &mut String, id: u32, outcome: Outcome) -> std::fmt::Result {
        match outcome {
            Outcome::Value(value, arrival) => {
                write!(text, "[{id},0,{value}")?;
                match arrival {
                    None => {}
                    Some(Arrival::Send(undelivered)) => undelivered.delivered(),
                    Some(Arrival::Message(handed)) => drop(handed.take()),
                    Some(Arrival::Messages(handed, stream)) => {
                        drop(handed.take());
                        let further: Vec<_> = std::iter::from_fn(|| stream.try_next()).collect();
                        if !further.is_empty() {
                            write!(text, ",{}", json(&Messages(&further)))?;
                        }
                    }
                }
                text.push(']');
                Ok(())
            }
            Outcome::Error(error, undelivered) => {
                let told = json(&Told::of(&error, &mut |attempt| self.keep(attempt)));
                if let Some(undelivered) = undelivered {
                    undelivered.delivered();
                }
                write!(text, "[{id},1,{told}]")
            }
        }
    }
}

impl Drop for Desk {
    /// The loop has ended, or nobody has the package any more: its calls are dropped.
    fn drop(&mut self) {
        drop(self.queue.replace(None));
        self.running.borrow_mut().clear();
    }
}

/// JavaScript's end of the queue.
#[napi]
pub struct Mailbox {
    pub(crate) desk: Rc<Desk>,
}

#[napi]
impl Mailbox {
    /// `deliver` is given all that has come, as JSON text; `make_error` makes an error of its JSON text.
    #[napi(constructor)]
    pub fn new(
        deliver: Function<'_, String, UnknownReturnValue>,
        make_error: FunctionRef<String, Unknown<'static>>,
    ) -> napi::Result<Mailbox> {
        let queue = Arc::new(Queue { items: Mutex::new(Some(Vec::new())), wake: OnceLock::new() });
        let desk = Rc::new(Desk {
            queue: Arc::clone(&queue),
            running: RefCell::default(),
            asked: RefCell::default(),
            attempts: RefCell::default(),
            last: Cell::new(0),
            make_error,
        });
        // Not held by what wakes the loop: else neither would ever go.
        let weak: Weak<Desk> = Rc::downgrade(&desk);
        let wake = deliver
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .callee_handled::<false>()
            .build_callback(move |context| {
                Ok(weak.upgrade().map_or_else(|| "[]".to_owned(), |desk| desk.drain(&context.env)))
            })?;
        let _ = queue.wake.set(wake);
        Ok(Mailbox { desk })
    }

    /// Drops the request of a call. Its end still comes, as nothing but its number.
    #[napi]
    pub fn cancel(&self, id: u32) {
        let running = self.desk.running.borrow_mut().get_mut(&id).and_then(Option::take);
        drop(running);
    }

    /// A callback returned this: a text, or a token and how long it is valid.
    #[napi]
    pub fn answer(&self, id: u32, value: Option<String>, expires_in: Option<f64>, expires_at: Option<f64>) {
        if let Some(asked) = self.desk.asked.borrow_mut().remove(&id) {
            let _ = asked.send(Ok(crate::foreign::Answered { value, expires_in, expires_at }));
        }
    }

    /// A callback threw something of this class. Gives the number to keep it under.
    #[napi]
    pub fn fail(&self, id: u32, class: String) -> u32 {
        let number = self.desk.number();
        let thrown = Kept::new(number, &self.desk.queue);
        if let Some(asked) = self.desk.asked.borrow_mut().remove(&id) {
            let _ = asked.send(Err(Raised { thrown, class }));
        }
        number
    }

    /// A number to keep something under.
    #[napi]
    pub fn number(&self) -> u32 {
        self.desk.number()
    }

    /// Ends when every line of the log and every hook so far was told.
    #[napi]
    pub fn flush(&self, env: Env) -> u32 {
        self.desk.start(&env, logging::flush)
    }

    /// The attempt that an error or a hook spoke of, once.
    #[napi]
    pub fn attempt(&self, id: u32) -> Option<Attempt> {
        self.desk.attempts.borrow_mut().remove(&id).map(Attempt)
    }

    /// The attempt that was written as JSON text.
    #[napi]
    pub fn attempt_from_text(&self, env: Env, text: String) -> napi::Result<Attempt> {
        ava_bridge::attempt_from_text(&text).map(Attempt).map_err(|error| self.desk.raise(&env, &error))
    }
}

/// A send that may or may not have happened.
#[napi]
pub struct Attempt(pub(crate) CoreAttempt);

#[napi]
impl Attempt {
    /// To whom.
    #[napi(getter)]
    pub fn phone(&self) -> &str {
        self.0.phone()
    }

    /// What.
    #[napi(getter)]
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// Whether another process can settle it.
    #[napi(getter)]
    pub fn is_portable(&self) -> bool {
        self.0.is_portable()
    }

    /// As JSON text.
    #[napi]
    pub fn to_text(&self) -> napi::Result<String> {
        ava_bridge::attempt_to_text(&self.0)
            .map_err(|error| napi::Error::from_reason(error.message().to_owned()))
    }
}
