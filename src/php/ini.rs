//! INI entries: defaults of the options that are the machine's rather than an application's. Whoever runs the machine sets
//! them, in php.ini or with `-d`; what an application says counts more.

use super::function::Failure;
use super::shim;
use crate::server::{OptionValue, ServerOptions};
use ext_php_rs::flags::IniEntryPermission;
use ext_php_rs::zend::{ExecutorGlobals, IniEntryDef, IniEntryDefs, ModuleEntry};

/// As in [`OPTIONS`], with the options' own defaults.
static ENTRIES: IniEntryDefs<3> = IniEntryDefs::new([
    IniEntryDef::new(c"ws_server.io_threads", c"0", IniEntryPermission::System),
    IniEntryDef::new(c"ws_server.log_level", c"info", IniEntryPermission::System),
    IniEntryDef::end(),
]);

/// The others belong to an application, or come with its settings; a second place for them would only hide them.
const OPTIONS: [&str; 2] = ["io_threads", "log_level"];

pub fn register(module: i32) {
    IniEntryDef::register(ENTRIES.as_slice(), module);
}

pub fn unregister(module: i32) {
    // SAFETY: the engine's own module number, while the engine runs.
    unsafe { shim::zend_unregister_ini_entries(module) };
}

/// Their part of `phpinfo()`.
pub fn display(module: *mut ModuleEntry) {
    // SAFETY: the engine passes the module whose section it prints.
    unsafe { shim::display_ini_entries(module) };
}

/// The options that the entries stand for: to be given before an application's own. A value that can't be used is an
/// error that names the entry.
pub fn defaults() -> Result<Vec<(String, OptionValue)>, Failure> {
    let values = ExecutorGlobals::get().ini_values();
    OPTIONS
        .iter()
        .filter_map(|name| Some((*name, values.get(&format!("ws_server.{name}"))?.as_deref()?)))
        .map(|(name, text)| {
            let value =
                text.trim().parse().map_or_else(|_| OptionValue::Str(text.to_owned()), OptionValue::Int);
            let option = (name.to_owned(), value);
            ServerOptions::parse(vec![option.clone()]).map(|_| option).map_err(|error| {
                Failure::exception(format!("INI setting \"ws_server.{name}\" {}", error.problem))
            })
        })
        .collect()
}
