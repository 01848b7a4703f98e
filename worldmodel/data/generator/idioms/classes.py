"""Idioms with classes: plain ones, dataclasses, context managers."""

from __future__ import annotations

from ..template import parse

IDIOMS = parse(
    """
ints -> int: accumulator
class $C:
    def __init__(self, $at=0):
        self.$at = $at
    def $me(self, $x):
        self.$at += $x
        «if self.$at < 0:
            self.$at = 0¦return self»
    def $mg(self):
        return self.$at«¦ * 2¦ + ‹pos›»
def $f($xs):
    $p = $C(«‹small›¦»)
    for $x in $xs:
        $p.$me($x)
    return $p.$mg()
---
chars -> any: stack
class $C:
    def __init__(self):
        self.$at = []
    def $me(self, $x):
        self.$at.append($x)
    def pop(self):
        if not self.$at:
            return None
        return self.$at.pop(«¦0»)
def $f($xs):
    $st = $C()
    for $x in $xs:
        if $x in «'ab'¦'cd'¦'ace'»:
            $st.pop()
        else:
            $st.$me($x)
    return «$st.$at¦$st.pop()¦len($st.$at)»
---
pair, pair -> int
from dataclasses import dataclass
@dataclass
class $C:
    x: int
    y: int = 0
    def $mg(self, other):
        return abs(self.x - other.x) + abs(self.y - other.y)
def $f($x, $y):
    $p = $C(*$x)
    $q = $C($y[0]«, $y[1]¦, y=$y[1]¦»)
    «$p.x += ‹pos›
    ¦»return $p.$mg($q)
---
items -> any: accumulator
from dataclasses import dataclass«, field¦»
@dataclass
class $C:
    name: str
    cost: int
    count: int = 1
    def $mg(self):
        return self.cost * self.count
def $f($xs):
    $tot = 0
    for $w, $n in $xs:
        $p = $C($w, $n«¦, len($w)¦, count=2»)
        «if $p.$mg() > ‹pos›:
            ¦»$tot += $p.$mg()
    return $tot
---
int, int -> any
class $C:
    sides = ‹pos›
    def __init__(self, $at):
        self.$at = $at
    def $mg(self):
        return self.$at * self.sides
class Big$C($C):
    def __init__(self, $at, $k):
        super().__init__($at)
        self.$k = $k
    def $mg(self):
        return super().$mg() + self.$k
def $f($x, $y):
    $p = $C($x)
    $q = Big$C($y, ‹pos›)
    return $p.$mg() «+¦-¦,» $q.$mg()
---
int, int -> any
class $C:
    def __init__(self, x, y):
        self.x = x
        self.y = y
    def __add__(self, other):
        return $C(self.x + other.x, self.y + other.y)
    def __«eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)¦len__(self):
        return abs(self.x)¦repr__(self):
        return f'$C({self.x}, {self.y})'»
def $f($x, $y):
    $p = $C($x, ‹small›)
    $q = $p + $C(‹small›, $y)
    return «$q.x - $q.y¦$q.x, $q.y¦$q.x if $q.x > $p.x else $q.y»
---
pos -> strs: stack
class $C:
    def __init__(self, name, left=None, right=None):
        self.name = name
        self.left = left
        self.right = right
def $g($x):
    if $x is None:
        return []
    return «$g($x.left) + [$x.name] + $g($x.right)¦[$x.name] + $g($x.left) + $g($x.right)»
def $f($n):
    $p = $C(‹letter›, $C(‹letter›))
    for $i in range($n % 3):
        $p = $C(str($i), «$p, $C('z')¦None, $p¦$p»)
    return $g($p)
---
ints -> ints
class $C:
    def __init__(self, value, next=None):
        self.value = value
        self.next = next
def $f($xs):
    $p = None
    for $x in $xs«¦[::-1]»:
        $p = $C($x, $p)
    $out = []
    while $p«¦ is not None»:
        $out.append($p.value)
        $p = $p.next
    return $out
---
posints, width -> any
class $C:
    def __init__(self, size):
        self.size = size
        self.used = 0
    @property
    def left(self):
        return self.size - self.used
    def $me(self, $x):
        if $x > self.left:
            «return False¦raise ValueError(f'no room for {$x}')»
        self.used += $x
        return True
def $f($xs, $n):
    $p = $C($n)
    $c = 0
    for $x in $xs:
        «try:
            if $p.$me($x):
                $c += 1
        except ValueError:
            break¦if $p.$me($x):
            $c += 1»
    return $c, $p.left
---
str -> any: string-building
class $C:
    def __init__(self, name):
        self.name = name
        self.log = []
    def __enter__(self):
        self.log.append('in')
        return self
    def __exit__(self, kind, err, tb):
        self.log.append('out' if kind is None else kind.__name__)
        return «True¦kind is ValueError»
def $f($s):
    $p = $C($s[:2])
    with $p as $q:
        $n = int($s)
        $q.log.append($n)
    return $p.log
---
count -> any
class $C:
    @staticmethod
    def half($x):
        return $x // 2
    @classmethod
    def make(cls, $n):
        $p = cls()
        $p.data = list(range($n))
        return $p
def $f($n):
    $p = $C.make($n)
    return «$C.half(len($p.data))¦$p.data[$C.half($n):]¦sum($p.data) - $C.half($n)»
---
count -> ints
class $C:
    def __init__(self, n):
        self.n = n
    def __iter__(self):
        $i = self.n
        while $i > 0:
            yield $i
            $i -= «1¦2»
def $f($n):
    $out = []
    for $x in $C($n):
        $out.append($x«¦ * $x¦ % 3»)
    return $out
"""
)
