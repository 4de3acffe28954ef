//! Work on the runtime: started through one of three doors, dropped when nobody wants it any more.

use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ava_imessage::{BoxFuture, Delivery, Error, ErrorKind, Result};
use tokio::task::{AbortHandle, JoinHandle};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::cancel::Cancel;
use crate::fork::Native;
use crate::logging::{self, Logger};
use crate::{block, panic, runtime};

/// A call that has not begun. Nothing happens until it goes through one of three doors:
///
/// - [`start`](Call::start): a [`Task`], a future to await or poll;
/// - [`start_with`](Call::start_with): a function is called when it is done;
/// - [`block`](Call::block): this thread waits.
///
/// Whichever it is, it runs on the library's runtime, it is dropped (and with it the request) when what the door
/// gave is dropped, and a panic in it is the error `internal`.
#[must_use = "nothing happens until it is started"]
pub struct Call<T> {
    stage: Stage<T>,
}

enum Stage<T> {
    Pending(Work<T>),
    /// It was over before it began, and needs no runtime.
    Over(Box<Result<T>>),
}

impl<T: Send + 'static> Call<T> {
    /// Work of a binding's own.
    pub fn new(work: impl Future<Output = Result<T>> + Send + 'static) -> Call<T> {
        Call::boxed(Box::pin(work))
    }

    pub(crate) fn boxed(future: BoxFuture<'static, Result<T>>) -> Call<T> {
        Call {
            stage: Stage::Pending(Work {
                future: Some(future),
                cancel: None,
                logger: None,
                risk: Risk::None,
            }),
        }
    }

    /// A call that has ended already: it needs no runtime.
    pub fn done(result: Result<T>) -> Call<T> {
        Call { stage: Stage::Over(Box::new(result)) }
    }

    /// Ends the call with `cancelled` when `cancel` says so.
    pub fn cancelled_by(mut self, cancel: Option<&Cancel>) -> Call<T> {
        if let (Some(cancel), Stage::Pending(work)) = (cancel, &mut self.stage) {
            work.cancel = Some(Box::pin(cancel.wait()));
        }
        self
    }

    /// For a call that sends a message: where it ends by itself, its error says whether that may have gone out; where
    /// something else ends it, this sees to it.
    pub(crate) fn sending(mut self) -> Call<T> {
        match &mut self.stage {
            Stage::Pending(work) => work.risk = Risk::NotYet,
            Stage::Over(done) => {
                if let Err(error) = &mut **done {
                    *error = Risk::NotYet.told_of(std::mem::replace(error, dropped()));
                }
            }
        }
        self
    }

    pub(crate) fn logging_to(mut self, logger: Option<Arc<Logger>>) -> Call<T> {
        if let Stage::Pending(work) = &mut self.stage {
            work.logger = logger;
        }
        self
    }

    /// What the call makes of its value, still on the runtime: for conversions that are worth the worker's time
    /// rather than the caller's.
    pub fn map<U: Send + 'static>(self, convert: impl FnOnce(T) -> U + Send + 'static) -> Call<U> {
        match self.stage {
            Stage::Pending(mut work) => {
                let (cancel, logger, risk) = (work.cancel.take(), work.logger.take(), work.risk);
                let future = Box::pin(async move { work.await.map(convert) });
                Call { stage: Stage::Pending(Work { future: Some(future), cancel, logger, risk }) }
            }
            Stage::Over(done) => Call::done(done.map(convert)),
        }
    }

    /// Starts it, to be awaited. A runtime that can't be had is the task's error.
    pub fn start(self) -> Task<T> {
        let work = match self.stage {
            Stage::Pending(work) => work,
            Stage::Over(done) => return Task::done(*done),
        };
        match runtime::current() {
            Ok(runtime) => {
                let risk = work.risk.once_begun();
                Task { state: State::Running(Native::new(runtime.spawn(work)), risk) }
            }
            Err(error) => Task::done(Err(work.risk.told_of(error))),
        }
    }

    /// Starts it; `on_done` is called exactly once, with the value or the error, however the call ends: with
    /// `cancelled` if the handle is dropped first, with `closed` at [`shutdown`](crate::shutdown), with `internal`
    /// after a panic. By then the request is gone.
    ///
    /// It is called on the runtime's worker, which all other calls wait for, or, if the call has ended before it
    /// began, on this thread: it must be short and take no lock of the application's or the language's (put the
    /// result on a queue, wake who reads it), and it can't block. No lock is held here while it runs.
    pub fn start_with(self, on_done: impl FnOnce(Result<T>) + Send + 'static) -> Running {
        let ended = match self.stage {
            Stage::Over(done) => *done,
            Stage::Pending(work) => match runtime::current() {
                Ok(runtime) => {
                    let task = runtime.spawn(Completion { work, on_done: Some(on_done) });
                    return Running { abort: Some(Native::new(task.abort_handle())) };
                }
                Err(error) => Err(work.risk.told_of(error)),
            },
        };
        complete(on_done, ended);
        Running { abort: None }
    }

    /// Starts it and waits on this thread. What blocking callers of a language call must be able to leave, so
    /// most bindings want [`block_checking`](Call::block_checking).
    ///
    /// # Errors
    /// The call's, and `invalid_request` where blocking is forbidden
    /// ([`is_blocking_forbidden`](crate::is_blocking_forbidden)): on the runtime's worker and in completion
    /// callbacks. Nothing was started then.
    pub fn block(self) -> Result<T> {
        match self.block_checking(Duration::MAX, || ControlFlow::<std::convert::Infallible>::Continue(())) {
            ControlFlow::Continue(result) => result,
            ControlFlow::Break(never) => match never {},
        }
    }

    /// As [`block`](Call::block), and calls `check` every so often ([`CHECK_INTERVAL`](crate::CHECK_INTERVAL)
    /// suits a person's Ctrl-C). If that breaks, the call is dropped and this returns at once.
    pub fn block_checking<B>(
        self,
        every: Duration,
        check: impl FnMut() -> ControlFlow<B>,
    ) -> ControlFlow<B, Result<T>> {
        if runtime::is_blocking_forbidden() {
            return ControlFlow::Continue(Err(self.risk().told_of(Error::new(
                ErrorKind::InvalidRequest,
                "a blocking call is not possible here: this thread completes calls, and would wait for itself",
            ))));
        }
        block::park(self.start(), every, check)
    }

    fn risk(&self) -> Risk {
        match &self.stage {
            Stage::Pending(work) => work.risk,
            Stage::Over(_) => Risk::None,
        }
    }
}

/// Whether a call that is ended by something else may have sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Risk {
    /// It sends none.
    None,
    /// It has not begun.
    NotYet,
    /// It has begun: how far it came nobody can say. What was in flight `on_unknown` is told of.
    Begun,
}

impl Risk {
    fn once_begun(self) -> Risk {
        if self == Risk::NotYet { Risk::Begun } else { self }
    }

    fn told_of(self, error: Error) -> Error {
        match self {
            _ if error.delivery().is_some() => error,
            Risk::None => error,
            Risk::NotYet => error.with_delivery(Delivery::NotSent),
            Risk::Begun => error.with_delivery(Delivery::Unknown),
        }
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

/// A future with everything that guards it: cancellation, panics, and where its log goes.
struct Work<T> {
    /// `None` once it is done.
    future: Option<BoxFuture<'static, Result<T>>>,
    cancel: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    logger: Option<Arc<Logger>>,
    risk: Risk,
}

impl<T> Work<T> {
    fn step(&mut self, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let Some(future) = &mut self.future else { return Poll::Pending };
        if let Some(cancel) = &mut self.cancel
            && cancel.as_mut().poll(cx).is_ready()
        {
            let cancelled = Error::new(ErrorKind::Cancelled, "the call was cancelled");
            return Poll::Ready(Err(self.risk.told_of(cancelled)));
        }
        self.risk = self.risk.once_begun();
        let polled = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(any(test, feature = "test-hooks"))]
            crate::hooks::strike_call();
            future.as_mut().poll(cx)
        }));
        match polled {
            Ok(polled) => polled,
            Err(payload) => Poll::Ready(Err(self.risk.told_of(panic::internal(payload)))),
        }
    }

    /// Lets go of the request.
    fn end(&mut self) {
        let future = self.future.take();
        if catch_unwind(AssertUnwindSafe(|| drop(future))).is_err() {
            tracing::error!(target: "ava_imessage", "a panic was caught while a call was dropped");
        }
    }
}

impl<T> Future for Work<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let _scope = logging::scope(self.logger.as_ref());
        let polled = self.step(cx);
        if polled.is_ready() {
            self.end();
        }
        polled
    }
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        if self.future.is_some() {
            let _scope = logging::scope(self.logger.as_ref());
            self.end();
        }
    }
}

/// Work and what is called when it has ended.
struct Completion<T, F: FnOnce(Result<T>)> {
    work: Work<T>,
    on_done: Option<F>,
}

impl<T, F: FnOnce(Result<T>)> Unpin for Completion<T, F> {}

impl<T, F: FnOnce(Result<T>)> Future for Completion<T, F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Poll::Ready(result) = Pin::new(&mut self.work).poll(cx) else { return Poll::Pending };
        if let Some(on_done) = self.on_done.take() {
            complete(on_done, result);
        }
        Poll::Ready(())
    }
}

impl<T, F: FnOnce(Result<T>)> Drop for Completion<T, F> {
    /// Aborted, or dropped by the runtime's shutdown.
    fn drop(&mut self) {
        if let Some(on_done) = self.on_done.take() {
            let _scope = logging::scope(self.work.logger.as_ref());
            self.work.end();
            complete(on_done, Err(self.work.risk.told_of(dropped())));
        }
    }
}

fn complete<T>(on_done: impl FnOnce(Result<T>), result: Result<T>) {
    let _forbidden = runtime::forbid_blocking();
    if catch_unwind(AssertUnwindSafe(|| on_done(result))).is_err() {
        tracing::error!(target: "ava_imessage", "a completion callback panicked");
    }
}

/// Why a task ended that didn't end by itself.
fn dropped() -> Error {
    if runtime::is_shut_down() {
        Error::new(ErrorKind::Closed, "the library was shut down while the call was in flight")
    } else {
        Error::new(ErrorKind::Cancelled, "the call was cancelled")
    }
}

fn of_another_process() -> Error {
    Error::new(ErrorKind::Closed, "the call was started before a fork, by the parent process")
}

/// A call under way, as a future that any executor may poll. Dropping it drops the request.
///
/// In a forked child a task of the parent ends with `closed`.
#[must_use = "dropping it cancels the call"]
pub struct Task<T> {
    state: State<T>,
}

enum State<T> {
    Running(Native<JoinHandle<Result<T>>>, Risk),
    /// `None` once the result was given.
    Ended(Option<Result<T>>),
}

impl<T> Unpin for Task<T> {}

impl<T> Task<T> {
    fn done(result: Result<T>) -> Task<T> {
        Task { state: State::Ended(Some(result)) }
    }

    /// Whether polling it would give the result.
    pub fn is_finished(&self) -> bool {
        match &self.state {
            State::Running(task, _) => task.get().is_none_or(JoinHandle::is_finished),
            State::Ended(_) => true,
        }
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let result = match &mut self.state {
            State::Running(task, risk) => match task.get_mut() {
                None => Err(risk.told_of(of_another_process())),
                Some(task) => match Pin::new(task).poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(result)) => result,
                    Poll::Ready(Err(error)) => {
                        let why =
                            if error.is_panic() { panic::internal(error.into_panic()) } else { dropped() };
                        Err(risk.told_of(why))
                    }
                },
            },
            State::Ended(result) => match result.take() {
                Some(result) => result,
                None => Err(Error::new(ErrorKind::Internal, "a task was awaited again after its end")),
            },
        };
        self.state = State::Ended(None);
        Poll::Ready(result)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if let State::Running(task, _) = &self.state
            && let Some(task) = task.get()
        {
            task.abort();
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("is_finished", &self.is_finished()).finish_non_exhaustive()
    }
}

/// The handle of a call whose end a callback is told of. Dropping it drops the request, and the callback is
/// told `cancelled`, unless it was told something else just before.
#[must_use = "dropping it cancels the call"]
pub struct Running {
    /// `None` if it ended before it began, or was let go.
    abort: Option<Native<AbortHandle>>,
}

impl Running {
    /// Cancels the call.
    pub fn cancel(&self) {
        if let Some(abort) = self.abort.as_ref().and_then(Native::get) {
            abort.abort();
        }
    }

    /// Whether the callback was called. Always in a forked child: there it never will be.
    pub fn is_finished(&self) -> bool {
        self.abort.as_ref().and_then(Native::get).is_none_or(AbortHandle::is_finished)
    }

    /// Lets the call go on with nobody to cancel it.
    pub fn detach(mut self) {
        self.abort = None;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("is_finished", &self.is_finished()).finish_non_exhaustive()
    }
}
