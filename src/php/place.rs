//! A pointer that each of PHP's threads has for itself.
//!
//! Without ZTS there is one such thread, and the pointer is a plain static: a `thread_local!` in a library that is loaded
//! at run time costs a call of the dynamic linker's each time, and some of these are asked several times a message.

#[cfg(not(php_zts))]
mod plain {
    use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

    pub struct Place<T>(AtomicPtr<T>);

    impl<T> Place<T> {
        pub const fn new() -> Place<T> {
            Place(AtomicPtr::new(std::ptr::null_mut()))
        }

        #[inline]
        pub fn get(&self) -> *mut T {
            self.0.load(Relaxed)
        }

        /// Returns the one before.
        pub fn replace(&self, pointer: *mut T) -> *mut T {
            // Nobody else writes to it.
            let old = self.get();
            self.0.store(pointer, Relaxed);
            old
        }
    }
}

#[cfg(not(php_zts))]
pub use plain::Place;

#[cfg(php_zts)]
mod threads {
    use std::cell::Cell;
    use std::thread::LocalKey;

    pub struct Place<T: 'static>(pub &'static LocalKey<Cell<*mut T>>);

    impl<T> Place<T> {
        #[inline]
        pub fn get(&self) -> *mut T {
            self.0.get()
        }

        /// Returns the one before.
        pub fn replace(&self, pointer: *mut T) -> *mut T {
            self.0.replace(pointer)
        }
    }
}

#[cfg(php_zts)]
pub use threads::Place;

/// Declares a [`Place`], null at first.
#[cfg(not(php_zts))]
macro_rules! place {
    ($(#[$doc:meta])* static $name:ident: $type:ty;) => {
        $(#[$doc])*
        static $name: $crate::php::place::Place<$type> = $crate::php::place::Place::new();
    };
}

#[cfg(php_zts)]
macro_rules! place {
    ($(#[$doc:meta])* static $name:ident: $type:ty;) => {
        $(#[$doc])*
        static $name: $crate::php::place::Place<$type> = {
            thread_local! {
                static POINTER: std::cell::Cell<*mut $type> = const { std::cell::Cell::new(std::ptr::null_mut()) };
            }
            $crate::php::place::Place(&POINTER)
        };
    };
}

pub(super) use place;
