//! Leases: renewed by the process's one thread, lost in time, and told to whoever listens.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use event_listener::Listener;
use keepwell_core::clock::{self, Clock};
use keepwell_core::lock::lease::{Lease, LeaseState, LeaseTerms, Renew, Renewal};
use keepwell_core::{Error, ErrorKind, fork};
use keepwell_testing::ManualClock;
use parking_lot::Mutex;

const SECOND: Duration = Duration::from_secs(1);

/// Answers as it is told.
struct Answers {
    asked: AtomicUsize,
    answer: Mutex<fn() -> Result<Renewal, Error>>,
}

impl Renew for Answers {
    fn renew(&self) -> Result<Renewal, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        (*self.answer.lock())()
    }
}

fn kept() -> Result<Renewal, Error> {
    Ok(Renewal::Kept)
}

fn no_answer() -> Result<Renewal, Error> {
    Err(Error::new(ErrorKind::Storage, "no answer"))
}

fn answers(answer: fn() -> Result<Renewal, Error>) -> Arc<Answers> {
    Arc::new(Answers { asked: AtomicUsize::new(0), answer: Mutex::new(answer) })
}

fn manual(answer: fn() -> Result<Renewal, Error>) -> (Arc<ManualClock>, Arc<Answers>, Arc<Lease>) {
    let (clock, answers) = (Arc::new(ManualClock::default()), answers(answer));
    let terms = LeaseTerms::of(3 * SECOND).unwrap();
    let shared: (Arc<dyn Clock>, Arc<dyn Renew>) = (clock.clone(), answers.clone());
    let lease = Lease::unattended(terms, Duration::ZERO, shared.0, shared.1);
    (clock, answers, lease)
}

fn attended(answer: fn() -> Result<Renewal, Error>) -> (Arc<Answers>, Arc<Lease>) {
    let (clock, answers) = (clock::of_process(), answers(answer));
    let terms = LeaseTerms::new(SECOND, SECOND / 10).unwrap();
    let lease = Lease::begin(terms, clock.monotonic(), Arc::clone(clock), answers.clone());
    (answers, lease)
}

#[test]
fn a_lease_is_in_danger_before_it_is_lost_and_nothing_holds_it_again() {
    let (clock, _, lease) = manual(kept);
    let listener = lease.lost();
    let mut states = vec![lease.state()];
    for milliseconds in [2_000, 1, 948] {
        clock.advance(Duration::from_millis(milliseconds));
        states.push(lease.state());
    }
    assert_eq!(states, [LeaseState::Held, LeaseState::Held, LeaseState::Danger, LeaseState::Danger]);
    let listener = {
        assert!(listener.wait_timeout(Duration::ZERO).is_none());
        lease.lost()
    };
    clock.advance(Duration::from_millis(1));
    assert_eq!((lease.state(), lease.beat()), (LeaseState::Lost, LeaseState::Lost));
    assert!(listener.wait_timeout(Duration::ZERO).is_some());
    assert!(lease.lost().wait_timeout(Duration::ZERO).is_some(), "whoever asks later is told, too");
}

#[test]
fn renewals_keep_a_lease_and_an_unanswered_one_is_named() {
    let (clock, answers, lease) = manual(kept);
    for _ in 0..10 {
        clock.advance(SECOND);
        assert_eq!(lease.beat(), LeaseState::Held);
    }
    assert_eq!(lease.valid_until(), Duration::from_millis(12_950));
    *answers.answer.lock() = no_answer;
    clock.advance(SECOND);
    assert_eq!((lease.beat(), lease.trouble().as_deref()), (LeaseState::Held, Some("no answer")));
    *answers.answer.lock() = || panic!("a renewal of somebody else's");
    assert_eq!(lease.beat(), LeaseState::Held);
    assert_eq!(lease.trouble().as_deref(), Some("the renewal of a lease panicked"));
    *answers.answer.lock() = || Ok(Renewal::Gone);
    assert_eq!(lease.beat(), LeaseState::Lost);
}

#[test]
fn a_lease_that_is_ended_is_lost_to_nobody() {
    let (clock, _, lease) = manual(kept);
    let listener = lease.lost();
    lease.end();
    clock.advance(3 * SECOND);
    assert_eq!(lease.state(), LeaseState::Lost);
    assert!(listener.wait_timeout(Duration::ZERO).is_none());
}

/// How many threads of this process renew leases.
fn heartbeat_threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|name| name.starts_with("keepwell-heart")).count()
}

#[test]
fn one_thread_renews_all_leases_until_each_is_ended_or_dropped() {
    let leases: Vec<_> = (0..20).map(|_| attended(kept)).collect();
    clock::of_process().sleep(2 * SECOND);
    assert_eq!(heartbeat_threads(), 1);
    for (answers, lease) in &leases {
        assert_eq!(lease.state(), LeaseState::Held);
        assert!((10..=25).contains(&answers.asked.load(Ordering::SeqCst)));
    }
    let mut leases = leases.into_iter();
    let (ended, lease) = leases.next().unwrap();
    lease.end();
    let dropped: Vec<_> = leases.map(|(answers, _)| answers).chain([ended]).collect();
    clock::of_process().sleep(SECOND / 5);
    let asked = || dropped.iter().map(|answers| answers.asked.load(Ordering::SeqCst)).collect::<Vec<_>>();
    let before = asked();
    clock::of_process().sleep(SECOND / 2);
    assert_eq!(asked(), before);
}

#[test]
fn a_lease_whose_renewals_hang_keeps_no_other_from_its_own() {
    let (_, hanging) = attended(|| {
        clock::of_process().sleep(SECOND / 4);
        no_answer()
    });
    let (_, lease) = attended(kept);
    assert!(hanging.lost().wait_timeout(3 * SECOND).is_some());
    assert_eq!(lease.state(), LeaseState::Held);
}

#[test]
fn whoever_listens_is_woken_when_a_lease_is_lost() {
    let (_, lease) = attended(no_answer);
    let began = clock::of_process().monotonic();
    assert!(lease.lost().wait_timeout(3 * SECOND).is_some());
    let took = clock::of_process().monotonic() - began;
    assert!(took > SECOND * 8 / 10 && took < SECOND * 6 / 5, "{took:?}");
}

#[test]
fn no_lease_is_renewed_while_the_process_forks_and_a_fork_waits_for_a_renewal() {
    static RENEWING: AtomicUsize = AtomicUsize::new(0);
    let (answers, lease) = attended(|| {
        RENEWING.store(1, Ordering::SeqCst);
        clock::of_process().sleep(SECOND / 5);
        RENEWING.store(0, Ordering::SeqCst);
        kept()
    });
    while RENEWING.load(Ordering::SeqCst) == 0 {
        clock::of_process().sleep(SECOND / 100);
    }
    fork::before();
    assert_eq!(RENEWING.load(Ordering::SeqCst), 0);
    let asked = answers.asked.load(Ordering::SeqCst);
    clock::of_process().sleep(SECOND / 4);
    assert_eq!(answers.asked.load(Ordering::SeqCst), asked);
    fork::after_in_parent();
    clock::of_process().sleep(SECOND / 2);
    assert!(answers.asked.load(Ordering::SeqCst) > asked);
    assert_eq!(lease.state(), LeaseState::Held);
}
