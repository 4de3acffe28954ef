//! The client: each operation is a [`Call`] that either face makes.

use std::sync::Arc;

use ava_bridge::core::Message as CoreMessage;
use ava_bridge::{DraftOptions, ErrorKind, GenerateOptions, Handed, ListenOptions, PageOptions, PollOptions};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict};

use crate::answer::Answer;
use crate::call::Call;
use crate::error::{exception, to_py_err};
use crate::model::{Attempt, Gap, Message, SkippedRow, turn};
use crate::{foreign, options, time};

/// A client, behind both of Python's.
#[pyclass(frozen, module = "ava_imessage._native")]
pub(crate) struct Core {
    client: ava_bridge::Client,
    /// How Python runs callbacks.
    run: Arc<Py<PyAny>>,
}

#[pymethods]
impl Core {
    #[new]
    fn new(py: Python<'_>, given: &Bound<'_, PyDict>, run: Py<PyAny>) -> PyResult<Core> {
        let run = Arc::new(run);
        let options = options::client(given, &run)?;
        let client =
            ava_bridge::guard(|| ava_bridge::Client::new(options)).map_err(|error| to_py_err(py, error))?;
        Ok(Core { client, run })
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
        py: Python<'_>,
        phone: String,
        text: String,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let call = options::call(py, timeout, max_retries, headers)?;
        Ok(Call::new(self.client.send(phone, text, call)))
    }

    fn settle(
        &self,
        py: Python<'_>,
        attempt: &Attempt,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let call = options::call(py, timeout, max_retries, headers)?;
        Ok(Call::new(self.client.settle(&attempt.0, call)))
    }

    #[expect(clippy::too_many_arguments, reason = "Python's arguments, each by its name")]
    fn messages_page(
        &self,
        py: Python<'_>,
        phone: String,
        limit: u64,
        offset: u64,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let call = options::call(py, timeout, max_retries, headers)?;
        let page = PageOptions { limit: Some(limit), offset: Some(offset), call };
        Ok(Call::new(self.client.messages_page(phone, page)))
    }

    fn messages(
        &self,
        py: Python<'_>,
        phone: String,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Messages> {
        let call = options::call(py, timeout, max_retries, headers)?;
        self.client.messages(phone, call).map(Messages).map_err(|error| to_py_err(py, error))
    }

    fn poll(
        &self,
        py: Python<'_>,
        since: Option<&Bound<'_, PyDateTime>>,
        phone: Option<String>,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let call = options::call(py, timeout, max_retries, headers)?;
        let since = since.map(|since| time::from_python("since", since)).transpose()?;
        Ok(Call::new(self.client.poll(PollOptions { since, phone, call })))
    }

    #[expect(clippy::too_many_arguments, reason = "Python's arguments, each by its name")]
    fn generate(
        &self,
        py: Python<'_>,
        phone: String,
        context: &Bound<'_, PyAny>,
        instructions: Option<String>,
        auto_send: bool,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let call = options::call(py, timeout, max_retries, headers)?;
        let context = context.try_iter()?.map(|item| turn(&item?)).collect::<PyResult<_>>()?;
        let how = GenerateOptions { instructions, auto_send, call };
        Ok(Call::new(self.client.generate(phone, context, how)))
    }

    #[expect(clippy::too_many_arguments, reason = "Python's arguments, each by its name")]
    fn draft_reply(
        &self,
        py: Python<'_>,
        phone: String,
        instructions: Option<String>,
        history: u64,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let call = options::call(py, timeout, max_retries, headers)?;
        let how = DraftOptions { instructions, history: Some(history), call };
        Ok(Call::new(self.client.draft_reply(phone, how)))
    }

    /// `given` holds the arguments of `listen` by their names.
    fn listen(
        &self,
        py: Python<'_>,
        given: &Bound<'_, PyDict>,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let call = options::call(py, timeout, max_retries, headers)?;
        let any = |name: &str| -> PyResult<Option<Bound<'_, PyAny>>> {
            Ok(given.get_item(name)?.filter(|value| !value.is_none()))
        };
        let hook = |name: &str| -> PyResult<Option<Py<PyAny>>> { Ok(any(name)?.map(Bound::unbind)) };
        let since = match any("since")? {
            Some(since) => Some(time::from_python("since", since.cast()?)?),
            None => None,
        };
        let interval = any("interval")?.map(|value| value.extract::<f64>()).transpose()?;
        let interval =
            interval.map(|given| options::seconds(py, ErrorKind::InvalidRequest, "interval", given));
        let checkpoint = any("checkpoint")?.map(|given| foreign::checkpoint(Arc::clone(&self.run), &given));
        let how = ListenOptions {
            since,
            phone: any("phone")?.map(|phone| phone.extract()).transpose()?,
            interval: interval.transpose()?,
            checkpoint: checkpoint.transpose()?,
            auto_ack: any("auto_ack")?.map(|auto| auto.extract()).transpose()?,
            on_gap: hook("on_gap")?
                .map(|function| foreign::hook(function, |py, gap| Gap::from(&gap).into_bound_py_any(py))),
            on_skipped: hook("on_skipped")?.map(|function| {
                foreign::hook(function, |py, row| SkippedRow::from(row).into_bound_py_any(py))
            }),
            on_retry: hook("on_retry")?
                .map(|function| foreign::hook(function, |py, error| exception(py, error, None))),
            call,
        };
        Ok(Call::new(self.client.listen(how)))
    }
}

/// A conversation, pulled.
#[pyclass(frozen, module = "ava_imessage._native")]
pub(crate) struct Messages(ava_bridge::Messages);

#[pymethods]
impl Messages {
    /// The next message if it is here already, else `None`, which says nothing.
    fn try_next(&self) -> Option<Message> {
        self.0.try_next().map(Message)
    }

    /// The next message; `None` at the end.
    fn next(&self) -> Call {
        Call::new(self.0.next())
    }

    fn close(&self) {
        self.0.close();
    }
}

/// Inbound messages, pulled.
#[pyclass(frozen, module = "ava_imessage._native")]
pub(crate) struct Listener(ava_bridge::Listener);

#[pymethods]
impl Listener {
    /// The next message; `None` at the end.
    fn next(&self) -> Call {
        Call::new(self.0.next())
    }

    fn ack(&self, message: &Message) -> Call {
        Call::new(self.0.ack(&message.0.id))
    }

    fn close(&self) {
        self.0.close();
    }
}

impl Answer for ava_bridge::Listener {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(Py::new(py, Listener(self))?.into_any())
    }
}

/// Taken here, where it certainly becomes Python's.
impl Answer for Handed {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.take().map_or_else(|| Ok(py.None()), |message: CoreMessage| message.into_python(py))
    }
}
