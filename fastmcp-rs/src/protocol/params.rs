//! `params` of a request: the members that the server reads, found in the same pass that reads the message. The raw text
//! of the whole is looked up again when somebody wants it, which few requests do.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::message::present;
use super::meta::Keys;

/// The parameters of one request.
#[derive(Clone, Copy, Default)]
pub(crate) struct Params<'a> {
    pub members: Members<'a>,
    source: ParamsText<'a>,
}

/// Where the parameters were read from.
#[derive(Clone, Copy, Default)]
pub(crate) enum ParamsText<'a> {
    #[default]
    Nowhere,
    /// The text of the whole message.
    Message(&'a str),
    /// Their own text.
    Own(&'a RawValue),
}

/// The members that the server reads. Each stays raw until its method wants it.
#[derive(Clone, Copy, Default, serde::Deserialize)]
pub(crate) struct Members<'a> {
    #[serde(borrow, default, rename = "_meta", deserialize_with = "object")]
    pub meta: Option<Keys<'a>>,
    #[serde(borrow, default)]
    pub name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub uri: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub arguments: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub cursor: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "inputResponses", deserialize_with = "present")]
    pub input_responses: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "requestState", deserialize_with = "present")]
    pub request_state: Option<&'a RawValue>,
}

impl<'a> Params<'a> {
    /// Parameters found while reading a message.
    pub(crate) fn of_message(members: Option<Members<'a>>, text: &'a str) -> Self {
        match members {
            Some(members) => Self { members, source: ParamsText::Message(text) },
            None => Self::default(),
        }
    }

    /// Parameters that were put together here; as a whole they were never written.
    pub(crate) fn made(members: Members<'a>) -> Self {
        Self { members, source: ParamsText::Nowhere }
    }

    /// Parameters by themselves.
    pub(crate) fn read(raw: Option<&'a RawValue>) -> Result<Self, &'static str> {
        let Some(raw) = raw else { return Ok(Self::default()) };
        match serde_json::from_str(raw.get()) {
            Ok(members) if raw.get().starts_with('{') => Ok(Self { members, source: ParamsText::Own(raw) }),
            _ => Err("`params` and the `_meta` in it must be objects, with each member once"),
        }
    }

    pub(crate) fn source(&self) -> ParamsText<'a> {
        self.source
    }

    /// The whole of them, as they came.
    pub(crate) fn raw(&self) -> Option<&'a RawValue> {
        self.source.raw()
    }
}

impl<'a> ParamsText<'a> {
    pub(crate) fn raw(self) -> Option<&'a RawValue> {
        #[derive(serde::Deserialize)]
        struct WithParams<'a> {
            #[serde(borrow, default)]
            params: Option<&'a RawValue>,
        }
        match self {
            Self::Nowhere => None,
            Self::Message(text) => serde_json::from_str::<WithParams<'a>>(text).ok()?.params,
            Self::Own(raw) => Some(raw),
        }
    }
}

/// A member that must be an object: a struct would also be read from an array, and that is not an object.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Some)
}

/// The same, or `null`.
pub(crate) fn object_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_option(ObjectOrNull(PhantomData))
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

struct ObjectOrNull<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectOrNull<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_none<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Some)
    }
}

/// The members of an object by their names; `None` for anything else, for a name that is there twice, and for one that cannot be read.
pub(crate) fn unique_members(json: &RawValue) -> Option<Vec<(String, &RawValue)>> {
    struct UniqueMembers<'a>(PhantomData<&'a RawValue>);

    impl<'de> Visitor<'de> for UniqueMembers<'de> {
        type Value = Option<Vec<(String, &'de RawValue)>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let (mut names, mut members) = (std::collections::HashSet::new(), Vec::new());
            while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                if !names.insert(name.clone()) {
                    return Err(serde::de::Error::custom("a member is given twice"));
                }
                members.push((name, value));
            }
            Ok(Some(members))
        }
    }

    serde_json::Deserializer::from_str(json.get()).deserialize_map(UniqueMembers(PhantomData)).ok().flatten()
}
