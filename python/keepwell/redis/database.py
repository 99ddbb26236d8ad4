"""Where a Redis database is and how to reach it, as a block that can be saved."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import Field, SecretStr
from typing_extensions import Self

from keepwell.blocks.core import Block

__all__ = ["RedisDatabase"]


class RedisDatabase(Block):
    """A database of a Redis server: `RedisLockManager(database=RedisDatabase(host="…"))`."""

    _block_type_name: ClassVar[str | None] = "Redis Database"
    _block_type_slug: ClassVar[str | None] = "redis-database"

    host: str = Field(default="localhost", description="The server.")
    port: int = Field(default=6379, description="The port of the server.")
    db: int = Field(default=0, description="The number of the database.")
    username: SecretStr | None = Field(default=None, description="The user to be.")
    password: SecretStr | None = Field(default=None, description="The password of the user, or of the server.")
    ssl: bool = Field(default=False, description="Whether to speak TLS.")

    @classmethod
    def from_connection_string(cls, connection_string: str | SecretStr) -> Self:
        """The database at `redis://user:password@host:port/db`, or `rediss://…` for TLS.

        Raises `ValueError` if it is no such address. The message does not repeat it.
        """
        secret = connection_string
        address = urlsplit(secret.get_secret_value() if isinstance(secret, SecretStr) else secret)
        if address.scheme not in ("redis", "rediss") or not address.hostname:
            raise ValueError("a connection string is written redis://user:password@host:port/db, or rediss://…")
        db = address.path.strip("/") or parse_qs(address.query).get("db", ["0"])[0]
        if not db.isdigit():
            raise ValueError("a connection string ends with the number of a database")
        return cls(
            host=address.hostname,
            port=address.port or 6379,
            db=int(db),
            username=_secret(address.username),
            password=_secret(address.password),
            ssl=address.scheme == "rediss",
        )

    def as_connection_params(self) -> dict[str, Any]:
        """The fields as keyword arguments, with the secrets as they are."""
        return {
            "host": self.host,
            "port": self.port,
            "db": self.db,
            "username": self.username.get_secret_value() if self.username is not None else None,
            "password": self.password.get_secret_value() if self.password is not None else None,
            "ssl": self.ssl,
        }

    def get_client(self) -> Any:
        """A client of the package `redis`.

        Raises `RuntimeError` if that is not installed.
        """
        return self._library().Redis(**self.as_connection_params())

    def get_async_client(self) -> Any:
        """A client of the package `redis` for event loops.

        Raises `RuntimeError` if that is not installed.
        """
        from importlib import import_module

        self._library()
        return import_module("redis.asyncio").Redis(**self.as_connection_params())

    @staticmethod
    def _library() -> Any:
        from importlib import import_module

        try:
            return import_module("redis")
        except ImportError as error:
            raise RuntimeError("a client needs the package `redis`: run `pip install redis`.") from error


def _secret(text: str | None) -> SecretStr | None:
    return SecretStr(unquote(text)) if text else None
