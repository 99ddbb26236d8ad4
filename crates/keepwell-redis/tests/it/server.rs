//! A Redis server of a test's own, on a free port and with a folder of its own; it is stopped with the test.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::lease::LeaseTerms;
use keepwell_redis::{RedisLockManager, RedisOptions};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
/// What a busy machine may add to any wait.
pub(crate) const SLACK: Duration = Duration::from_millis(700);

pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    options: Vec<String>,
    process: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server that is told more on its command line.
    pub(crate) fn start_with(options: &[&str]) -> Self {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut server = Self { folder: tempfile::tempdir().unwrap(), port: free_port(), options, process: None };
        server.restart();
        server
    }

    /// Starts it with nothing in it.
    pub(crate) fn restart(&mut self) {
        self.kill();
        let folder = self.folder.path();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--save", "", "--appendonly", "no"]);
        command.arg("--dir").arg(folder).arg("--unixsocket").arg(folder.join("socket")).args(&self.options);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.expect("these tests need `redis-server`: run `apt-get install redis-server`");
        self.process = Some(process);
        self.until_it_listens();
    }

    fn until_it_listens(&self) {
        let start = Instant::now();
        while std::os::unix::net::UnixStream::connect(self.folder.path().join("socket")).is_err() {
            assert!(start.elapsed() < 20 * SECOND, "the Redis server does not start");
            std::thread::sleep(5 * MS);
        }
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
            // Its name stays, and whoever waits for the next server must not take it for that one's.
            std::fs::remove_file(self.folder.path().join("socket")).unwrap();
        }
    }

    /// Has it stand still, with its connections open.
    pub(crate) fn stop(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let process = i32::try_from(self.process.as_ref().unwrap().id()).unwrap();
        kill_process(Pid::from_raw(process).unwrap(), signal).unwrap();
    }

    pub(crate) fn options(&self) -> RedisOptions {
        RedisOptions::new("127.0.0.1", self.port)
    }

    pub(crate) fn options_by_socket(&self) -> RedisOptions {
        RedisOptions::unix(self.folder.path().join("socket"))
    }

    /// A lock manager with the shortest lease.
    pub(crate) fn manager(&self) -> RedisLockManager {
        RedisLockManager::new(self.options()).with_terms(shortest_terms())
    }

    /// One that shares nothing with the first but the server, as if it were another process's.
    pub(crate) fn stranger(&self) -> RedisLockManager {
        RedisLockManager::new(self.options().patience(1999 * MS)).with_terms(shortest_terms())
    }

    /// What the server answers.
    pub(crate) fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(("127.0.0.1", self.port)).unwrap();
        let mut connection = client.get_connection_with_timeout(5 * SECOND).unwrap();
        let (first, rest) = words.split_first().unwrap();
        redis::cmd(first).arg(rest).query(&mut connection).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // A panic on the way out would hide the one before it.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

pub(crate) fn shortest_terms() -> LeaseTerms {
    LeaseTerms::of(SECOND).unwrap()
}

pub(crate) fn key(text: &str) -> CacheKey {
    CacheKey::new(text).unwrap()
}

pub(crate) fn holder(name: &str) -> Holder {
    Holder::new(name)
}

/// How long it takes, and what it comes to.
pub(crate) fn timed<T>(act: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let outcome = act();
    (start.elapsed(), outcome)
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
