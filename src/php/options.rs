//! From a PHP array to the options' own values.

use super::array::Array;
use super::function::Failure;
use super::value::Value;
use crate::server::OptionValue;
use ext_php_rs::types::{ArrayKey, ZendHashTable, Zval};

/// Deeper arrays are a mistake, or refer to themselves.
const MAX_DEPTH: usize = 8;

/// Every option with its value; a value that can't be one is an error that names the option.
pub fn read(options: &ZendHashTable) -> Result<Vec<(String, OptionValue)>, Failure> {
    options
        .iter()
        .map(|(key, value)| {
            let name = name(&key);
            read_one(&name, value).map(|value| (name, value))
        })
        .collect()
}

fn convert(value: &Zval, depth: usize) -> Result<OptionValue, String> {
    let value = value.dereference();
    if let Some(text) = value.zend_str() {
        return match text.as_str() {
            Ok(text) => Ok(OptionValue::Str(text.to_owned())),
            Err(_) => Ok(OptionValue::Bytes(text.as_bytes().to_vec())),
        };
    }
    if let Some(array) = value.array() {
        let depth = depth.checked_sub(1).ok_or("is nested too deeply")?;
        return if array.has_sequential_keys() {
            array.values().map(|value| convert(value, depth)).collect::<Result<_, _>>().map(OptionValue::List)
        } else {
            array
                .iter()
                .map(|(key, value)| Ok((name(&key), convert(value, depth)?)))
                .collect::<Result<_, String>>()
                .map(OptionValue::Map)
        };
    }
    if value.is_null() {
        Ok(OptionValue::Null)
    } else if let Some(value) = value.bool() {
        Ok(OptionValue::Bool(value))
    } else if let Some(value) = value.long() {
        Ok(OptionValue::Int(value))
    } else if let Some(value) = value.double() {
        Ok(OptionValue::Float(value))
    } else {
        Err(format!("cannot be {}", if value.is_object() { "an object" } else { "a resource" }))
    }
}

/// The way back.
pub fn write(value: &OptionValue) -> Value {
    match value {
        OptionValue::Null => Value::null(),
        OptionValue::Bool(value) => Value::bool(*value),
        OptionValue::Int(value) => Value::long(*value),
        OptionValue::Float(value) => Value::double(*value),
        OptionValue::Str(value) => Value::string(value.as_bytes()),
        OptionValue::Bytes(value) => Value::string(value),
        OptionValue::List(values) => {
            let mut array = Array::new();
            values.iter().for_each(|value| array.push(write(value)));
            array.into_value()
        }
        OptionValue::Map(members) => {
            let mut array = Array::new();
            members.iter().for_each(|(name, value)| array.set(name, write(value)));
            array.into_value()
        }
    }
}

/// One value; `name` for the error.
pub fn read_one(name: &str, value: &Zval) -> Result<OptionValue, Failure> {
    convert(value, MAX_DEPTH).map_err(|problem| Failure::exception(format!("option \"{name}\" {problem}")))
}

fn name(key: &ArrayKey<'_>) -> String {
    match key {
        ArrayKey::Long(index) => index.to_string(),
        ArrayKey::String(name) => name.clone(),
        ArrayKey::Str(name) => (*name).to_owned(),
        _ => key.to_string(),
    }
}
