"""Locks in a Redis server: one body at a time for a key, on whichever machine it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keepwell.locking._asynchronous import RemoteLocks

if TYPE_CHECKING:
    from keepwell.redis.database import RedisDatabase

__all__ = ["RedisDatabase", "RedisLockManager"]


class RedisLockManager(RemoteLocks):
    """Grants locks to processes wherever they run, by one Redis server that all of them reach.

    A lock is granted for the time of a lease (`KEEPWELL_LOCKS_LEASE_SECONDS`) and renewed while it is held, so a holder
    that dies frees it when the lease has run out. While the server cannot be reached nobody is granted a lock; a wait
    ends at its deadline with `LockTimeoutError`, which says why. A wrong password is a `StorageError` at once.

    Nothing is opened before the first lock is asked for. It may be pickled and copied, with its password and without
    its locks.
    """

    def __new__(
        cls,
        host: str = "localhost",
        port: int = 6379,
        db: int = 0,
        username: str | None = None,
        password: str | None = None,
        ssl: bool = False,
        *,
        url: str | None = None,
        database: RedisDatabase | None = None,
    ) -> RedisLockManager:
        """The locks in the server at a host and port, at a URL, or that a `RedisDatabase` names.

        A URL is `redis://user:password@host:port/db`, `rediss://…` for TLS, or `unix:///path/to/socket?db=0`.
        Raises `SettingsError` if it is none of these.
        """
        if database is not None:
            return cls(**database.as_connection_params(), url=url)
        parameters = (url, host, port, db, username, password, ssl)
        manager: RedisLockManager = super().__new__(cls, None, parameters)
        manager._parameters = parameters
        return manager

    _parameters: tuple[str | None, str, int, int, str | None, str | None, bool]

    def __init__(self, *_args: Any, **_options: Any) -> None:
        """`__new__` has done it all."""

    @classmethod
    def from_database(cls, database: RedisDatabase) -> RedisLockManager:
        """The locks in the server that a `RedisDatabase` names."""
        return cls(database=database)

    def __reduce__(self) -> tuple[Any, ...]:
        url, *rest = self._parameters
        return _made_anew, (type(self), url, *rest)


def _made_anew(kind: type[RedisLockManager], url: str | None, *parameters: Any) -> RedisLockManager:
    return kind(*parameters, url=url)


def __getattr__(name: str) -> Any:
    # A block is a pydantic model, and lock managers do not need one.
    if name != "RedisDatabase":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from keepwell.redis.database import RedisDatabase

    return RedisDatabase
