"""What the source says of the program's classes: the methods that instances have, and how they are made."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .stop import ScopeFlow

if TYPE_CHECKING:
    from .flow import Flow

ORDINARY = frozenset({"object", "ABC", "abc.ABC"})
"""Classes from elsewhere that add nothing to how instances are made or their attributes kept."""
_READS = ("__getattribute__",)
_WRITES = ("__setattr__", "__slots__")


class Classes:
    """The classes of a program.

    Args:
        flow: Its control flow.
    """

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def get(self, name: str) -> ScopeFlow | None:
        """Returns the class of a qualified name; None where the program has no such class."""
        scope = self._flow.by_name.get(name)
        return scope if scope is not None and scope.bases is not None else None

    def order(self, name: str) -> list[ScopeFlow]:
        """Returns a class and the classes of the program behind it, where a name is looked for first on.

        With several bases this is depth first, without Python's linearization (C3), which differs only where
        two bases share one.
        """
        found: list[ScopeFlow] = []
        todo = [name]
        while todo:
            scope = self._near(todo.pop(0), name)
            if scope is not None and scope not in found:
                found.append(scope)
                todo = [*(scope.bases or ()), *todo]
        return found

    def ordinary(self, name: str) -> bool:
        """Whether all of a class's bases are known, and nothing changes how its instances are made."""
        order = self.order(name)
        known = {scope.name.rpartition(".")[2] for scope in order} | ORDINARY
        return bool(order) and all(
            set(scope.bases or ()) <= known and not scope.decorators and not scope.keywords for scope in order
        )

    def mangled(self, scope: ScopeFlow, attribute: str) -> str:
        """Returns the name under which an attribute is kept: private ones have their class's in front."""
        if not attribute.startswith("__") or attribute.endswith("__"):
            return attribute
        around = scope.name
        while around and self.get(around) is None:
            around = around.rpartition(".")[0]
        own = around.rpartition(".")[2].lstrip("_")
        return f"_{own}{attribute}" if own else attribute

    def bare(self, name: str) -> bool:
        """Whether instances are made without running any code, so that nothing about one is uncertain."""
        return self.ordinary(name) and not self._any(name, ("__init__", "__new__"))

    def method(self, name: str, method: str, after: str = "") -> ScopeFlow | None:
        """Returns the function that a method's name stands for in a class.

        Args:
            name: The class's qualified name.
            method: The method's name.
            after: A class behind which the search begins, as `super` in its methods does.
        """
        if method in self._flow.set_attributes:  # it may be another one by now
            return None
        order = self.order(name)
        places = [place for place, scope in enumerate(order) if scope.name == after]
        for scope in order[places[0] + 1 if places else 0 :]:
            found = self._flow.by_name.get(f"{scope.name}.{method}")
            if found is not None and found.arguments is not None:
                return found
            if method in scope.names:
                return None
        return None

    def property(self, name: str, attribute: str, sets: bool) -> ScopeFlow | None:
        """Returns the function that reading a property of a class's instances runs, or setting it."""
        decorator = f"{attribute}.setter" if sets else "property"
        for scope in self.order(name):
            for found in self._flow.scopes.values():
                if found.name == f"{scope.name}.{attribute}" and found.decorators == (decorator,):
                    return found
            if attribute in scope.names:
                return None
        return None

    def constant(self, name: str, attribute: str) -> ast.expr | None:
        """Returns what a class's attribute is for good; None for one that is set or changed elsewhere."""
        if attribute in self._flow.set_attributes:
            return None
        for scope in self.order(name):
            if attribute in scope.names or f"{scope.name}.{attribute}" in self._flow.by_name:
                return scope.constants.get(attribute) if self.reads_plainly(name, attribute) else None
        return None

    def reads_plainly(self, name: str, attribute: str) -> bool:
        """Whether reading an attribute that an instance has gives just that."""
        return not self._any(name, _READS) and not self._described(name, attribute)

    def writes_plainly(self, name: str, attribute: str) -> bool:
        """Whether assigning an attribute of an instance does just that."""
        plain = self.ordinary(name) and not self._any(name, (*_READS, *_WRITES))
        return plain and not self._described(name, attribute)

    def _described(self, name: str, attribute: str) -> bool:
        """Whether a class's own attribute may be a descriptor: what it is given is made by a call."""
        return any(isinstance(scope.constants.get(attribute), ast.Call) for scope in self.order(name))

    def _any(self, name: str, names: tuple[str, ...]) -> bool:
        return any(
            one in scope.names or f"{scope.name}.{one}" in self._flow.by_name
            for scope in self.order(name)
            for one in names
        )

    def _near(self, name: str, seen_from: str) -> ScopeFlow | None:
        """Returns the class that a name stands for where another class is defined."""
        owner = seen_from
        while owner:
            owner = owner.rpartition(".")[0]
            found = self.get(f"{owner}.{name}" if owner else name)
            if found is not None:
                return found
        return self.get(name)
