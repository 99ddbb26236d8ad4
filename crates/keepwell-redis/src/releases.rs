//! Being told when locks are given back: one thread with one connection, for as long as somebody waits.
//!
//! ```text
//! a waiter            watches the lock's channel, tries again, and sleeps until it is woken
//! this thread         subscribes and wakes the waiter once, so that no release is missed in between;
//!                     then wakes it when the channel speaks, and once a second in case a message got lost
//! ```
//!
//! The thread sleeps in a read. To have it subscribe to one more channel, the process speaks on a channel of its own.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use event_listener::{Event, EventListener};
use keepwell_core::clock;
use keepwell_core::id::WriteId;
use parking_lot::Mutex;
use redis::{Connection, PubSub, RedisResult};

use crate::connections::Connections;

/// How long a message may be lost without anybody looking.
const TICK: Duration = Duration::from_secs(1);
/// How long to wait before trying for another connection.
const PAUSE: Duration = Duration::from_millis(100);
/// For how many ticks nobody waits before the channel, or the thread, is given up.
const IDLE_TICKS: u32 = 5;

/// What this process is told of releases.
pub(crate) struct Releases {
    connections: Arc<Connections>,
    /// The channel by which this process wakes its thread.
    own_channel: String,
    watching: Mutex<Watching>,
}

#[derive(Default)]
struct Watching {
    channels: HashMap<String, Watch>,
    has_thread: bool,
}

struct Watch {
    event: Arc<Event>,
    is_subscribed: bool,
    idle_ticks: u32,
}

impl Releases {
    pub(crate) fn new(connections: &Arc<Connections>) -> Self {
        let nonce = u128::from_le_bytes(WriteId::new().to_bytes());
        let own_channel = format!("{}waiting:{nonce:032x}", connections.options().key_prefix());
        Self { connections: Arc::clone(connections), own_channel, watching: Mutex::default() }
    }

    /// Listens to a channel that is subscribed to already, so that nothing said from now on is missed.
    pub(crate) fn listen(&self, channel: &str) -> Option<EventListener> {
        let watching = self.watching.lock();
        watching.channels.get(channel).filter(|watch| watch.is_subscribed).map(|watch| watch.event.listen())
    }

    /// Has the channel subscribed to. What it gives is notified when that is done, and whenever it is worth another look.
    pub(crate) fn subscribe(self: &Arc<Self>, channel: &str) -> EventListener {
        let mut watching = self.watching.lock();
        let watch = watching.channels.entry(channel.to_owned()).or_insert_with(Watch::new);
        let (listener, is_subscribed) = (watch.event.listen(), watch.is_subscribed);
        if is_subscribed {
            // It was not a moment ago, so a release may have been missed.
            watch.event.notify(usize::MAX);
            return listener;
        }
        if !watching.has_thread {
            let thread = thread::Builder::new().name("keepwell-redis".to_owned());
            let releases = Arc::clone(self);
            watching.has_thread = thread.spawn(move || releases.tell_on()).is_ok();
            return listener;
        }
        drop(watching);
        // Where it is not heard the thread finds the channel at its next tick.
        let speak = |connection: &mut Connection| redis::cmd("PUBLISH").arg(&self.own_channel).arg("").exec(connection);
        let _ = self.connections.ask(PAUSE, speak);
        listener
    }

    fn tell_on(&self) {
        loop {
            // Whatever went wrong, whoever waits looks for themselves and is told of it then.
            let _ = self.connections.open().map(|mut connection| self.tell_by(&mut connection));
            self.begin_anew();
            if self.is_left() {
                return;
            }
            clock::of_process().sleep(PAUSE);
        }
    }

    /// Tells of releases until nobody waits any more.
    fn tell_by(&self, connection: &mut Connection) -> RedisResult<()> {
        connection.set_read_timeout(Some(TICK))?;
        connection.set_write_timeout(Some(TICK))?;
        let mut subscription = connection.as_pubsub();
        subscription.subscribe(&self.own_channel)?;
        let (mut idle_ticks, mut last_tick) = (0, now());
        while idle_ticks < IDLE_TICKS {
            self.subscribe_to_new(&mut subscription)?;
            match subscription.get_message() {
                Ok(message) => self.notify(message.get_channel_name()),
                // Silence: either nobody gives anything back, or the connection is dead, which this finds out.
                Err(error) if error.is_timeout() => subscription.ping::<redis::Value>().map(drop)?,
                Err(error) => return Err(error),
            }
            if now().saturating_sub(last_tick) >= TICK {
                let is_idle = self.tick(&mut subscription)?;
                (idle_ticks, last_tick) = (if is_idle { idle_ticks + 1 } else { 0 }, now());
            }
        }
        Ok(())
    }

    fn subscribe_to_new(&self, subscription: &mut PubSub<'_>) -> RedisResult<()> {
        let new: Vec<String> = {
            let watching = self.watching.lock();
            let new = watching.channels.iter().filter(|(_, watch)| !watch.is_subscribed);
            new.map(|(channel, _)| channel.clone()).collect()
        };
        for channel in new {
            subscription.subscribe(&channel)?;
            if let Some(watch) = self.watching.lock().channels.get_mut(&channel) {
                watch.is_subscribed = true;
                watch.event.notify(usize::MAX);
            }
        }
        Ok(())
    }

    fn notify(&self, channel: &str) {
        if let Some(watch) = self.watching.lock().channels.get(channel) {
            watch.event.notify(usize::MAX);
        }
    }

    /// Wakes everybody for a look, and gives up the channels that nobody waits for. Says whether none is left.
    fn tick(&self, subscription: &mut PubSub<'_>) -> RedisResult<bool> {
        let mut watching = self.watching.lock();
        let given_up: Vec<String> =
            watching.channels.extract_if(|_, watch| watch.is_given_up()).map(|(channel, _)| channel).collect();
        for watch in watching.channels.values() {
            watch.event.notify(usize::MAX);
        }
        let is_idle = watching.channels.is_empty();
        drop(watching);
        given_up.iter().try_for_each(|channel| subscription.unsubscribe(channel))?;
        Ok(is_idle)
    }

    /// After the connection has gone: everybody looks for themselves, and is subscribed for anew.
    fn begin_anew(&self) {
        let mut watching = self.watching.lock();
        watching.channels.retain(|_, watch| !watch.is_given_up());
        for watch in watching.channels.values_mut() {
            watch.is_subscribed = false;
            watch.event.notify(usize::MAX);
        }
    }

    /// Whether the thread may end, because nobody waits.
    fn is_left(&self) -> bool {
        let mut watching = self.watching.lock();
        watching.has_thread = !watching.channels.is_empty();
        !watching.has_thread
    }
}

impl Watch {
    fn new() -> Self {
        Self { event: Arc::default(), is_subscribed: false, idle_ticks: 0 }
    }

    /// Whether nobody has listened for some ticks. Between two attempts a waiter does not listen for a moment.
    fn is_given_up(&mut self) -> bool {
        let is_idle = self.event.total_listeners() == 0;
        self.idle_ticks = if is_idle { self.idle_ticks + 1 } else { 0 };
        self.idle_ticks >= IDLE_TICKS
    }
}

impl fmt::Debug for Releases {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Releases").field("own_channel", &self.own_channel).finish_non_exhaustive()
    }
}

fn now() -> Duration {
    clock::of_process().monotonic()
}
