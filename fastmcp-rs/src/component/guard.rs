//! Watches serde read an argument, for what it takes in silence and no schema allows.
//!
//! serde reads a struct from a list, lets a map have a member twice, and rounds a number to an infinite `f32`. Nothing of
//! that is published. Whether it may have happened is noted on the way, at no cost for texts, numbers and plain lists; only
//! then the value is held against its schema.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use crate::bounds;

/// What a map, one of its members and any other value weigh in memory once they are built, in bytes, roughly.
const MAP: usize = 600;
const MEMBER: usize = 40;
const VALUE: usize = 32;
/// How serde_json asks for a text as it stands.
const RAW: &str = "$serde_json::private::RawValue";

/// What was noticed while a value was read.
#[derive(Debug, Default)]
pub(crate) struct ReadWatch {
    /// Something was read that a schema may not allow.
    odd: Cell<bool>,
    /// Something was read that may have members twice.
    open: Cell<bool>,
    /// What was built of values that the type does not limit.
    weight: Cell<usize>,
}

impl ReadWatch {
    pub(crate) fn odd(&self) -> bool {
        self.odd.get()
    }

    pub(crate) fn open(&self) -> bool {
        self.open.get()
    }

    /// Whether reading was given up because of how much would be built.
    pub(crate) fn too_heavy(&self) -> bool {
        self.weight.get() > bounds::BUILT
    }

    fn weigh<E: Error>(&self, more: usize) -> Result<(), E> {
        self.weight.set(self.weight.get() + more);
        if self.too_heavy() { Err(E::custom("too many values")) } else { Ok(()) }
    }
}

/// Reads a whole text as a `T`.
pub(crate) fn read<T: DeserializeOwned>(text: &str, watch: &ReadWatch) -> Result<T, serde_json::Error> {
    let mut inner = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(GuardedReader { inner: &mut inner, watch })?;
    inner.end()?;
    Ok(value)
}

pub(crate) struct GuardedReader<'w, D> {
    pub inner: D,
    pub watch: &'w ReadWatch,
}

/// What a visitor was made for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadFor {
    /// Whatever comes: a value of any kind, or what is set aside until its type is known.
    Any,
    Map,
    Struct,
    /// An `f32`.
    Single,
    Other,
}

struct Watched<'w, V> {
    visitor: V,
    watch: &'w ReadWatch,
    place: ReadFor,
}

macro_rules! forward {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(visitor)
        })*
    };
}

macro_rules! watch {
    ($($method:ident($($arg:ident: $type:ty),*) as $place:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($arg,)* Watched { visitor, watch: self.watch, place: ReadFor::$place })
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for GuardedReader<'_, D> {
    type Error = D::Error;

    forward! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_identifier
        deserialize_ignored_any
    }

    watch! {
        deserialize_any() as Any
        deserialize_f32() as Single
        deserialize_option() as Other
        deserialize_seq() as Other
        deserialize_map() as Map
        deserialize_tuple(len: usize) as Other
        deserialize_tuple_struct(name: &'static str, len: usize) as Other
        deserialize_struct(name: &'static str, fields: &'static [&'static str]) as Struct
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) as Other
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        if name == RAW {
            self.watch.open.set(true);
            return self.inner.deserialize_newtype_struct(name, visitor);
        }
        self.inner.deserialize_newtype_struct(name, Watched { visitor, watch: self.watch, place: ReadFor::Other })
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.visitor.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Watched<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    visit! {
        visit_bool: bool, visit_i8: i8, visit_i16: i16, visit_i32: i32, visit_i64: i64, visit_i128: i128, visit_u8: u8,
        visit_u16: u16, visit_u32: u32, visit_u64: u64, visit_u128: u128, visit_f32: f32, visit_char: char, visit_str: &str,
        visit_borrowed_str: &'de str, visit_string: String, visit_bytes: &[u8], visit_borrowed_bytes: &'de [u8],
        visit_byte_buf: Vec<u8>,
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        #[allow(clippy::cast_possible_truncation, reason = "that is what an `f32` does")]
        if matches!(self.place, ReadFor::Any | ReadFor::Single) && (value as f32).is_infinite() {
            self.watch.odd.set(true);
        }
        self.visitor.visit_f64(value)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(GuardedReader { inner: deserializer, watch: self.watch })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(GuardedReader { inner: deserializer, watch: self.watch })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        if matches!(self.place, ReadFor::Any | ReadFor::Struct) {
            self.watch.odd.set(true);
        }
        self.visitor.visit_seq(WatchedParts { inner, watch: self.watch, weighs: self.place == ReadFor::Any })
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let weighs = matches!(self.place, ReadFor::Any | ReadFor::Map);
        if weighs {
            self.watch.open.set(true);
            self.watch.weigh(MAP)?;
        }
        self.visitor.visit_map(WatchedParts { inner, watch: self.watch, weighs })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(WatchedParts { inner, watch: self.watch, weighs: false })
    }
}

/// The parts of a list, a map or an enum, each of them watched.
struct WatchedParts<'w, A> {
    inner: A,
    watch: &'w ReadWatch,
    /// Whether what is built of it is limited here, since no type limits it.
    weighs: bool,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for WatchedParts<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        if self.weighs {
            self.watch.weigh(VALUE)?;
        }
        self.inner.next_element_seed(Seed { seed, watch: self.watch })
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WatchedParts<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        if self.weighs {
            self.watch.weigh(MEMBER)?;
        }
        self.inner.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(Seed { seed, watch: self.watch })
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, 'w, A: EnumAccess<'de>> EnumAccess<'de> for WatchedParts<'w, A> {
    type Error = A::Error;
    type Variant = WatchedParts<'w, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, inner) = self.inner.variant_seed(seed)?;
        Ok((value, WatchedParts { inner, watch: self.watch, weighs: false }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for WatchedParts<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(Seed { seed, watch: self.watch })
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(len, Watched { visitor, watch: self.watch, place: ReadFor::Other })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.inner.struct_variant(fields, Watched { visitor, watch: self.watch, place: ReadFor::Struct })
    }
}

struct Seed<'w, S> {
    seed: S,
    watch: &'w ReadWatch,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(GuardedReader { inner: deserializer, watch: self.watch })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only read")]
    struct Point {
        x: f32,
        y: u8,
    }

    #[derive(Deserialize)]
    #[serde(tag = "kind")]
    #[allow(dead_code, reason = "only read")]
    enum Shape {
        Dot { at: Point },
    }

    /// Whether something odd was noticed, and something that may repeat.
    fn seen<T: DeserializeOwned>(text: &str) -> (bool, bool) {
        let watch = ReadWatch::default();
        assert!(read::<T>(text, &watch).is_ok(), "{text}");
        (watch.odd(), watch.open())
    }

    #[test]
    fn what_serde_takes_in_silence_is_noticed() {
        assert_eq!(seen::<Vec<Point>>(r#"[{"x":1.5,"y":2}]"#), (false, false));
        assert_eq!(seen::<Vec<Point>>("[[1.5,2]]"), (true, false));
        // With serde_json's `float_roundtrip`, which other crates may turn on, it is an error by itself.
        let watch = ReadWatch::default();
        assert!(read::<Option<f32>>("1e39", &watch).is_err() || watch.odd());
        assert_eq!(seen::<f64>("1e39"), (false, false));
        assert_eq!(seen::<BTreeMap<u8, Vec<u8>>>(r#"{"1":[1]}"#), (false, true));
        assert_eq!(seen::<Value>(r#"{"a":1}"#), (false, true));
        assert_eq!(seen::<Box<serde_json::value::RawValue>>("{}"), (false, true));
        assert_eq!(seen::<Shape>(r#"{"kind":"Dot","at":{"x":1,"y":2}}"#), (false, true));
        assert_eq!(seen::<Shape>(r#"{"kind":"Dot","at":[1,2]}"#), (true, true));
        assert_eq!(seen::<(u128, i128, char, ())>(&format!("[{},-1,\"x\",null]", u128::MAX)), (false, false));
    }

    #[test]
    fn values_without_a_type_of_their_own_are_limited() {
        let hostile = format!("[{}]", vec![r#"{"":0}"#; 600_000].join(","));
        let watch = ReadWatch::default();
        assert!(read::<Value>(&hostile, &watch).is_err() && watch.too_heavy());
        let watch = ReadWatch::default();
        let points = format!("[{}]", vec![r#"{"x":1,"y":2}"#; 300_000].join(","));
        assert!(read::<Vec<Point>>(&points, &watch).is_ok() && !watch.too_heavy());
    }
}
