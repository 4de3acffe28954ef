//! What the API speaks of, as Python sees it: frozen, comparable, hashable, picklable. Texts become Python strings
//! when they are read. No `repr` shows a text or a full phone number.

use std::hash::{Hash, Hasher};

use ava_imessage::{Direction, ErrorKind, Status, Timestamp};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyMapping, PyMappingProxy, PyString, PyTuple, PyType};

use crate::extra::Extra;
use crate::{options, time};

/// A phone number in a `repr`: its last two digits.
fn masked(phone: &str) -> String {
    let end = phone.char_indices().rev().nth(1).map_or("", |(at, _)| &phone[at..]);
    if phone.chars().count() > 4 { format!("'+…{end}'") } else { "'+…'".to_owned() }
}

/// A text in a `repr`: how long it is.
fn measured(text: &str) -> String {
    format!("<{} characters>", text.chars().count())
}

fn quoted(py: Python<'_>, text: &str) -> PyResult<String> {
    PyString::new(py, text).repr()?.extract()
}

/// One message of a conversation (*Get Messages*, *Receive Messages*).
#[pyclass(frozen, eq, hash, module = "ava_imessage")]
#[derive(PartialEq)]
pub(crate) struct Message(pub(crate) ava_imessage::Message);

impl Hash for Message {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.0.id, self.0.timestamp).hash(state);
    }
}

#[pymethods]
impl Message {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str)
    {
        ("id", "phone", "text", "direction", "timestamp", "status")
    }

    #[new]
    #[pyo3(signature = (id, phone, text, direction, timestamp, status, extra=None))]
    fn new(
        id: &str,
        phone: &str,
        text: &str,
        direction: &str,
        timestamp: &Bound<'_, PyDateTime>,
        status: &str,
        extra: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Message> {
        let extra = Extra::from_python(extra)?;
        let mut row: serde_json::Value =
            serde_json::from_str(extra.json()).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let time = time::from_python("timestamp", timestamp)?.to_string();
        for (name, value) in [
            ("id", id),
            ("phone", phone),
            ("message", text),
            ("direction", direction),
            ("timestamp", &time),
            ("status", status),
        ] {
            row[name] = value.into();
        }
        serde_json::from_value(row).map(Message).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// The service's id: ``msg_abc123``.
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    /// The other person's number, E.164.
    #[getter]
    fn phone(&self) -> &str {
        &self.0.phone
    }

    /// What was written (the wire's ``message``).
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    /// Which way it went: ``inbound`` or ``outbound``, or what the service wrote instead.
    #[getter]
    fn direction<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        match &self.0.direction {
            Direction::Inbound => intern!(py, "inbound").clone(),
            Direction::Outbound => intern!(py, "outbound").clone(),
            other => PyString::new(py, other.as_str()),
        }
    }

    /// When, by the service's clock: an aware ``datetime`` in UTC.
    #[getter]
    fn timestamp<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        time::to_python(py, self.0.timestamp)
    }

    /// How far it got: ``queued``, ``sent``, ``delivered``, ``received``, ``failed``, or what the service wrote
    /// instead.
    #[getter]
    fn status<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        match &self.0.status {
            Status::Delivered => intern!(py, "delivered").clone(),
            Status::Received => intern!(py, "received").clone(),
            other => PyString::new(py, other.as_str()),
        }
    }

    /// Further members of the wire, parsed when asked for: a read-only mapping.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        Extra::of(&self.0.extra).to_python(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let ava_imessage::Message { id, phone, text, direction, timestamp, status, .. } = &self.0;
        Ok(format!(
            "Message(id={}, phone={}, text={}, direction={}, timestamp={timestamp}, status={})",
            quoted(py, id)?,
            masked(phone),
            measured(text),
            quoted(py, direction.as_str())?,
            quoted(py, status.as_str())?,
        ))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        let extra = Extra::of(&this.0.extra).to_dict(py)?;
        let arguments = (
            this.id(),
            this.phone(),
            this.text(),
            this.direction(py),
            this.timestamp(py)?,
            this.status(py),
            extra,
        );
        Ok((slf.get_type(), arguments.into_pyobject(py)?))
    }
}

/// How it is known that a message was sent, as a member of Python's `Confirmation`.
fn confirmation<'py>(py: Python<'py>, value: &str) -> PyResult<Bound<'py, PyAny>> {
    static ENUM: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    ENUM.import(py, "ava_imessage", "Confirmation")?.call1((value,))
}

/// A message that the service accepted (*Send Message*). Whether it was delivered is the ``status`` of its row in
/// the history.
#[pyclass(frozen, eq, hash, module = "ava_imessage")]
#[derive(PartialEq, Hash)]
pub(crate) struct SentMessage {
    /// The service's id: ``msg_abc123``.
    #[pyo3(get)]
    message_id: String,
    timestamp: Timestamp,
    confirmation: String,
    extra: Extra,
}

impl From<ava_imessage::SentMessage> for SentMessage {
    fn from(sent: ava_imessage::SentMessage) -> SentMessage {
        SentMessage {
            timestamp: sent.timestamp,
            confirmation: sent.confirmation.as_str().to_owned(),
            extra: Extra::of(&sent.extra),
            message_id: sent.message_id,
        }
    }
}

#[pymethods]
impl SentMessage {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("message_id", "timestamp", "confirmation")
    }

    #[new]
    #[pyo3(signature = (message_id, timestamp, confirmation, extra=None))]
    fn new(
        py: Python<'_>,
        message_id: String,
        timestamp: &Bound<'_, PyDateTime>,
        confirmation: &str,
        extra: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<SentMessage> {
        // Refuses what is none.
        self::confirmation(py, confirmation)?;
        Ok(SentMessage {
            message_id,
            timestamp: time::from_python("timestamp", timestamp)?,
            confirmation: confirmation.to_owned(),
            extra: Extra::from_python(extra)?,
        })
    }

    /// When, by the service's clock; where the answer names no time, its ``Date``, else this machine's clock.
    #[getter]
    fn timestamp<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        time::to_python(py, self.timestamp)
    }

    /// How it is known: ``Confirmation.RESPONSE`` (the service answered) or ``Confirmation.HISTORY`` (the answer
    /// was lost; the message was found in the history).
    #[getter]
    fn confirmation<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        confirmation(py, &self.confirmation)
    }

    /// Further members of the wire, parsed when asked for: a read-only mapping.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        self.extra.to_python(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (id, confirmation) = (quoted(py, &self.message_id)?, &self.confirmation);
        let time = self.timestamp;
        Ok(format!("SentMessage(message_id={id}, timestamp={time}, confirmation='{confirmation}')"))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        let arguments = (&this.message_id, this.timestamp(py)?, &this.confirmation, this.extra.to_dict(py)?);
        Ok((slf.get_type(), arguments.into_pyobject(py)?))
    }
}

/// A reply that AVA wrote (*Generate Message with AVA*).
#[pyclass(frozen, eq, hash, module = "ava_imessage")]
#[derive(PartialEq, Hash)]
pub(crate) struct GeneratedMessage {
    /// What it wrote (the wire's ``generated_message``).
    #[pyo3(get)]
    text: String,
    /// The service's id: ``msg_ai_abc123``.
    #[pyo3(get)]
    message_id: String,
    /// Whether it was sent.
    #[pyo3(get)]
    sent: bool,
    timestamp: Timestamp,
    extra: Extra,
}

impl From<ava_imessage::GeneratedMessage> for GeneratedMessage {
    fn from(generated: ava_imessage::GeneratedMessage) -> GeneratedMessage {
        GeneratedMessage {
            extra: Extra::of(&generated.extra),
            timestamp: generated.timestamp,
            sent: generated.sent,
            text: generated.text,
            message_id: generated.message_id,
        }
    }
}

#[pymethods]
impl GeneratedMessage {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str, &'static str) {
        ("text", "message_id", "sent", "timestamp")
    }

    #[new]
    #[pyo3(signature = (text, message_id, sent, timestamp, extra=None))]
    fn new(
        text: String,
        message_id: String,
        sent: bool,
        timestamp: &Bound<'_, PyDateTime>,
        extra: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<GeneratedMessage> {
        let timestamp = time::from_python("timestamp", timestamp)?;
        Ok(GeneratedMessage { text, message_id, sent, timestamp, extra: Extra::from_python(extra)? })
    }

    /// When, by the service's clock: an aware ``datetime`` in UTC.
    #[getter]
    fn timestamp<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        time::to_python(py, self.timestamp)
    }

    /// Further members of the wire, parsed when asked for: a read-only mapping.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        self.extra.to_python(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "GeneratedMessage(text={}, message_id={}, sent={}, timestamp={})",
            measured(&self.text),
            quoted(py, &self.message_id)?,
            if self.sent { "True" } else { "False" },
            self.timestamp,
        ))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        let arguments =
            (&this.text, &this.message_id, this.sent, this.timestamp(py)?, this.extra.to_dict(py)?);
        Ok((slf.get_type(), arguments.into_pyobject(py)?))
    }
}

/// A row that isn't what the API documents. It costs nobody the rows beside it.
#[pyclass(frozen, eq, hash, get_all, module = "ava_imessage")]
#[derive(PartialEq, Hash)]
pub(crate) struct SkippedRow {
    /// Its place in the server's list, from 0.
    index: usize,
    /// What is wrong with it.
    reason: String,
    /// The row as JSON text. It may hold people's data.
    raw: String,
}

impl From<ava_imessage::SkippedRow> for SkippedRow {
    fn from(row: ava_imessage::SkippedRow) -> SkippedRow {
        SkippedRow { index: row.index, reason: row.reason, raw: row.raw }
    }
}

#[pymethods]
impl SkippedRow {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("index", "reason", "raw")
    }

    #[new]
    fn new(index: usize, reason: String, raw: String) -> SkippedRow {
        SkippedRow { index, reason, raw }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("SkippedRow(index={}, reason={})", self.index, quoted(py, &self.reason)?))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let this = slf.get();
        Ok((slf.get_type(), (this.index, &this.reason, &this.raw).into_pyobject(slf.py())?))
    }
}

/// A stretch of time of which a listener may have missed messages.
#[pyclass(frozen, eq, hash, module = "ava_imessage")]
#[derive(PartialEq, Hash)]
pub(crate) struct Gap {
    start: Timestamp,
    end: Timestamp,
}

impl From<&ava_imessage::Gap> for Gap {
    fn from(gap: &ava_imessage::Gap) -> Gap {
        Gap { start: gap.from, end: gap.to }
    }
}

#[pymethods]
impl Gap {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("start", "end")
    }

    #[new]
    fn new(start: &Bound<'_, PyDateTime>, end: &Bound<'_, PyDateTime>) -> PyResult<Gap> {
        Ok(Gap { start: time::from_python("start", start)?, end: time::from_python("end", end)? })
    }

    /// Its beginning: an aware ``datetime`` in UTC.
    #[getter]
    fn start<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        time::to_python(py, self.start)
    }

    /// Its end: an aware ``datetime`` in UTC.
    #[getter]
    fn end<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        time::to_python(py, self.end)
    }

    fn __repr__(&self) -> String {
        format!("Gap(start={}, end={})", self.start, self.end)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        Ok((slf.get_type(), (this.start(py)?, this.end(py)?).into_pyobject(py)?))
    }
}

/// One turn of the conversation that a reply is drafted from.
#[pyclass(frozen, eq, hash, get_all, module = "ava_imessage")]
#[derive(PartialEq, Hash)]
pub(crate) struct Turn {
    /// Who speaks: ``user`` (the other person), ``assistant`` (us), or whatever else the service takes.
    role: String,
    /// What is said.
    content: String,
}

#[pymethods]
impl Turn {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("role", "content")
    }

    #[new]
    fn new(role: String, content: String) -> Turn {
        Turn { role, content }
    }

    /// What the other person said.
    #[staticmethod]
    fn user(content: String) -> Turn {
        Turn { role: "user".to_owned(), content }
    }

    /// What we said.
    #[staticmethod]
    fn assistant(content: String) -> Turn {
        Turn { role: "assistant".to_owned(), content }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Turn(role={}, content={})", quoted(py, &self.role)?, measured(&self.content)))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let this = slf.get();
        Ok((slf.get_type(), (&this.role, &this.content).into_pyobject(slf.py())?))
    }
}

/// A context: each a `Turn`, or a mapping of its two members.
pub(crate) fn turns(context: &Bound<'_, PyAny>) -> PyResult<Vec<ava_imessage::Turn>> {
    context.try_iter().map_err(|_| wrong_turn())?.map(|item| turn(&item?)).collect()
}

fn turn(given: &Bound<'_, PyAny>) -> PyResult<ava_imessage::Turn> {
    if let Ok(turn) = given.cast::<Turn>() {
        let Turn { role, content } = turn.get();
        return Ok(ava_imessage::Turn::new(role.as_str().into(), content.as_str()));
    }
    let mapping = given.cast::<PyMapping>().map_err(|_| wrong_turn())?;
    if mapping.len()? != 2 {
        return Err(wrong_turn());
    }
    let member = |name: &str| -> PyResult<String> {
        options::argument("context", &mapping.get_item(name).map_err(|_| wrong_turn())?)
    };
    Ok(ava_imessage::Turn::new(member("role")?.as_str().into(), member("content")?))
}

fn wrong_turn() -> PyErr {
    PyTypeError::new_err("context: each turn is a Turn, or a dict with role and content")
}

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

    fn key(&self) -> (u64, u64, u64, &Extra) {
        (self.total, self.limit, self.offset, &self.extra)
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

    fn key(&self) -> (u64, bool, &Extra) {
        (self.count, self.has_more, &self.extra)
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

/// A send that may or may not have happened, to be settled later: ``client.settle(attempt)``.
///
/// It pickles, and can be kept as text: that text holds the phone and the message, ``repr()`` hides both. Another
/// process can settle it only if :attr:`is_portable`.
#[pyclass(frozen, eq, module = "ava_imessage")]
#[derive(PartialEq)]
pub(crate) struct Attempt(pub(crate) ava_imessage::Attempt);

#[pymethods]
impl Attempt {
    /// To whom the message would have gone.
    #[getter]
    fn phone(&self) -> &str {
        self.0.phone()
    }

    /// What it would have said.
    #[getter]
    fn text(&self) -> &str {
        self.0.text()
    }

    /// Whether another process can settle it: the history was read at least once.
    #[getter]
    fn is_portable(&self) -> bool {
        self.0.is_portable()
    }

    /// As JSON text, for :meth:`from_json`. It holds the phone and the message.
    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.0).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// What :meth:`to_json` wrote. Raises ``ValueError`` if it is something else.
    #[staticmethod]
    fn from_json(text: &str) -> PyResult<Attempt> {
        // serde's own words may quote the text.
        serde_json::from_str(text).map(Attempt).map_err(|_| PyValueError::new_err("not an attempt"))
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        (self.0.phone(), self.0.text()).hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        let (phone, text) = (masked(self.0.phone()), measured(self.0.text()));
        let portable = if self.0.is_portable() { "True" } else { "False" };
        format!("Attempt(phone={phone}, text={text}, is_portable={portable})")
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("from_json")?, (slf.get().to_json()?,)))
    }
}

/// A short-lived token, as a token provider gives it. ``repr()`` hides it.
#[pyclass(frozen, module = "ava_imessage")]
pub(crate) struct Token(pub(crate) ava_imessage::Token);

#[pymethods]
impl Token {
    /// ``expires_in`` is the seconds it is valid for from now on, ``expires_at`` the aware ``datetime`` it is valid
    /// until by this machine's clock. With neither it is used until the service refuses it with 401.
    #[new]
    #[pyo3(signature = (value, *, expires_in=None, expires_at=None))]
    fn new(
        py: Python<'_>,
        value: String,
        expires_in: Option<f64>,
        expires_at: Option<&Bound<'_, PyDateTime>>,
    ) -> PyResult<Token> {
        let mut token = ava_imessage::Token::new(value);
        if let Some(seconds) = expires_in {
            token = token.expires_in(options::seconds(py, ErrorKind::InvalidRequest, "expires_in", seconds)?);
        }
        if let Some(at) = expires_at {
            token = token.expires_at(time::from_python("expires_at", at)?);
        }
        Ok(Token(token))
    }

    fn __repr__(&self) -> &'static str {
        "Token(…)"
    }
}
