//! What must come of a story, by plain recursion over values: no locks, no actions, nothing shared.
//!
//! A transaction hands the parts that it leaves to the caller as a value; whoever holds parts commits or undoes them.

use std::collections::BTreeMap;

use keepwell_core::ErrorKind;
use keepwell_core::transaction::{CommitMode, TransactionState};

use crate::transaction_story::{CommitOutcome, Kind, Node, Outcome, Story};

/// Everything that can be observed of a story.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Observed {
    /// Bodies, hits, commits, hooks and ends, in order.
    pub(crate) log: Vec<String>,
    /// What is visible in the end.
    pub(crate) visible: BTreeMap<String, String>,
    /// Where each transaction stands in the end.
    pub(crate) states: BTreeMap<String, TransactionState>,
}

/// What must come of `story`.
pub(crate) fn expected(story: &Story) -> Observed {
    let visible = story.present.iter().map(|key| ((*key).to_owned(), "old".to_owned())).collect();
    let mut model =
        Model { story, seen: Observed { visible, ..Observed::default() }, staged: Vec::new(), hooks: 0, commits: 0 };
    let ended = model.play(&story.root, "r", None);
    model.log(ended.words);
    assert!(ended.left.is_empty(), "the outermost transaction leaves nothing");
    model.seen
}

struct Model<'a> {
    story: &'a Story,
    seen: Observed,
    /// What is staged anywhere, in the order of staging: by whom, and its key and value.
    staged: Vec<(String, Record)>,
    hooks: usize,
    commits: usize,
}

/// A key and the value under it.
type Record = (String, String);

/// What one transaction has to be committed or undone: its record, if any, and its hooks.
struct Part {
    name: String,
    write: Option<Result<Record, ()>>,
    /// Its rollback hook's place among all.
    hook: usize,
    never: bool,
}

/// A transaction while its body runs.
#[derive(Default)]
struct Frame {
    mode: CommitMode,
    is_block: bool,
    is_hit: bool,
    is_alone: bool,
    left: Vec<Part>,
    own: Option<Part>,
    aborted_by: Option<String>,
}

#[derive(Default)]
struct Ended {
    /// What the log says of the end, once the transaction around it has been aborted if need be.
    words: String,
    left: Vec<Part>,
    /// What the transaction around it is aborted by.
    failed: Option<String>,
    raised: bool,
}

impl Ended {
    fn failed(words: String, name: &str) -> Self {
        Self { words, failed: Some(name.to_owned()), raised: true, ..Self::default() }
    }
}

impl Model<'_> {
    fn play(&mut self, node: &Node, path: &str, parent: Option<&Frame>) -> Ended {
        if let Some(child) = parent.and_then(|parent| parent.aborted_by.as_ref()) {
            let words = format!("{path} refused: the transaction was rolled back because `{child}` failed in it");
            return Ended { words, raised: true, ..Ended::default() };
        }
        let inherited = parent.map_or(CommitMode::Lazy, |parent| parent.mode);
        let is_alone = parent.is_none_or(|parent| parent.is_hit);
        match node.kind {
            Kind::Task => self.task(node, path, inherited, is_alone),
            Kind::Block { mode, stages } => self.block(node, path, mode.unwrap_or(inherited), is_alone, stages),
        }
    }

    fn task(&mut self, node: &Node, path: &str, mode: CommitMode, is_alone: bool) -> Ended {
        for attempt in 0.. {
            let name = Node::attempt_name(path, attempt);
            if let Some(value) = self.find(node) {
                self.log(format!("hit {path} {value}"));
                return Ended { words: format!("{path} Cached"), ..Ended::default() };
            }
            self.log(format!("body {name}"));
            let mut frame = Frame { mode, is_alone, ..Frame::default() };
            let failed = self.children(node, &name, &mut frame) || node.fails(attempt);
            if failed {
                self.undo(frame.left);
                self.seen.states.insert(name, TransactionState::RolledBack);
                if attempt < node.retries() {
                    continue;
                }
                return Ended::failed(format!("{path} Failed"), path);
            }
            frame.own = Some(self.part(&name));
            self.stage(&mut frame, node);
            let (left, error) = self.settle(frame);
            let problem = match error {
                _ if node.outcome == Outcome::ReturnsUnencodable => " Serialization",
                Some(_) => " Commit",
                None => "",
            };
            return Ended { words: format!("{path} Completed{problem}"), left, ..Ended::default() };
        }
        unreachable!("a last attempt returns or fails")
    }

    fn block(&mut self, node: &Node, path: &str, mode: CommitMode, is_alone: bool, stages: bool) -> Ended {
        let is_hit = self.find(node).is_some();
        self.log(format!("block {path}{}", if is_hit { " is a hit" } else { "" }));
        let mut frame = Frame { mode, is_alone, is_hit, is_block: true, ..Frame::default() };
        self.seen.states.insert(path.to_owned(), TransactionState::Committed);
        if !is_hit {
            frame.own = Some(self.part(path));
            if stages {
                self.stage(&mut frame, node);
            }
        }
        let raised = self.children(node, path, &mut frame) || node.fails(0);
        if let Some(child) = frame.aborted_by.clone().filter(|_| !raised) {
            return Ended::failed(format!("{path} ended: Aborted"), &child);
        }
        if raised {
            self.undo(frame.left.into_iter().chain(frame.own).collect());
            return Ended::failed(format!("{path} ended: failed"), path);
        }
        if !is_hit && !stages {
            self.stage(&mut frame, node);
        }
        let (left, error) = self.settle(frame);
        let words = format!("{path} ended: {}", error.map_or("well".to_owned(), |kind| format!("{kind:?}")));
        Ended { words, left, failed: None, raised: error.is_some() }
    }

    /// Runs the children in turn. Says whether a failure left the body.
    fn children(&mut self, node: &Node, name: &str, frame: &mut Frame) -> bool {
        for (index, child) in node.children.iter().enumerate() {
            let ended = self.play(child, &format!("{name}.{index}"), Some(frame));
            frame.left.extend(ended.left);
            if ended.failed.is_some() && frame.is_block && !frame.is_hit {
                self.undo(frame.left.drain(..).chain(frame.own.take()).collect());
                frame.aborted_by = ended.failed;
            }
            self.log(ended.words);
            if ended.raised && !child.caught {
                return true;
            }
        }
        false
    }

    fn part(&mut self, name: &str) -> Part {
        self.hooks += 1;
        Part { name: name.to_owned(), write: None, hook: self.hooks, never: false }
    }

    fn stage(&mut self, frame: &mut Frame, node: &Node) {
        let (Some(part), Some(key)) = (&mut frame.own, node.key) else { return };
        if node.outcome == Outcome::ReturnsUnencodable {
            part.write = Some(Err(()));
        } else {
            let value = match node.kind {
                Kind::Block { stages: false, .. } => "nothing",
                Kind::Block { stages: true, .. } | Kind::Task => &part.name,
            };
            let record = (key.to_owned(), value.to_owned());
            self.staged.push((part.name.clone(), record.clone()));
            part.write = Some(Ok(record));
        }
    }

    fn find(&self, node: &Node) -> Option<String> {
        let key = node.key?;
        let staged = self.staged.iter().rev().find(|(_, record)| record.0 == key).map(|(_, record)| &record.1);
        let visible = self.seen.visible.get(key).filter(|_| !self.story.faults.look_ups_fail);
        staged.or(visible).cloned()
    }

    fn settle(&mut self, frame: Frame) -> (Vec<Part>, Option<ErrorKind>) {
        let mut parts: Vec<Part> = frame.left.into_iter().chain(frame.own).collect();
        match (frame.mode, frame.is_alone) {
            (CommitMode::Eager, _) | (CommitMode::Lazy, true) => (Vec::new(), self.commit(parts)),
            (CommitMode::Off, true) => {
                self.undo(parts);
                (Vec::new(), None)
            }
            (CommitMode::Lazy, false) => (parts, None),
            (CommitMode::Off, false) => {
                parts.iter_mut().for_each(|part| part.never = true);
                (parts, None)
            }
        }
    }

    fn commit(&mut self, parts: Vec<Part>) -> Option<ErrorKind> {
        if parts.iter().any(|part| !part.never && part.write == Some(Err(()))) {
            self.undo(parts);
            return Some(ErrorKind::Serialization);
        }
        let writes = writes(&parts);
        let outcome = if writes.is_empty() { CommitOutcome::Works } else { self.write(&writes) };
        if outcome == CommitOutcome::Fails {
            self.undo(parts);
            return Some(ErrorKind::Storage);
        }
        let (never, kept): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.never);
        self.staged.retain(|(by, _)| kept.iter().all(|part| part.name != *by));
        let works = outcome == CommitOutcome::Works;
        for part in kept {
            let state = if works { TransactionState::Committed } else { TransactionState::Unknown };
            self.seen.states.insert(part.name.clone(), state);
            if works {
                self.log(format!("committed {}", part.name));
            }
        }
        self.undo(never);
        (!works).then_some(ErrorKind::CommitUnknown)
    }

    fn write(&mut self, writes: &[Record]) -> CommitOutcome {
        let outcome = self.story.faults.commits.outcome(self.commits);
        self.commits += 1;
        self.log(format!("commit {writes:?}"));
        if outcome == CommitOutcome::Works {
            self.seen.visible.extend(writes.iter().cloned());
        }
        outcome
    }

    fn undo(&mut self, mut parts: Vec<Part>) {
        self.staged.retain(|(by, _)| parts.iter().all(|part| part.name != *by));
        parts.sort_by_key(|part| std::cmp::Reverse(part.hook));
        for part in parts {
            self.log(format!("undone {}", part.name));
            self.seen.states.insert(part.name, TransactionState::RolledBack);
        }
    }

    fn log(&mut self, line: String) {
        self.seen.log.push(line);
    }
}

/// Each record to write; of several under one key, the last.
fn writes(parts: &[Part]) -> Vec<Record> {
    let mut writes: Vec<Record> = Vec::new();
    for part in parts.iter().filter(|part| !part.never) {
        if let Some(Ok(record)) = &part.write {
            writes.retain(|(key, _)| *key != record.0);
            writes.push(record.clone());
        }
    }
    writes
}
