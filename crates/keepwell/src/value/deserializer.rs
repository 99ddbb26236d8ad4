//! From items to serde's data model.

use keepwell_core::cbor::{Decoder, Item, Number, tag};
use serde::de::value::{BorrowedStrDeserializer, SeqDeserializer};
use serde::de::{self, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::access::{Items, Member, MemberAsMap};
use super::failure::Failure;
use super::stack::deeper;

/// Reads one value.
pub(super) struct Deserializer<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    /// The value was read already: it is nothing inside so many layers of `Some`.
    nested_none: Option<u64>,
}

impl<'a, 'de> Deserializer<'a, 'de> {
    pub(super) fn new(decoder: &'a mut Decoder<'de>) -> Self {
        Self { decoder, nested_none: None }
    }

    fn items<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Failure> {
        let mut items = Items::new(self.decoder, length);
        let value = visitor.visit_seq(&mut items)?;
        items.finish()?;
        Ok(value)
    }

    fn entries<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Failure> {
        let mut items = Items::new(self.decoder, length);
        let value = visitor.visit_map(&mut items)?;
        items.finish()?;
        Ok(value)
    }

    /// Some or none, where it is known that this was written for an `Option`.
    fn option<V: Visitor<'de>>(self, somes: u64, visitor: V) -> Result<V::Value, Failure> {
        match somes.checked_sub(1) {
            None => visitor.visit_none(),
            Some(somes) => deeper(|| visitor.visit_some(Self { nested_none: Some(somes), ..self })),
        }
    }

    fn tagged<V: Visitor<'de>>(mut self, tag: u64, visitor: V) -> Result<V::Value, Failure> {
        match tag {
            tag::BIG => visitor.visit_u128(self.big()?),
            tag::BIG_NEGATIVE => match i128::try_from(self.big()?) {
                Ok(number) => visitor.visit_i128(!number),
                Err(_) => Err(Failure::new("an integer of more than 128 bits")),
            },
            tag::TUPLE if self.decoder.peek()? == Item::Array(0) => {
                self.decoder.read()?;
                visitor.visit_unit()
            }
            tag::SOME => {
                let somes = self.somes()?;
                self.option(somes, visitor)
            }
            tag::CHAR => match self.decoder.read()? {
                Item::Text(text) if text.chars().count() == 1 => {
                    visitor.visit_char(text.chars().next().expect("there is one"))
                }
                _ => Err(Failure::new("a character that is not one character")),
            },
            tag::RECORD => self.record(visitor),
            tag::ENUM => match Member::read(self.decoder)? {
                Member { variant, has_fields: false, .. } => visitor.visit_borrowed_str(variant),
                member => visitor.visit_map(MemberAsMap::new(member)),
            },
            tag::DIGEST | tag::PICKLE => Err(Failure::new("a digest, of which the value cannot be had")),
            _ => self.typed_array(tag, visitor),
        }
    }

    fn typed_array<V: Visitor<'de>>(self, tag: u64, visitor: V) -> Result<V::Value, Failure> {
        match tag {
            tag::U8_ARRAY => self.numbers::<u8, V>(visitor),
            tag::U16_ARRAY => self.numbers::<u16, V>(visitor),
            tag::U32_ARRAY => self.numbers::<u32, V>(visitor),
            tag::U64_ARRAY => self.numbers::<u64, V>(visitor),
            tag::I8_ARRAY => self.numbers::<i8, V>(visitor),
            tag::I16_ARRAY => self.numbers::<i16, V>(visitor),
            tag::I32_ARRAY => self.numbers::<i32, V>(visitor),
            tag::I64_ARRAY => self.numbers::<i64, V>(visitor),
            tag::F32_ARRAY => self.numbers::<f32, V>(visitor),
            tag::F64_ARRAY => self.numbers::<f64, V>(visitor),
            // What any other tag means, serde has no word for; what it encloses can still be read.
            _ => deeper(|| de::Deserializer::deserialize_any(self, visitor)),
        }
    }

    fn numbers<N, V>(self, visitor: V) -> Result<V::Value, Failure>
    where
        N: Number + IntoDeserializer<'de, Failure>,
        V: Visitor<'de>,
    {
        let bytes = match self.decoder.read()? {
            Item::Bytes(bytes) if bytes.len() % size_of::<N>() == 0 => bytes,
            _ => return Err(Failure::new("a typed array that is not made of whole numbers")),
        };
        let mut numbers = SeqDeserializer::new(bytes.chunks_exact(size_of::<N>()).map(N::from_little_endian));
        let value = visitor.visit_seq(&mut numbers)?;
        numbers.end()?;
        Ok(value)
    }

    fn big(&mut self) -> Result<u128, Failure> {
        let Item::Bytes(bytes) = self.decoder.read()? else {
            return Err(Failure::new("a big integer that is not bytes"));
        };
        if bytes.len() <= 8 || bytes[0] == 0 {
            return Err(Failure::new("a big integer longer than needed"));
        }
        let mut number = [0; 16];
        let start = number.len().checked_sub(bytes.len());
        number[start.ok_or_else(|| Failure::new("an integer of more than 128 bits"))?..].copy_from_slice(bytes);
        Ok(u128::from_be_bytes(number))
    }

    fn somes(&mut self) -> Result<u64, Failure> {
        match self.decoder.read()? {
            Item::Unsigned(somes) if somes > 0 => Ok(somes),
            _ => Err(Failure::new("a nested nothing without its depth")),
        }
    }

    fn record<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let length = self.decoder.read()?;
        match (length, self.decoder.read()?) {
            (Item::Array(1), Item::Text(_)) => visitor.visit_unit(),
            (Item::Array(2), Item::Text(_)) => match self.decoder.read()? {
                Item::Array(length) => self.items(length, visitor),
                Item::Map(length) => self.entries(length, visitor),
                _ => Err(Failure::new("a record without fields")),
            },
            _ => Err(Failure::new("a record without a name")),
        }
    }

    /// A value that is asked for as a sequence: byte strings and empty tuples are sequences too then.
    fn sequence<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.decoder.peek()? {
            Item::Bytes(_) => self.numbers::<u8, V>(visitor),
            Item::Tag(tag::TUPLE) => {
                self.decoder.read()?;
                match self.decoder.read()? {
                    Item::Array(length) => self.items(length, visitor),
                    _ => Err(Failure::new("a tuple that is not an array")),
                }
            }
            _ => de::Deserializer::deserialize_any(self, visitor),
        }
    }
}

impl<'de> de::Deserializer<'de> for Deserializer<'_, 'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if let Some(somes) = self.nested_none {
            return self.option(somes, visitor);
        }
        match self.decoder.read()? {
            Item::Unsigned(number) => visitor.visit_u64(number),
            Item::Negative(number) => match i64::try_from(number) {
                Ok(number) => visitor.visit_i64(!number),
                Err(_) => visitor.visit_i128(!i128::from(number)),
            },
            Item::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Item::Text(text) => visitor.visit_borrowed_str(text),
            Item::Array(length) => self.items(length, visitor),
            Item::Map(length) => self.entries(length, visitor),
            Item::Tag(tag) => self.tagged(tag, visitor),
            Item::Boolean(value) => visitor.visit_bool(value),
            Item::Null => visitor.visit_none(),
            Item::Float32(number) => visitor.visit_f32(number),
            Item::Float64(number) => visitor.visit_f64(number),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.nested_none.is_some() {
            return self.deserialize_any(visitor);
        }
        match self.decoder.peek()? {
            Item::Null | Item::Tag(tag::SOME) => self.deserialize_any(visitor),
            _ => deeper(|| visitor.visit_some(self)),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.nested_none.is_none() && self.decoder.peek()? == Item::Null {
            self.decoder.read()?;
            return visitor.visit_unit();
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Failure> {
        deeper(|| visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.sequence(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.sequence(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.sequence(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.decoder.read()? {
            Item::Tag(tag::ENUM) => visitor.visit_enum(Member::read(self.decoder)?),
            Item::Text(variant) => visitor.visit_enum(BorrowedStrDeserializer::new(variant)),
            _ => Err(Failure::new("expected a member of an enumeration")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.nested_none.is_none() {
            self.decoder.skip()?;
        }
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        bytes byte_buf unit_struct map struct identifier
    }
}
