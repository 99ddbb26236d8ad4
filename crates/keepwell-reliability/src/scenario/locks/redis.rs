//! A Redis server of a scenario's own: on a free port, with a folder of its own, stopped with its owner.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::failure::{Checked, demand};

const PATIENCE: Duration = Duration::from_secs(30);

/// A server that keeps nothing on disk.
pub(in crate::scenario) struct Server {
    folder: PathBuf,
    port: u16,
    process: Child,
    orders: Orders,
}

/// The connection for its owner's orders. It has been let in once and for all.
struct Orders(BufReader<UnixStream>);

impl Server {
    /// Whether there is such a program here.
    pub(in crate::scenario) fn is_possible() -> Result<(), String> {
        let asked = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        asked.map(drop).map_err(|error| format!("`redis-server`: {error}"))
    }

    /// Starts one in this folder, which it makes.
    pub(in crate::scenario) fn start(folder: &Path) -> Checked<Self> {
        std::fs::create_dir_all(folder)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let (process, orders) = launch(folder, port)?;
        Ok(Self { folder: folder.to_owned(), port, process, orders })
    }

    /// Kills it, and starts another that knows nothing in its place after a while.
    pub(super) fn replace(&mut self, after: Duration) -> Checked<()> {
        self.process.kill()?;
        self.process.wait()?;
        thread::sleep(after);
        (self.process, self.orders) = launch(&self.folder, self.port)?;
        Ok(())
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(in crate::scenario) fn url(&self) -> String {
        url(self.port)
    }

    /// Has it stand still, with its connections open.
    pub(super) fn stop(&self) -> Checked<()> {
        Ok(kill_process(Pid::from_child(&self.process), Signal::STOP)?)
    }

    pub(super) fn go_on(&self) -> Checked<()> {
        Ok(kill_process(Pid::from_child(&self.process), Signal::CONT)?)
    }

    /// Has the server do what it is told, in a line.
    pub(super) fn order(&mut self, line: &str) -> Checked<()> {
        self.orders.give(line)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The URL of the server at a port of this machine.
pub(super) fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}

fn launch(folder: &Path, port: u16) -> Checked<(Child, Orders)> {
    let socket = folder.join("socket");
    let _ = std::fs::remove_file(&socket);
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"]);
    command.arg("--dir").arg(folder).arg("--unixsocket").arg(&socket);
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let begun = Instant::now();
    loop {
        let greeted = Orders::at(&socket).and_then(|mut orders| orders.give("PING").map(|()| orders));
        match greeted {
            Ok(orders) => return Ok((process, orders)),
            Err(_) if begun.elapsed() < PATIENCE && process.try_wait()?.is_none() => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(failure) => {
                let _ = process.kill();
                process.wait()?;
                return Err(failure.within("a Redis server did not start"));
            }
        }
    }
}

impl Orders {
    fn at(socket: &Path) -> Checked<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    fn give(&mut self, line: &str) -> Checked<()> {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
        let mut answer = String::new();
        self.0.read_line(&mut answer)?;
        demand(answer.starts_with(['+', ':']), || format!("Redis answered `{}` to `{line}`", answer.trim_end()))
    }
}
