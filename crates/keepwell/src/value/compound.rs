//! What holds other values: sequences, tuples, maps, records, and members of enumerations with fields.

use keepwell_core::cbor::{Decoder, Encoder, Sink};
use keepwell_core::key::Unordered;
use serde::{Serialize, ser};

use super::failure::{Failure, field_step, index_step, key_step};
use super::serializer::{Mode, write};

/// What the items are items of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Set,
    Map,
}

/// Where the items go until the head can be written.
enum Layout {
    /// The head, with this length, has been written.
    Counted(usize),
    /// The length was not known beforehand.
    Uncounted(Vec<u8>),
    /// The order is not the one given.
    Sorted(Unordered),
}

/// Writes the items of one value.
pub(super) struct Compound<'s> {
    sink: &'s mut dyn Sink,
    mode: Mode,
    kind: Kind,
    layout: Layout,
    written: usize,
}

impl<'s> Compound<'s> {
    pub(super) fn open(sink: &'s mut dyn Sink, mode: Mode, kind: Kind, length: Option<usize>) -> Self {
        let layout = match (mode, kind, length) {
            (Mode::Key, Kind::Map | Kind::Set, _) => Layout::Sorted(Unordered::new()),
            (Mode::Key | Mode::Value, _, None) => Layout::Uncounted(Vec::new()),
            (Mode::Key | Mode::Value, _, Some(length)) => {
                write_head(sink, kind, length);
                Layout::Counted(length)
            }
        };
        Self { sink, mode, kind, layout, written: 0 }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        match &mut self.layout {
            Layout::Counted(_) => write(value, self.sink, self.mode, 0),
            Layout::Uncounted(buffer) => write(value, buffer, self.mode, 0),
            Layout::Sorted(unordered) => {
                write(value, unordered, self.mode, 0)?;
                unordered.end_item();
                Ok(())
            }
        }
    }

    fn name(&mut self, name: &str) {
        match &mut self.layout {
            Layout::Counted(_) => Encoder::new(&mut *self.sink).text(name),
            Layout::Uncounted(buffer) => Encoder::new(buffer).text(name),
            Layout::Sorted(unordered) => {
                Encoder::new(&mut *unordered).text(name);
                unordered.end_item();
            }
        }
    }

    fn end_entry(&mut self) {
        self.written += 1;
        match &mut self.layout {
            Layout::Counted(_) | Layout::Uncounted(_) => {}
            Layout::Sorted(unordered) => unordered.end_entry(),
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.item(value).map_err(|failure| failure.inside(index_step(self.written)))?;
        self.end_entry();
        Ok(())
    }

    fn named<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Failure> {
        self.name(name);
        self.item(value).map_err(|failure| failure.inside(field_step(name)))?;
        self.end_entry();
        Ok(())
    }

    fn close(mut self) -> Result<(), Failure> {
        match self.layout {
            Layout::Counted(length) if length != self.written => {
                return Err(Failure::new(format!("announced {length} items and gave {}", self.written)));
            }
            Layout::Counted(_) => {}
            Layout::Uncounted(buffer) => {
                write_head(self.sink, self.kind, self.written);
                self.sink.write(&buffer);
            }
            Layout::Sorted(unordered) => {
                write_head(self.sink, self.kind, self.written);
                unordered.write_to(&mut self.sink);
            }
        }
        Ok(())
    }
}

fn write_head(sink: &mut dyn Sink, kind: Kind, length: usize) {
    match kind {
        Kind::Array | Kind::Set => Encoder::new(sink).array(length),
        Kind::Map => Encoder::new(sink).map(length),
    }
}

/// The step to the entry with this key, for an error.
fn step_of<K: Serialize + ?Sized>(key: &K) -> String {
    let mut bytes = Vec::new();
    match write(key, &mut bytes, Mode::Value, 0) {
        Ok(()) => key_step(Decoder::new(&bytes).peek().ok()),
        Err(failure) => format!("[{failure}]"),
    }
}

macro_rules! positional {
    ($($trait:ident::$method:ident)*) => { $(
        impl ser::$trait for Compound<'_> {
            type Ok = ();
            type Error = Failure;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                self.element(value)
            }

            fn end(self) -> Result<(), Failure> {
                self.close()
            }
        }
    )* };
}

positional! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! named {
    ($($trait:ident)*) => { $(
        impl ser::$trait for Compound<'_> {
            type Ok = ();
            type Error = Failure;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Failure> {
                self.named(name, value)
            }

            fn end(self) -> Result<(), Failure> {
                self.close()
            }
        }
    )* };
}

named! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        self.item(key).map_err(|failure| failure.inside("[key]".to_owned()))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.item(value)?;
        self.end_entry();
        Ok(())
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), Failure> {
        self.serialize_key(key)?;
        self.serialize_value(value).map_err(|failure| failure.inside(step_of(key)))
    }

    fn end(self) -> Result<(), Failure> {
        self.close()
    }
}
