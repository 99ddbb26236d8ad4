"""The base class of blocks: pydantic models that can be saved under a name and loaded again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, PrivateAttr, SecretBytes, SecretStr, ValidationError
from pydantic_core import to_jsonable_python
from typing_extensions import Self

from keepwell._dispatch import async_dispatch
from keepwell.blocks import registry
from keepwell.exceptions import InvalidNameError

__all__ = ["Block", "load_saved"]

_BANNED_CHARACTERS = ("/", "%", "&", ">", "<")
_TYPE_FIELD = "block_type_slug"

_classes: dict[str, type[Block]] = {}


class Block(BaseModel):
    """Configuration that can be saved under a name.

    Subclasses declare fields as any pydantic model does. A block is known by `<type>/<name>`, where the type is the
    class's `_block_type_slug`, or else its `_block_type_name` or name in lower case with dashes.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    _block_type_name: ClassVar[str | None] = None
    _block_type_slug: ClassVar[str | None] = None
    _logo_url: ClassVar[Any] = None
    _documentation_url: ClassVar[Any] = None
    _description: ClassVar[str | None] = None
    _code_example: ClassVar[str | None] = None
    _block_schema_capabilities: ClassVar[list[str] | None] = None

    _block_document_id: UUID | None = PrivateAttr(default=None)
    _block_document_name: str | None = PrivateAttr(default=None)
    _is_anonymous: bool | None = PrivateAttr(default=None)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        slug = cls.get_block_type_slug()
        bases = (base for base in cls.__mro__[1:] if issubclass(base, Block) and base is not Block)
        # A subclass that has its type from its base does not stand in the base's place.
        if all(base.get_block_type_slug() != slug for base in bases):
            _classes[slug] = cls

    def model_post_init(self, _context: Any, /) -> None:
        """Calls `block_initialization`."""
        self.block_initialization()

    def block_initialization(self) -> None:
        """Is called when a block has been made; for subclasses."""

    @classmethod
    def get_block_type_name(cls) -> str:
        """The name of the type, for people."""
        return cls._block_type_name or cls.__name__

    @classmethod
    def get_block_type_slug(cls) -> str:
        """The name of the type in `<type>/<name>`."""
        return _slug(cls._block_type_slug or cls.get_block_type_name())

    @classmethod
    def get_description(cls) -> str | None:
        """What the type is for: its `_description`, or else its documentation."""
        return cls._description or (cls.__doc__ or "").strip() or None

    @staticmethod
    def get_block_class_from_key(key: str) -> type[Block]:
        """The class of the blocks of a type. Only classes that have been imported are known.

        Raises `KeyError`, which names those there are.
        """
        found = _classes.get(key)
        if found is None:
            raise KeyError(
                f"no block class for the type {key!r} has been imported; there are: {', '.join(sorted(_classes))}"
            )
        return found

    @classmethod
    async def register_type_and_schema(cls) -> None:
        """Does nothing: a type is registered when its class is defined."""

    async def asave(self, name: str | None = None, overwrite: bool = False) -> UUID:
        """As `save`."""
        return self._save_named(name, overwrite)

    @async_dispatch(asave)
    def save(self, name: str | None = None, overwrite: bool = False) -> UUID:
        """Saves the block under a name, or again under the name that it has, and returns its identifier.

        Raises `ValueError` if the name is taken and `overwrite` is false: what is saved stays.
        """
        return self._save_named(name, overwrite)

    async def _asave(self, name: str | None = None, is_anonymous: bool = False, overwrite: bool = False) -> UUID:
        return self._save_document(name, is_anonymous, overwrite)

    @async_dispatch(_asave)
    def _save(self, name: str | None = None, is_anonymous: bool = False, overwrite: bool = False) -> UUID:
        return self._save_document(name, is_anonymous, overwrite)

    @classmethod
    async def aload(cls, name: str, validate: bool = True) -> Self:
        """As `load`."""
        return cls._load(name, validate)

    @classmethod
    @async_dispatch(aload.__func__)  # type: ignore[attr-defined]
    def load(cls, name: str, validate: bool = True) -> Self:
        """The block that is saved under a name: `Block.load("<type>/<name>")`, or `SomeBlock.load("<name>")`.

        Raises `ValueError`, which names what there is, if there is none; `RuntimeError` if what is saved does not fit
        the class, unless `validate` is false.
        """
        return cls._load(name, validate)

    @classmethod
    async def aload_from_ref(cls, ref: str | UUID | dict[str, Any], validate: bool = True) -> Self:
        """As `load_from_ref`."""
        return cls._load_from_ref(ref, validate)

    @classmethod
    @async_dispatch(aload_from_ref.__func__)  # type: ignore[attr-defined]
    def load_from_ref(cls, ref: str | UUID | dict[str, Any], validate: bool = True) -> Self:
        """The block of this identifier.

        Raises `ValueError` if there is none, or `ref` is no identifier.
        """
        return cls._load_from_ref(ref, validate)

    @classmethod
    async def adelete(cls, name: str) -> None:
        """As `delete`."""
        cls._delete(name)

    @classmethod
    @async_dispatch(adelete.__func__)  # type: ignore[attr-defined]
    def delete(cls, name: str) -> None:
        """Forgets what is saved under a name.

        Raises `ValueError`, which names what there is, if there is nothing.
        """
        cls._delete(name)

    def _save_named(self, name: str | None, overwrite: bool) -> UUID:
        return self._save_document(name or self._block_document_name, False, overwrite)

    def _save_document(self, name: str | None, is_anonymous: bool, overwrite: bool) -> UUID:
        if name is None and not is_anonymous:
            raise ValueError("You're attempting to save a block document without a name. Please pass a name to `save`.")
        if name is not None:
            _check_name(name)
        slug = self.get_block_type_slug()
        saved = registry.read(slug, name) if name is not None and overwrite else None
        identifier = UUID(saved["id"]) if saved is not None else uuid4()
        saved_name = name if name is not None else f"anonymous-{identifier}"
        document = {
            "block_type": slug,
            "class": f"{type(self).__module__}:{type(self).__qualname__}",
            "name": saved_name,
            "id": str(identifier),
            "is_anonymous": is_anonymous,
            "data": _fields(self),
        }
        try:
            registry.write(slug, saved_name, document, overwrite=overwrite)
        except FileExistsError:
            raise ValueError(
                "You are attempting to save values with a name that is already in use for this block type. "
                f"If you would like to overwrite the values that are saved, save {saved_name!r} with `overwrite=True`."
            ) from None
        self._block_document_id, self._block_document_name, self._is_anonymous = identifier, name, is_anonymous
        return identifier

    @classmethod
    def _load(cls, name: str, validate: bool) -> Self:
        slug, name = cls._split(name)
        document = registry.read(slug, name)
        if document is None:
            raise _missing(slug, name)
        return cls._of_document(document, validate)

    @classmethod
    def _load_from_ref(cls, ref: str | UUID | dict[str, Any], validate: bool) -> Self:
        identifier = ref.get("block_document_id") if isinstance(ref, dict) else ref
        try:
            identifier = UUID(str(identifier))
        except ValueError:
            raise ValueError(
                f"Invalid reference format {ref!r}: it is to be the identifier of a saved block."
            ) from None
        document = registry.find(str(identifier))
        if document is None:
            raise ValueError(f"Unable to find a saved block with the identifier {identifier}.")
        return cls._of_document(document, validate)

    @classmethod
    def _delete(cls, name: str) -> None:
        slug, name = cls._split(name)
        if not registry.remove(slug, name):
            raise _missing(slug, name)

    @classmethod
    def _split(cls, name: str) -> tuple[str, str]:
        slug, slash, rest = name.partition("/")
        if cls is not Block:
            own = cls.get_block_type_slug()
            return (own, rest) if slash and slug == own else (own, name)
        if not slug or not rest:
            raise ValueError(f"{name!r} names no saved block: a name is written `<type>/<name>`.")
        return slug, rest

    @classmethod
    def _of_document(cls, document: dict[str, Any], validate: bool) -> Self:
        block_class = cls if cls is not Block else _class_of(document)
        data = _with_blocks(document["data"])
        try:
            block = block_class(**data)
        except ValidationError as error:
            if validate:
                raise RuntimeError(
                    f"Unable to load {document['name']!r} of block type {document['block_type']!r}: what is saved does "
                    "not fit the class. Load it with `validate=False`, then save it again with `overwrite=True`.\n"
                    f"{error}"
                ) from error
            block = block_class.model_construct(**data)
        block._block_document_id = UUID(document["id"])
        block._is_anonymous = bool(document.get("is_anonymous"))
        block._block_document_name = None if block._is_anonymous else document["name"]
        return block  # type: ignore[return-value]


def load_saved(slug: str, name: str) -> Block:
    """The block that is saved as `<slug>/<name>`.

    Raises as `Block.load`.
    """
    return Block._load(f"{slug}/{name}", True)


def _class_of(document: dict[str, Any]) -> type[Block]:
    slug = document["block_type"]
    module, _, _ = str(document.get("class", "")).partition(":")
    if slug not in _classes and module not in ("", "__main__"):
        from contextlib import suppress
        from importlib import import_module

        # Where it cannot be imported, the error below says which class is missing.
        with suppress(ImportError):
            import_module(module)
    try:
        return Block.get_block_class_from_key(slug)
    except KeyError as error:
        raise RuntimeError(
            f"Unable to load {document['name']!r}: its class {document.get('class')} has not been imported "
            f"({error.args[0]})"
        ) from error


def _missing(slug: str, name: str) -> ValueError:
    names, slugs = registry.names(slug), registry.slugs()
    if names:
        there_is = f"There are: {', '.join(names)}."
    elif slugs:
        there_is = f"None of that type is saved; there are blocks of the types {', '.join(slugs)}."
    else:
        there_is = "No block is saved."
    return ValueError(f"Unable to find block document named {name} for block type {slug}. {there_is}")


def _check_name(name: str) -> None:
    if not name or any(character in name for character in _BANNED_CHARACTERS):
        raise InvalidNameError(
            f"Name {name!r} contains an invalid character. Must not contain any of: {list(_BANNED_CHARACTERS)}."
        )


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _fields(block: BaseModel) -> dict[str, Any]:
    fields = {name: _plain(getattr(block, name)) for name in type(block).model_fields}
    extra = {name: _plain(value) for name, value in (block.model_extra or {}).items()}
    kind = {_TYPE_FIELD: block.get_block_type_slug()} if isinstance(block, Block) else {}
    return {**fields, **extra, **kind}


def _plain(value: Any) -> Any:
    """The value as JSON has it, with secrets as they are and each nested block with its type."""
    if isinstance(value, BaseModel):
        return _fields(value)
    if isinstance(value, (SecretStr, SecretBytes)):
        return _plain(value.get_secret_value())
    if isinstance(value, Mapping):
        return {to_jsonable_python(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    inner = getattr(value, "get_secret_value", None)
    return _plain(inner()) if inner is not None else to_jsonable_python(value)


def _with_blocks(data: dict[str, Any]) -> dict[str, Any]:
    return {name: _revived(value) for name, value in data.items() if name != _TYPE_FIELD}


def _revived(value: Any) -> Any:
    """The value with nested blocks in place of what was saved of them, where their classes are known."""
    if isinstance(value, list):
        return [_revived(item) for item in value]
    if not isinstance(value, dict):
        return value
    block_class = _classes.get(value.get(_TYPE_FIELD, ""))
    return block_class(**_with_blocks(value)) if block_class is not None else _with_blocks(value)
