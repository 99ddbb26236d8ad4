//! Chooses how a type is written, read and cloned, by the traits that it has.
//!
//! For the task macro alone, which sees names of types and not what they implement. The choice is made while compiling,
//! by method resolution: of several methods of one name the compiler takes the one that needs the fewest references
//! taken off, among those whose bounds hold. So `(&&&Probe::of(&x)).write_key()` is the first of
//! [`ByNumbers`], [`BySerialize`] and [`ByNothing`] that fits. In a generic function only the declared bounds hold.

use std::any::{Any, type_name};
use std::marker::PhantomData;

use keepwell_core::cbor::Sink;
use keepwell_core::{Error, ErrorKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::numbers::{read_numbers, write_numbers};
use super::verdict::{No, Verdict, Yes};
use super::{NumberBuffer, NumberSlice, codec};

/// Stands for a type in method resolution.
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<fn(&T)>);

impl<T: ?Sized> Probe<T> {
    /// The probe of a type that can be named.
    #[expect(clippy::new_without_default, reason = "a probe is never anything but named")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// The probe of an expression's type.
    pub const fn of(_: &T) -> Self {
        Self(PhantomData)
    }
}

/// Writes the argument of this name into a key.
pub type WriteKey<T> = fn(&T, &str, &mut dyn Sink) -> Result<(), Error>;

/// How results of one type become bytes and come back.
#[derive(Debug)]
pub struct Codec<T> {
    /// The bytes of a result.
    pub encode: fn(&T) -> Result<Vec<u8>, Error>,
    /// The result of those bytes.
    pub decode: fn(&[u8]) -> Result<T, Error>,
}

impl<T> Clone for Codec<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Codec<T> {}

/// First choice: numbers side by side, without a look at each.
pub trait ByNumbers<T: ?Sized> {
    /// How to write an argument.
    fn write_key(&self) -> WriteKey<T>;

    /// Whether it can be written.
    fn hashes(&self) -> Verdict<T, Yes>;
}

impl<T: NumberSlice + ?Sized> ByNumbers<T> for &&Probe<T> {
    fn write_key(&self) -> WriteKey<T> {
        |value, _, sink| {
            write_numbers(value, sink);
            Ok(())
        }
    }

    fn hashes(&self) -> Verdict<T, Yes> {
        Verdict::new()
    }
}

/// Second choice: serde.
pub trait BySerialize<T: ?Sized> {
    /// How to write an argument.
    fn write_key(&self) -> WriteKey<T>;

    /// Whether it can be written.
    fn hashes(&self) -> Verdict<T, Yes>;
}

impl<T: Serialize + ?Sized> BySerialize<T> for &Probe<T> {
    fn write_key(&self) -> WriteKey<T> {
        |value, name, sink| codec::write_argument(value, name, sink).map_err(|error| error.with_hint(ways_out(name)))
    }

    fn hashes(&self) -> Verdict<T, Yes> {
        Verdict::new()
    }
}

/// Last choice: an error that names the type.
pub trait ByNothing<T: ?Sized> {
    /// How to write an argument.
    fn write_key(&self) -> WriteKey<T>;

    /// Whether it can be written.
    fn hashes(&self) -> Verdict<T, No>;
}

impl<T: ?Sized> ByNothing<T> for Probe<T> {
    fn write_key(&self) -> WriteKey<T> {
        |_, name, _| {
            let message =
                format!("cannot hash `parameters.{name}`: `{}` is not known to be `Serialize`", type_name::<T>());
            Err(Error::new(ErrorKind::Key, message).with_hint(ways_out(name)))
        }
    }

    fn hashes(&self) -> Verdict<T, No> {
        Verdict::new()
    }
}

/// First choice for results, see [`ByNumbers`].
pub trait CodecByNumbers<T> {
    /// How to keep a result.
    ///
    /// # Errors
    /// None.
    fn codec(&self) -> Result<Codec<T>, Error>;
}

impl<T> CodecByNumbers<T> for &&Probe<T>
where
    T: NumberBuffer,
    T::Number: DeserializeOwned,
{
    fn codec(&self) -> Result<Codec<T>, Error> {
        let encode = |value: &T| {
            let mut bytes = Vec::with_capacity(size_of_val(value.numbers()) + 16);
            write_numbers(value, &mut bytes);
            Ok(bytes)
        };
        Ok(Codec { encode, decode: read_numbers })
    }
}

/// Second choice for results, see [`BySerialize`].
pub trait CodecBySerialize<T> {
    /// How to keep a result.
    ///
    /// # Errors
    /// None.
    fn codec(&self) -> Result<Codec<T>, Error>;
}

impl<T: Serialize + DeserializeOwned> CodecBySerialize<T> for &Probe<T> {
    fn codec(&self) -> Result<Codec<T>, Error> {
        Ok(Codec { encode: codec::to_vec, decode: |bytes| codec::from_slice(bytes) })
    }
}

/// Last choice for results, see [`ByNothing`].
pub trait CodecByNothing<T> {
    /// How to keep a result.
    ///
    /// # Errors
    /// [`ErrorKind::Serialization`]: it cannot be kept.
    fn codec(&self) -> Result<Codec<T>, Error>;
}

impl<T> CodecByNothing<T> for Probe<T> {
    fn codec(&self) -> Result<Codec<T>, Error> {
        let message =
            format!("cannot keep a `{}`: it is not known to be `Serialize` and `DeserializeOwned`", type_name::<T>());
        Err(Error::new(ErrorKind::Serialization, message)
            .with_hint("derive both for the type, or set `persist_result = false` on the task"))
    }
}

/// First choice for clones: the type is `Clone`.
pub trait CloneByClone<T> {
    /// How to clone a value.
    fn cloner(&self) -> Option<fn(&T) -> T>;

    /// Whether there is a way.
    fn clones(&self) -> Verdict<T, Yes>;
}

impl<T: Clone> CloneByClone<T> for &Probe<T> {
    fn cloner(&self) -> Option<fn(&T) -> T> {
        Some(T::clone)
    }

    fn clones(&self) -> Verdict<T, Yes> {
        Verdict::new()
    }
}

/// Last choice for clones: there is no way.
pub trait CloneByNothing<T> {
    /// How to clone a value.
    fn cloner(&self) -> Option<fn(&T) -> T>;

    /// Whether there is a way.
    fn clones(&self) -> Verdict<T, No>;
}

impl<T> CloneByNothing<T> for Probe<T> {
    fn cloner(&self) -> Option<fn(&T) -> T> {
        None
    }

    fn clones(&self) -> Verdict<T, No> {
        Verdict::new()
    }
}

/// First choice for a look at an argument by its type: the size is known.
pub trait AnyBySize<T: ?Sized> {
    /// How to look at a value.
    fn any(&self) -> fn(&T) -> Option<&dyn Any>;
}

impl<T: Any> AnyBySize<T> for &Probe<T> {
    fn any(&self) -> fn(&T) -> Option<&dyn Any> {
        |value| Some(value)
    }
}

/// Last choice for a look at an argument: there is no way.
pub trait AnyByNothing<T: ?Sized> {
    /// How to look at a value.
    fn any(&self) -> fn(&T) -> Option<&dyn Any>;
}

impl<T: ?Sized> AnyByNothing<T> for Probe<T> {
    fn any(&self) -> fn(&T) -> Option<&dyn Any> {
        |_| None
    }
}

fn ways_out(name: &str) -> String {
    format!("leave it out with `INPUTS - \"{name}\"`, name results with a `cache_key_fn`, or use `NO_CACHE`")
}
