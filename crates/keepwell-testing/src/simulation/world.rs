//! The world of one run: its time, its processes, and whose turn it is.
//!
//! Every simulated process is a thread, and only the one that has the baton runs. At a *boundary* (before each operation of
//! a storage or lock manager, and while time passes) the dice say whether the process dies there, is stopped for a while,
//! or hands the baton to another one. Whoever hands it over chooses the next one itself.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Thread;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use super::dice::Dice;
use super::faults::{Fault, Faults};
use super::trace::Trace;

/// More boundaries than any story needs: whoever gets here runs in circles.
const MOST_STEPS: u64 = 200_000;

/// What a thread unwinds with when its process dies.
pub(super) struct Crash;

/// The world of one run.
#[derive(Debug)]
pub(super) struct World {
    /// The seat that has the baton.
    running: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    dice: Dice,
    faults: Faults,
    trace: Trace,
    now: Duration,
    steps: u64,
    seats: Vec<Seat>,
    /// All processes that there have been, by number.
    processes: Vec<Process>,
    violations: Vec<String>,
    /// Whether the run is being broken off.
    is_over: bool,
}

/// A thread, on which one process after another lives.
#[derive(Debug)]
struct Seat {
    thread: Option<Thread>,
    process: usize,
    wakes: Duration,
    is_stopped: bool,
    has_ended: bool,
    /// How often it runs, compared with others.
    pace: usize,
}

#[derive(Debug)]
struct Process {
    /// Since when it has not run and will not of itself.
    silent_since: Option<Duration>,
    is_dead: bool,
}

/// How a process stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition {
    pub(super) is_dead: bool,
    /// For how long it has been dead or stopped.
    pub(super) silent_for: Option<Duration>,
}

impl World {
    pub(super) fn new(mut dice: Dice, late: bool, keeps_text: bool) -> Self {
        let faults = Faults::of(&mut dice, late);
        let state = State {
            dice,
            faults,
            trace: Trace::new(keeps_text),
            now: Duration::ZERO,
            steps: 0,
            seats: Vec::new(),
            processes: Vec::new(),
            violations: Vec::new(),
            is_over: false,
        };
        Self { running: AtomicUsize::new(usize::MAX), state: Mutex::new(state) }
    }

    /// Adds a seat, and says which.
    pub(super) fn add_seat(&self) -> usize {
        let mut state = self.state.lock();
        let process = state.processes.len();
        state.processes.push(Process { silent_since: None, is_dead: false });
        let seat = Seat { thread: None, process, wakes: Duration::ZERO, is_stopped: false, has_ended: false, pace: 1 };
        state.seats.push(seat);
        state.seats.len() - 1
    }

    /// Takes the seat for this thread. Returns when it has the baton for the first time.
    pub(super) fn sit_down(&self, seat: usize) {
        self.state.lock().seats[seat].thread = Some(std::thread::current());
        self.wait_for_baton(seat);
    }

    /// Whether all threads have sat down.
    pub(super) fn is_complete(&self) -> bool {
        self.state.lock().seats.iter().all(|seat| seat.thread.is_some())
    }

    /// Hands the baton to somebody for the first time.
    pub(super) fn begin(&self) {
        let mut state = self.state.lock();
        if let Some(next) = state.next() {
            self.give_to(next, state);
        }
    }

    /// The process on the seat has died or ended: another one lives there from now on, some time later.
    pub(super) fn replace_process(&self, restart: Duration) {
        let mut state = self.state.lock();
        let seat = self.seat();
        let process = state.processes.len();
        state.processes.push(Process { silent_since: None, is_dead: false });
        state.seats[seat].process = process;
        state.seats[seat].wakes = state.now + restart;
        self.hand_over(state);
    }

    /// The thread of the seat ends.
    pub(super) fn end(&self) {
        let mut state = self.state.lock();
        let seat = self.seat();
        state.seats[seat].has_ended = true;
        if let Some(next) = state.next() {
            self.give_to(next, state);
        }
    }

    /// From now on this thread alone runs, in a seat of its own, and nothing goes wrong any more.
    pub(super) fn settle_down(&self) {
        let seat = self.add_seat();
        self.running.store(seat, Ordering::Release);
        self.state.lock().faults = Faults::none();
    }

    fn seat(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// The process that runs.
    pub(super) fn process(&self) -> usize {
        self.state.lock().seats[self.seat()].process
    }

    /// Whether the process that runs is dead, and only unwinds.
    pub(super) fn is_dead(&self) -> bool {
        let state = self.state.lock();
        state.processes[state.seats[self.seat()].process].is_dead
    }

    pub(super) fn is_over(&self) -> bool {
        self.state.lock().is_over
    }

    pub(super) fn condition(&self, process: usize) -> Condition {
        let state = self.state.lock();
        let Process { silent_since, is_dead } = state.processes[process];
        Condition { is_dead, silent_for: silent_since.map(|since| state.now.saturating_sub(since)) }
    }

    pub(super) fn now(&self) -> Duration {
        self.state.lock().now
    }

    pub(super) fn throw<T>(&self, dice: impl FnOnce(&mut Dice) -> T) -> T {
        dice(&mut self.state.lock().dice)
    }

    pub(super) fn fault_of_reading(&self) -> Fault {
        let State { dice, faults, .. } = &mut *self.state.lock();
        faults.of_reading(dice)
    }

    pub(super) fn fault_of_writing(&self) -> Fault {
        let State { dice, faults, .. } = &mut *self.state.lock();
        faults.of_writing(dice)
    }

    pub(super) fn fault_of_lock(&self) -> bool {
        let State { dice, faults, .. } = &mut *self.state.lock();
        dice.once_in(faults.lock)
    }

    /// Adds a line to the trace, of what the running process does.
    pub(super) fn tell(&self, line: fmt::Arguments<'_>) {
        let mut state = self.state.lock();
        let (now, process) = (state.now.as_micros(), state.seats[self.seat()].process);
        state.trace.line(format_args!("{now:>12} p{process} {line}"));
    }

    /// Something is not as it must be: the run is broken off.
    pub(super) fn violate(&self, what: String) {
        self.tell(format_args!("VIOLATION {what}"));
        let mut state = self.state.lock();
        state.violations.push(what);
        state.is_over = true;
    }

    /// What the run came to: its trace, what was violated, and how many steps it took.
    pub(super) fn result(&self) -> (Trace, Vec<String>, u64) {
        let mut state = self.state.lock();
        let trace = std::mem::replace(&mut state.trace, Trace::new(false));
        (trace, std::mem::take(&mut state.violations), state.steps)
    }

    /// A point where the process may die, be stopped, or be overtaken by others.
    pub(super) fn boundary(&self) {
        let mut state = self.state.lock();
        let seat = self.seat();
        if state.processes[state.seats[seat].process].is_dead {
            return;
        }
        state.count_step();
        let State { dice, faults, .. } = &mut *state;
        if faults.crashes(dice) {
            state.kill(seat);
            drop(state);
            self.tell(format_args!("dies"));
            resume_unwind(Box::new(Crash));
        }
        if let Some(pause) = faults.pause(dice) {
            state.stop(seat, pause);
        }
        let latency = state.dice.time(Duration::from_micros(2), Duration::from_millis(5));
        state.now += latency;
        if state.seats[seat].is_stopped || state.switches() {
            self.hand_over(state);
        } else {
            drop(state);
        }
        self.unwind_if_over();
    }

    /// Lets time pass for the running process.
    pub(super) fn sleep(&self, duration: Duration) {
        let mut state = self.state.lock();
        let seat = self.seat();
        if state.processes[state.seats[seat].process].is_dead {
            return;
        }
        state.count_step();
        state.seats[seat].wakes = state.now + duration;
        self.hand_over(state);
        self.unwind_if_over();
        self.boundary();
    }

    fn unwind_if_over(&self) {
        let mut state = self.state.lock();
        let seat = self.seat();
        let process = state.seats[seat].process;
        if state.is_over && !state.processes[process].is_dead {
            state.processes[process].is_dead = true;
            drop(state);
            resume_unwind(Box::new(Crash));
        }
    }

    /// Returns when this thread has the baton again.
    fn hand_over(&self, mut state: MutexGuard<'_, State>) {
        let seat = self.seat();
        if let Some(next) = state.next().filter(|next| *next != seat) {
            self.give_to(next, state);
            self.wait_for_baton(seat);
        }
    }

    fn give_to(&self, next: usize, state: MutexGuard<'_, State>) {
        let thread = state.seats[next].thread.clone();
        drop(state);
        self.running.store(next, Ordering::Release);
        if let Some(thread) = thread {
            thread.unpark();
        }
    }

    fn wait_for_baton(&self, seat: usize) {
        while self.running.load(Ordering::Acquire) != seat {
            std::thread::park();
        }
    }
}

impl State {
    /// Who runs next; moves the time on if nobody can run before. `None` if nobody is left.
    fn next(&mut self) -> Option<usize> {
        let waiting = |seat: &&Seat| !seat.has_ended;
        let earliest = self.seats.iter().filter(waiting).map(|seat| seat.wakes).min()?;
        self.now = self.now.max(earliest);
        let next = self.draw_ready()?;
        if std::mem::take(&mut self.seats[next].is_stopped) {
            let process = self.seats[next].process;
            self.processes[process].silent_since = None;
            self.trace.line(format_args!("{:>12} p{process} goes on", self.now.as_micros()));
        }
        Some(next)
    }

    /// One of those that may run, the faster ones more often. Who is fast changes now and then, so that one may be left behind
    /// in the middle of something while another gets far.
    fn draw_ready(&mut self) -> Option<usize> {
        if self.dice.once_in(self.faults.repace) {
            for seat in &mut self.seats {
                seat.pace = *self.dice.pick(&[1, 1, 10, 100]);
            }
        }
        let is_ready = |seat: &&Seat| !seat.has_ended && seat.wakes <= self.now;
        let all: usize = self.seats.iter().filter(is_ready).map(|seat| seat.pace).sum();
        let mut left = self.dice.below(all);
        self.seats.iter().position(|seat| {
            let takes = is_ready(&seat) && left < seat.pace;
            left = left.saturating_sub(if is_ready(&seat) { seat.pace } else { 0 });
            takes
        })
    }

    fn switches(&mut self) -> bool {
        let one_in = self.faults.switch;
        self.dice.once_in(one_in)
    }

    fn kill(&mut self, seat: usize) {
        let process = self.seats[seat].process;
        self.processes[process] = Process { silent_since: Some(self.now), is_dead: true };
    }

    fn stop(&mut self, seat: usize, pause: Duration) {
        let process = self.seats[seat].process;
        self.processes[process].silent_since = Some(self.now);
        self.seats[seat].is_stopped = true;
        self.seats[seat].wakes = self.now + pause;
        self.trace.line(format_args!("{:>12} p{process} is stopped for {pause:?}", self.now.as_micros()));
    }

    fn count_step(&mut self) {
        self.steps += 1;
        if self.steps == MOST_STEPS {
            self.violations.push("the story does not come to an end".to_owned());
            self.is_over = true;
        }
    }
}
