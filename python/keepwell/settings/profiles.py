"""Profiles: named sets of settings in `profiles.toml`.

The engine reads and writes the file; these classes hold what is in it.
"""

from __future__ import annotations

from keepwell import _core
from keepwell.exceptions import MissingProfileError, ProfileSettingsValidationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Any, ClassVar, TypeAlias

    from keepwell._core import Setting

    # By settings, by their names or accessors, or by either.
    Values: TypeAlias = Mapping[Setting, Any] | Mapping[str, Any] | Mapping[Setting | str, Any]


class Profile:
    """A named set of settings.

    Attributes:
        name: its name.
        settings: a value for each setting that it sets.
        source: the file it was read from, or `None`.
    """

    __slots__ = ("name", "settings", "source")

    def __init__(self, name: str, settings: Values | None = None, source: Path | None = None) -> None:
        self.name: str = name
        self.settings: dict[Setting, Any] = {_setting(key): value for key, value in (settings or {}).items()}
        self.source: Path | None = source

    def to_environment_variables(self) -> dict[str, str]:
        """The variable and the text of each setting."""
        return {setting.name: _core.setting_text(setting, value) for setting, value in self.settings.items()}

    def validate_settings(self) -> None:
        """Checks that every setting accepts its value.

        Raises:
            ProfileSettingsValidationError: `errors` has a pair of setting and reason for each that does not.
        """
        refusals = ((setting, _refusal(setting, value)) for setting, value in self.settings.items())
        errors = [(setting, error) for setting, error in refusals if error is not None]
        if errors:
            raise ProfileSettingsValidationError(errors)

    def copy(self) -> Profile:
        """A profile of its own with the same content."""
        return Profile(self.name, self.settings, self.source)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Profile):
            return NotImplemented
        return self.name == other.name and self.to_environment_variables() == other.to_environment_variables()

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(f"{setting.name}={_shown(setting, value)}" for setting, value in self.settings.items())
        return f"Profile(name={self.name!r}, settings={{{shown}}})"


class ProfilesCollection:
    """Profiles by name, one of which may be the active one."""

    def __init__(self, profiles: Iterable[Profile], active: str | None = None) -> None:
        self.profiles_by_name: dict[str, Profile] = {profile.name: profile for profile in profiles}
        self.active_name = active

    @property
    def names(self) -> set[str]:
        """The names of all profiles."""
        return set(self.profiles_by_name)

    @property
    def active_profile(self) -> Profile | None:
        """The active profile, or `None` where none is active."""
        return None if self.active_name is None else self[self.active_name]

    def set_active(self, name: str | None, check: bool = True) -> None:
        """Makes the profile of this name the active one; `check` requires that it exists.

        Raises:
            ValueError: there is no such profile.
        """
        if check and name is not None and name not in self.profiles_by_name:
            raise ValueError(f"Unknown profile name {name!r}.")
        self.active_name = name

    def add_profile(self, profile: Profile) -> None:
        """Adds a profile.

        Raises:
            ValueError: there is one of that name.
        """
        if profile.name in self.profiles_by_name:
            raise ValueError(f"Profile name {profile.name!r} already exists in collection.")
        self.profiles_by_name[profile.name] = profile

    def update_profile(self, name: str, settings: Values, source: Path | None = None) -> Profile:
        """Adds settings to the profile of this name, or adds that profile; a value of `None` takes a setting away."""
        existing = self.profiles_by_name.get(name)
        merged: dict[Setting, Any] = dict(existing.settings) if existing is not None else {}
        merged.update({_setting(key): value for key, value in settings.items()})
        kept = {setting: value for setting, value in merged.items() if value is not None}
        new = Profile(name, kept, source or (existing.source if existing is not None else None))
        self.profiles_by_name[name] = new
        return new

    def remove_profile(self, name: str) -> None:
        """Removes the profile of this name.

        Raises:
            KeyError: there is no such profile.
        """
        del self.profiles_by_name[name]

    def without_profile_source(self, path: Path | None) -> ProfilesCollection:
        """The profiles that were not read from `path`."""
        kept = [profile for profile in self.profiles_by_name.values() if profile.source != path]
        return ProfilesCollection(kept, self.active_name)

    def to_dict(self) -> dict[str, Any]:
        """What the file holds: the active profile's name and the variables of each profile."""
        profiles = {name: profile.to_environment_variables() for name, profile in self.profiles_by_name.items()}
        return {"active": self.active_name, "profiles": profiles}

    def items(self) -> ItemsView[str, Profile]:
        """Names and profiles."""
        return self.profiles_by_name.items()

    def __getitem__(self, name: str) -> Profile:
        return self.profiles_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.profiles_by_name)

    def __len__(self) -> int:
        return len(self.profiles_by_name)

    def __contains__(self, name: object) -> bool:
        return name in self.profiles_by_name

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ProfilesCollection):
            return NotImplemented
        return self.active_name == other.active_name and self.profiles_by_name == other.profiles_by_name

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"ProfilesCollection(profiles={list(self.profiles_by_name.values())!r}, active={self.active_name!r})"


def load_profiles(include_defaults: bool = True) -> ProfilesCollection:
    """Reads all profiles of the user.

    Args:
        include_defaults: whether the profile `default`, which always exists, is there even where the file has none.

    Raises:
        SettingsError: the file cannot be read or is not made of profiles.
    """
    path, active, profiles = _core.read_profiles()
    found = [
        Profile(name, {key: text for key, text in variables.items() if _core.find_setting(key) is not None}, path)
        for name, variables in profiles.items()
        if include_defaults or name != "default" or variables
    ]
    return ProfilesCollection(found, active)


def load_profile(name: str) -> Profile:
    """Reads the profile of this name.

    Raises:
        MissingProfileError: there is no such profile.
    """
    profiles = load_profiles()
    if name not in profiles:
        raise MissingProfileError(f"Profile {name!r} not found.")
    return profiles[name]


def load_current_profile() -> Profile:
    """Reads the active profile; where it does not exist, the profile `default`."""
    profiles = load_profiles()
    active = profiles.active_name
    return profiles[active if active is not None and active in profiles else "default"]


def save_profiles(profiles: ProfilesCollection) -> None:
    """Makes the file hold these profiles and no others, and keeps its comments.

    Raises:
        SettingsError: a profile holds what its setting does not accept, or the file cannot be written. It is then as it
            was.
    """
    content = profiles.to_dict()
    _core.write_profiles(content["profiles"], content["active"])


def update_current_profile(settings: Values) -> Profile:
    """Changes settings of the active profile and saves it; a value of `None` takes a setting away.

    Returns:
        The profile as it is now.

    Raises:
        ProfileSettingsValidationError: a setting does not accept its value. Nothing is saved.
    """
    current = load_current_profile()
    profiles = load_profiles()
    new = profiles.update_profile(current.name, settings)
    new.validate_settings()
    save_profiles(profiles)
    return new


def _setting(key: Setting | str) -> Setting:
    """The setting that is meant; a name that is none is an error that says which one may be meant."""
    if not isinstance(key, str):
        return key
    setting: Setting | None = _core.find_setting(key)
    return setting if setting is not None else _unknown(key)


def _unknown(name: str) -> Setting:
    _core.setting_text(name, "")
    raise AssertionError(f"{name} is unknown to one function of the engine and known to another")


def _refusal(setting: Setting, value: Any) -> Exception | None:
    """Why the setting does not accept the value."""
    try:
        _core.settings_with({setting: value})
    except ValueError as error:
        return error
    return None


def _shown(setting: Setting, value: Any) -> str:
    return "'********'" if setting.is_secret else repr(value)
