//! A value without its language, and how it is read as what an option wants.

use super::ConfigError;
use ipnet::IpNet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What PHP's null, bool, int, float, string and array come to.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionValue {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    /// A string that is not UTF-8.
    Bytes(Vec<u8>),
    List(Vec<OptionValue>),
    Map(Vec<(String, OptionValue)>),
}

/// Longest time that an option takes: 100 years. It keeps sums of times in range.
const MAX_SECONDS: f64 = 100.0 * 365.25 * 86400.0;

/// One option being read. Every error names it.
pub struct Reader<'a> {
    name: &'a str,
    value: &'a OptionValue,
}

impl<'a> Reader<'a> {
    pub fn new(name: &'a str, value: &'a OptionValue) -> Reader<'a> {
        Reader { name, value }
    }

    pub fn name(&self) -> &'a str {
        self.name
    }

    pub fn error(&self, problem: &str) -> ConfigError {
        ConfigError { option: self.name.to_owned(), problem: problem.to_owned() }
    }

    /// `None` for null.
    pub fn optional<T>(
        &self,
        read: impl FnOnce(&Self) -> Result<T, ConfigError>,
    ) -> Result<Option<T>, ConfigError> {
        if matches!(self.value, OptionValue::Null) { Ok(None) } else { read(self).map(Some) }
    }

    pub fn bool(&self) -> Result<bool, ConfigError> {
        match self.value {
            OptionValue::Bool(value) => Ok(*value),
            _ => Err(self.wrong_type("a bool")),
        }
    }

    /// A bool, where it is one: the option may also be something else.
    pub fn switch(&self) -> Option<bool> {
        match self.value {
            OptionValue::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// An int from 0.
    pub fn count(&self) -> Result<u64, ConfigError> {
        match self.value {
            OptionValue::Int(value) => u64::try_from(*value).map_err(|_| self.error("must not be negative")),
            _ => Err(self.wrong_type("an int")),
        }
    }

    /// An int from 1.
    pub fn positive(&self) -> Result<usize, ConfigError> {
        match self.count()? {
            0 => Err(self.error("must be greater than 0")),
            value => Ok(value as usize),
        }
    }

    /// An int within limits, both included.
    pub fn within(&self, least: u64, most: u64) -> Result<u64, ConfigError> {
        let value = self.count()?;
        if (least..=most).contains(&value) {
            Ok(value)
        } else {
            Err(self.error(&format!("must be from {least} to {most}")))
        }
    }

    /// Threads: an int from 0 to 64.
    pub fn io_threads(&self) -> Result<usize, ConfigError> {
        match self.count()? {
            threads @ 0..=64 => Ok(threads as usize),
            _ => Err(self.error("must be from 0 to 64")),
        }
    }

    /// So many a second, from 0.
    pub fn rate(&self) -> Result<f64, ConfigError> {
        let rate = match self.value {
            OptionValue::Int(value) => *value as f64,
            OptionValue::Float(value) => *value,
            _ => return Err(self.wrong_type("a number")),
        };
        if (0.0..=1e9).contains(&rate) { Ok(rate) } else { Err(self.error("must be from 0 to 1000000000")) }
    }

    /// Addresses and CIDR blocks.
    pub fn nets(&self) -> Result<Vec<IpNet>, ConfigError> {
        let parse = |text: &String| {
            let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
            net.ok_or_else(|| {
                self.error(&format!("is wrong: \"{text}\" is no address like 192.0.2.1 or 10.0.0.0/8"))
            })
        };
        self.strings()?.iter().map(parse).collect()
    }

    /// Bytes: an int from 1.
    pub fn size(&self) -> Result<u64, ConfigError> {
        self.positive().map(|value| value as u64)
    }

    /// Seconds, from 0.
    pub fn seconds(&self) -> Result<Duration, ConfigError> {
        let seconds = match self.value {
            OptionValue::Int(value) => *value as f64,
            OptionValue::Float(value) => *value,
            _ => return Err(self.wrong_type("a number of seconds")),
        };
        if !(0.0..=MAX_SECONDS).contains(&seconds) {
            return Err(self.error("must be a number of seconds from 0 to 3155760000"));
        }
        Ok(Duration::from_secs_f64(seconds))
    }

    pub fn positive_seconds(&self) -> Result<Duration, ConfigError> {
        let seconds = self.seconds()?;
        if seconds.is_zero() { Err(self.error("must be greater than 0")) } else { Ok(seconds) }
    }

    pub fn string(&self) -> Result<&'a str, ConfigError> {
        match self.value {
            OptionValue::Str(value) => Ok(value),
            _ => Err(self.wrong_type("a string")),
        }
    }

    /// A string that is not UTF-8.
    pub fn bytes(&self) -> Option<&'a [u8]> {
        match self.value {
            OptionValue::Bytes(value) => Some(value),
            _ => None,
        }
    }

    pub fn path(&self) -> Result<PathBuf, ConfigError> {
        match self.string()? {
            "" => Err(self.error("must not be empty")),
            path if path.contains('\0') => Err(self.error("must not contain a NUL byte")),
            path => Ok(PathBuf::from(path)),
        }
    }

    /// A string that can stand in an HTTP header.
    pub fn header_value(&self) -> Result<String, ConfigError> {
        let value = self.string()?;
        if value.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(self.error("must not contain control characters"));
        }
        Ok(value.to_owned())
    }

    /// A string, or a list of them.
    pub fn strings(&self) -> Result<Vec<String>, ConfigError> {
        match self.value {
            OptionValue::Str(value) => Ok(vec![value.clone()]),
            OptionValue::List(values) => values
                .iter()
                .map(|value| match value {
                    OptionValue::Str(value) => Ok(value.clone()),
                    _ => Err(self.error("must be a list of strings")),
                })
                .collect(),
            _ => Err(self.wrong_type("a string or a list of strings")),
        }
    }

    /// Permission bits: an int (0660) or its octal digits ("0660").
    pub fn mode(&self) -> Result<u32, ConfigError> {
        let mode = match self.value {
            OptionValue::Int(value) => u32::try_from(*value).ok(),
            OptionValue::Str(value) => u32::from_str_radix(value, 8).ok(),
            _ => return Err(self.wrong_type("an int, or a string of octal digits")),
        };
        mode.filter(|mode| *mode <= 0o777).ok_or_else(|| self.error("must be permission bits from 0 to 0777"))
    }

    pub fn one_of<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let value = self.string()?;
        choices.iter().find(|(name, _)| *name == value).map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            self.error(&format!("must be {}", names.join(" or ")))
        })
    }

    /// The members of an array with string keys, named `option.member`.
    pub fn map(&self) -> Result<Vec<(String, &'a OptionValue)>, ConfigError> {
        self.map_or("an array with named members")
    }

    /// The same for an option that may also be something else; `wanted` says what, for the error.
    pub fn map_or(&self, wanted: &str) -> Result<Vec<(String, &'a OptionValue)>, ConfigError> {
        match self.value {
            OptionValue::Map(members) => {
                Ok(members.iter().map(|(name, value)| (format!("{}.{name}", self.name), value)).collect())
            }
            OptionValue::List(members) if members.is_empty() => Ok(Vec::new()),
            _ => Err(self.wrong_type(wanted)),
        }
    }

    fn wrong_type(&self, wanted: &str) -> ConfigError {
        let found = match self.value {
            OptionValue::Bytes(_) => return self.error("is not valid UTF-8"),
            OptionValue::Null => "null",
            OptionValue::Bool(_) => "bool",
            OptionValue::Int(_) => "int",
            OptionValue::Float(_) => "float",
            OptionValue::Str(_) => "string",
            OptionValue::List(_) | OptionValue::Map(_) => "array",
        };
        self.error(&format!("must be {wanted}, {found} given"))
    }
}
