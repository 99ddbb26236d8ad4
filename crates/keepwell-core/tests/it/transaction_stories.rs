//! Every small story, one by one: what comes of it is exactly what the model says, and no lock is left, doubled or
//! waited for.

use keepwell_core::transaction::{CommitMode, IsolationLevel};

use crate::transaction_model::expected;
use crate::transaction_player::observed;
use crate::transaction_story::{Commits, Faults, Node, Outcome, Story};

const READ_COMMITTED: Option<IsolationLevel> = Some(IsolationLevel::ReadCommitted);
const SERIALIZABLE: Option<IsolationLevel> = Some(IsolationLevel::Serializable);
const MODES: [Option<CommitMode>; 3] = [Some(CommitMode::Lazy), Some(CommitMode::Eager), Some(CommitMode::Off)];

/// Plays the story on the engine and in the model; says how they differ, if they do.
pub(crate) fn difference(story: &Story) -> Option<String> {
    let (seen, expected) = (observed(story), expected(story));
    (seen != expected).then(|| format!("{story:?}\nengine: {seen:#?}\nmodel: {expected:#?}"))
}

/// The outermost transactions: keys, levels, modes, and whether they fail after their children.
fn roots() -> Vec<Node> {
    let mut roots = Vec::new();
    for level in [READ_COMMITTED, SERIALIZABLE] {
        for outcome in [Outcome::Returns, Outcome::Fails] {
            for mode in MODES {
                roots.push(Node::block(None).mode(mode).level(level).outcome(outcome));
                roots.push(Node::block(Some("A")).mode(mode).level(level).outcome(outcome));
            }
            roots.push(Node::block(Some("A")).staging().level(level).outcome(outcome));
            roots.push(Node::task("A").level(level).outcome(outcome));
        }
        roots.push(Node::task("A").level(level).outcome(Outcome::FailsOnce));
        roots.push(Node::task("A").level(level).outcome(Outcome::ReturnsUnencodable));
    }
    roots
}

/// A task in each of its outcomes, caught and not.
fn tasks(key: &'static str) -> Vec<Node> {
    let task = Node::task(key);
    let failing = task.clone().outcome(Outcome::Fails);
    vec![
        task.clone().outcome(Outcome::FailsOnce),
        task.clone().outcome(Outcome::ReturnsUnencodable),
        failing.clone().uncaught(),
        failing,
        task,
    ]
}

/// An inner block around `inside`, in each mode and outcome.
fn blocks(key: Option<&'static str>, inside: &[Node]) -> Vec<Node> {
    let mut blocks = Vec::new();
    for mode in [None, Some(CommitMode::Eager), Some(CommitMode::Off)] {
        let block = Node::block(key).mode(mode).with(inside.to_vec());
        blocks.push(block.clone().outcome(Outcome::Fails));
        blocks.push(block.clone().uncaught());
        if key.is_some() {
            blocks.push(block.clone().staging());
        }
        blocks.push(block);
    }
    blocks
}

/// The children that are played in pairs.
fn children() -> Vec<Node> {
    let mut children: Vec<Node> = ["A", "B"].into_iter().flat_map(tasks).collect();
    children.push(Node::task("B").level(SERIALIZABLE));
    children.push(Node::task("B").with(vec![Node::task("C")]));
    children.extend(blocks(Some("B"), &[]));
    children.extend(blocks(None, &[Node::task("B")]));
    children
}

/// The children that have a child of their own.
fn families() -> Vec<Node> {
    let mut families = Vec::new();
    for grandchild in ["A", "B", "C"].into_iter().flat_map(tasks) {
        families.push(Node::task("B").with(vec![grandchild.clone()]));
        families.push(Node::task("B").outcome(Outcome::FailsOnce).with(vec![grandchild.clone()]));
        families.push(Node::task("B").level(SERIALIZABLE).with(vec![grandchild.clone()]));
        families.extend(blocks(Some("B"), std::slice::from_ref(&grandchild)));
        families.extend(blocks(None, std::slice::from_ref(&grandchild)));
    }
    families
}

/// Plays all stories and says how many there were.
fn check(stories: impl Iterator<Item = Story>) -> usize {
    let (mut played, mut differences) = (0, Vec::new());
    for story in stories {
        played += 1;
        differences.extend(difference(&story));
    }
    let shortest = differences.iter().min_by_key(|difference| difference.len());
    assert!(shortest.is_none(), "{} of {played} differ, such as {}", differences.len(), shortest.expect("some differ"));
    played
}

fn story(root: &Node, children: &[&Node], present: &[&'static str], faults: Faults) -> Story {
    let children = children.iter().map(|child| (*child).clone()).collect();
    Story { root: root.clone().with(children), present: present.to_vec(), faults }
}

/// All stories of each root and each list of children, with these records present.
fn stories<'a>(
    roots: &'a [Node],
    children: &'a [Vec<&'a Node>],
    present: &'a [&'static str],
) -> impl Iterator<Item = Story> + 'a {
    roots.iter().flat_map(move |root| children.iter().map(move |list| story(root, list, present, Faults::default())))
}

fn pairs(children: &[Node]) -> Vec<Vec<&Node>> {
    children.iter().flat_map(|one| children.iter().map(move |other| vec![one, other])).collect()
}

#[test]
fn two_children_in_sequence_come_to_what_the_model_says() {
    let (roots, children) = (roots(), children());
    let played = check(stories(&roots, &pairs(&children), &[]));
    assert_eq!(played, 36 * 33 * 33);
}

#[test]
fn a_record_that_is_there_already_is_used_and_not_written_again() {
    let roots: Vec<Node> = roots().into_iter().filter(|root| root.outcome == Outcome::Returns).collect();
    let (children, mut played) = (children(), 0);
    for present in [["A"].as_slice(), &["B"]] {
        played += check(stories(&roots, &pairs(&children), present));
    }
    assert_eq!(played, 16 * 33 * 33 * 2);
}

#[test]
fn a_child_within_a_child_comes_to_what_the_model_says() {
    let (roots, families, sibling) = (roots(), families(), Node::task("B"));
    let alone: Vec<Vec<&Node>> = families.iter().map(|family| vec![family]).collect();
    let with_sibling: Vec<Vec<&Node>> = families.iter().map(|family| vec![&sibling, family]).collect();
    let mut played = 0;
    for (lists, present) in [(&alone, [].as_slice()), (&alone, &["B"]), (&with_sibling, &[])] {
        played += check(stories(&roots, lists, present));
    }
    assert_eq!(played, 36 * 360 * 3);
}

#[test]
fn failing_commits_hooks_and_look_ups_leave_everything_whole_or_absent() {
    let commits = [Commits::Fail, Commits::FirstFails, Commits::FirstIsUnknown];
    let mut faults: Vec<Faults> = commits.map(|commits| Faults { commits, ..Faults::default() }).to_vec();
    faults.push(Faults { hooks_fail: true, ..Faults::default() });
    faults.push(Faults { hooks_fail: true, commits: Commits::Fail, ..Faults::default() });
    faults.push(Faults { look_ups_fail: true, ..Faults::default() });
    let eager = Node::block(Some("B")).mode(Some(CommitMode::Eager));
    let mut children = tasks("B");
    children.push(eager.clone());
    children.push(eager.uncaught().with(vec![Node::task("C")]));
    children.push(Node::block(None).mode(Some(CommitMode::Off)).with(vec![Node::task("C")]));
    let (roots, pairs) = (roots(), pairs(&children));
    let stories = faults
        .iter()
        .flat_map(|faults| stories(&roots, &pairs, &["C"]).map(|story| Story { faults: *faults, ..story }));
    assert_eq!(check(stories), 6 * 36 * 8 * 8);
}
