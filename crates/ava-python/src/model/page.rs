//! Pages: of a history, and of a poll.

use pyo3::prelude::*;
use pyo3::types::{PyMappingProxy, PyTuple, PyType};

use super::{Message, SkippedRow};
use crate::extra::Extra;

fn tuple<'py, T>(py: Python<'py>, rows: impl ExactSizeIterator<Item = T>) -> PyResult<Py<PyTuple>>
where
    T: IntoPyObject<'py>,
{
    Ok(PyTuple::new(py, rows)?.unbind())
}

/// A page of a conversation's history (*Get Messages*).
#[pyclass(frozen, module = "ava_imessage")]
pub(crate) struct MessagePage {
    /// The rows, in the server's order, which the API document leaves open.
    #[pyo3(get)]
    messages: Py<PyTuple>,
    /// How many messages the conversation has.
    #[pyo3(get)]
    total: u64,
    /// How many rows a page has at the most.
    #[pyo3(get)]
    limit: u64,
    /// How many rows were passed over.
    #[pyo3(get)]
    offset: u64,
    /// Rows that couldn't be read.
    #[pyo3(get)]
    skipped: Py<PyTuple>,
    extra: Extra,
}

impl MessagePage {
    pub(crate) fn from_core(py: Python<'_>, page: ava_imessage::MessagePage) -> PyResult<MessagePage> {
        Ok(MessagePage {
            messages: tuple(py, page.messages.into_iter().map(Message))?,
            total: page.total,
            limit: page.limit,
            offset: page.offset,
            skipped: tuple(py, page.skipped.into_iter().map(SkippedRow::from))?,
            extra: Extra::of(&page.extra),
        })
    }

    fn key(&self) -> (u64, u64, u64) {
        (self.total, self.limit, self.offset)
    }
}

#[pymethods]
impl MessagePage {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str, &'static str) {
        ("messages", "total", "limit", "offset")
    }

    #[new]
    #[pyo3(signature = (messages, total, limit, offset, skipped=None, extra=None))]
    fn new(
        py: Python<'_>,
        messages: &Bound<'_, PyAny>,
        total: u64,
        limit: u64,
        offset: u64,
        skipped: Option<&Bound<'_, PyAny>>,
        extra: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<MessagePage> {
        let (messages, skipped) =
            (all_of::<Message>(py, Some(messages))?, all_of::<SkippedRow>(py, skipped)?);
        Ok(MessagePage { messages, total, limit, offset, skipped, extra: Extra::from_python(extra)? })
    }

    /// Further members of the wire, parsed when asked for: a read-only mapping.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        self.extra.to_python(py)
    }

    fn __eq__(&self, py: Python<'_>, other: &MessagePage) -> PyResult<bool> {
        Ok(self.key() == other.key()
            && self.extra.equals(py, &other.extra)?
            && self.messages.bind(py).eq(&other.messages)?
            && self.skipped.bind(py).eq(&other.skipped)?)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.messages.bind(py).hash()
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let MessagePage { total, limit, offset, .. } = self;
        let rows = self.messages.bind(py).len();
        format!("MessagePage(messages=<{rows}>, total={total}, limit={limit}, offset={offset})")
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        let extra = this.extra.to_dict(py)?;
        let arguments = (&this.messages, this.total, this.limit, this.offset, &this.skipped, extra);
        Ok((slf.get_type(), arguments.into_pyobject(py)?))
    }
}

/// What one poll brought (*Receive Messages*).
#[pyclass(frozen, module = "ava_imessage")]
pub(crate) struct PollPage {
    /// The rows, in the server's order.
    #[pyo3(get)]
    messages: Py<PyTuple>,
    /// How many rows the server says there are.
    #[pyo3(get)]
    count: u64,
    /// Whether there are more than these.
    #[pyo3(get)]
    has_more: bool,
    /// Rows that couldn't be read.
    #[pyo3(get)]
    skipped: Py<PyTuple>,
    extra: Extra,
}

impl PollPage {
    pub(crate) fn from_core(py: Python<'_>, page: ava_imessage::PollPage) -> PyResult<PollPage> {
        Ok(PollPage {
            messages: tuple(py, page.messages.into_iter().map(Message))?,
            count: page.count,
            has_more: page.has_more,
            skipped: tuple(py, page.skipped.into_iter().map(SkippedRow::from))?,
            extra: Extra::of(&page.extra),
        })
    }

    fn key(&self) -> (u64, bool) {
        (self.count, self.has_more)
    }
}

#[pymethods]
impl PollPage {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("messages", "count", "has_more")
    }

    #[new]
    #[pyo3(signature = (messages, count, has_more, skipped=None, extra=None))]
    fn new(
        py: Python<'_>,
        messages: &Bound<'_, PyAny>,
        count: u64,
        has_more: bool,
        skipped: Option<&Bound<'_, PyAny>>,
        extra: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PollPage> {
        let (messages, skipped) =
            (all_of::<Message>(py, Some(messages))?, all_of::<SkippedRow>(py, skipped)?);
        Ok(PollPage { messages, count, has_more, skipped, extra: Extra::from_python(extra)? })
    }

    /// Further members of the wire, parsed when asked for: a read-only mapping.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        self.extra.to_python(py)
    }

    fn __eq__(&self, py: Python<'_>, other: &PollPage) -> PyResult<bool> {
        Ok(self.key() == other.key()
            && self.extra.equals(py, &other.extra)?
            && self.messages.bind(py).eq(&other.messages)?
            && self.skipped.bind(py).eq(&other.skipped)?)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.messages.bind(py).hash()
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let (rows, count) = (self.messages.bind(py).len(), self.count);
        let more = if self.has_more { "True" } else { "False" };
        format!("PollPage(messages=<{rows}>, count={count}, has_more={more})")
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        let extra = this.extra.to_dict(py)?;
        let arguments = (&this.messages, this.count, this.has_more, &this.skipped, extra);
        Ok((slf.get_type(), arguments.into_pyobject(py)?))
    }
}

/// A tuple of what Python code gives, all of one class.
fn all_of<'py, T: pyo3::PyClass>(
    py: Python<'py>,
    given: Option<&Bound<'py, PyAny>>,
) -> PyResult<Py<PyTuple>> {
    let mut all = Vec::new();
    if let Some(given) = given {
        for item in given.try_iter()? {
            all.push(item?.cast_into::<T>()?);
        }
    }
    tuple(py, all.into_iter())
}
