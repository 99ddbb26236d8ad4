"""A Redis server of a test's own, on a free port and with a folder of its own; it is stopped with the test."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path


class RedisServer:
    """A server that runs until it is stopped."""

    def __init__(self, folder: Path, *options: str) -> None:
        """Starts it, with more options if they are given."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.socket = folder / "redis.socket"
        self._options = options
        self.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts it with nothing in it."""
        self.socket.unlink(missing_ok=True)
        fixed = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.socket.parent)]
        command = ["redis-server", "--port", str(self.port), "--unixsocket", str(self.socket), *fixed, *self._options]
        try:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        except FileNotFoundError:
            raise AssertionError("these tests need `redis-server`: run `apt-get install redis-server`") from None
        end = time.monotonic() + 20
        while not self._listens():
            assert time.monotonic() < end, "the Redis server does not start"
            time.sleep(0.005)

    def pause(self) -> None:
        """Has it stand still, with its connections open."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Ends the pause."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Kills it."""
        self.process.kill()
        self.process.wait()

    def ask(self, *words: str) -> str:
        """What it answers, as it stands on the wire."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.socket))
            connection.sendall(" ".join(words).encode() + b"\r\n")
            return connection.recv(65536).decode()

    def _listens(self) -> bool:
        try:
            return self.ask("PING").startswith(("+PONG", "-NOAUTH"))
        except OSError:
            return False
