//! A hop between processes and a server, which can lose everything that passes from one moment on, and say nothing.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::failure::Checked;

/// A hop to the server at a port.
pub(super) struct Proxy {
    port: u16,
    passing: Arc<Passing>,
}

#[derive(Default)]
struct Passing {
    /// A connection lives in the hole for ever that was open when this grew, or is opened while it is odd.
    holes: AtomicU64,
    is_closed: AtomicBool,
}

impl Proxy {
    /// One that lets everything pass.
    pub(super) fn to(server: u16) -> Checked<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let passing = Arc::new(Passing::default());
        let at_listener = Arc::clone(&passing);
        thread::spawn(move || {
            for inward in listener.incoming().map_while(Result::ok) {
                if at_listener.is_closed.load(Ordering::Relaxed) {
                    return;
                }
                connect(&at_listener, inward, server);
            }
        });
        Ok(Self { port, passing })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// From now on nothing passes: what is sent is taken and answered by nobody, on old connections and new ones.
    pub(super) fn swallow(&self) {
        self.passing.holes.fetch_add(1, Ordering::SeqCst);
    }

    /// New connections pass again. Those that were in the hole stay there, as behind a router that has forgotten them.
    pub(super) fn let_pass(&self) {
        self.passing.holes.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.passing.is_closed.store(true, Ordering::Relaxed);
        // So that the listener looks.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn connect(passing: &Arc<Passing>, inward: TcpStream, server: u16) {
    let born = passing.holes.load(Ordering::SeqCst);
    let outward = TcpStream::connect((Ipv4Addr::LOCALHOST, server));
    let Ok(outward) = outward else { return };
    let both = (inward.try_clone(), outward.try_clone());
    let (Ok(back_in), Ok(back_out)) = both else { return };
    for (from, to) in [(inward, outward), (back_out, back_in)] {
        let passing = Arc::clone(passing);
        thread::spawn(move || pump(&passing, born, from, to));
    }
}

/// Lets bytes pass until one side closes.
fn pump(passing: &Passing, born: u64, mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 4096];
    let (_, _) = (from.set_nodelay(true), to.set_nodelay(true));
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        let is_in_hole = born % 2 == 1 || passing.holes.load(Ordering::SeqCst) != born;
        if !is_in_hole && to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let is_in_hole = born % 2 == 1 || passing.holes.load(Ordering::SeqCst) != born;
    // Whoever is in the hole does not hear that the other side has gone.
    if !is_in_hole {
        let _ = to.shutdown(Shutdown::Both);
    }
    let _ = from.shutdown(Shutdown::Both);
}
