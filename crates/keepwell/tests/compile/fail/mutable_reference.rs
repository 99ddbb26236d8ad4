use keepwell::prelude::*;

#[task]
fn extend(list: &mut Vec<u32>, item: u32) {
    list.push(item);
}

struct Counter(u32);

impl Counter {
    #[task]
    fn count(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }
}

fn main() {}
