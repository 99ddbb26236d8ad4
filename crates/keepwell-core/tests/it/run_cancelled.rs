//! A story that is cut off at any action, performed or not, leaves no lock held, nothing half done, and runs no hook
//! twice.

use std::collections::BTreeMap;

use keepwell_core::transaction::{CommitMode, IsolationLevel, TransactionState};

use crate::transaction_model::Observed;
use crate::transaction_player::observed_if_cut;
use crate::transaction_story::{Faults, Node, Outcome, Story};
use crate::transaction_world::Cut;

fn stories() -> Vec<Story> {
    let eager = Some(CommitMode::Eager);
    let family = Node::task("B").with(vec![Node::task("C")]);
    let children = vec![
        vec![],
        vec![Node::task("A"), Node::task("A")],
        vec![Node::task("B"), Node::task("B").outcome(Outcome::Fails)],
        vec![Node::task("B"), Node::task("C").outcome(Outcome::Fails).uncaught()],
        vec![Node::task("C").outcome(Outcome::FailsOnce), family.clone()],
        vec![Node::block(Some("B")).staging().mode(eager).with(vec![Node::task("C")]), Node::task("C")],
        vec![Node::task("C").outcome(Outcome::ReturnsUnencodable), Node::block(None).with(vec![family])],
    ];
    let roots = [Node::task("A"), Node::block(None), Node::block(Some("A")), Node::block(Some("A")).staging()];
    let mut stories = Vec::new();
    for level in [IsolationLevel::ReadCommitted, IsolationLevel::Serializable] {
        for root in &roots {
            for children in &children {
                let root = root.clone().level(Some(level)).with(children.clone());
                for present in [vec![], vec!["B"]] {
                    stories.push(Story { root: root.clone(), present, faults: Faults::default() });
                }
            }
        }
    }
    stories
}

/// Everything that is seen of the story, cut off at each of its actions in turn.
fn cut_everywhere(story: &Story, performed: bool) -> Vec<Observed> {
    let cuts = (0..).map(|at| observed_if_cut(story, Cut { at, performed }));
    cuts.map_while(|observed| observed).collect()
}

fn assert_everywhere(performed: bool, holds: impl Fn(&Story, &Observed) -> bool) {
    for story in stories() {
        for observed in cut_everywhere(&story, performed) {
            assert!(holds(&story, &observed), "{story:?}\n{observed:#?}");
        }
    }
}

fn lines<'a>(observed: &'a Observed, start: &'a str) -> impl Iterator<Item = &'a str> {
    observed.log.iter().filter_map(move |line| line.strip_prefix(start))
}

#[test]
fn a_run_that_is_cut_off_holds_no_lock_and_leaves_no_transaction_open() {
    for performed in [false, true] {
        assert_everywhere(performed, |_, seen| {
            lines(seen, "VIOLATION").count() == 0 && seen.states.values().all(|state| state.is_settled())
        });
    }
}

#[test]
fn a_run_that_is_cut_off_makes_nothing_visible_but_by_a_commit_that_was_performed() {
    for performed in [false, true] {
        assert_everywhere(performed, |story, seen| {
            let mut visible: BTreeMap<String, String> =
                story.present.iter().map(|key| ((*key).to_owned(), "old".to_owned())).collect();
            for commit in lines(seen, "commit ") {
                let texts: Vec<&str> = commit.split('"').skip(1).step_by(2).collect();
                visible.extend(texts.chunks(2).map(|record| (record[0].to_owned(), record[1].to_owned())));
            }
            visible == seen.visible
        });
    }
}

#[test]
fn a_run_that_is_cut_off_runs_each_rollback_hook_of_what_it_undoes_once() {
    assert_everywhere(true, |_, seen| {
        let undone = |name: &str| lines(seen, "undone ").filter(|line| *line == name).count();
        let blocks = lines(seen, "block ").filter(|name| !name.ends_with("is a hit"));
        blocks.into_iter().all(|name| match seen.states[name] {
            TransactionState::RolledBack => undone(name) == 1,
            TransactionState::Committed | TransactionState::Unknown => undone(name) == 0,
            TransactionState::Pending | TransactionState::Active | TransactionState::Staged => false,
        })
    });
}

#[test]
fn a_commit_that_was_cut_off_is_not_undone_and_nothing_else_is_unknown() {
    assert_everywhere(true, |_, seen| {
        let written: Vec<&str> = lines(seen, "commit ").flat_map(|line| line.split('"').skip(3).step_by(4)).collect();
        let kept = written.iter().all(|name| seen.states.get(*name) != Some(&TransactionState::RolledBack));
        let unknown = seen.states.values().any(|state| *state == TransactionState::Unknown);
        kept && (!unknown || !written.is_empty())
    });
}
