"""Dataclasses, named tuples, enums and typed dictionaries."""

import collections
import dataclasses
import enum
import functools
import typing
from dataclasses import dataclass, field


@dataclass(order=True)
class Item:
    name: str
    price: float = 0.0
    tags: list = field(default_factory=list, compare=False)
    total: dataclasses.InitVar[int] = 1
    kind: typing.ClassVar[str] = "item"

    def __post_init__(self, total):
        self.price *= total

    @property
    def label(self):
        return f"{self.name}:{self.price}"


@dataclass(frozen=True, slots=True)
class Frozen:
    a: int
    b: int = 2

    def moved(self, by):
        return dataclasses.replace(self, a=self.a + by)


@dataclass(kw_only=True)
class Derived(Item):
    extra: int


class Pair(typing.NamedTuple):
    left: int
    right: int = 5

    def flip(self):
        return Pair(self.right, self.left)


Triple = collections.namedtuple("Triple", "x y z", defaults=[0])


class Level(enum.IntEnum):
    LOW = enum.auto()
    HIGH = enum.auto()

    @property
    def shout(self):
        return self.name + "!"

    @classmethod
    def _missing_(cls, value):
        return cls.LOW


class Permission(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()
    BOTH = READ | WRITE


class Planet(enum.Enum):
    EARTH = (1, 2)
    MARS = (3, 4)

    def __init__(self, mass, radius):
        self.mass = mass
        self.radius = radius

    def density(self):
        return self.mass / self.radius


class Mood(enum.StrEnum):
    GOOD = enum.auto()


class Movie(typing.TypedDict, total=False):
    title: str
    year: int


T = typing.TypeVar("T")


class Box(typing.Generic[T]):
    def __init__(self, value: T):
        self.value = value

    def get(self) -> T:
        return self.value


class Sized(typing.Protocol):
    def __len__(self) -> int: ...


@functools.total_ordering
class Version:
    def __init__(self, *parts):
        self.parts = parts

    def __eq__(self, other):
        return self.parts == other.parts

    def __lt__(self, other):
        return self.parts < other.parts


def run():
    items = [Item("b", 2.0, total=2), Item("a", 9.0)]
    items.sort()
    results = [items[0].label, items[0] == Item("a", 9.0), Item.kind]
    frozen = Frozen(1)
    try:
        frozen.a = 2
    except dataclasses.FrozenInstanceError:
        results.append("frozen")
    results += [frozen.moved(3), hash(frozen) == hash(Frozen(1)), dataclasses.asdict(items[1])]
    results.append(Derived(name="d", extra=1))
    left, right = Pair(1)
    results += [left, right, Pair(1).flip(), Triple(1, 2), Triple(1, 2)._replace(z=9)]
    results += [Level.HIGH.shout, Level(7), Level.LOW < Level.HIGH, Permission.READ | Permission.WRITE]
    results += [Permission.READ in Permission.BOTH, Planet.MARS.density(), Planet["EARTH"].mass, list(Mood)]
    movie: Movie = {"title": "m"}
    results += [movie, Box[int](3).get(), Version(1, 2) >= Version(1), isinstance([], typing.Sized)]
    counts = collections.Counter("abca")
    groups = collections.defaultdict(list)
    for letter, count in counts.most_common():
        groups[count].append(letter)
    chained = collections.ChainMap({"a": 1}, {"b": 2})
    queue = collections.deque([1, 2, 3], maxlen=2)
    queue.rotate(1)
    results += [dict(groups), chained["b"], queue, dict(collections.OrderedDict(a=1))]
    results.append(typing.get_type_hints(Movie)["year"])
    return results
