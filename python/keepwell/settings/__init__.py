"""Settings: what holds, scopes that change it for a while, and profiles.

`get_current_settings()` gives all values (`.results.persist_by_default`), `temporary_settings(…)` changes some for a
block of code, and every setting is also a name of this module: `KEEPWELL_HOME.value()`. `docs/settings.md` lists them
and says where they are looked for.
"""

from __future__ import annotations

from keepwell import _core
from keepwell._core import Setting, Settings
from keepwell.settings.profiles import (
    Profile,
    ProfilesCollection,
    load_current_profile,
    load_profile,
    load_profiles,
    save_profiles,
    update_current_profile,
)
from keepwell.settings.scopes import (
    SettingsContext,
    get_current_settings,
    get_settings_context,
    root_settings_context,
    temporary_settings,
    use_profile,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    DEFAULT_PROFILES_PATH: Path

__all__ = [
    "DEFAULT_PROFILES_PATH",
    "Profile",
    "ProfilesCollection",
    "Setting",
    "Settings",
    "SettingsContext",
    "get_current_settings",
    "get_settings_context",
    "load_current_profile",
    "load_profile",
    "load_profiles",
    "root_settings_context",
    "save_profiles",
    "temporary_settings",
    "update_current_profile",
    "use_profile",
]


def __getattr__(name: str) -> Setting | Path:
    if name == "DEFAULT_PROFILES_PATH":
        path: Path = get_current_settings().profiles_path
        return path
    is_variable = name.isupper() and name.startswith(("KEEPWELL_", "PREFECT_"))
    setting: Setting | None = _core.find_setting(name) if is_variable else None
    if setting is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return setting


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_core.setting_names()})
