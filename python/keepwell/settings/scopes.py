"""Settings that hold for a block of code: in the context that runs it, and in those copied from that.

Another thread sees them where it runs in a copy of the context (`contextvars.copy_context().run(…)`), as tasks of an
event loop and submitted tasks do.
"""

from __future__ import annotations

from contextlib import contextmanager

from keepwell import _core
from keepwell.settings.profiles import Profile, load_current_profile, load_profile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keepwell._core import Setting, Settings
    from keepwell.settings.profiles import Values


class SettingsContext:
    """The settings of a context and the profile that they were loaded with."""

    __slots__ = ("profile", "settings")

    def __init__(self, profile: Profile, settings: Settings) -> None:
        self.profile: Profile = profile
        self.settings: Settings = settings

    @classmethod
    def get(cls) -> SettingsContext:
        """What holds now."""
        return get_settings_context()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SettingsContext) and (self.profile, self.settings) == (other.profile, other.settings)

    def __hash__(self) -> int:
        return hash((self.profile.name, self.settings))

    def __repr__(self) -> str:
        return f"SettingsContext(profile={self.profile!r}, settings={self.settings!r})"


def get_current_settings() -> Settings:
    """The settings that hold in this context.

    Those of the process are loaded again where its environment variables have changed since; files are not looked at
    again.

    Raises:
        SettingsError: a variable or a file holds what its setting does not accept.
    """
    settings: Settings = _core.current_settings()
    return settings


def get_settings_context() -> SettingsContext:
    """The settings that hold in this context and the profile in use."""
    scope = _core.settings_scope()
    profile = scope.profile if scope is not None else None
    return SettingsContext(profile or load_current_profile(), get_current_settings())


def root_settings_context() -> SettingsContext:
    """The settings of the process and its profile, whatever scope is active."""
    return SettingsContext(load_current_profile(), _core.settings_with({}))


@contextmanager
def temporary_settings(
    updates: Values | None = None,
    set_defaults: Values | None = None,
    restore_defaults: Iterable[Setting | str] | None = None,
) -> Iterator[Settings]:
    """Changes settings for a block of code.

    A setting is given as itself (`KEEPWELL_HOME`), by its accessor (`"results.persist_by_default"`) or by its name.

    Args:
        updates: values that win over every other source; `None` is the value `none`, or else the default.
        set_defaults: values for settings that no source sets.
        restore_defaults: settings to have their defaults again.

    Raises:
        SettingsError: there is no such setting, or it does not accept the value. Nothing is changed.
    """
    scope = _core.settings_scope()
    settings = get_current_settings().copy_with_update(updates, set_defaults, restore_defaults)
    with _entered(settings, scope.profile if scope is not None else None):
        yield settings


@contextmanager
def use_profile(
    profile: Profile | str,
    override_environment_variables: bool = False,
    include_current_context: bool = True,
) -> Iterator[SettingsContext]:
    """Uses the settings of a profile for a block of code.

    Args:
        profile: the profile, or its name.
        override_environment_variables: whether the profile wins over environment variables.
        include_current_context: whether settings of the surrounding scopes hold too, where the profile gives none.

    Raises:
        MissingProfileError: there is no profile of that name.
    """
    if isinstance(profile, str):
        profile = load_profile(profile)
    before = get_current_settings() if include_current_context else _core.settings_with({})
    updates = {
        setting: value
        for setting, value in profile.settings.items()
        if override_environment_variables or before.source(setting) != "env"
    }
    settings = before.copy_with_update(updates)
    with _entered(settings, profile):
        yield SettingsContext(profile, settings)


@contextmanager
def _entered(settings: Settings, profile: Profile | None) -> Iterator[None]:
    token = _core.SettingsScope(settings, profile).enter()
    try:
        yield
    finally:
        _core.leave_settings(token)
