"""Classes: metaclasses, descriptors, slots, operators, attribute access."""

import abc
import contextlib
import functools


class Registry(type):
    """Knows every class that it made."""

    made = []

    @classmethod
    def __prepare__(mcs, name, bases, **options):
        return {"prepared": True}

    def __new__(mcs, name, bases, namespace, **options):
        cls = super().__new__(mcs, name, bases, dict(namespace), **options)
        return cls

    def __init__(cls, name, bases, namespace, **options):
        super().__init__(name, bases, namespace)
        cls.made.append(name)

    def __call__(cls, *args, **kwargs):
        made = super().__call__(*args, **kwargs)
        made.born = len(cls.made)
        return made

    def __len__(cls):
        return len(cls.made)


class Base(metaclass=Registry):
    """A class body with statements of every kind."""

    limit: int = 3
    declared: str
    squares = [n * n for n in range(limit)]
    if limit > 2:
        big = True
    else:
        big = False
    for turn in range(2):
        pass
    del turn

    def __init_subclass__(cls, /, level=0, **options):
        super().__init_subclass__(**options)
        cls.level = level

    def greet(self):
        return f"{type(self).__name__} greets"


class Child(Base, level=2):
    def greet(self):
        return super().greet() + "!"

    @classmethod
    def make(cls):
        return cls()

    @staticmethod
    def helper(x, /, y, *, z=3):
        return x + y + z


class Positive:
    """A descriptor."""

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        return getattr(instance, self.name, 0)

    def __set__(self, instance, value):
        if value < 0:
            raise ValueError(value)
        setattr(instance, self.name, value)


class Account:
    balance = Positive()

    def __init__(self, balance):
        self.balance = balance

    @property
    def double(self):
        return self.balance * 2

    @double.setter
    def double(self, value):
        self.balance = value // 2

    @double.deleter
    def double(self):
        self.balance = 0

    @functools.cached_property
    def slow(self):
        return self.balance + 100


class Slotted:
    __slots__ = ("x", "__dict__")

    def __init__(self, x):
        self.x = x
        self.free = x + 1


class Vector:
    def __init__(self, *parts):
        self.parts = parts

    def __add__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return Vector(*(a + b for a, b in zip(self.parts, other.parts)))

    def __radd__(self, other):
        return self if other == 0 else NotImplemented

    def __iadd__(self, other):
        self.parts = (self + other).parts
        return self

    def __neg__(self):
        return Vector(*(-p for p in self.parts))

    def __matmul__(self, other):
        return sum(a * b for a, b in zip(self.parts, other.parts))

    def __eq__(self, other):
        return isinstance(other, Vector) and self.parts == other.parts

    def __hash__(self):
        return hash(self.parts)

    def __lt__(self, other):
        return self.parts < other.parts

    def __bool__(self):
        return any(self.parts)

    def __len__(self):
        return len(self.parts)

    def __getitem__(self, index):
        return self.parts[index]

    def __contains__(self, part):
        return part in self.parts

    def __call__(self, factor=1):
        return Vector(*[p * factor for p in self.parts])

    def __repr__(self):
        print("repr was called")
        return "Vector"

    def __format__(self, spec):
        return f"<{spec}>"

    def __index__(self):
        return len(self.parts)


class Ghost:
    """Answers for attributes that it does not have."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return name.upper()

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value + 1)

    def __delattr__(self, name):
        object.__delattr__(self, name)


class Shape(abc.ABC):
    @property
    @abc.abstractmethod
    def area(self): ...

    @abc.abstractmethod
    def scale(self, by):
        """Grows it."""


class Square(Shape):
    def __init__(self, side):
        self.side = side

    @property
    def area(self):
        return self.side**2

    def scale(self, by):
        self.side *= by
        return self


class Left:
    def who(self):
        return ["left"]


class Right(Left):
    def who(self):
        return ["right", *super().who()]


class Middle(Left):
    def who(self):
        return ["middle", *super().who()]


class Both(Right, Middle):
    def who(self):
        return ["both", *super().who()]


class Mangled:
    def __init__(self):
        self.__secret = 1

    def reveal(self):
        __own = self.__secret
        return __own


class Resource:
    log = []

    def __del__(self):
        self.log.append("gone")


def local_class(n):
    class Inner:
        value = n

        def get(self):
            return n + self.value

        class Innermost:
            deep = True

    return Inner().get(), Inner.Innermost.deep


def dynamic():
    Made = type("Made", (Left,), {"x": 1, "f": lambda self: self.x})
    return Made().f(), Made().who()


def run():
    child = Child.make()
    account = Account(5)
    account.double = 30
    results = [child.greet(), child.born, len(Base), Base.prepared, Child.level, Base.squares]
    results += [account.double, account.slow, account.slow, Child.helper(1, y=2)]
    del account.double
    try:
        account.balance = -1
    except ValueError as error:
        results.append(error.args)
    slotted = Slotted(1)
    results.append((slotted.x, slotted.free))
    v, w = Vector(1, 2), Vector(3, 4)
    v += w
    results += [(v + w).parts, (-v).parts, v @ w, v == w, v < w, 4 in v, v[0], len(v), v(2).parts]
    results += [sum([v, w]).parts, bool(Vector(0)), f"{v:wide}", [10, 20, 30][Vector(1):], {v: 1}[v]]
    try:
        v + 1
    except TypeError:
        results.append("no sum")
    ghost = Ghost()
    ghost.x = 1
    results += [ghost.x, ghost.name, hasattr(ghost, "_hidden")]
    del ghost.x
    square = Square(3).scale(2)
    results.append(square.area)
    with contextlib.suppress(TypeError):
        Shape  # its own message differs from version to version, and so it is not called
    results += [Both().who(), Mangled().reveal(), local_class(3), dynamic()]
    resource = Resource()
    del resource
    results.append(Resource.log)
    return results
