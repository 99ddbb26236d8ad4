"""Every exception that keepwell raises. What to do about one is in its notes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from keepwell.states import State


class KeepwellException(Exception):
    """The base of all of keepwell's exceptions."""


class CacheKeyError(KeepwellException, ValueError):
    """A cache key cannot be computed or is not legal, or a cache policy contradicts itself or its task."""


class HashError(CacheKeyError):
    """A value has no stable hash."""


class SerializationError(KeepwellException):
    """A value cannot be turned into bytes, or bytes into a value."""


class CorruptRecordError(KeepwellException):
    """Stored bytes are not what was written."""


class UntrustedRecordError(KeepwellException):
    """A record is not signed by a key that this reader trusts."""


class MissingResult(KeepwellException, ValueError):
    """A result that should be there is not."""


class LockTimeoutError(KeepwellException, TimeoutError):
    """A lock was not granted before its deadline. The message names the holder."""


class LeaseLostError(KeepwellException, ValueError):
    """A lock was lost while its holder was still at work, or is released by somebody who has not got it."""


class StorageError(KeepwellException, OSError):
    """A storage could not be read or written."""


class StorageFullError(StorageError):
    """A storage has no space left."""


class StorageReadOnlyError(StorageError):
    """A storage may not be written to."""


class TransactionAborted(KeepwellException):
    """A transaction was rolled back: nothing of it is visible. The message names what failed in it."""


class CommitUnknownError(KeepwellException):
    """The outcome of a commit could not be learnt: its records are all visible, or none is."""


class ConfigurationError(KeepwellException):
    """The configuration asks for something that a storage or lock manager cannot do."""


class SettingsError(KeepwellException, ValueError):
    """A setting, profile or settings file is wrong."""


class ProfileSettingsValidationError(SettingsError):
    """Settings of a profile are not what they accept."""

    def __init__(self, errors: list[tuple[Any, Exception]]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{setting}: {error}" for setting, error in errors))


class MissingProfileError(KeepwellException, ValueError):
    """A profile that was asked for does not exist."""


class CrashedRun(KeepwellException):
    """The result of a run that was stopped from outside was asked for."""


class FailedRun(KeepwellException):
    """The result of a run that failed was asked for, and its own exception is not known."""


class CancelledRun(KeepwellException):
    """The result of a run that was cancelled was asked for."""


class PausedRun(KeepwellException):
    """The result of a run that is paused was asked for."""

    def __init__(self, *args: Any, state: State[Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state = state


class UnfinishedRun(KeepwellException):
    """The result of a run that has not come to its end was asked for."""


class UpstreamTaskError(KeepwellException):
    """A run that this one depends on did not complete."""


class TaskRunTimeoutError(TimeoutError):
    """A task ran longer than its `timeout_seconds`."""

    _keepwell_run = True


class FlowRunTimeoutError(TimeoutError):
    """A flow ran longer than its `timeout_seconds`."""

    _keepwell_run = True


class MissingContextError(KeepwellException, RuntimeError):
    """Something was asked for that there is only inside a flow or task run."""


class ReservedArgumentError(KeepwellException, TypeError):
    """A function has a parameter whose name keepwell needs for itself."""


class InvalidNameError(KeepwellException, ValueError):
    """A name has characters that it must not have."""


class ParameterTypeError(KeepwellException):
    """The arguments of a flow are not of the types that it declares."""

    @classmethod
    def from_validation_error(cls, error: Any) -> ParameterTypeError:
        """The exception that tells of a pydantic `ValidationError`: each wrong argument, and what is wrong with it."""
        wrong = [f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors()]
        return cls(f"Flow run received invalid parameters:\n - {chr(10).join(wrong).replace(chr(10), f'{chr(10)} - ')}")


class ParameterBindError(KeepwellException, TypeError):
    """Arguments do not fit the parameters of a function."""

    @classmethod
    def from_bind_failure(
        cls, function: Any, error: TypeError, args: Iterable[Any], kwargs: dict[str, Any]
    ) -> ParameterBindError:
        """The exception for a call of `function` with these arguments, which failed with `error`."""
        name = getattr(function, "__name__", type(function).__name__)
        return cls(
            f"Error binding parameters for function '{name}': {error}.\n"
            f"The function was called with arguments: {tuple(args)!r} and {kwargs!r}."
        )


class SignatureMismatchError(KeepwellException, TypeError):
    """Parameters that were passed on do not fit those of a function."""


class MappingLengthMismatch(KeepwellException):
    """The arguments to map over have different lengths."""


class MappingMissingIterable(KeepwellException):
    """There is no argument to map over."""


class ScriptError(KeepwellException):
    """A script that was to be loaded failed."""

    def __init__(self, user_exc: Exception, path: str) -> None:
        super().__init__(f"Script at {path!r} encountered an exception: {user_exc!r}")
        self.user_exc = user_exc


class KeepwellSignal(BaseException):
    """The base of signals: raised to end a run, not because anything is wrong."""


class Abort(KeepwellSignal):
    """Ends a run whose orchestration was given up."""


class Pause(KeepwellSignal):
    """Pauses a run."""

    def __init__(self, *args: Any, state: State[Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state = state


class TerminationSignal(KeepwellSignal):
    """The process was told to end by a signal."""

    def __init__(self, signal: int) -> None:
        super().__init__(f"signal {signal}")
        self.signal = signal
