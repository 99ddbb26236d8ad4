//! What holds other values, while it is read: elements, entries, members of enumerations.

use keepwell_core::cbor::{Decoder, Item};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Visitor};

use super::deserializer::Deserializer;
use super::failure::{Failure, index_step, key_step};
use super::stack::deeper;

/// The items of an array, or the entries of a map, that have not been read.
pub(super) struct Items<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    left: usize,
    read: usize,
    /// The item at the start of the entry that is being read.
    key: Option<Item<'de>>,
}

impl<'a, 'de> Items<'a, 'de> {
    pub(super) fn new(decoder: &'a mut Decoder<'de>, left: usize) -> Self {
        Self { decoder, left, read: 0, key: None }
    }

    /// Checks that nothing was left unread.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match self.left {
            0 => Ok(()),
            left => Err(Failure::new(format!("{left} items more than the type has"))),
        }
    }

    fn item<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Failure> {
        deeper(|| seed.deserialize(Deserializer::new(self.decoder)))
    }
}

impl<'de> de::SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Failure;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Failure> {
        if self.left == 0 {
            return Ok(None);
        }
        let value = self.item(seed).map_err(|failure| failure.inside(index_step(self.read)))?;
        self.left -= 1;
        self.read += 1;
        Ok(Some(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> de::MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = Failure;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Failure> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.key = self.decoder.peek().ok();
        self.item(seed).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Failure> {
        self.item(seed).map_err(|failure| failure.inside(key_step(self.key)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// A member of an enumeration, of which the fields, if it has any, come next.
pub(super) struct Member<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    pub(super) variant: &'de str,
    pub(super) has_fields: bool,
}

impl<'a, 'de> Member<'a, 'de> {
    pub(super) fn read(decoder: &'a mut Decoder<'de>) -> Result<Self, Failure> {
        let length = decoder.read()?;
        let has_fields = match length {
            Item::Array(2) => false,
            Item::Array(3) => true,
            _ => return Err(Failure::new("a member of an enumeration of another shape")),
        };
        match (decoder.read()?, decoder.read()?) {
            (Item::Text(_), Item::Text(variant)) => Ok(Self { decoder, variant, has_fields }),
            _ => Err(Failure::new("a member of an enumeration without its name")),
        }
    }

    fn check_fields(&self) -> Result<(), Failure> {
        if self.has_fields { Ok(()) } else { Err(Failure::new(format!("`{}` comes without its fields", self.variant))) }
    }

    /// The only field, where there is one and it has no name.
    fn lone_field<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Failure> {
        deeper(|| seed.deserialize(Deserializer::new(self.decoder))).map_err(|failure| failure.inside(index_step(0)))
    }
}

impl<'de> de::EnumAccess<'de> for Member<'_, 'de> {
    type Error = Failure;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Failure> {
        let variant = seed.deserialize(BorrowedStrDeserializer::<Failure>::new(self.variant))?;
        Ok((variant, self))
    }
}

impl<'de> de::VariantAccess<'de> for Member<'_, 'de> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        if self.has_fields { Err(Failure::new(format!("`{}` comes with fields", self.variant))) } else { Ok(()) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Failure> {
        self.check_fields()?;
        match self.decoder.read()? {
            Item::Array(1) => self.lone_field(seed),
            _ => Err(Failure::new(format!("`{}` comes with other fields", self.variant))),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.check_fields()?;
        de::Deserializer::deserialize_seq(Deserializer::new(self.decoder), visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Failure> {
        self.check_fields()?;
        de::Deserializer::deserialize_map(Deserializer::new(self.decoder), visitor)
    }
}

/// A member with fields, for readers that do not know its type (serde buffers untagged and flattened values): a map from
/// the member's name to its fields, which is what serde's derived code then takes for a member.
pub(super) struct MemberAsMap<'a, 'de> {
    member: Option<Member<'a, 'de>>,
    is_named: bool,
}

impl<'a, 'de> MemberAsMap<'a, 'de> {
    pub(super) fn new(member: Member<'a, 'de>) -> Self {
        Self { member: Some(member), is_named: false }
    }
}

impl<'de> de::MapAccess<'de> for MemberAsMap<'_, 'de> {
    type Error = Failure;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Failure> {
        match &self.member {
            Some(member) if !self.is_named => {
                self.is_named = true;
                seed.deserialize(BorrowedStrDeserializer::<Failure>::new(member.variant)).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Failure> {
        let member = self.member.take().ok_or_else(|| Failure::new("a member of an enumeration has been read"))?;
        if member.decoder.peek()? == Item::Array(1) {
            member.decoder.read()?;
        }
        member.lone_field(seed)
    }
}
