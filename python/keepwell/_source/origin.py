"""Whose code a module is: the user's own, an installed package's, the standard library's, or keepwell's."""

from __future__ import annotations

import os
import sys
from types import ModuleType

from keepwell._source import encoding

_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_STANDARD = tuple({os.path.dirname(os.__file__) + os.sep, os.path.dirname(os.path.realpath(os.__file__)) + os.sep})

_versions: dict[str, str] = {}


def is_users(module_name: str | None) -> bool:
    """Whether the module's code counts by its source.

    That is so if it comes from a file that belongs to no installed package, or from no file at all, as in a notebook.
    An editable install is the user's own code.
    """
    if not module_name:
        return True
    root = module_name.partition(".")[0]
    if root == "keepwell":
        return False
    if root == "__main__":
        return True
    module = sys.modules.get(module_name)
    path = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    if not isinstance(path, str):
        return root not in sys.stdlib_module_names and root not in sys.builtin_module_names
    return is_users_file(path)


def is_users_file(path: str) -> bool:
    """Whether the file is neither the standard library's nor an installed package's."""
    return not (any(part in path for part in _INSTALLED) or path.startswith(_STANDARD))


def encode(module_name: str | None) -> bytes:
    """What stands for a module that is not the user's own: its name, and an installed package's version.

    The standard library has no version here: a result must not depend on which Python computes it. Its private modules
    (`_operator` for `operator`) go by the public name, as these are moved from version to version.
    """
    root = (module_name or "").partition(".")[0]
    if root == "keepwell":
        return encoding.tagged("package", encoding.text(root))
    if not root or root in sys.stdlib_module_names:
        return encoding.tagged("package", encoding.text(root.lstrip("_")))
    name = module_name or ""
    version = _versions.get(name)
    if version is None:
        version = _versions[name] = _version(name, root)
    return encoding.tagged("package", encoding.text(root), encoding.text(version))


def _version(module_name: str, root: str) -> str:
    from importlib import metadata

    for name in dict.fromkeys((root, module_name)):
        declared = _declared(sys.modules.get(name))
        if declared is not None:
            return declared
        try:
            return metadata.version(name.replace(".", "-"))
        except metadata.PackageNotFoundError:
            continue
    distributions = metadata.packages_distributions().get(root, [])
    return ",".join(sorted(f"{name} {metadata.version(name)}" for name in set(distributions)))


def _declared(module: ModuleType | None) -> str | None:
    version = vars(module).get("__version__") if module is not None else None
    return version if isinstance(version, str) else None
