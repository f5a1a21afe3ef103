//! Whole numbers in what is asked. JSON has one kind of number: `60.0` is as whole as `60`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer};
use serde_json::Number;

/// The number, where it is whole and small enough to be exact.
pub(crate) fn whole(number: &Number) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and within bounds that are small")]
    let exact =
        |number: f64| (number.fract() == 0.0 && number.abs() < f64::from(u32::MAX)).then_some(number as i64);
    number.as_i64().or_else(|| number.as_f64().and_then(exact))
}

/// How many there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count(pub(crate) usize);

/// Nobody counts further here.
const MOST: u32 = 1_000_000;

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = whole(&Number::deserialize(deserializer)?);
        let fits = |number: &i64| (0..=i64::from(MOST)).contains(number);
        match number.filter(fits).and_then(|number| usize::try_from(number).ok()) {
            Some(number) => Ok(Self(number)),
            None => Err(de::Error::custom(format!("it is a whole number from 0 to {MOST}"))),
        }
    }
}

impl JsonSchema for Count {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": MOST })
    }
}
