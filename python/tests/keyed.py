"""Values as arguments in keys."""

from __future__ import annotations

from typing import Any

import pytest

from keepwell import _core
from keepwell.exceptions import CacheKeyError


def key(value: Any) -> bytes:
    """The digest of a value as an argument `x`."""
    return _core.key_digest(value, path="parameters.x")


def refusal(value: Any) -> str:
    """Why a value cannot be an argument `x`."""
    with pytest.raises(CacheKeyError) as caught:
        key(value)
    return str(caught.value)
