//! A value per process: made on first use, made anew in a forked child, where the parent's is left alone.
//!
//! What a fork copies is not fit for use in the child: the worker threads are not there, locks may be held by
//! threads that are gone, sockets are the parent's. So it is neither used nor dropped, only left behind.
//! There is no lock and no `pthread_atfork`: every use compares the process id, which Linux forgets for us at a fork
//! ([`memory`]), so that a call need not ask the kernel for it half a dozen times.

#![allow(unsafe_code, reason = "an atomic pointer to the slot, so that no lock is ever held over a fork")]

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use ava_imessage::Result;

/// The process this is.
pub(crate) fn pid() -> u32 {
    #[cfg(target_os = "linux")]
    return memory::pid();
    #[cfg(not(target_os = "linux"))]
    return std::process::id();
}

/// A page that a child of this process finds empty (`MADV_WIPEONFORK`, Linux 4.14).
#[cfg(target_os = "linux")]
mod memory {
    use std::ptr;
    use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

    /// Null until it was looked for. Never unmapped.
    static PAGE: AtomicPtr<AtomicU32> = AtomicPtr::new(ptr::null_mut());
    /// Its address stands for a page that can't be had; nothing is kept in it.
    static UNAVAILABLE: AtomicU32 = AtomicU32::new(0);

    pub(super) fn pid() -> u32 {
        let page = PAGE.load(Ordering::Acquire);
        let page = if page.is_null() { find() } else { page.cast_const() };
        if ptr::eq(page, &UNAVAILABLE) {
            return std::process::id();
        }
        // SAFETY: what is stored in `PAGE` and isn't null is a page of our own, mapped for good, zeroed by the kernel
        // and written through this type alone.
        let kept = unsafe { &*page };
        match kept.load(Ordering::Relaxed) {
            0 => {
                let pid = std::process::id();
                kept.store(pid, Ordering::Relaxed);
                pid
            }
            pid => pid,
        }
    }

    /// Two threads may both look; the first one's page is used, and the other's left empty.
    #[cold]
    fn find() -> *const AtomicU32 {
        let found = map().unwrap_or_else(|| ptr::from_ref(&UNAVAILABLE).cast_mut());
        match PAGE.compare_exchange(ptr::null_mut(), found, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => found,
            Err(first) => first,
        }
    }

    fn map() -> Option<*mut AtomicU32> {
        const SIZE: usize = size_of::<AtomicU32>();
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping, wherever the kernel likes.
        let page = unsafe { libc::mmap(ptr::null_mut(), SIZE, access, kind, -1, 0) };
        if page == libc::MAP_FAILED {
            return None;
        }
        // An emulator that says yes to everything would not empty the page.
        // SAFETY: advice about a mapping of ours, in which nothing is kept yet; there is no advice of this number.
        let says_yes = unsafe { libc::madvise(page, SIZE, -1) } == 0;
        // SAFETY: as above.
        let is_emptied = unsafe { libc::madvise(page, SIZE, libc::MADV_WIPEONFORK) } == 0;
        (is_emptied && !says_yes).then_some(page.cast())
    }
}

struct Slot<T> {
    pid: u32,
    value: T,
}

/// At most one value a process.
pub(crate) struct ForkCell<T: Send + Sync> {
    /// Null, or from `Box::into_raw`. A slot that was ever stored here is freed by `Drop` of the cell alone, so
    /// that a reference to it lives as long as a borrow of the cell.
    slot: AtomicPtr<Slot<T>>,
}

impl<T: Send + Sync> ForkCell<T> {
    pub(crate) const fn new() -> ForkCell<T> {
        ForkCell { slot: AtomicPtr::new(ptr::null_mut()) }
    }

    /// This process's value, if it has one.
    pub(crate) fn get(&self) -> Option<&T> {
        self.of(pid(), self.slot.load(Ordering::Acquire))
    }

    /// This process's value, made if there is none.
    pub(crate) fn get_or_make(&self, make: impl FnOnce() -> Result<T>) -> Result<&T> {
        match self.get() {
            Some(value) => Ok(value),
            None => {
                let value = make()?;
                Ok(self.get_or_insert(|| value))
            }
        }
    }

    /// As [`get_or_make`](ForkCell::get_or_make), for what can't fail.
    pub(crate) fn get_or_insert(&self, make: impl FnOnce() -> T) -> &T {
        let pid = pid();
        let seen = self.slot.load(Ordering::Acquire);
        if let Some(value) = self.of(pid, seen) {
            return value;
        }
        let fresh = Box::into_raw(Box::new(Slot { pid, value: make() }));
        match self.slot.compare_exchange(seen, fresh, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: `fresh` was just made by `Box::into_raw` and is stored; see `slot` for how long it lives.
            // `seen`, if it was a slot, is the parent's and is left behind.
            Ok(_) => unsafe { &(*fresh).value },
            Err(other) => {
                // SAFETY: `fresh` was made by `Box::into_raw` above and stored nowhere.
                drop(unsafe { Box::from_raw(fresh) });
                // SAFETY: only a thread of this process can have stored `other` since `seen` was loaded, and
                // what is stored is never null; see `slot` for how long it lives.
                unsafe { &(*other).value }
            }
        }
    }

    fn of(&self, pid: u32, slot: *mut Slot<T>) -> Option<&T> {
        // SAFETY: `slot` was loaded from `self.slot`: it is null or a live slot; see there.
        let slot = unsafe { slot.as_ref() }?;
        (slot.pid == pid).then_some(&slot.value)
    }
}

impl<T: Send + Sync> Default for ForkCell<T> {
    fn default() -> ForkCell<T> {
        ForkCell::new()
    }
}

impl<T: Send + Sync> Drop for ForkCell<T> {
    fn drop(&mut self) {
        let slot = *self.slot.get_mut();
        if self.of(pid(), slot).is_some() {
            // SAFETY: the slot is this process's, from `Box::into_raw`, and `&mut self` proves that no
            // reference to it is left.
            drop(unsafe { Box::from_raw(slot) });
        }
    }
}

/// A value that is set now and then and read all the time, without a lock. What was set before is never freed.
pub(crate) struct Replaced<T: Send + Sync + 'static> {
    /// Null, or from `Box::into_raw` and never freed.
    value: AtomicPtr<T>,
}

impl<T: Send + Sync + 'static> Replaced<T> {
    pub(crate) const fn new() -> Replaced<T> {
        Replaced { value: AtomicPtr::new(ptr::null_mut()) }
    }

    pub(crate) fn set(&self, value: Option<T>) {
        let value = value.map_or(ptr::null_mut(), |value| Box::into_raw(Box::new(value)));
        self.value.store(value, Ordering::Release);
    }

    pub(crate) fn get(&self) -> Option<&'static T> {
        // SAFETY: null, or from `Box::into_raw` and never freed; shared references only.
        unsafe { self.value.load(Ordering::Acquire).as_ref() }
    }
}

/// A value that is dropped in the process that made it and left behind in any other.
pub(crate) struct Native<T> {
    pid: u32,
    value: Option<T>,
}

impl<T> Native<T> {
    pub(crate) fn new(value: T) -> Native<T> {
        Native { pid: pid(), value: Some(value) }
    }

    /// `None` in a forked child.
    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.pid == pid())
    }

    /// `None` in a forked child.
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut().filter(|_| self.pid == pid())
    }
}

impl<T> Drop for Native<T> {
    fn drop(&mut self) {
        if self.pid != pid() {
            std::mem::forget(self.value.take());
        }
    }
}
