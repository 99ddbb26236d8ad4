"""Settings: where they come from, scopes that change them, profiles."""

from __future__ import annotations

import asyncio
import contextvars
import pickle
import threading
from datetime import timedelta
from pathlib import Path

import pytest

import keepwell.settings
from keepwell.exceptions import MissingProfileError, ProfileSettingsValidationError, SettingsError
from keepwell.settings import (
    KEEPWELL_HOME,
    KEEPWELL_RESULTS_DEFAULT_STORAGE,
    KEEPWELL_RESULTS_PERSIST_BY_DEFAULT,
    KEEPWELL_TASKS_DEFAULT_RETRIES,
    KEEPWELL_TASKS_DEFAULT_RETRY_DELAY_SECONDS,
    Profile,
    ProfilesCollection,
    Settings,
    get_current_settings,
    get_settings_context,
    load_current_profile,
    load_profile,
    load_profiles,
    save_profiles,
    temporary_settings,
    update_current_profile,
    use_profile,
)


def retries() -> int:
    return get_current_settings().tasks.default_retries


def test_values_have_the_types_of_python(home: Path) -> None:
    settings = get_current_settings()
    values = [
        settings.home,
        settings.debug_mode,
        settings.results.default_storage,
        settings.results.memory_limit,
        settings.results.on_storage_error,
        settings.tasks.default_retries,
        settings.tasks.default_retry_delay_seconds,
        settings.tasks.runner.thread_pool_max_workers,
        settings.locks.timeout_seconds,
        settings.logging.level,
        settings.logging.extra_loggers,
        settings.logging.config_path,
    ]
    assert values == [home, False, None, 268435456, "run", 0, 0, None, 60.0, "INFO", [], home / "logging.yml"]
    assert [type(value) for value in values[:2]] == [type(home), bool]


def test_a_changed_variable_is_seen_at_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [retries()]
    monkeypatch.setenv("KEEPWELL_TASKS_DEFAULT_RETRIES", "3")
    seen.append(retries())
    monkeypatch.setenv("KEEPWELL_TASKS_DEFAULT_RETRIES", "4")
    seen.append(retries())
    monkeypatch.setenv("KEEPWELL_TASKS_DEFAULT_RETRIES", "3")
    seen.append(retries())
    monkeypatch.delenv("KEEPWELL_TASKS_DEFAULT_RETRIES")
    monkeypatch.setenv("PREFECT_TASKS_DEFAULT_RETRIES", "5")
    seen.append(retries())
    monkeypatch.delenv("PREFECT_TASKS_DEFAULT_RETRIES")
    seen.append(retries())
    assert seen == [0, 3, 4, 3, 5, 0]


def test_a_wrong_variable_is_an_error_until_it_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPWELL_TASKS_DEFAULT_RETRIES", "many")
    for _ in range(2):
        with pytest.raises(SettingsError) as caught:
            get_current_settings()
        assert str(caught.value) == (
            "environment variable KEEPWELL_TASKS_DEFAULT_RETRIES is `many`, expected a whole number, 0 or more"
        )
    monkeypatch.setenv("KEEPWELL_TASKS_DEFAULT_RETRIES", "2")
    assert retries() == 2


def test_files_of_the_working_directory_count_and_are_named_in_errors(tmp_path: Path) -> None:
    (tmp_path / "keepwell.toml").write_text("[tasks]\ndefault_retries = 7\n")
    assert Settings().tasks.default_retries == 7
    (tmp_path / "keepwell.toml").write_text("[tasks]\ndefault_retries = 'x'\n")
    with pytest.raises(SettingsError, match=r"keepwell\.toml:2:19: tasks\.default_retries is `x`"):
        Settings()


def test_a_scope_changes_settings_and_ends_even_after_an_error() -> None:
    with temporary_settings({KEEPWELL_TASKS_DEFAULT_RETRIES: 3, "results.persist_by_default": True}) as settings:
        assert settings == get_current_settings()
        assert (retries(), bool(KEEPWELL_RESULTS_PERSIST_BY_DEFAULT)) == (3, True)
        with pytest.raises(KeyError), temporary_settings({"KEEPWELL_TASKS_DEFAULT_RETRIES": 4}):
            assert (retries(), bool(KEEPWELL_RESULTS_PERSIST_BY_DEFAULT)) == (4, True)
            raise KeyError
        assert retries() == 3
    assert (retries(), bool(KEEPWELL_RESULTS_PERSIST_BY_DEFAULT)) == (0, False)


def test_no_names_at_all_win_over_names_of_another_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPWELL_LOGGING_EXTRA_LOGGERS", "a")
    with temporary_settings({"logging.extra_loggers": []}) as settings:
        assert settings.logging.extra_loggers == []
    with temporary_settings(restore_defaults=["logging.extra_loggers"]) as settings:
        assert (settings.logging.extra_loggers, pickle.loads(pickle.dumps(settings))) == ([], settings)


def test_updates_take_what_python_has_for_each_type(tmp_path: Path) -> None:
    updates = {
        "tasks.default_retry_delay_seconds": [1, 2.5],
        "tasks.runner.thread_pool_max_workers": 4,
        "locks.timeout_seconds": None,
        "flows.default_retry_delay_seconds": timedelta(minutes=1),
        "logging": {"extra_loggers": ["a", "b"]},
        "home": tmp_path / "other",
    }
    with temporary_settings(updates) as settings:
        assert [
            settings.tasks.default_retry_delay_seconds,
            settings.tasks.runner.thread_pool_max_workers,
            settings.locks.timeout_seconds,
            settings.flows.default_retry_delay_seconds,
            settings.logging.extra_loggers,
            settings.results.local_storage_path,
        ] == [[1.0, 2.5], 4, None, 60, ["a", "b"], tmp_path / "other" / "storage"]
        with temporary_settings({"logging.extra_loggers": [], "tasks.default_retries": None}) as inner:
            assert (inner.logging.extra_loggers, inner.tasks.default_retries) == ([], 0)


def test_defaults_are_set_only_where_nobody_sets_and_can_be_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPWELL_TASKS_DEFAULT_RETRIES", "3")
    defaults = {"tasks.default_retries": 9, "flows.default_retries": 9}
    with temporary_settings(set_defaults=defaults) as settings:
        assert (settings.tasks.default_retries, settings.flows.default_retries) == (3, 9)
        with temporary_settings(restore_defaults=["tasks.default_retries", "flows.default_retries"]) as inner:
            assert (inner.tasks.default_retries, inner.flows.default_retries) == (0, 0)


def test_a_wrong_update_changes_nothing_and_says_what_is_accepted() -> None:
    with pytest.raises(SettingsError) as caught, temporary_settings({"tasks.default_retries": "many"}):
        raise AssertionError("the block must not run")
    assert str(caught.value) == "override tasks.default_retries is `many`, expected a whole number, 0 or more"
    assert caught.value.__notes__ == ["hint: the default is `0`"]
    with pytest.raises(SettingsError) as caught, temporary_settings({"tasks.default_retrys": 1}):
        raise AssertionError("the block must not run")
    assert str(caught.value) == "unknown setting name 'tasks.default_retrys'"
    assert retries() == 0


def test_a_thread_sees_a_scope_only_through_a_copy_of_its_context_and_keeps_it_after_its_end() -> None:
    seen: list[int] = []
    ended = threading.Event()

    def look() -> None:
        ended.wait()
        seen.append(retries())

    with temporary_settings({"tasks.default_retries": 3}):
        context = contextvars.copy_context()
        threads = [threading.Thread(target=context.run, args=(look,)), threading.Thread(target=look)]
        for thread in threads:
            thread.start()
    ended.set()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [0, 3]


async def test_tasks_of_one_event_loop_have_scopes_of_their_own() -> None:
    async def with_retries(number: int) -> int:
        with temporary_settings({"tasks.default_retries": number}):
            await asyncio.sleep(0.01)
            return retries()

    assert await asyncio.gather(with_retries(1), with_retries(2)) == [1, 2]
    assert retries() == 0


def test_a_setting_says_what_it_is(home: Path) -> None:
    assert [
        KEEPWELL_HOME.name,
        KEEPWELL_HOME.accessor,
        KEEPWELL_HOME.value(),
        KEEPWELL_HOME.default(),
        KEEPWELL_HOME.is_secret,
        KEEPWELL_RESULTS_DEFAULT_STORAGE.is_secret,
    ] == ["KEEPWELL_HOME", "home", home, Path.home() / ".keepwell", False, True]
    assert KEEPWELL_TASKS_DEFAULT_RETRY_DELAY_SECONDS.default() == 0
    assert KEEPWELL_TASKS_DEFAULT_RETRIES.value_from(Settings(tasks={"default_retries": 8})) == 8
    assert KEEPWELL_TASKS_DEFAULT_RETRIES == 0 and not KEEPWELL_TASKS_DEFAULT_RETRIES
    assert repr(KEEPWELL_HOME) == "<KEEPWELL_HOME>"
    assert pickle.loads(pickle.dumps(KEEPWELL_HOME)) == KEEPWELL_HOME


def test_aliases_and_twins_name_the_same_setting_and_others_none() -> None:
    names = ["KEEPWELL_TASK_DEFAULT_RETRIES", "PREFECT_TASK_DEFAULT_RETRIES", "PREFECT_TASKS_DEFAULT_RETRIES"]
    assert {getattr(keepwell.settings, name) for name in names} == {KEEPWELL_TASKS_DEFAULT_RETRIES}
    assert get_current_settings().results.default_storage_block is None
    for unknown in ("KEEPWELL_NOPE", "PREFECT_HOME", "nope"):
        with pytest.raises(AttributeError, match=f"has no attribute '{unknown}'"):
            getattr(keepwell.settings, unknown)
    with pytest.raises(AttributeError, match=r"there is no setting 'results\.nope'"):
        _ = get_current_settings().results.nope


def test_passwords_are_shown_nowhere_but_in_the_value() -> None:
    with temporary_settings({"results.default_storage": "redis://me:secret@host"}) as settings:
        assert settings.results.default_storage == "redis://me:secret@host"
        hidden = settings.to_environment_variables(exclude_unset=True, include_secrets=False)
        assert hidden["KEEPWELL_RESULTS_DEFAULT_STORAGE"] == "redis://me:********@host"
        assert "secret" not in repr(settings) + repr(settings.results)


def test_settings_are_the_same_after_a_journey_to_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with temporary_settings({"tasks.default_retries": 3, "logging.extra_loggers": ["a"]}) as settings:
        pickled = pickle.dumps(settings)
    monkeypatch.setenv("KEEPWELL_FLOWS_DEFAULT_RETRIES", "9")
    restored = pickle.loads(pickled)
    assert restored == settings and hash(restored) == hash(settings)
    assert restored.hash_key() == settings.hash_key() != get_current_settings().hash_key()
    assert restored != get_current_settings()


def test_the_source_of_a_value_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPWELL_DEBUG_MODE", "1")
    settings = get_current_settings()
    assert [settings.source(name) for name in ("debug_mode", "KEEPWELL_TEST_MODE")] == ["env", "defaults"]


def test_a_change_of_the_profile_holds_at_once_and_is_in_the_file(home: Path) -> None:
    profile = update_current_profile({KEEPWELL_TASKS_DEFAULT_RETRIES: 3, "results.persist_by_default": True})
    assert profile == load_current_profile()
    assert (home / "profiles.toml").read_text() == (
        'active = "default"\n\n[profiles.default]\nKEEPWELL_RESULTS_PERSIST_BY_DEFAULT = "true"\n'
        'KEEPWELL_TASKS_DEFAULT_RETRIES = "3"\n'
    )
    assert retries() == 3
    update_current_profile({"tasks.default_retries": None})
    assert retries() == 0


def test_a_wrong_value_is_not_saved(home: Path) -> None:
    with pytest.raises(ProfileSettingsValidationError) as caught:
        update_current_profile({"tasks.default_retries": "many"})
    assert [setting.name for setting, _ in caught.value.errors] == ["KEEPWELL_TASKS_DEFAULT_RETRIES"]
    assert not (home / "profiles.toml").exists()


def test_profiles_are_saved_and_read_and_comments_stay(home: Path) -> None:
    home.mkdir()
    (home / "profiles.toml").write_text(
        "# mine\nactive = 'old'\n\n[profiles.old]\nPREFECT_TASKS_DEFAULT_RETRIES = '1' # a twin\n\n[profiles.gone]\n"
    )
    profiles = load_profiles()
    assert (profiles.names, profiles.active_name) == ({"default", "old", "gone"}, "old")
    assert profiles["old"].settings == {KEEPWELL_TASKS_DEFAULT_RETRIES: "1"}
    profiles.remove_profile("gone")
    profiles.add_profile(Profile("new", {"debug_mode": True}))
    profiles.set_active("new")
    save_profiles(profiles)
    assert (home / "profiles.toml").read_text() == (
        '# mine\nactive = "new"\n\n[profiles.old]\nKEEPWELL_TASKS_DEFAULT_RETRIES = "1"\n\n'
        '[profiles.new]\nKEEPWELL_DEBUG_MODE = "true"\n'
    )
    assert load_profiles() == profiles
    assert load_current_profile().name == "new"


def test_a_profile_that_does_not_exist_is_said() -> None:
    with pytest.raises(MissingProfileError, match="Profile 'gone' not found"):
        load_profile("gone")
    profiles = ProfilesCollection([Profile("a")])
    with pytest.raises(ValueError, match="Unknown profile name 'b'"):
        profiles.set_active("b")
    with pytest.raises(ValueError, match="Profile name 'a' already exists in collection"):
        profiles.add_profile(Profile("a"))


def test_a_profile_is_used_for_a_block_and_gives_way_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPWELL_FLOWS_DEFAULT_RETRIES", "1")
    profile = Profile("mine", {"tasks.default_retries": 3, "flows.default_retries": 3})

    def both() -> tuple[int, int]:
        return retries(), get_current_settings().flows.default_retries

    with use_profile(profile) as context:
        assert (context.profile, context.settings) == (profile, get_current_settings())
        assert (both(), get_settings_context().profile) == ((3, 1), profile)
        with temporary_settings({"tasks.default_retries": 4}):
            assert get_settings_context().profile is profile
    with use_profile(profile, override_environment_variables=True):
        assert both() == (3, 3)
    with temporary_settings({"debug_mode": True}), use_profile(profile, include_current_context=False) as context:
        assert context.settings.debug_mode is False
    assert both() == (0, 1)
    assert get_settings_context().profile.name == "default"


def test_the_path_of_the_profiles_is_that_of_the_home(home: Path) -> None:
    assert home / "profiles.toml" == keepwell.settings.DEFAULT_PROFILES_PATH
