//! What calls give: values of the core on their way to Python.

use ava_bridge::core::{Receipt, Undelivered};
use pyo3::prelude::*;

use crate::error::to_py_err;
use crate::model::{GeneratedMessage, Message, MessagePage, PollPage, SentMessage};

/// A value that becomes a Python object where the GIL is held, which is not where it is made.
pub(crate) trait Answer: Send + 'static {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>>;

    /// The same, with what is to be told when it has reached whoever asked. Dropped untold, that is told of.
    fn hand_over(self, py: Python<'_>) -> HandedOver
    where
        Self: Sized,
    {
        (self.into_python(py), None)
    }
}

pub(crate) type HandedOver = (PyResult<Py<PyAny>>, Option<Undelivered>);

/// The same without its type: each call has a different one, the faces don't care.
pub(crate) struct AnyAnswer(Convert);

type Convert = Box<dyn FnOnce(Python<'_>) -> HandedOver + Send>;

impl AnyAnswer {
    pub(crate) fn new(answer: impl Answer) -> AnyAnswer {
        AnyAnswer(Box::new(move |py| answer.hand_over(py)))
    }

    pub(crate) fn hand_over(self, py: Python<'_>) -> HandedOver {
        (self.0)(py)
    }
}

impl Answer for () {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(py.None())
    }
}

impl Answer for ava_imessage::SentMessage {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(Py::new(py, SentMessage::from(self))?.into_any())
    }
}

impl Answer for Receipt {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.take().map_err(|error| to_py_err(py, error))?.into_python(py)
    }

    fn hand_over(self, py: Python<'_>) -> HandedOver {
        let (result, undelivered) = self.into_parts();
        let value = result.map_err(|error| to_py_err(py, error)).and_then(|sent| sent.into_python(py));
        (value, Some(undelivered))
    }
}

impl Answer for ava_imessage::GeneratedMessage {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(Py::new(py, GeneratedMessage::from(self))?.into_any())
    }
}

impl Answer for ava_imessage::MessagePage {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(Py::new(py, MessagePage::from_core(py, self)?)?.into_any())
    }
}

impl Answer for ava_imessage::PollPage {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(Py::new(py, PollPage::from_core(py, self)?)?.into_any())
    }
}

impl Answer for ava_imessage::Message {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(Py::new(py, Message(self))?.into_any())
    }
}

/// The end of a stream is `None`.
impl<T: Answer> Answer for Option<T> {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.map_or_else(|| Ok(py.None()), |answer| answer.into_python(py))
    }
}

/// Several at once, as a list.
impl<T: Answer> Answer for Vec<T> {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let all: Vec<_> = self.into_iter().map(|answer| answer.into_python(py)).collect::<PyResult<_>>()?;
        Ok(all.into_pyobject(py)?.into_any().unbind())
    }
}
