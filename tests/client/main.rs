//! The control socket's client against servers that speak the protocol by a script, and misbehave on purpose.

mod fake;
mod keeping;
mod limits;
mod misbehaving;
mod pieces;
mod pushing;
