//! The Redis server that grants the locks is stopped, killed, emptied, filled, closed to its users or cut off, while runs
//! contend for keys.
//!
//! Whatever happens to it, no record is committed twice, no wait lasts beyond its deadline, and the runs go on soon after.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use keepwell_core::ErrorKind;
use keepwell_core::id::Holder;

use super::hand::{Hand, now};
use super::manager::{Which, key};
use super::proxy::Proxy;
use super::redis::{self, Server};
use super::side_by_side;
use super::spread::Spread;
use super::writer::{LEASE, Writer, author};
use crate::chance::Chance;
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::ground::{Ground, Medium};
use crate::scenario::{Order, Scenario, Verdict};
use crate::{watch, worker};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "redis-chaos",
    about: "the server that grants locks is stopped, emptied, filled, closed or cut off while runs contend",
    gate_rounds: 150,
    run,
    work,
};

const LANES: u64 = 8;
const WORKERS: u64 = 3;
/// How long a run waits for its lock.
const DEADLINE: Duration = Duration::from_secs(3);
const OVERSLEEP: Duration = Duration::from_secs(1);
/// How soon after the server has been put right a lock is granted again, beside the lease.
const RECOVERY: Duration = Duration::from_secs(2);
/// How much later than promised a busy machine may be.
const TOLERANCE: Duration = Duration::from_millis(1500);
const END: Duration = Duration::from_secs(60);

/// What happens to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Stopped,
    Replaced,
    Emptied,
    Disconnected,
    Full,
    Closed,
    CutOff,
}

impl Fault {
    const ALL: [Self; 7] =
        [Self::Stopped, Self::Replaced, Self::Emptied, Self::Disconnected, Self::Full, Self::Closed, Self::CutOff];

    /// How long the longest recovery from it took, as a figure.
    fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Replaced => "killed and restarted empty",
            Self::Emptied => "flushed",
            Self::Disconnected => "clients killed",
            Self::Full => "out of memory",
            Self::Closed => "wrong password",
            Self::CutOff => "cut off",
        }
    }
}

fn run(order: &Order) -> Checked<Verdict> {
    if let Err(why) = Server::is_possible() {
        return Ok(Verdict::NotPossible(why));
    }
    let ground = Ground::new(Medium::Memory)?;
    let outcome = side_by_side::lanes(LANES, order.rounds, |rounds| {
        let mut lane = None;
        for round in rounds {
            watch::step(order.replay(&SCENARIO, order.rounds, order.seed));
            let lane = match &mut lane {
                Some(lane) => lane,
                none @ None => none.insert(Lane::new(order, round, ground.path())?),
            };
            lane.round(round).map_err(|failure| failure.within(format!("round {round}")))?;
        }
        Ok(lane.map(|lane| (lane.figures, lane.recovery)))
    });
    let (mut figures, mut recovery) = (Figures::default(), Spread::default());
    for (figures_of_lane, recovery_in_lane) in ground.judge(outcome)?.into_iter().flatten() {
        figures.take_in(&figures_of_lane);
        recovery.take_in(recovery_in_lane);
    }
    figures.most("recovery p50 in ms", recovery.percentile(50));
    figures.most("p99", recovery.percentile(99));
    Ok(Verdict::Passed(figures))
}

struct Lane {
    seed: u64,
    folder: PathBuf,
    server: Server,
    proxy: Proxy,
    hands: Vec<Hand>,
    figures: Figures,
    recovery: Spread,
}

impl Lane {
    fn new(order: &Order, number: u64, ground: &Path) -> Checked<Self> {
        let folder = ground.join(format!("lane-{number}"));
        let server = Server::start(&folder.join("redis"))?;
        let proxy = Proxy::to(server.port())?;
        let hands = (0..WORKERS).map(|who| {
            let mut command = worker::command(SCENARIO.name, order.mistake.as_deref())?;
            command.arg(redis::url(proxy.port())).arg(&folder).arg(who.to_string()).arg(order.seed.to_string());
            Hand::start(command)
        });
        let hands = hands.collect::<Checked<_>>()?;
        let (figures, recovery) = (Figures::default(), Spread::default());
        Ok(Self { seed: order.seed, folder, server, proxy, hands, figures, recovery })
    }

    fn round(&mut self, round: u64) -> Checked<()> {
        let mut chance = Chance::for_purpose(self.seed, round);
        self.hands.iter_mut().try_for_each(|hand| hand.tell(&round.to_string()))?;
        thread::sleep(Duration::from_millis(chance.below(500)));
        let fault = Fault::ALL[chance.index(Fault::ALL.len())];
        let mut said = vec![Vec::new(); self.hands.len()];
        self.inflict(fault, Duration::from_millis(chance.below(2000)))?;
        let recovered = self.recover(now(), &mut said).map_err(|failure| failure.within(fault.name()))?;
        self.figures.add("rounds", 1);
        self.figures.most(fault.name(), recovered.div_ceil(1_000_000));
        self.recovery.add(recovered);
        std::fs::write(self.folder.join(format!("end-{round}")), "")?;
        for (hand, said) in self.hands.iter().zip(&mut said) {
            loop {
                let line = hand.listen(END)?.ok_or_else(|| Failure::new("a run does not come to an end"))?;
                if line == "end" {
                    break;
                }
                said.push(line);
            }
        }
        self.judge(&said).map_err(|failure| failure.within(fault.name()))
    }

    /// Breaks the server for a time and puts it right.
    fn inflict(&mut self, fault: Fault, time: Duration) -> Checked<()> {
        match fault {
            Fault::Stopped => {
                self.server.stop()?;
                thread::sleep(time);
                self.server.go_on()
            }
            Fault::Replaced => self.server.replace(time),
            Fault::Emptied => self.server.order("FLUSHALL"),
            Fault::Disconnected => self.disconnect(),
            Fault::Full => {
                self.server.order("CONFIG SET maxmemory-policy noeviction")?;
                self.server.order("CONFIG SET maxmemory 1")?;
                thread::sleep(time);
                self.server.order("CONFIG SET maxmemory 0")
            }
            Fault::Closed => {
                self.server.order("CONFIG SET requirepass secret")?;
                self.disconnect()?;
                thread::sleep(time);
                self.server.order("CONFIG SET requirepass \"\"")
            }
            Fault::CutOff => {
                self.proxy.swallow();
                thread::sleep(time);
                self.proxy.let_pass();
                Ok(())
            }
        }
    }

    fn disconnect(&mut self) -> Checked<()> {
        self.server.order("CLIENT KILL TYPE normal")?;
        self.server.order("CLIENT KILL TYPE pubsub")
    }

    /// Waits until a lock has been granted that was granted after this time, and says how long after it.
    fn recover(&self, healed: u64, said: &mut [Vec<String>]) -> Checked<u64> {
        let limit = LEASE + RECOVERY + TOLERANCE;
        let begun = Instant::now();
        while begun.elapsed() < END {
            for (hand, said) in self.hands.iter().zip(&mut *said) {
                let Some(line) = hand.listen(Duration::from_millis(2))? else { continue };
                let granted = line.strip_prefix("granted ").and_then(|time| time.parse::<u64>().ok());
                said.push(line);
                if let Some(taken) = granted.and_then(|granted| granted.checked_sub(healed)) {
                    demand(u128::from(taken) <= limit.as_nanos(), || {
                        format!("the first lock was granted {} ms after the server was put right", taken / 1_000_000)
                    })?;
                    return Ok(taken);
                }
            }
        }
        Err(Failure::new("no lock is granted any more"))
    }

    /// Looks at what the runs said of a round, and at the records.
    fn judge(&mut self, said: &[Vec<String>]) -> Checked<()> {
        let mut committed: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (who, line) in said.iter().enumerate().flat_map(|(who, lines)| lines.iter().map(move |line| (who, line))) {
            match line.split_whitespace().collect::<Vec<_>>()[..] {
                ["granted", _] => self.figures.add("locks granted", 1),
                ["waited", milliseconds] => {
                    let milliseconds = milliseconds.parse().unwrap_or(u64::MAX);
                    self.figures.most("longest wait in ms", milliseconds);
                    let limit = (DEADLINE + OVERSLEEP).as_millis();
                    demand(u128::from(milliseconds) <= limit, || {
                        format!("a wait of {} ms lasted {milliseconds} ms", DEADLINE.as_millis())
                    })?;
                }
                ["refused", _] => self.figures.add("refused", 1),
                ["unknown", key] => return Err(Failure::new(format!("nobody knows about the record of {key}"))),
                ["committed", key] => committed.entry(key).or_default().push(who),
                _ => return Err(Failure::new(format!("a run said `{line}`"))),
            }
        }
        self.figures.add("committed", committed.len() as u64);
        for (name, runs) in committed {
            demand(runs.len() == 1, || format!("the record of {name} was committed by {}", runs.len()))?;
            let found = author(&self.folder.join("store"), &key(name))?;
            demand(found == Some(runs[0].to_string()), || {
                format!("the record of {name} is of {found:?}, not {runs:?}")
            })?;
        }
        Ok(())
    }
}

/// One of those who contend for a key after another.
struct Run {
    writer: Writer,
    folder: PathBuf,
    chance: Chance,
}

fn work(arguments: &[String]) -> Checked<()> {
    let [url, folder, who, seed] = arguments else { return Err(Failure::new("too few arguments")) };
    let [number, seed] = super::hand::numbers(&format!("{who} {seed}"))?;
    let folder = Path::new(folder);
    let manager = Which::Redis.open(url, LEASE)?;
    let writer = Writer::new(manager, &folder.join("store"), Holder::new(who.as_str()));
    let mut run = Run { writer, folder: folder.to_owned(), chance: Chance::for_purpose(seed, number) };
    loop {
        run.round(&worker::hear()?)?;
        worker::say("end")?;
    }
}

impl Run {
    fn round(&mut self, round: &str) -> Checked<()> {
        let end = self.folder.join(format!("end-{round}"));
        let mut turn = 0;
        while !end.exists() {
            let name = format!("{round}-{turn}");
            if self.writer.finds(&key(&name))? {
                turn += 1;
            } else {
                self.turn(&name)?;
            }
        }
        Ok(())
    }

    /// Takes the lock of the key, and makes its record.
    fn turn(&mut self, name: &str) -> Checked<()> {
        let (key, begun) = (key(name), Instant::now());
        let granted = self.writer.manager.acquire_lock(&key, &self.writer.holder, Some(DEADLINE), None);
        worker::say(&format!("waited {}", begun.elapsed().as_millis()))?;
        match granted {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) if matches!(error.kind(), ErrorKind::LockTimeout | ErrorKind::Storage) => {
                // A server that refuses at once is not to be asked all the time.
                thread::sleep(Duration::from_millis(20));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        worker::say(&format!("granted {}", now()))?;
        if let Some(claims) = self.writer.claim(std::slice::from_ref(&key))? {
            thread::sleep(Duration::from_millis(self.chance.below(200)));
            let outcome = self.writer.commit(claims)?;
            worker::say(&format!("{} {name}", outcome.word()))?;
        }
        // It may be another's by now, and the server away.
        let _ = self.writer.manager.release_lock(&key, &self.writer.holder);
        Ok(())
    }
}
