use keepwell::prelude::*;

#[task]
fn first(text: &str) -> &str {
    &text[..1]
}

#[task]
fn words<'t>(text: &'t str) -> Result<Vec<&'t str>, keepwell::Error> {
    Ok(text.split(' ').collect())
}

#[task]
fn endless() -> ! {
    loop {}
}

#[task]
fn nameless() -> impl Iterator<Item = u32> {
    0..3
}

fn main() {}
