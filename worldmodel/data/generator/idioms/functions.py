"""Idioms about functions: recursion, closures, generators, defaults, lambdas, helpers."""

from __future__ import annotations

from ..template import parse

IDIOMS = parse(
    """
count -> int
def $f($n):
    if $n <= «0¦1»:
        return «1¦0¦$n»
    return «$n * $f($n - 1)¦$n + $f($n - 1)¦$n + $f($n - 2)¦$f($n // 2) + 1¦2 * $f($n - 1) + 1»
---
pos -> int
def $f($n):
    if $n < 2:
        return $n
    return $f($n % 5 - 1) + $f($n % 5 - 2)
---
ints -> int
def $f($xs):
    if «not $xs¦len($xs) == 0»:
        return 0
    return «$xs[0] + $f($xs[1:])¦max($xs[-1], $f($xs[:-1]))¦1 + $f($xs[2:])¦($xs[0] > ‹pos›) + $f($xs[1:])»
---
str -> str
def $f($s):
    if len($s) <= 1:
        return $s
    return «$f($s[1:]) + $s[0]¦$s[-1] + $f($s[:-1])¦$s[0].upper() + $f($s[2:])¦$f($s[len($s) // 2:]) + $s[0]»
---
str -> bool
def $f($s):
    if len($s) < 2:
        return True
    if $s[0] != $s[-1]:
        return False
    return $f($s[1:-1])
---
matrix -> ints
def $f($xs):
    $out = []
    for $x in $xs:
        if isinstance($x, list):
            $out «.extend($f($x))¦+= $f($x)»
        else:
            $out.append($x)
    return $out
---
count, width -> int
def $f($x, $y):
    if $y == 0:
        return $x
    return $f($y, $x % $y)
---
count -> int: closure
def $f($n):
    $d = {}
    def $g($k):
        if $k < 2:
            return $k
        if $k not in $d:
            $d[$k] = $g($k - 1) + $g($k - 2)
        return $d[$k]
    return $g($n % 7)
---
int, int -> int
def $g($k):
    def $h($x):
        return $x «+¦*¦-» $k
    return $h
def $f($x, $y):
    $p = $g($x)
    $q = $g(‹pos›)
    return $p($y) «+¦-» $q($y)
---
ints -> int
def $f($xs):
    $tot = 0
    def $g($x):
        nonlocal $tot
        $tot += $x
        return $tot
    for $x in $xs:
        «$g($x)¦if $g($x) > ‹big›:
            break»
    return $tot
---
count -> ints
def $g($n):
    $k = «0¦1»
    while $k < $n:
        yield $k «* $k¦+ 1¦»
        $k += «1¦2»
def $f($n):
    «$out = []
    for $x in $g($n):
        $out.append($x)
    return $out¦return list($g($n))¦return [$x for $x in $g($n) if $x % 2 == 0]»
---
ints -> any
def $g($xs):
    $y = None
    for $x in $xs:
        if $y is not None:
            yield $x - $y
        $y = $x
def $f($xs):
    $out = «sorted¦list¦sum¦max»($g($xs))
    return $out
---
str, pos -> str
def $g($x, $k=‹pos›, *, $t=‹sep›):
    return $t.join([$x] * $k)
def $f($s, $n):
    $r = $g($s[0])
    $r += $g($s[-1], $n)
    return $r «+ $g('x', $t='+')¦+ $g(‹letter›, $k=2, $t=':')¦»
---
int, int -> int
def $g($x, $y=‹pos›):
    return $x «*¦-¦+¦%¦//» $y
def $f($x, $y):
    return $g($x) «+¦-» $g($y, «‹pos›¦$y=‹pos›»)
---
int, int -> any
def $g(*$xs, **$d):
    $tot = sum($xs)
    for $k in sorted($d):
        $tot += $d[$k]
    return $tot
def $f($x, $y):
    return $g($x, $y) «+ $g(1, a=$x)¦- $g(b=$y, c=2)¦, $g(*[$x, $y], z=1)»
---
items -> strs
def $f($xs):
    $out = sorted($xs, key=lambda $p: «$p[1]¦(-$p[1], $p[0])¦len($p[0])»«¦, reverse=True»)
    return [$p[0] for $p in $out]
---
int, int -> int
def $f($x, $y):
    $d = {'+': lambda $p, $q: $p + $q, '-': lambda $p, $q: $p - $q, '*': lambda $p, $q: $p * $q}
    $tot = 0
    for $k in «'+-'¦'+*-'¦['-', '+']¦$d»:
        $tot += $d[$k]($x, $y)
    return $tot
---
ints -> ints
def $g($k, $xs):
    return [$k($x) for $x in $xs]
def $f($xs):
    $out = $g(lambda $x: ‹int; $x:int›, $xs)
    return $out
---
ints -> any
def $g($x, $xs=«None¦()»):
    $xs = [«¦0»] if not $xs else $xs
    $xs.append($x)
    return $xs
def $f($ys):
    $q = []
    for $y in $ys:
        $q = $g($y«, $q¦»)
    return $q
---
ints -> any
def $g($x, $xs=[]):
    $xs.append($x)
    return len($xs)
def $f($ys):
    $tot = 0
    for $y in $ys:
        $tot += $g($y)
    return $tot
---
int -> int
$K = ‹pos›
def $g($x):
    return $x «*¦+¦-¦//» $K
def $f($n):
    $tot = 0
    for $i in range($K):
        $tot += $g($n«¦ + $i¦ - $i»)
    return $tot
---
posints -> any
$K = ‹pos›
$c = 0
def $g($x):
    global $c
    if $x > $K:
        $c += 1
        return $x - $K
    return 0
def $f($xs):
    $out = []
    for $x in $xs:
        $out.append($g($x))
    return «$out, $c¦$c¦sum($out) - $c»
---
words -> str
def $g($w):
    return $w«[::-1]¦.upper()¦[0] + str(len($w))¦.title()¦.replace('e', '3')»
def $h($w, $k):
    return len($w) > $k
def $f($ws):
    $out = []
    for $w in $ws:
        if $h($w, «2¦3¦4»):
            $out.append($g($w))
        «else:
            $out.append($w)
        ¦»
    return «'-'¦' '¦','».join($out)
---
int, int -> int
def $g($x):
    if $x < 0:
        return -$x
    return $x
def $h($x, $y):
    $k = $g($x - $y)
    return $k «+ 1¦* 2¦»
def $f($x, $y):
    $tot = $g($x) + $h($x, $y)
    return $tot - $h($y, ‹small›)
---
count -> any
def $f($n, $x='A', $y='B', $k='C'):
    if $n % 4 == 0:
        return []
    $out = $f($n % 4 - 1, $x, $k, $y)
    $out.append($x + $y)
    return $out + $f($n % 4 - 1, $k, $y, $x)
---
chars -> any
def $f($xs):
    if len($xs) <= 1:
        return [''.join($xs)]
    $out = []
    for $i, $x in enumerate($xs[:3]):
        for $p in $f(($xs[:$i] + $xs[$i + 1:3])):
            $out.append($x + $p)
    return $out
---
ints -> any
from functools import reduce
def $f($xs):
    «return reduce(lambda $x, $y: $x + $y, $xs, 0)¦$best = reduce(lambda $x, $y: $x if $x > $y else $y, $xs)
    return $best¦$tot = reduce(lambda $x, $y: $x * 2 + $y, $xs[:4])
    return $tot % 100»
"""
)
