//! The option `compression`: a bool, or an array.

use super::{ConfigError, Reader};
use crate::protocol::Compression;

/// `false` for none, `true` for the defaults, an array for these with some changed.
pub fn read(option: &Reader<'_>) -> Result<Option<Compression>, ConfigError> {
    if let Some(on) = option.switch() {
        return Ok(on.then(Compression::default));
    }
    let mut compression = Compression::default();
    for (name, value) in option.map_or("a bool or an array with named members")? {
        let option = Reader::new(&name, value);
        match name.rsplit('.').next().unwrap_or_default() {
            "level" => compression.level = option.within(0, 9)? as u8,
            "window_bits" => compression.window_bits = option.within(9, 15)? as u8,
            "context_takeover" => compression.context_takeover = option.bool()?,
            "threshold" => compression.threshold = option.count()? as usize,
            "memory" => compression.memory = option.count()? as usize,
            _ => return Err(option.error("is unknown")),
        }
    }
    Ok(Some(compression))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{OptionValue, ServerOptions};
    use OptionValue::{Bool, Int, List, Map, Str};

    fn parse(value: OptionValue) -> Result<Option<Compression>, ConfigError> {
        let options = vec![("compression".to_owned(), value)];
        ServerOptions::parse(options).map(|options| options.config.protocol.compression)
    }

    fn member(name: &str, value: OptionValue) -> OptionValue {
        Map(vec![(name.to_owned(), value)])
    }

    #[test]
    fn it_is_off_by_default_and_true_gives_the_documented_values() {
        assert_eq!(ServerOptions::parse(Vec::new()).unwrap().config.protocol.compression, None);
        assert_eq!(parse(Bool(false)), Ok(None));
        let defaults = Compression {
            level: 1,
            window_bits: 15,
            context_takeover: false,
            threshold: 256,
            memory: 512 * 1024,
        };
        assert_eq!(parse(Bool(true)), Ok(Some(defaults)));
        assert_eq!(parse(List(Vec::new())), Ok(Some(defaults)), "an empty array changes nothing");
    }

    #[test]
    fn members_arrive() {
        let value = Map(vec![
            ("level".to_owned(), Int(9)),
            ("window_bits".to_owned(), Int(9)),
            ("context_takeover".to_owned(), Bool(true)),
            ("threshold".to_owned(), Int(0)),
            ("memory".to_owned(), Int(300_000)),
        ]);
        let expected =
            Compression { level: 9, window_bits: 9, context_takeover: true, threshold: 0, memory: 300_000 };
        assert_eq!(parse(value), Ok(Some(expected)));
    }

    #[test]
    fn an_error_names_the_member() {
        for (value, message) in [
            (Int(1), "option \"compression\" must be a bool or an array with named members, int given"),
            (
                Str("on".into()),
                "option \"compression\" must be a bool or an array with named members, string given",
            ),
            (
                List(vec![Int(1)]),
                "option \"compression\" must be a bool or an array with named members, array given",
            ),
            (member("level", Int(10)), "option \"compression.level\" must be from 0 to 9"),
            (member("level", Int(-1)), "option \"compression.level\" must not be negative"),
            (member("level", Bool(true)), "option \"compression.level\" must be an int, bool given"),
            (member("window_bits", Int(8)), "option \"compression.window_bits\" must be from 9 to 15"),
            (member("window_bits", Int(16)), "option \"compression.window_bits\" must be from 9 to 15"),
            (
                member("context_takeover", Int(1)),
                "option \"compression.context_takeover\" must be a bool, int given",
            ),
            (member("threshold", Int(-1)), "option \"compression.threshold\" must not be negative"),
            (
                member("memory", Str("1M".into())),
                "option \"compression.memory\" must be an int, string given",
            ),
            (member("fast", Int(1)), "option \"compression.fast\" is unknown"),
        ] {
            assert_eq!(parse(value).unwrap_err().to_string(), message);
        }
    }
}
