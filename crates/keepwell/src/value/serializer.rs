//! From serde's data model to items.

use std::any::type_name;

use keepwell_core::cbor::{Encoder, Sink, tag};
use serde::{Serialize, ser};

use super::compound::{Compound, Kind};
use super::failure::Failure;
use super::set::is_set;
use super::stack::deeper;

/// What the bytes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// To be compared: sorted, long entries as digests, newtypes by name.
    Key,
    /// To be read back: in the order given, whole.
    Value,
}

/// Writes one value; `somes` is how many layers of `Some` it is directly inside of.
pub(super) fn write<T: Serialize + ?Sized>(
    value: &T,
    sink: &mut dyn Sink,
    mode: Mode,
    somes: u64,
) -> Result<(), Failure> {
    deeper(|| value.serialize(Serializer { encoder: Encoder::new(sink), mode, somes, type_name: type_name::<T>() }))
}

/// Writes one value of the type called `type_name`.
pub(super) struct Serializer<'s> {
    encoder: Encoder<&'s mut dyn Sink>,
    mode: Mode,
    somes: u64,
    type_name: &'static str,
}

impl<'s> Serializer<'s> {
    fn record(&mut self, name: &str, length: usize) {
        self.encoder.tag(tag::RECORD);
        self.encoder.array(length);
        self.encoder.text(name);
    }

    fn member(&mut self, name: &str, variant: &str, length: usize) {
        self.encoder.tag(tag::ENUM);
        self.encoder.array(length);
        self.encoder.text(name);
        self.encoder.text(variant);
    }

    fn one_field<T: Serialize + ?Sized>(mut self, value: &T) -> Result<(), Failure> {
        self.encoder.array(1);
        write(value, self.encoder.into_sink(), self.mode, 0)
    }

    fn fields(self, length: usize) -> Compound<'s> {
        Compound::open(self.encoder.into_sink(), self.mode, Kind::Array, Some(length))
    }

    fn named_fields(self, length: usize) -> Compound<'s> {
        Compound::open(self.encoder.into_sink(), self.mode, Kind::Map, Some(length))
    }
}

macro_rules! scalars {
    ($($method:ident($type:ty) => $item:ident;)*) => { $(
        fn $method(mut self, value: $type) -> Result<(), Failure> {
            self.encoder.$item(value.into());
            Ok(())
        }
    )* };
}

impl<'s> ser::Serializer for Serializer<'s> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Compound<'s>;
    type SerializeTuple = Compound<'s>;
    type SerializeTupleStruct = Compound<'s>;
    type SerializeTupleVariant = Compound<'s>;
    type SerializeMap = Compound<'s>;
    type SerializeStruct = Compound<'s>;
    type SerializeStructVariant = Compound<'s>;

    scalars! {
        serialize_bool(bool) => boolean;
        serialize_i8(i8) => integer;
        serialize_i16(i16) => integer;
        serialize_i32(i32) => integer;
        serialize_i64(i64) => integer;
        serialize_i128(i128) => integer_128;
        serialize_u8(u8) => unsigned;
        serialize_u16(u16) => unsigned;
        serialize_u32(u32) => unsigned;
        serialize_u64(u64) => unsigned;
        serialize_u128(u128) => unsigned_128;
        serialize_f32(f32) => float_32;
        serialize_f64(f64) => float_64;
        serialize_str(&str) => text;
        serialize_bytes(&[u8]) => bytes;
    }

    fn serialize_char(mut self, value: char) -> Result<(), Failure> {
        self.encoder.tag(tag::CHAR);
        self.encoder.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_none(mut self) -> Result<(), Failure> {
        if self.somes == 0 {
            self.encoder.null();
        } else {
            self.encoder.tag(tag::SOME);
            self.encoder.unsigned(self.somes);
        }
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        write(value, self.encoder.into_sink(), self.mode, self.somes + 1)
    }

    fn serialize_unit(mut self) -> Result<(), Failure> {
        self.encoder.tag(tag::TUPLE);
        self.encoder.array(0);
        Ok(())
    }

    fn serialize_unit_struct(mut self, name: &'static str) -> Result<(), Failure> {
        self.record(name, 1);
        Ok(())
    }

    fn serialize_unit_variant(mut self, name: &'static str, _: u32, variant: &'static str) -> Result<(), Failure> {
        self.member(name, variant, 2);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(mut self, name: &'static str, value: &T) -> Result<(), Failure> {
        match self.mode {
            // As serde's other formats have it: what a newtype was buffered as must be readable as what it holds.
            Mode::Value => write(value, self.encoder.into_sink(), self.mode, self.somes),
            Mode::Key => {
                self.record(name, 2);
                self.one_field(value)
            }
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        self.member(name, variant, 3);
        self.one_field(value)
    }

    fn serialize_seq(mut self, length: Option<usize>) -> Result<Compound<'s>, Failure> {
        let kind = if is_set(self.type_name) { Kind::Set } else { Kind::Array };
        if kind == Kind::Set {
            self.encoder.tag(tag::SET);
        }
        Ok(Compound::open(self.encoder.into_sink(), self.mode, kind, length))
    }

    fn serialize_tuple(mut self, length: usize) -> Result<Compound<'s>, Failure> {
        self.encoder.tag(tag::TUPLE);
        Ok(self.fields(length))
    }

    fn serialize_tuple_struct(mut self, name: &'static str, length: usize) -> Result<Compound<'s>, Failure> {
        self.record(name, 2);
        Ok(self.fields(length))
    }

    fn serialize_tuple_variant(
        mut self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Compound<'s>, Failure> {
        self.member(name, variant, 3);
        Ok(self.fields(length))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Compound<'s>, Failure> {
        Ok(Compound::open(self.encoder.into_sink(), self.mode, Kind::Map, length))
    }

    fn serialize_struct(mut self, name: &'static str, length: usize) -> Result<Compound<'s>, Failure> {
        self.record(name, 2);
        Ok(self.named_fields(length))
    }

    fn serialize_struct_variant(
        mut self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Compound<'s>, Failure> {
        self.member(name, variant, 3);
        Ok(self.named_fields(length))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
