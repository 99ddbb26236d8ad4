"""Blocks: saved under a name, loaded again, and never shown with their secrets."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import Field, SecretStr

from keepwell.blocks.core import Block
from keepwell.exceptions import InvalidNameError
from keepwell.filesystems import LocalFileSystem


class Credentials(Block):
    """Who one is to a service."""

    user: str
    password: SecretStr


class Bucket(Block):
    """A place in a service."""

    _block_type_name = "My Bucket"

    name: str
    credentials: Credentials
    tags: dict[str, list[int]] = Field(default_factory=dict)


def credentials() -> Credentials:
    return Credentials(user="me", password=SecretStr("geheim"))


def test_a_block_is_loaded_as_it_was_saved() -> None:
    bucket = Bucket(name="results", credentials=credentials(), tags={"a": [1, 2]})
    identifier = bucket.save("mine")

    loaded = Bucket.load("mine")

    assert loaded == bucket
    assert loaded.credentials.password.get_secret_value() == "geheim"
    assert (loaded._block_document_id, loaded._block_document_name) == (identifier, "mine")
    assert isinstance(identifier, UUID)


def test_a_block_of_any_type_is_loaded_by_its_whole_name() -> None:
    Bucket(name="results", credentials=credentials()).save("mine")

    loaded = Block.load("my-bucket/mine")

    assert type(loaded) is Bucket
    assert Bucket.load("my-bucket/mine") == loaded


def test_a_file_is_for_its_owner_alone(home: Path) -> None:
    Bucket(name="results", credentials=credentials()).save("mine")

    file = home / "blocks" / "my-bucket" / "mine.json"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (file.parent, file.parent.parent)] == [0o700, 0o700]
    assert json.loads(file.read_text())["data"]["credentials"] == {
        "user": "me",
        "password": "geheim",
        "block_type_slug": "credentials",
    }


def test_a_secret_is_shown_in_no_text_of_a_block() -> None:
    credentials().save("me")
    loaded = Credentials.load("me")

    assert "geheim" not in f"{loaded} {loaded!r} {loaded.model_dump()} {loaded.model_dump_json()}"


def test_a_name_that_is_taken_is_kept_unless_overwriting_is_asked_for() -> None:
    first = LocalFileSystem(basepath="/first")
    identifier = first.save("mine")

    with pytest.raises(ValueError, match="already in use for this block type"):
        LocalFileSystem(basepath="/second").save("mine")
    assert LocalFileSystem.load("mine") == first

    assert LocalFileSystem(basepath="/second").save("mine", overwrite=True) == identifier
    assert LocalFileSystem.load("mine").basepath == "/second"


def test_a_saved_block_is_saved_again_under_its_own_name() -> None:
    LocalFileSystem(basepath="/first").save("mine")
    block = LocalFileSystem.load("mine")
    block.basepath = "/second"

    block.save(overwrite=True)

    assert LocalFileSystem.load("mine").basepath == "/second"


def test_what_there_is_is_named_where_a_block_is_missing() -> None:
    with pytest.raises(ValueError, match=r"named x for block type local-file-system\. No block is saved\.$"):
        LocalFileSystem.load("x")
    LocalFileSystem().save("b")
    LocalFileSystem().save("a")
    with pytest.raises(ValueError, match=r"There are: a, b\.$"):
        Block.load("local-file-system/x")
    with pytest.raises(ValueError, match=r"there are blocks of the types local-file-system\.$"):
        Credentials.load("x")


def test_a_name_without_a_type_is_refused_with_the_form_it_has() -> None:
    with pytest.raises(ValueError, match="'mine' names no saved block: a name is written `<type>/<name>`"):
        Block.load("mine")


def test_a_subclass_that_names_no_type_of_its_own_does_not_take_its_base_s_place() -> None:
    class Other(LocalFileSystem):
        pass

    assert Other.get_block_type_slug() == "local-file-system"
    assert Block.get_block_class_from_key("local-file-system") is LocalFileSystem


def test_an_unknown_type_is_an_error_that_names_the_known_ones() -> None:
    assert Block.get_block_class_from_key("my-bucket") is Bucket
    with pytest.raises(KeyError, match="local-file-system"):
        Block.get_block_class_from_key("nothing")


@pytest.mark.parametrize("name", ["a/b", "50%", "a&b", "<a>", ""])
def test_a_name_with_a_character_of_other_meaning_is_refused(name: str) -> None:
    with pytest.raises((InvalidNameError, ValueError)):
        LocalFileSystem().save(name)


def test_a_block_without_a_name_is_not_saved() -> None:
    with pytest.raises(ValueError, match="without a name"):
        LocalFileSystem().save()


def test_an_anonymous_block_is_found_by_its_identifier_and_is_not_listed() -> None:
    block = LocalFileSystem(basepath="/x")
    identifier = block._save(is_anonymous=True)

    assert Block.load_from_ref(identifier) == block
    assert Block.load_from_ref({"block_document_id": str(identifier)})._block_document_id == identifier
    with pytest.raises(ValueError, match=r"None of that type is saved"):
        LocalFileSystem.load("x")


def test_a_deleted_block_is_missing() -> None:
    LocalFileSystem().save("mine")

    LocalFileSystem.delete("mine")

    with pytest.raises(ValueError, match="Unable to find"):
        LocalFileSystem.load("mine")
    with pytest.raises(ValueError, match="Unable to find"):
        Block.delete("local-file-system/mine")


def test_a_damaged_file_is_named(home: Path) -> None:
    LocalFileSystem().save("mine")
    file = home / "blocks" / "local-file-system" / "mine.json"
    for damage in ("{", "[]", '{"data": 1}'):
        file.write_text(damage)
        with pytest.raises(ValueError, match=f"{file} is damaged"):
            LocalFileSystem.load("mine")


def test_what_does_not_fit_its_class_any_more_is_loaded_only_without_validation(home: Path) -> None:
    credentials().save("me")
    file = home / "blocks" / "credentials" / "me.json"
    document = json.loads(file.read_text())
    del document["data"]["user"]
    file.write_text(json.dumps(document))

    with pytest.raises(RuntimeError, match="does not fit the class"):
        Credentials.load("me")
    assert Credentials.load("me", validate=False)._block_document_name == "me"


async def test_a_method_is_a_coroutine_where_an_event_loop_runs() -> None:
    identifier = await LocalFileSystem(basepath="/x").save("mine")  # type: ignore[misc]

    assert (await LocalFileSystem.load("mine"))._block_document_id == identifier  # type: ignore[misc]
    assert LocalFileSystem.load("mine", _sync=True).basepath == "/x"  # type: ignore[call-arg]
    assert (await LocalFileSystem.aload("mine")).basepath == "/x"


def test_initialization_of_a_subclass_runs_once_the_fields_are_there() -> None:
    class Initialized(Block):
        number: int

        def block_initialization(self) -> None:
            self.number += 1

    assert Initialized(number=1).number == 2
