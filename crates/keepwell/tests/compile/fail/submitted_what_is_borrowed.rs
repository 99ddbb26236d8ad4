use keepwell::prelude::*;

#[task]
fn length(text: &str) -> usize {
    text.len()
}

fn main() {
    let local = String::from("abc");
    let _ = length::submit(local.as_str());
}
