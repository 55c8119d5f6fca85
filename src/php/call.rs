//! Calling PHP: every call into PHP code goes through [`Callback::call`].

use super::label::Label;
use super::on_stage::Mark;
use super::pulse;
use super::shim::{self, Outcome, RawCallback};
use super::throwable::Throwable;
use super::value::Value;
use ext_php_rs::ffi::{zend_object, zval};
use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;

/// PHP ends: the frames of Rust return, sockets and files are closed, and only then PHP goes on with its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// `exit` is pending; returning to PHP is all that is needed.
    Exit,
    /// A fatal error; the outermost frame calls [`shim::ws_bailout`].
    Bailout,
}

/// What `ws_server_read` wants to become of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// `""` exactly: the server goes on with them.
    GoOn,
    /// Anything else: the server leaves them alone.
    Skip,
    /// `== "quit"`.
    Quit,
}

/// A PHP callable, looked up once.
#[derive(Debug)]
pub struct Callback {
    raw: NonNull<RawCallback>,
    /// What it is called for.
    label: Label,
    /// What stands for it, once somebody has wanted to know.
    mark: Cell<Option<Mark>>,
}

impl Callback {
    /// The function of this name, or `None` where there is none.
    pub fn function(name: &str) -> Option<Callback> {
        // SAFETY: pointer and length belong together; the shim copies the name.
        let raw = unsafe { shim::ws_callback_for_function(name.as_ptr().cast(), name.len()) };
        Callback::new(raw).map(|callback| callback.called_for(Label::of(name)))
    }

    /// The method of this name (in lower case) that the object's class has. The object outlives the callback.
    pub fn method(object: NonNull<zend_object>, name: &str) -> Option<Callback> {
        // SAFETY: the object is alive; pointer and length belong together.
        let raw = unsafe { shim::ws_callback_for_method(object.as_ptr(), name.as_ptr().cast(), name.len()) };
        Callback::new(raw)
    }

    /// # Safety
    ///
    /// `raw` is null, or was made by the shim and passes over.
    pub unsafe fn from_raw(raw: *mut RawCallback) -> Option<Callback> {
        Callback::new(raw)
    }

    fn new(raw: *mut RawCallback) -> Option<Callback> {
        NonNull::new(raw).map(|raw| Callback { raw, label: Label::OTHER, mark: Cell::new(None) })
    }

    /// Its times are counted under this label.
    pub fn called_for(mut self, label: Label) -> Callback {
        self.label = label;
        self
    }

    /// `function`, `Class::method` or `{closure} file:line`, for the log.
    pub fn name(&self) -> String {
        // SAFETY: `raw` is alive for as long as `self` is; the string is ours.
        unsafe {
            let name = shim::ws_callback_name(self.raw.as_ptr());
            let text = String::from_utf8_lossy((*name).as_bytes()).into_owned();
            shim::ws_string_release(name);
            text
        }
    }

    /// What it holds, for the cycle collector.
    pub fn held(&self) -> Option<NonNull<zval>> {
        // SAFETY: as above.
        NonNull::new(unsafe { shim::ws_callback_zval(self.raw.as_ptr()) })
    }

    /// How many parameters it declares, a variadic one not counted.
    pub fn parameters(&self) -> u32 {
        // SAFETY: `raw` is alive for as long as `self` is.
        unsafe { shim::ws_callback_parameters(self.raw.as_ptr()) }
    }

    pub fn is_variadic(&self) -> bool {
        // SAFETY: as above.
        unsafe { shim::ws_callback_is_variadic(self.raw.as_ptr()) }
    }

    /// Whether parameter `index` (from 0) is declared by reference.
    pub fn takes_reference(&self, index: u32) -> bool {
        // SAFETY: as above.
        unsafe { shim::ws_callback_by_ref(self.raw.as_ptr()) >> index & 1 != 0 }
    }

    /// Calls it; what it returns is dropped. Nothing of ours may be borrowed: it may call back.
    #[inline(always)]
    pub fn call(&self, arguments: &mut [Value]) -> Outcome {
        self.call_for(arguments, shim::WISH_NOTHING).0
    }

    /// Calls it, and tells whether it returned something true.
    pub fn call_for_truth(&self, arguments: &mut [Value]) -> (Outcome, bool) {
        let (outcome, answer) = self.call_for(arguments, shim::WISH_TRUTH);
        (outcome, answer != 0)
    }

    /// Calls it, and tells whether it returned anything but false.
    pub fn call_unless_false(&self, arguments: &mut [Value]) -> (Outcome, bool) {
        let (outcome, answer) = self.call_for(arguments, shim::WISH_NOT_FALSE);
        (outcome, answer != 0)
    }

    pub fn call_for_verdict(&self, arguments: &mut [Value]) -> (Outcome, Verdict) {
        let (outcome, answer) = self.call_for(arguments, shim::WISH_VERDICT);
        let verdict = match answer {
            shim::VERDICT_GO_ON => Verdict::GoOn,
            shim::VERDICT_SKIP => Verdict::Skip,
            _ => Verdict::Quit,
        };
        (outcome, verdict)
    }

    #[inline]
    fn call_for(&self, arguments: &mut [Value], wish: i32) -> (Outcome, i32) {
        if shim::ws_has_leftover()
            && let Some(outcome) = settle_leftover()
        {
            return (outcome, 0);
        }
        let mut answer = 0;
        let beat = pulse::begin(self.label, || self.mark());
        // SAFETY: `Value` is a transparent zval; each holds what its type says. What the arguments own passes over.
        let outcome = unsafe {
            shim::ws_call(
                self.raw.as_ptr(),
                arguments.len() as u32,
                arguments.as_mut_ptr().cast(),
                wish,
                &raw mut answer,
            )
        };
        // After a bailout nothing of PHP's heap is to be touched, names included.
        if outcome != Outcome::Bailout {
            pulse::end(beat, || self.name());
        }
        (outcome, answer)
    }

    fn mark(&self) -> Mark {
        self.mark.get().unwrap_or_else(|| {
            let mark = Mark::named(self.label, &self.name());
            self.mark.set(Some(mark));
            mark
        })
    }
}

/// What a destructor has thrown that ran between two callbacks: the engine would skip the next one for it. `Some`: the next
/// one is not to be called.
#[cold]
fn settle_leftover() -> Option<Outcome> {
    match shim::ws_pending() {
        Outcome::Returned | Outcome::Exit => None,
        Outcome::Threw => {
            Throwable::take().log_as_leftover();
            None
        }
        Outcome::Bailout => Some(Outcome::Bailout),
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        // After a bailout PHP throws its whole heap away, and nothing of it may run any more.
        if !shim::ws_unclean() {
            // SAFETY: made by the shim, not freed before.
            unsafe { shim::ws_callback_free(self.raw.as_ptr()) };
        }
    }
}

/// Runs something that may allocate in PHP's heap, and so may run into `memory_limit`, which is a longjmp in
/// older versions. After a bailout the frames of `run` were skipped: what they owned is lost, not freed. So
/// whatever must not be lost belongs to a frame outside.
pub fn protect<R>(run: impl FnOnce() -> R) -> Result<R, Ending> {
    struct Context<F, R> {
        run: Option<F>,
        result: Option<std::thread::Result<R>>,
    }

    unsafe extern "C" fn trampoline<F: FnOnce() -> R, R>(context: *mut c_void) {
        // SAFETY: `protect` passes a context of this type, and nothing else uses it meanwhile.
        let context = unsafe { &mut *context.cast::<Context<F, R>>() };
        if let Some(run) = context.run.take() {
            context.result = Some(catch_unwind(AssertUnwindSafe(run)));
        }
    }

    fn start<F: FnOnce() -> R, R>(context: &mut Context<F, R>) -> Outcome {
        // SAFETY: the context outlives the call.
        unsafe { shim::ws_protect(trampoline::<F, R>, (&raw mut *context).cast()) }
    }

    let mut context = Context { run: Some(run), result: None };
    start(&mut context);
    match context.result {
        Some(Ok(result)) => Ok(result),
        Some(Err(panic)) => resume_unwind(panic),
        None => Err(Ending::Bailout),
    }
}
