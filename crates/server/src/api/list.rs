//! Lists in parts: how many at once, and where the next part begins. What stands in a cursor is nobody's business; none is
//! refused that looks like one.

use std::borrow::Cow;

use notafter_cert::hex;
use notafter_inventory::model::{Id, Kind};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::answer::Part;

const MOST: u32 = 500;
const USUAL: u32 = 100;

/// How many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit(u32);

impl Limit {
    /// As a number of things.
    pub(crate) const fn things(self) -> usize {
        self.0 as usize
    }

    /// As a number.
    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    /// One more than that: whether there is a next part shows in it.
    pub(crate) const fn and_one(self) -> u32 {
        self.0 + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(USUAL)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let limit = u32::deserialize(deserializer)?;
        match limit {
            1..=MOST => Ok(Self(limit)),
            _ => Err(de::Error::custom(format!("limit is from 1 to {MOST}, and not {limit}"))),
        }
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL })
    }
}

/// After the thing with this identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AfterId<I>(I);

impl<K: Kind> AfterId<Id<K>> {
    pub(crate) const fn id(&self) -> Id<K> {
        self.0
    }

    /// The cursor after this one.
    pub(crate) fn written(id: Id<K>) -> String {
        hex(id.as_bytes())
    }
}

impl<'de, K: Kind> Deserialize<'de> for AfterId<Id<K>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = bytes(&String::deserialize(deserializer)?);
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(no_cursor)?;
        Ok(Self(Id::from_bytes(bytes)))
    }
}

impl<I> JsonSchema for AfterId<I> {
    fn schema_name() -> Cow<'static, str> {
        "AfterId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{32}$" })
    }
}

/// After the thing of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AfterName(String);

impl AfterName {
    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// The cursor after this one.
    pub(crate) fn written(name: &str) -> String {
        hex(name.as_bytes())
    }
}

impl<'de> Deserialize<'de> for AfterName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = bytes(&String::deserialize(deserializer)?).ok_or_else(no_cursor)?;
        Ok(Self(String::from_utf8_lossy(&bytes).replace('\0', "")))
    }
}

impl JsonSchema for AfterName {
    fn schema_name() -> Cow<'static, str> {
        "AfterName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^([0-9a-f]{2})*$" })
    }
}

/// After the entry at this position of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AfterPosition(i64);

impl AfterPosition {
    pub(crate) const fn position(self) -> i64 {
        self.0
    }
}

/// What every reader of JSON knows exactly (RFC 8259 section 6).
const LAST_POSITION: i64 = (1 << 53) - 1;

impl<'de> Deserialize<'de> for AfterPosition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let position = i64::deserialize(deserializer)?;
        match position {
            0..=LAST_POSITION => Ok(Self(position)),
            _ => Err(de::Error::custom(format!("after is a position from 0 to {LAST_POSITION}"))),
        }
    }
}

impl JsonSchema for AfterPosition {
    fn schema_name() -> Cow<'static, str> {
        "AfterPosition".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": LAST_POSITION, "default": 0 })
    }
}

fn no_cursor<E: de::Error>() -> E {
    E::custom("after is no cursor of this list: give the `next` of the part before, as it is")
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .bytes()
        .map(|digit| char::from(digit).to_digit(16).and_then(|digit| digit.try_into().ok()))
        .collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// The first of these, and the cursor to go on with if there are more.
pub(crate) fn part<T>(
    mut things: Vec<T>,
    limit: Limit,
    cursor: impl FnOnce(&T) -> String,
) -> (Vec<T>, Option<String>) {
    let more = things.len() > limit.things();
    things.truncate(limit.things());
    let next = things.last().filter(|_| more).map(cursor);
    (things, next)
}

/// A part, each of its things made into what is shown.
pub(crate) fn shown<T, V>((things, next): (Vec<T>, Option<String>), show: impl FnMut(T) -> V) -> Part<V> {
    Part { items: things.into_iter().map(show).collect(), next }
}

#[cfg(test)]
mod tests {
    use notafter_inventory::model::EndpointId;
    use serde_json::json;

    use super::*;

    fn read<T: de::DeserializeOwned>(value: serde_json::Value) -> Result<T, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn cursors_come_back_as_they_went() {
        let id = EndpointId::from_bytes([7; 16]);
        let after: AfterId<EndpointId> = read(json!(AfterId::written(id))).unwrap();
        assert_eq!(after.id(), id);
        let after: AfterName = read(json!(AfterName::written("büro"))).unwrap();
        assert_eq!(after.name(), "büro");
        for wrong in ["0", "zz", "7"] {
            assert!(read::<AfterName>(json!(wrong)).unwrap_err().contains("no cursor"), "{wrong}");
        }
        assert!(read::<AfterId<EndpointId>>(json!("07")).is_err());
    }

    #[test]
    fn limits_have_limits() {
        assert_eq!(read(json!(1)), Ok(Limit(1)));
        for wrong in [0, 501] {
            assert_eq!(read::<Limit>(json!(wrong)), Err(format!("limit is from 1 to 500, and not {wrong}")));
        }
    }

    #[test]
    fn there_is_a_next_part_where_there_is_one_more() {
        let limit = Limit(2);
        assert_eq!(part(vec![1, 2, 3], limit, i32::to_string), (vec![1, 2], Some("2".to_owned())));
        assert_eq!(part(vec![1, 2], limit, i32::to_string), (vec![1, 2], None));
        assert_eq!(part(Vec::<i32>::new(), limit, i32::to_string), (vec![], None));
    }
}
