//! What wakes an event loop.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::gate;

pub(crate) struct Bell(Kind);

enum Kind {
    #[cfg(target_os = "linux")]
    Event(std::os::fd::OwnedFd),
    #[cfg(all(unix, not(target_os = "linux")))]
    Pair(std::os::unix::net::UnixStream, std::os::unix::net::UnixStream),
    /// Python's `call_soon_threadsafe` with what it is to call. It needs the GIL, so the worker doesn't do it.
    Function(Arc<Py<PyAny>>),
}

impl Bell {
    /// A file that becomes readable.
    #[cfg(target_os = "linux")]
    pub(crate) fn file() -> PyResult<Bell> {
        use rustix::event::{EventfdFlags, eventfd};
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        Ok(Bell(Kind::Event(eventfd(0, flags).map_err(std::io::Error::from)?)))
    }

    #[cfg(all(unix, not(target_os = "linux")))]
    pub(crate) fn file() -> PyResult<Bell> {
        let (reader, writer) = std::os::unix::net::UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        Ok(Bell(Kind::Pair(reader, writer)))
    }

    #[cfg(not(unix))]
    pub(crate) fn file() -> PyResult<Bell> {
        Err(pyo3::exceptions::PyNotImplementedError::new_err("no files to watch here"))
    }

    /// A function that is called.
    pub(crate) fn function(function: Py<PyAny>) -> Bell {
        Bell(Kind::Function(Arc::new(function)))
    }

    pub(crate) fn fileno(&self) -> Option<i32> {
        match &self.0 {
            #[cfg(target_os = "linux")]
            Kind::Event(file) => Some(std::os::fd::AsRawFd::as_raw_fd(file)),
            #[cfg(all(unix, not(target_os = "linux")))]
            Kind::Pair(reader, _) => Some(std::os::fd::AsRawFd::as_raw_fd(reader)),
            Kind::Function(_) => None,
        }
    }

    /// Called by the worker. A bell that rings already rings on.
    pub(crate) fn ring(&self) {
        match &self.0 {
            #[cfg(target_os = "linux")]
            Kind::Event(file) => drop(rustix::io::write(file, &1_u64.to_ne_bytes())),
            #[cfg(all(unix, not(target_os = "linux")))]
            Kind::Pair(_, writer) => drop(std::io::Write::write(&mut &*writer, &[1])),
            Kind::Function(function) => {
                let function = Arc::clone(function);
                ringer(Box::new(move || {
                    if let Some(_permit) = gate::enter() {
                        // The loop may be closed by now.
                        Python::attach(|py| drop(function.call0(py)));
                    }
                }));
            }
        }
    }

    /// Called on the loop's thread, before it looks at the queue.
    pub(crate) fn quiet(&self) {
        match &self.0 {
            #[cfg(target_os = "linux")]
            Kind::Event(file) => drop(rustix::io::read(file, &mut [0; 8])),
            #[cfg(all(unix, not(target_os = "linux")))]
            Kind::Pair(reader, _) => {
                while matches!(std::io::Read::read(&mut &*reader, &mut [0; 64]), Ok(64)) {}
            }
            Kind::Function(_) => {}
        }
    }
}

/// Runs what takes the GIL, off the worker.
fn ringer(work: Box<dyn FnOnce() + Send>) {
    if let Ok(runtime) = ava_bridge::handle() {
        drop(runtime.spawn_blocking(work));
    }
}
