//! Money is moved between accounts by processes that are killed; none of it may be lost or made, and no account goes back.
//!
//! A transfer claims two accounts, reads both and writes both in one transaction, under a lock on each or under none: the claims
//! alone must make it safe. The auditor, who is never killed, reads all accounts until nothing has changed between two
//! readings: at that moment they held what they should in sum.

mod accounts;

use std::path::Path;
use std::thread;
use std::time::Duration;

use self::accounts::{ACCOUNTS, Accounts, Books, Transfer};
use super::locks::RedisServer;
use super::{Order, Scenario, Verdict};
use crate::chance::Chance;
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::ground::{Ground, Medium};
use crate::watch;
use crate::worker::{self, Worker};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "bank",
    about: "transfers between 16 records by 6 processes that are killed, audited all the time (--case none, file-system or redis)",
    gate_rounds: 1000,
    run,
    work,
};

/// How the transfers are locked.
const LOCKS: &[&str] = &["none", "file-system", "redis"];
const TELLERS: usize = 6;
/// After so many rounds all tellers are killed at once, and the books are read in peace.
const CLOSING_TIME: u64 = 50;
/// How often the auditor begins anew because something changed while it was reading.
const READINGS: usize = 10;
/// How long the tellers work at the most before one is killed. A dead one's locks in Redis are held until its lease has run
/// out, and the others must get something done meanwhile.
const WORKING_TIME: Duration = Duration::from_millis(4);
const WORKING_TIME_WITH_LEASES: Duration = Duration::from_millis(40);

fn run(order: &Order) -> Checked<Verdict> {
    if let Err(why) = RedisServer::is_possible() {
        return Ok(Verdict::NotPossible(why));
    }
    let mut figures = Figures::default();
    for lock in LOCKS.iter().filter(|lock| order.asks_for(lock)) {
        let ground = Ground::new(Medium::Memory)?;
        let bank = Bank { order, lock, folder: ground.path() };
        let outcome = bank.run(&mut figures);
        ground.judge(outcome.map_err(|failure| {
            failure.within(format!("locks: {lock}")).with_replay(order.replay_case(&SCENARIO, lock))
        }))?;
    }
    Ok(Verdict::Passed(figures))
}

struct Bank<'a> {
    order: &'a Order,
    lock: &'static str,
    folder: &'a Path,
}

impl Bank<'_> {
    fn run(&self, figures: &mut Figures) -> Checked<()> {
        let has_leases = self.lock == "redis";
        let server = has_leases.then(|| RedisServer::start(&self.folder.join("redis"))).transpose()?;
        let locks = server.as_ref().map_or_else(|| self.folder.join("locks").display().to_string(), RedisServer::url);
        let longest = if has_leases { WORKING_TIME_WITH_LEASES } else { WORKING_TIME };
        let accounts = Accounts::at(&self.folder.join("store"));
        accounts.open()?;
        let mut chance = Chance::for_purpose(self.order.seed, 0);
        let mut books = Books::default();
        let mut tellers = Vec::new();
        for round in 0..self.order.rounds {
            watch::step(format!("bank, locks {}, round {round}", self.lock));
            while tellers.len() < TELLERS {
                tellers.push(self.teller(&locks, &mut chance)?);
            }
            thread::sleep(longest.mul_f64(chance.below(1000) as f64 / 1000.0));
            let victim = tellers.swap_remove(chance.index(TELLERS));
            count(&victim.kill()?, figures)?;
            for _ in 0..READINGS {
                if audit(&accounts, &mut books)? {
                    figures.add("audits", 1);
                    break;
                }
            }
            figures.add("rounds", 1);
            if round % CLOSING_TIME == CLOSING_TIME - 1 || round + 1 == self.order.rounds {
                tellers.drain(..).try_for_each(|teller: Worker| count(&teller.kill()?, figures))?;
                demand(audit(&accounts, &mut books)?, || "the books change although nobody works".to_owned())?;
            }
        }
        let (audits, rounds) = (figures.value("audits"), figures.value("rounds"));
        demand(audits * 20 > rounds, || format!("in {rounds} rounds there were {audits} audits: too much changes"))
    }

    fn teller(&self, locks: &str, chance: &mut Chance) -> Checked<Worker> {
        let mut teller = Worker::start(worker::command(SCENARIO.name, self.order.mistake.as_deref())?)?;
        teller.tell(&format!("{} {} {locks} {}", chance.next(), self.lock, self.folder.join("store").display()))?;
        Ok(teller)
    }
}

/// Reads the books twice; says whether nothing changed between, and the sum was right then.
fn audit(accounts: &Accounts, books: &mut Books) -> Checked<bool> {
    let first = accounts.read()?;
    books.take_in(&first)?;
    let second = accounts.read()?;
    books.take_in(&second)?;
    if first != second {
        return Ok(false);
    }
    let sum: i64 = first.iter().map(|account| account.balance).sum();
    let right = accounts::OPENING_BALANCE * i64::try_from(ACCOUNTS).expect("there are few");
    demand(sum == right, || format!("the sum is {sum} instead of {right}: {first:?}"))?;
    Ok(true)
}

fn count(said: &[String], figures: &mut Figures) -> Checked<()> {
    for line in said {
        match line.as_str() {
            "done" => figures.add("transfers", 1),
            "refused" => figures.add("refused", 1),
            "unknown" => figures.add("unknown", 1),
            other => return Err(Failure::new(format!("a teller failed: {other}"))),
        }
    }
    Ok(())
}

/// Transfers until it is killed.
fn work(_: &[String]) -> Checked<()> {
    let order = worker::hear()?;
    let [seed, lock, place, store] = order.splitn(4, ' ').collect::<Vec<_>>()[..] else {
        return Err(Failure::new("which seed, which locks, and where?"));
    };
    let mut chance = Chance::for_purpose(seed.parse().map_err(|_| Failure::new("the seed is no number"))?, 0);
    let accounts = Accounts::at(Path::new(store)).with_locks(lock, place)?;
    loop {
        let pair = chance.some_below(2, ACCOUNTS);
        let amount = i64::try_from(chance.below(100)).expect("it is small");
        worker::say(&accounts.transfer(&Transfer { from: pair[0], to: pair[1], amount }))?;
    }
}
