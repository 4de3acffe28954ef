//! The client: each operation is a [`Call`] that either face makes.

use ava_bridge::core::{Message as CoreMessage, Turn};
use ava_bridge::{
    CallOptions, DraftOptions, ErrorKind, GenerateOptions, Handed, ListenOptions, PageOptions, PollOptions,
};
use pyo3::IntoPyObjectExt;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::answer::Answer;
use crate::call::Call;
use crate::error::{self, not_sent, still_unknown, to_py_err};
use crate::foreign::{Callback, Callbacks, Told};
use crate::model::{Attempt, Gap, Message, SkippedRow, turns};
use crate::options::{Given, argument};
use crate::{foreign, options};

/// A client, behind both of Python's.
#[pyclass(frozen, module = "ava_imessage._native")]
pub(crate) struct Core {
    client: ava_bridge::Client,
    /// How Python runs callbacks.
    run: Callback,
    callbacks: Py<Callbacks>,
}

#[pymethods]
impl Core {
    #[new]
    fn new(py: Python<'_>, given: &Bound<'_, PyDict>, run: Py<PyAny>) -> PyResult<Core> {
        let run = Callback::new(run);
        let (options, provider, hook) = options::client(given, &run)?;
        let client =
            ava_bridge::guard(|| ava_bridge::Client::new(options)).map_err(|error| to_py_err(py, error))?;
        let waited_for = [Some(run.clone()), provider].into_iter().flatten().collect();
        let callbacks = Callbacks::new(py, waited_for, hook.map(|hook| (hook, client.clone())))?;
        Ok(Core { client, run, callbacks })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.callbacks)
    }

    #[getter]
    fn base_url(&self, py: Python<'_>) -> PyResult<String> {
        self.client.base_url().map_err(|error| to_py_err(py, error))
    }

    #[getter]
    fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn close(&self) -> Call {
        Call::new(self.client.close())
    }

    fn send(
        &self,
        phone: &Bound<'_, PyAny>,
        text: &Bound<'_, PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
        max_retries: Option<&Bound<'_, PyAny>>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let given = || -> PyResult<(String, String, CallOptions)> {
            let call = options::call(timeout, max_retries, headers)?;
            Ok((argument("phone", phone)?, argument("text", text)?, call))
        };
        let (phone, text, call) = given().map_err(|refused| not_sent(phone.py(), refused))?;
        Ok(Call::new(self.client.send(phone, text, call)))
    }

    fn settle(
        &self,
        attempt: &Bound<'_, Attempt>,
        timeout: Option<&Bound<'_, PyAny>>,
        max_retries: Option<&Bound<'_, PyAny>>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let call = options::call(timeout, max_retries, headers)
            .map_err(|refused| still_unknown(attempt, refused))?;
        Ok(Call::new(self.client.settle(&attempt.get().0, call)))
    }

    fn messages_page(
        &self,
        phone: &Bound<'_, PyAny>,
        limit: &Bound<'_, PyAny>,
        offset: &Bound<'_, PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
        max_retries: Option<&Bound<'_, PyAny>>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let call = options::call(timeout, max_retries, headers)?;
        let (limit, offset) = (Some(argument("limit", limit)?), Some(argument("offset", offset)?));
        let phone: String = argument("phone", phone)?;
        Ok(Call::new(self.client.messages_page(phone, PageOptions { limit, offset, call })))
    }

    fn messages(
        &self,
        py: Python<'_>,
        phone: &Bound<'_, PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
        max_retries: Option<&Bound<'_, PyAny>>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Messages> {
        let call = options::call(timeout, max_retries, headers)?;
        let phone: String = argument("phone", phone)?;
        let messages = self.client.messages(phone, call).map_err(|error| to_py_err(py, error))?;
        Ok(Messages { messages, client: self.callbacks.clone_ref(py) })
    }

    fn poll(
        &self,
        since: Option<&Bound<'_, PyAny>>,
        phone: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        max_retries: Option<&Bound<'_, PyAny>>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let call = options::call(timeout, max_retries, headers)?;
        let since = since.map(|since| options::time("since", since)).transpose()?;
        let phone = phone.map(|phone| argument("phone", phone)).transpose()?;
        Ok(Call::new(self.client.poll(PollOptions { since, phone, call })))
    }

    #[expect(clippy::too_many_arguments, reason = "Python's arguments, each by its name")]
    fn generate(
        &self,
        phone: &Bound<'_, PyAny>,
        context: &Bound<'_, PyAny>,
        instructions: Option<&Bound<'_, PyAny>>,
        auto_send: bool,
        timeout: Option<&Bound<'_, PyAny>>,
        max_retries: Option<&Bound<'_, PyAny>>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let given = || -> PyResult<(String, Vec<Turn>, GenerateOptions)> {
            let call = options::call(timeout, max_retries, headers)?;
            let instructions = instructions.map(|given| argument("instructions", given)).transpose()?;
            Ok((
                argument("phone", phone)?,
                turns(context)?,
                GenerateOptions { instructions, auto_send, call },
            ))
        };
        let refused = |error| if auto_send { not_sent(phone.py(), error) } else { error };
        let (phone, context, how) = given().map_err(refused)?;
        Ok(Call::new(self.client.generate(phone, context, how)))
    }

    fn draft_reply(
        &self,
        phone: &Bound<'_, PyAny>,
        instructions: Option<&Bound<'_, PyAny>>,
        history: &Bound<'_, PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
        max_retries: Option<&Bound<'_, PyAny>>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let call = options::call(timeout, max_retries, headers)?;
        let phone: String = argument("phone", phone)?;
        let instructions = instructions.map(|given| argument("instructions", given)).transpose()?;
        let how = DraftOptions { instructions, history: Some(argument("history", history)?), call };
        Ok(Call::new(self.client.draft_reply(phone, how)))
    }

    /// `given` holds the arguments of `listen` by their names.
    fn listen(
        &self,
        py: Python<'_>,
        given: &Bound<'_, PyDict>,
        timeout: Option<&Bound<'_, PyAny>>,
        max_retries: Option<&Bound<'_, PyAny>>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let call = options::call(timeout, max_retries, headers)?;
        let given = Given { arguments: given, kind: ErrorKind::InvalidRequest };
        let mut callbacks = Vec::new();
        let checkpoint = given.any("checkpoint")?;
        let mut hook = |name: &str| -> PyResult<Option<Told>> {
            let function = given.function(name)?;
            callbacks.extend(function.clone());
            Ok(function.map(|function| Told { run: self.run.clone(), function }))
        };
        let (on_gap, on_skipped, on_retry) = (hook("on_gap")?, hook("on_skipped")?, hook("on_retry")?);
        let how = ListenOptions {
            since: given.any("since")?.map(|since| options::time("since", &since)).transpose()?,
            phone: given.get("phone")?,
            interval: given.seconds("interval")?,
            checkpoint: checkpoint
                .map(|given| foreign::checkpoint(&self.run, &given, &mut callbacks))
                .transpose()?,
            auto_ack: given.get("auto_ack")?,
            on_gap: on_gap.map(|told| foreign::hook(told, |py, gap| Gap::from(&gap).into_bound_py_any(py))),
            on_skipped: on_skipped
                .map(|told| foreign::hook(told, |py, row| SkippedRow::from(row).into_bound_py_any(py))),
            on_retry: on_retry.map(|told| foreign::hook(told, error::told)),
            call,
        };
        let (client, own) = (self.callbacks.clone_ref(py), Callbacks::new(py, callbacks, None)?);
        Ok(Call::new(self.client.listen(how).map(|listener| Listener { listener, client, own })))
    }
}

/// A conversation, pulled.
#[pyclass(frozen, module = "ava_imessage._native")]
pub(crate) struct Messages {
    messages: ava_bridge::Messages,
    client: Py<Callbacks>,
}

#[pymethods]
impl Messages {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.client)
    }

    /// The next message if it is here already, else `None`, which says nothing.
    fn try_next(&self) -> Option<Message> {
        self.messages.try_next().map(Message)
    }

    /// The next message; `None` at the end.
    fn next(&self) -> Call {
        Call::new(self.messages.next())
    }

    fn close(&self) {
        self.messages.close();
    }
}

/// Inbound messages, pulled.
#[pyclass(frozen, module = "ava_imessage._native")]
pub(crate) struct Listener {
    listener: ava_bridge::Listener,
    client: Py<Callbacks>,
    own: Py<Callbacks>,
}

#[pymethods]
impl Listener {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.client)?;
        visit.call(&self.own)
    }

    /// The next message; `None` at the end.
    fn next(&self) -> Call {
        Call::new(self.listener.next())
    }

    fn ack(&self, message: &Bound<'_, PyAny>) -> PyResult<Call> {
        Ok(Call::new(match argument("message", message)? {
            Acknowledged::Message(message) => self.listener.ack(&*message.0.id),
            Acknowledged::Id(id) => self.listener.ack(id),
        }))
    }

    fn close(&self) {
        self.listener.close();
    }
}

/// What names a message.
#[derive(FromPyObject)]
enum Acknowledged<'py> {
    #[pyo3(annotation = "Message")]
    Message(PyRef<'py, Message>),
    #[pyo3(annotation = "str")]
    Id(String),
}

impl Answer for Listener {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(Py::new(py, self)?.into_any())
    }
}

/// Taken here, where it certainly becomes Python's.
impl Answer for Handed {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.take().map_or_else(|| Ok(py.None()), |message: CoreMessage| message.into_python(py))
    }
}
