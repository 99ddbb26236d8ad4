//! A Redis server of a test's own, by a socket in a folder of its own; it is stopped with the test.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct Redis {
    process: Child,
    folder: tempfile::TempDir,
}

impl Redis {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "no"]).arg("--dir").arg(folder.path());
        command.arg("--unixsocket").arg(folder.path().join("socket")).stdout(Stdio::null());
        let process = command.spawn().expect("this test needs `redis-server`: run `apt-get install redis-server`");
        let redis = Self { process, folder };
        let start = Instant::now();
        while std::os::unix::net::UnixStream::connect(redis.socket()).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "the Redis server does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        redis
    }

    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // A panic on the way out would hide the one before it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
