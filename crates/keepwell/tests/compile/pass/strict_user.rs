//! A user who denies everything that can be denied, and who has own meanings for the standard names.
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]
#![deny(rust_2018_idioms, single_use_lifetimes, unsafe_code)]
#![no_implicit_prelude]
#![allow(dead_code)]

extern crate std;

/// What others see.
pub mod library {
    use ::keepwell::prelude::{INPUTS, flow, source, task};
    use ::std::string::ToString;
    use ::std::clone::Clone;

    /// Shadows.
    #[derive(Debug)]
    pub struct Option;
    /// Shadows.
    #[derive(Debug)]
    pub struct Some;
    /// Shadows.
    #[derive(Debug)]
    pub struct String;
    /// Shadows.
    #[derive(Debug)]
    pub struct Vec;
    /// Shadows.
    #[derive(Debug)]
    pub struct Task;
    /// Shadows.
    #[derive(Debug)]
    pub struct Probe;
    /// Shadows.
    pub trait Source {}

    /// Doubles a number.
    #[source]
    pub const fn double(number: u32) -> u32 {
        number * 2
    }

    /// A task.
    #[task(cache_policy = INPUTS, task_run_name = "{number}", depends_on(double), tags = ["a"], retries = 1)]
    pub fn text(number: u32, name: &str, body: u32, builder: u32, arguments: u32, options: u32) -> ::std::string::String {
        let sum = double(number) + body + builder + arguments + options;
        ::std::format!("{name}{sum}")
    }

    /// An async task.
    #[task]
    pub async fn fetch(r#type: &str) -> ::std::string::String {
        r#type.to_string()
    }

    /// A flow.
    #[flow(flow_run_name = "{number}")]
    pub async fn nightly(number: u32) {
        fetch(&text(number, "a", 1, 2, 3, 4)).await;
    }

    /// A type.
    #[derive(Clone, Debug)]
    pub struct Loader(pub u32);

    impl Loader {
        /// A method.
        #[task]
        pub fn load(&self, day: u32) -> u32 {
            self.0 + day
        }

        /// A function.
        #[task]
        pub async fn new(start: u32) -> Self {
            Self(start)
        }
    }
}

fn main() {
    library::text(1, "a", 2, 3, 4, 5);
    let _ = library::text::submit(1_u32, "a", 2_u32, 3_u32, 4_u32, 5_u32).result();
}
