//! A Redis server of a test's own, on a free port and with a folder of its own; it is stopped with the test.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) struct RedisServer {
    _folder: TempDir,
    port: u16,
    process: Child,
}

impl RedisServer {
    pub(crate) fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut command = Command::new("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""])
            .arg("--dir")
            .arg(folder.path());
        let process = command.args(options).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.expect("these tests need `redis-server`: run `apt-get install redis-server`");
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "the Redis server does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { _folder: folder, port, process }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // A panic on the way out would hide the one before it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
