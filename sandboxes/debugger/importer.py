"""How a program imports its own files."""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
import types
from collections.abc import Sequence
from importlib.machinery import ModuleSpec

from .program import Program
from .source import FILENAME, Source, module_name


class Importer(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds a program's files before anything else, and compiles them as they are traced.

    Packages without an ``__init__.py`` are namespace packages.

    Args:
        program: A checked program.
    """

    def __init__(self, program: Program) -> None:
        self._sources = {module_name(s.file): s for s in program.sources.values() if s.file}
        self._folders = {name.rpartition(".")[0] for name in self._sources}
        for folder in list(self._folders):
            while folder := folder.rpartition(".")[0]:
                self._folders.add(folder)
        self._own = {program.module_name, *(name.partition(".")[0] for name in self._sources)}
        self._found: dict[str, types.ModuleType] = {}

    def install(self) -> None:
        """Takes imports over; modules of the same names that are loaded already are set aside."""
        self._found = self._take_modules()
        if self._sources:
            sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Undoes `install`, and forgets what was imported."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        self._take_modules()
        sys.modules.update(self._found)

    def _take_modules(self) -> dict[str, types.ModuleType]:
        names = [name for name in self._own if name in sys.modules]
        if self._sources:
            names = [name for name in sys.modules if name.partition(".")[0] in self._own]
        return {name: sys.modules.pop(name) for name in names}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        """Returns the spec of a module of the program."""
        folder = [f"{FILENAME}/{fullname.replace('.', '/')}"]
        source = self._sources.get(fullname)
        if source is not None:
            package = _is_package(source)
            spec = ModuleSpec(fullname, self, origin=source.code_name, is_package=package)
            if package:
                spec.submodule_search_locations = folder
            return spec
        if fullname in self._folders:
            spec = ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = folder
            return spec
        return None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        """Returns a fresh module that knows its file."""
        module = types.ModuleType(spec.name)
        module.__file__ = spec.origin
        return module

    def is_package(self, fullname: str) -> bool:
        """Whether a module of the program is a package."""
        return _is_package(self._sources[fullname])

    def get_source(self, fullname: str) -> str:
        """Returns a module's text."""
        return self._sources[fullname].text

    def get_code(self, fullname: str) -> types.CodeType:
        """Returns a module's code, whose traces are canonical."""
        return self._sources[fullname].compile()


def _is_package(source: Source) -> bool:
    return source.file.endswith("/__init__.py")
