"""Idioms over dictionaries and sets."""

from __future__ import annotations

from ..template import parse

IDIOMS = parse(
    """
str -> dsi: counting-dict
def $f($s):
    $d = {}
    for $ch in $s«¦.lower()¦.split()»:
        «$d[$ch] = $d.get($ch, 0) + 1¦if $ch in $d:
            $d[$ch] += 1
        else:
            $d[$ch] = 1¦if $ch not in $d:
            $d[$ch] = 0
        $d[$ch] += 1¦$d.setdefault($ch, 0)
        $d[$ch] += 1»
    return $d
---
str -> str: counting-dict, search
def $f($s):
    $d = {}
    for $ch in $s:
        $d[$ch] = $d.get($ch, 0) + 1
    «for $ch in $s:
        if $d[$ch] == 1:
            return $ch
    return ''¦return max($d, key=$d.get, default='')¦return ''.join($x for $x in $d if $d[$x] > 1)¦$out = ''
    for $k, $x in $d.items():
        $out += $k + str($x)
    return $out»
---
dups -> any: counting-dict
def $f($xs):
    $d = {}
    for $x in $xs:
        $d[$x] = $d.get($x, 0) + 1
    «return $d¦return sorted($d.items())¦return sorted($d, key=lambda $k: (-$d[$k], $k))¦$best = max($d.values())
    return [$k for $k, $n in $d.items() if $n == $best]»
---
dups -> dii: counting-dict
from collections import Counter
def $f($xs):
    $c = Counter($xs)
    $d = {}
    for $k, $n in $c.«most_common(2)¦items()»:
        $d[$k] = $n «* $k¦+ 1¦»
    return $d
---
words -> any
«from collections import defaultdict
def $f($ws):
    $d = defaultdict(list)
    for $w in $ws:
        $d[«len($w)¦$w[0]»].append($w)
    return dict($d)¦def $f($ws):
    $d = {}
    for $w in $ws:
        $k = «len($w)¦$w[0]¦$w[-1]¦len($w) % 2»
        «$d.setdefault($k, []).append($w)¦if $k not in $d:
            $d[$k] = []
        $d[$k].append($w)»
    return $d»
---
dsi -> any: accumulator
def $f($d):
    $tot = 0
    for $k, $x in $d.items():
        if «$x > ‹pos›¦‹bool; $x:int $k:str›¦$k in ‹str›»:
            $tot += $x
        «else:
            $tot -= 1
        ¦»
    return «$tot¦$tot¦round($tot / len($d), 2)¦{'total': $tot}»
---
dsi -> dsi
def $f($d):
    $out = {}
    for $k, $x in «$d.items()¦sorted($d.items())»:
        «$out[$k«¦.upper()¦ * 2»] = ‹int; $x:int›¦if $x % 2 == 0:
            $out[$k] = $x«¦ // 2»»
    return $out
---
dsi -> dis
def $f($d):
    $out = {}
    for $k in $d:
        $out[$d[$k]] = $k
    return $out
---
dsi -> dsi
def $f($d):
    for $k in «list($d)¦sorted($d)»:
        if $d[$k] «<¦>» ‹pos›:
            «del $d[$k]¦$d.pop($k)»
        «else:
            $d[$k] += 1¦»
    return $d
---
dsi, dsi -> dsi
def $f($d, $d2):
    «$out = dict($d)
    for $k, $x in $d2.items():
        $out[$k] = $out.get($k, 0) + $x
    return $out¦$d.update($d2)
    return $d¦$out = {}
    for $k in $d:
        if $k in $d2:
            $out[$k] = «$d[$k] - $d2[$k]¦max($d[$k], $d2[$k])»
    return $out¦return {**$d2, **$d}»
---
dsi, key -> any
def $f($d, $k):
    «if $k in $d:
        return $d[$k]
    return «None¦-1¦len($d)»¦$x = $d.get($k)
    if $x is None:
        $d[$k] = 0
        return $d
    return $x¦$x = $d.pop($k, ‹int›)
    return $x, $d¦$d[$k] = $d.setdefault($k, ‹int›) + 1
    return $d»
---
dsl -> any: accumulator
def $f($d):
    $out = {}
    for $k, $xs in $d.items():
        «$out[$k] = sum($xs)¦if $xs:
            $out[$k] = max($xs)¦$tot = 0
        for $x in $xs:
            $tot += $x
        $out[$k] = $tot»
    return $out
---
ints, big -> any: search
def $f($xs, $n):
    $seen = {}
    for $i, $x in enumerate($xs):
        if $n % 20 - $x in $seen:
            return [$seen[$n % 20 - $x], $i]
        $seen[$x] = $i
    return «[]¦$seen¦None»
---
ints -> bool: search
def $f($xs):
    $seen = set()
    for $x in $xs:
        if $x in $seen:
            return True
        $seen.add($x)
    return «False¦len($seen) > ‹pos›»
---
ints, ints -> ints
def $f($xs, $ys):
    «$x = set($xs)
    $y = set($ys)
    return sorted($x «&¦|¦-¦^» $y)¦$seen = set($ys)
    return [$x for $x in $xs if $x not in $seen]»
---
words, words -> dss: for-zip
def $f($ws, $ys):
    $d = {}
    for $k, $x in zip($ws, $ys):
        $d[$k] = $x«¦.upper()¦ + $k[0]»
    return $d
---
dsl, key -> strs: queue
def $f($d, $k):
    $seen = []
    $q = [$k]
    while $q:
        $x = $q.pop(«0¦»)
        if $x in $seen:
            continue
        $seen.append($x)
        for $y in $d.get($x, []):
            $q.append('abcde'[$y % 5])
    return $seen
---
dss, word -> str
def $f($d, $w):
    $c = 0
    while $w«[0]¦[:1]» in $d and $c < «3¦4»:
        $w = $d[$w[0]]
        $c += 1
    return $w«¦ + str($c)»
"""  # noqa: E501
)
