//! Functions of the application: those that a call waits for, and those that are only told.
//!
//! What a call waits for is run by Python, on a thread of Python's own or on the caller's event loop: a thread of the
//! blocking pool only asks for it to begin. So a function that never returns keeps nobody from leaving, the interpreter
//! included.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};

use ava_bridge::core::{BoxError, Token as CoreToken, TokenProvider};
use ava_bridge::{CheckpointOption, CheckpointStore, Hook};
use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::Raised;
use crate::gate;
use crate::model::Token;

/// A function of the application. Python's garbage collector sees it in [`Callbacks`], so that a function that
/// refers to its own client keeps neither alive.
#[derive(Clone)]
pub(crate) struct Callback(Arc<Mutex<Option<Py<PyAny>>>>);

impl Callback {
    pub(crate) fn new(function: Py<PyAny>) -> Callback {
        Callback(Arc::new(Mutex::new(Some(function))))
    }

    /// The same function, to be taken away at another time.
    pub(crate) fn another(&self, py: Python<'_>) -> Callback {
        Callback(Arc::new(Mutex::new(self.get(py).map(Bound::unbind))))
    }

    /// `None` once everything that could call it was garbage.
    fn get<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let function = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        function.as_ref().map(|function| function.bind(py).clone())
    }

    fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // While Python traverses, nobody else runs who could hold it; if one were stopped with it, it stays alive.
        let Ok(function) = self.0.try_lock() else { return Ok(()) };
        function.as_ref().map_or(Ok(()), |function| visit.call(function))
    }

    fn clear(&self) {
        let function = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(function);
    }
}

/// The callbacks of a client or a listener, held by every object of Python's that may have them called, and by none
/// for longer: what the garbage collector sees here, it may take away.
#[pyclass(frozen, module = "ava_imessage._native")]
pub(crate) struct Callbacks {
    /// Called while somebody waits, who holds this.
    waited_for: Vec<Callback>,
    /// Told of a send that nobody waits for any more, and so not to be taken away before the client is closed.
    told: Option<(Told, ava_bridge::Client)>,
    /// Whether that was so. A collection that saw a callback must see it to its end.
    finished: AtomicBool,
}

impl Callbacks {
    pub(crate) fn new(
        py: Python<'_>,
        waited_for: Vec<Callback>,
        told: Option<(Told, ava_bridge::Client)>,
    ) -> PyResult<Py<Callbacks>> {
        Py::new(py, Callbacks { waited_for, told, finished: AtomicBool::new(false) })
    }

    fn visible(&self) -> impl Iterator<Item = &Callback> {
        let told = self.told.as_ref().filter(|(_, client)| {
            if client.is_finished() {
                self.finished.store(true, Ordering::Relaxed);
            }
            self.finished.load(Ordering::Relaxed)
        });
        self.waited_for.iter().chain(told.into_iter().flat_map(|(told, _)| [&told.run, &told.function]))
    }
}

#[pymethods]
impl Callbacks {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.visible().try_for_each(|callback| callback.visit(&visit))
    }

    fn __clear__(&self) {
        self.visible().for_each(Callback::clear);
    }
}

/// What a callback's outcome is given to, once.
#[pyclass(frozen, module = "ava_imessage._native")]
pub(crate) struct Promise(Mutex<Option<Keep>>);

type Keep = Box<dyn FnOnce(PyResult<Bound<'_, PyAny>>) + Send>;

impl Promise {
    fn keep(&self, outcome: PyResult<Bound<'_, PyAny>>) {
        let keep = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(keep) = keep {
            keep(outcome);
        }
    }
}

#[pymethods]
impl Promise {
    /// The callback returned this.
    fn resolve(&self, value: Bound<'_, PyAny>) {
        self.keep(Ok(value));
    }

    /// The callback raised this.
    fn reject(&self, error: Bound<'_, PyAny>) {
        self.keep(Err(PyErr::from_value(error)));
    }
}

/// How Python runs a function, and the function.
struct Function {
    /// Called with the function, its arguments and a [`Promise`]; returns at once.
    run: Callback,
    function: Callback,
}

impl Function {
    /// Has it run. Called on the blocking pool, without the GIL. `done` is dropped if there never is an outcome.
    fn begin<T: Send + 'static>(
        &self,
        argument: Option<String>,
        convert: fn(&Bound<'_, PyAny>) -> PyResult<T>,
        done: impl FnOnce(Result<T, BoxError>) + Send + 'static,
    ) {
        let keep = move |value: PyResult<Bound<'_, PyAny>>| {
            let value = value.and_then(|value| convert(&value));
            done(value.map_err(|error| Python::attach(|py| Raised::new(error.value(py))).into()));
        };
        let _permit = gate::enter_or_park();
        Python::attach(|py| {
            let promise = Promise(Mutex::new(Some(Box::new(keep))));
            let begun = Py::new(py, promise).and_then(|promise| {
                let (Some(run), Some(function)) = (self.run.get(py), self.function.get(py)) else {
                    return Ok(());
                };
                let begun = run.call1((function, PyTuple::new(py, argument)?, &promise));
                begun.map(drop).inspect_err(|error| promise.get().keep(Err(error.clone_ref(py))))
            });
            drop(begun);
        });
    }

    /// Runs it and waits.
    fn call<T: Send + 'static>(
        &self,
        argument: Option<String>,
        convert: fn(&Bound<'_, PyAny>) -> PyResult<T>,
    ) -> Result<T, BoxError> {
        let (sender, outcome) = mpsc::channel();
        self.begin(argument, convert, move |value| drop(sender.send(value)));
        outcome.recv().unwrap_or_else(|_| Err("the callback was abandoned: its event loop is closed".into()))
    }
}

/// A token provider of Python.
pub(crate) fn token_provider(run: Callback, function: Callback) -> Arc<dyn TokenProvider> {
    let function = Function { run, function };
    ava_bridge::token_provider_elsewhere(move |reply| function.begin(None, token, |token| reply.give(token)))
}

fn token(value: &Bound<'_, PyAny>) -> PyResult<CoreToken> {
    if let Ok(token) = value.cast::<Token>() {
        return Ok(token.get().0.clone());
    }
    match value.extract::<String>() {
        Ok(token) => Ok(CoreToken::new(token)),
        Err(_) => {
            let class = value.get_type().name()?;
            Err(PyTypeError::new_err(format!("token_provider: must give a str or a Token, not {class}")))
        }
    }
}

/// What a listener's `checkpoint` may be: a path, or an object with `load` and `save`.
pub(crate) fn checkpoint(
    run: &Callback,
    given: &Bound<'_, PyAny>,
    callbacks: &mut Vec<Callback>,
) -> PyResult<CheckpointOption> {
    if let (Ok(load), Ok(save)) = (given.getattr("load"), given.getattr("save")) {
        let mut function = |function: Bound<'_, PyAny>| {
            let function = Callback::new(function.unbind());
            callbacks.push(function.clone());
            Function { run: run.clone(), function }
        };
        let store = Store { load: function(load), save: function(save) };
        return Ok(CheckpointOption::Custom(ava_bridge::checkpoint(store)));
    }
    match given.extract::<PathBuf>() {
        Ok(path) => Ok(CheckpointOption::File(path)),
        Err(_) => {
            Err(PyTypeError::new_err("checkpoint: must be a path, or an object with load() and save()"))
        }
    }
}

struct Store {
    load: Function,
    save: Function,
}

impl CheckpointStore for Store {
    fn load(&self) -> Result<Option<String>, BoxError> {
        self.load.call(None, |value| value.extract())
    }

    fn save(&self, state: String) -> Result<(), BoxError> {
        self.save.call(Some(state), |_| Ok(()))
    }
}

/// A function that is told of something, and how Python runs what it gives if that is to be awaited.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) run: Callback,
    pub(crate) function: Callback,
}

impl Told {
    fn tell<'py>(&self, function: &Bound<'py, PyAny>, what: Bound<'py, PyAny>) -> PyResult<()> {
        let given = function.call1((what,))?;
        match self.run.get(function.py()) {
            Some(run) if given.hasattr("__await__")? => run.call_method1("finish", (given,)).map(drop),
            _ => Ok(()),
        }
    }
}

/// Has a function told of something, on the thread of the callbacks. What it raises goes where Python puts exceptions
/// that nobody can catch (`sys.unraisablehook`).
pub(crate) fn hook<T: 'static>(
    told: Told,
    convert: impl for<'py> Fn(Python<'py>, T) -> PyResult<Bound<'py, PyAny>> + Send + Sync + 'static,
) -> Hook<T> {
    Arc::new(move |what| {
        let _permit = gate::enter_or_park();
        Python::attach(|py| {
            let Some(function) = told.function.get(py) else { return };
            if let Err(raised) = convert(py, what).and_then(|what| told.tell(&function, what)) {
                raised.write_unraisable(py, Some(&function));
            }
        });
    })
}
