"""Hashes of texts, files and values that are the same in every process.

The hash of values is made from the encoding that cache keys are made from: values of another type or content have
another hash, and a value without a stable content has none.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

from keepwell import _core
from keepwell.exceptions import CacheKeyError, HashError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["file_hash", "hash_objects", "stable_hash"]

_md5 = partial(hashlib.md5, usedforsecurity=False)


def stable_hash(*args: str | bytes, hash_algo: Callable[..., Any] = _md5) -> str:
    """The hash of texts, in UTF-8, and bytes, one after the other, as hexadecimal digits.

    Where one argument ends and the next begins does not count.

    Args:
        *args: What to hash.
        hash_algo: One of `hashlib`, such as `hashlib.sha256`. MD5 if nothing is said.
    """
    algorithm = hash_algo()
    for argument in args:
        algorithm.update(argument.encode() if isinstance(argument, str) else argument)
    return str(algorithm.hexdigest())


def file_hash(path: str, hash_algo: Callable[..., Any] = _md5) -> str:
    """The hash of a file's content, as `stable_hash` of its bytes.

    Raises:
        OSError: If the file cannot be read.
    """
    return stable_hash(Path(path).read_bytes(), hash_algo=hash_algo)


def hash_objects(
    *args: Any, hash_algo: Callable[..., Any] | None = None, raise_on_failure: bool = False, **kwargs: Any
) -> str | None:
    """The hash of any values, as hexadecimal digits, or `None` where one of them has no stable content.

    Equal values have one hash in every process, values of another type or content another one. Nothing is changed or
    used up by being hashed.

    Args:
        *args: What to hash, in this order.
        hash_algo: One of `hashlib`. The digest that cache keys are made of, 64 digits, if nothing is said.
        raise_on_failure: Whether to raise rather than to return `None`.
        **kwargs: What to hash besides, by name, in any order.

    Raises:
        HashError: If a value has no stable content and `raise_on_failure` is set. The message names it.
    """
    try:
        if hash_algo is None:
            return _core.key_digest((args, kwargs), path="objects").hex()
        return stable_hash(_core.encode_key((args, kwargs), path="objects"), hash_algo=hash_algo)
    except CacheKeyError as error:
        if not raise_on_failure:
            return None
        raise HashError(f"Unable to create hash - objects could not be serialized.\n  {error}") from error
