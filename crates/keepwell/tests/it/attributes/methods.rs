//! Tasks and flows in `impl` blocks.

use std::sync::Arc;

use keepwell::prelude::*;
use serde::Serialize;

use super::fixture::{block_on_in_folder, in_folder};

#[derive(Clone, Serialize)]
struct Scale(u32);

impl Scale {
    #[task(cache_policy = INPUTS, name = "times", on_completion = Self::notify)]
    fn times(&self, number: u32) -> u32 {
        self.0 * number
    }

    fn notify(_: &HookContext) {}

    #[task]
    fn into_inner(mut self) -> u32 {
        self.0 += 1;
        self.0
    }

    #[task]
    fn sum(one: &Self, other: &Self) -> u32 {
        one.0 + other.0
    }

    #[task(associated)]
    fn unit() -> u32 {
        1
    }

    #[task]
    async fn shared(self: Arc<Self>, plus: &u32) -> u32 {
        self.0 + plus
    }

    #[flow]
    async fn nightly(&self, number: u32) -> u32 {
        self.times(number) + Arc::new(self.clone()).shared(&number).await
    }
}

#[test]
fn the_receiver_is_an_input_like_any_other() {
    in_folder(|| {
        let (first, second, third) = (Scale(2), Scale(3), Scale(2));
        let states = [&first, &second, &third].map(|scale| scale.times_bind(3).state().to_string());
        assert_eq!(states, ["Completed()", "Completed()", "Cached(type=COMPLETED)"]);
        assert_eq!((first.times(3), second.times(3)), (6, 9));
        assert_eq!(&*Scale::times_task().definition().name, "times");
    });
}

#[test]
fn receivers_of_every_kind_and_functions_without_one() {
    block_on_in_folder(async {
        assert_eq!(Scale(2).into_inner(), 3);
        assert_eq!(Scale::sum(&Scale(1), &Scale(2)), 3);
        assert_eq!(Scale::unit(), 1);
        assert_eq!(Arc::new(Scale(2)).shared(&3).await, 5);
        assert_eq!(Scale(2).nightly_bind(4).call().await, 8 + 6);
    });
}

#[test]
fn methods_can_be_submitted_and_mapped() {
    static SCALE: Scale = Scale(2);
    in_folder(|| {
        let first = SCALE.times_submit(10);
        let second = SCALE.times_submit(&first);
        assert_eq!((first.result(), second.result()), (20, 40));
        let all: Vec<u32> = SCALE.times_map([1, 2]).into_iter().map(TaskFuture::result).collect();
        assert_eq!(all, [2, 4]);
        assert_eq!(Arc::new(Scale(5)).shared_submit(&1_u32).result(), 6);
    });
}
