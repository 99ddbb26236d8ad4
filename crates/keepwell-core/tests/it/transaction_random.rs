//! Random stories, deeper and wider than the ones that are played one by one, against the same model.

use keepwell_core::transaction::{CommitMode, IsolationLevel};
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use proptest::sample::{select, subsequence};
use proptest::test_runner::Config;

use crate::transaction_stories::difference;
use crate::transaction_story::{Commits, Faults, Kind, Node, Outcome, Story};

const KEYS: [&str; 3] = ["A", "B", "C"];
const LEVELS: [IsolationLevel; 2] = [IsolationLevel::ReadCommitted, IsolationLevel::Serializable];
const MODES: [CommitMode; 3] = [CommitMode::Lazy, CommitMode::Eager, CommitMode::Off];
const OUTCOMES: [Outcome; 4] = [Outcome::Returns, Outcome::Fails, Outcome::FailsOnce, Outcome::ReturnsUnencodable];

fn tasks() -> impl Strategy<Value = Node> {
    let outcome = prop_oneof![4 => Just(Outcome::Returns), 3 => select(&OUTCOMES[1..])];
    (select(&KEYS[..]), option::of(select(&LEVELS[..])), outcome, any::<bool>())
        .prop_map(|(key, level, outcome, caught)| Node { caught, ..Node::task(key).level(level).outcome(outcome) })
}

fn blocks() -> impl Strategy<Value = Node> {
    let kind = (option::of(select(&MODES[..])), any::<bool>());
    let outcome = prop_oneof![4 => Just(Outcome::Returns), 1 => Just(Outcome::Fails)];
    (kind, option::of(select(&KEYS[..])), option::of(select(&LEVELS[..])), outcome, any::<bool>()).prop_map(
        |((mode, stages), key, level, outcome, caught)| {
            let kind = Kind::Block { mode, stages: stages && key.is_some() };
            Node { kind, caught, ..Node::block(key).level(level).outcome(outcome) }
        },
    )
}

fn nodes() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![2 => tasks(), 1 => blocks()];
    leaf.prop_recursive(3, 24, 3, |inner| {
        (prop_oneof![tasks(), blocks()], prop::collection::vec(inner, 0..4))
            .prop_map(|(node, children)| node.with(children))
    })
}

fn faults() -> impl Strategy<Value = Faults> {
    let commits =
        select(&[Commits::Work, Commits::Work, Commits::Fail, Commits::FirstFails, Commits::FirstIsUnknown][..]);
    (commits, any::<bool>(), prop::bool::weighted(0.1)).prop_map(|(commits, hooks_fail, look_ups_fail)| Faults {
        commits,
        hooks_fail,
        look_ups_fail,
        locks_time_out: false,
    })
}

fn stories() -> impl Strategy<Value = Story> {
    (nodes(), subsequence(&KEYS[..], 0..=3), faults()).prop_map(|(root, present, faults)| Story {
        root,
        present,
        faults,
    })
}

proptest! {
    #![proptest_config(Config { cases: 3_000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_random_story_comes_to_what_the_model_says(story in stories()) {
        if let Some(difference) = difference(&story) {
            panic!("{difference}");
        }
    }
}
