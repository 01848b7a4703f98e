"""Idioms over lists and tuples: searching, sorting, windows, matrices, stacks and queues."""

from __future__ import annotations

from ..template import parse

IDIOMS = parse(
    """
ints -> int: accumulator
def $f($xs):
    $tot = «0¦0¦‹int›»
    for $x in $xs:
        if ‹bool; $x:int›:
            «continue¦$tot += $x¦$tot -= 1»
        $tot += «$x¦$x * ‹pos›¦1¦abs($x)»
    return $tot
---
ints -> ints
def $f($xs):
    $out = []
    for $x in $xs:
        «if ‹bool; $x:int›:
            $out.append($x)
        «elif $x in $out:
            $out.remove($x)
        ¦else:
            $out.append(‹int; $x:int›)
        ¦»¦if $x not in $out:
            $out.append($x)¦$out.append($x «*¦+¦-» ‹pos›)¦$out.insert(«0¦len($out) // 2», $x)»
    return $out
---
ints -> int: search
def $f($xs):
    $best = $xs[0]
    for $x in $xs«[1:]¦»:
        if $x «>¦<» $best:
            $best = $x
    return $best
---
ints, int -> int: search
def $f($xs, $n):
    for $i, $x in enumerate($xs):
        if $x «==¦>¦>=» $n:
            return $i
    «else:
        ¦»return -1
---
sortedints, int -> int: search, two-pointer
def $f($xs, $n):
    $lo, $hi = 0, len($xs)«¦ - 1»
    while $lo < $hi:
        $mid = ($lo + $hi) // 2
        if $xs[$mid] < $n:
            $lo = $mid + 1
        else:
            $hi = $mid
    return $lo
---
sortedints, count -> any: two-pointer, search
def $f($xs, $n):
    $lo = 0
    $hi = len($xs) - 1
    while $lo < $hi:
        $tot = $xs[$lo] + $xs[$hi]
        if $tot == $n:
            return ($lo, $hi)
        if $tot < $n:
            $lo += 1
        else:
            $hi -= 1
    return «None¦()¦[]»
---
ints -> ints: sorting-loop
def $f($xs):
    «$xs = «$xs[:]¦list($xs)¦$xs.copy()»
    ¦»for $i in range(len($xs)):
        for $j in range(len($xs) - 1 - $i):
            if $xs[$j] «>¦<» $xs[$j + 1]:
                $xs[$j], $xs[$j + 1] = $xs[$j + 1], $xs[$j]
    return $xs
---
ints -> ints: sorting-loop
def $f($xs):
    for $i in range(1, len($xs)):
        $x = $xs[$i]
        $j = $i - 1
        while $j >= 0 and $xs[$j] > $x:
            $xs[$j + 1] = $xs[$j]
            $j -= 1
        $xs[$j + 1] = $x
    return $xs
---
ints -> ints: sorting-loop
def $f($xs):
    for $i in range(len($xs) - 1):
        $k = $i
        for $j in range($i + 1, len($xs)):
            if $xs[$j] < $xs[$k]:
                $k = $j
        «if $k != $i:
            ¦»$xs[$i], $xs[$k] = $xs[$k], $xs[$i]
    return $xs
---
sortedints, sortedints -> ints: two-pointer
def $f($xs, $ys):
    $out = []
    $i = $j = 0
    while $i < len($xs) and $j < len($ys):
        if $xs[$i] <= $ys[$j]:
            $out.append($xs[$i])
            $i += 1
        else:
            $out.append($ys[$j])
            $j += 1
    return $out + $xs[$i:] + $ys[$j:]
---
ints -> ints: accumulator
def $f($xs):
    $out = []
    $tot = 0
    for $x in $xs:
        $tot «+= $x¦= max($tot, $x)¦= $tot * 2 + $x¦-= $x»
        $out.append($tot)
    return $out
---
ints, pos -> ints
def $f($xs, $k):
    «$k = $k % len($xs)
    return $xs[«-$k:] + $xs[:-$k]¦$k:] + $xs[:$k]»¦for _ in range($k):
        $xs.«append($xs.pop(0))¦insert(0, $xs.pop())»
    return $xs¦$out = []
    for $i in range(0, len($xs), $k):
        $out.append(«sum($xs[$i:$i + $k])¦max($xs[$i:$i + $k])¦$xs[$i]»)
    return $out»
---
ints, pos -> int: accumulator, search
def $f($xs, $k):
    $best = 0
    for $i in range(len($xs) - $k + 1):
        $tot = sum($xs[$i:$i + $k])
        if $tot > $best«¦ or $i == 0»:
            $best = $tot
    return $best
---
ints -> int: accumulator
def $f($xs):
    $best = $cur = $xs[0]
    for $x in $xs[1:]:
        $cur = max($x, $cur + $x)
        $best = max($best, $cur)
    return $best
---
ints -> any
def $f($xs):
    $ys, $out = [], []
    for $x in $xs:
        if $x % 2 == 0:
            $ys.append($x)
        else:
            $out.append($x)
    return «$ys + $out¦$ys, $out¦{'even': $ys, 'odd': $out}¦len($ys) - len($out)¦sorted($ys) + $out[::-1]»
---
ints, ints -> int: accumulator
def $f($xs, $ys):
    $tot = 0
    for $x, $y in zip($xs, $ys):
        $tot += «$x * $y¦abs($x - $y)¦max($x, $y)¦$x if $x > $y else $y»
    return $tot
---
ints, ints -> ints
def $f($xs, $ys):
    $out = []
    for $x in $xs:
        if $x «not in¦in» $ys«¦ and $x not in $out»:
            $out.append($x)
    «$out.«sort()¦reverse()¦extend($ys)¦append(len($ys))»
    ¦»return $out
---
matrix -> int: matrix, accumulator
def $f($m):
    $tot = 0
    for $i in range(len($m)):
        for $j in range(len($m[$i])):
            if «$i == $j¦$i + $j == len($m) - 1¦$i != $j¦$m[$i][$j] % 2 == 0¦$j > $i»:
                $tot += $m[$i][$j]
    return $tot
---
matrix -> matrix: matrix
def $f($m):
    $out = []
    for $j in range(len($m[0])):
        $r = []
        for $x in $m:
            $r.append($x[$j])
        $out.append($r)
    return $out«¦[::-1]»
---
matrix -> ints: matrix
def $f($m):
    $out = []
    for $r in $m:
        «for $x in $r:
            «if $x > ‹pos›:
                ¦»$out.append($x)¦$out.append(«sum($r)¦max($r)¦min($r)¦len($r)¦$r[0]»)¦$out «+= $r¦+= $r[::-1]¦= $r + $out»»
    return $out
---
matrix, pos -> matrix: matrix
def $f($m, $k):
    for $i, $r in enumerate($m):
        for $j, $x in enumerate($r):
            $m[$i][$j] = «$x * $k¦$x + $k¦$x % $k¦$k - $x»
    return $m
---
pos, pos -> matrix: matrix
def $f($n, $k):
    $out = []
    for $i in range($n):
        $r = []
        for $j in range($k):
            $r.append(«$i * $j¦$i + $j¦1 if $i == $j else 0¦($i + $j) % 2»)
        $out.append($r)
    return $out
---
ints -> ints: stack
def $f($xs):
    $st = []
    for $x in $xs:
        while $st and $st[-1] «<¦>¦==» $x:
            $st.pop()
        $st.append($x)
    return $st
---
ints, pos -> any: queue
def $f($xs, $k):
    $q = $xs[:]
    $out = []
    while $q:
        $x = $q.pop(0)
        if $x > $k and $x < ‹big›:
            $q.append($x «- $k - 1¦// 2¦% ($k + 1)»)
        else:
            $out.append($x)
    return $out
---
ints -> int: queue
from collections import deque
def $f($xs):
    $q = deque($xs)
    $c = 0
    while len($q) > 1:
        $x = $q.popleft()
        «if $x % 2:
            $q.«append($q.popleft())¦pop()»¦$q.rotate(1)»
        $c += «1¦$x»
    return $c
---
items -> any: accumulator
def $f($xs):
    $tot = 0
    $out = []
    for $w, $n in $xs:
        if $n > ‹pos›:
            $tot += $n
            $out.append($w«¦.upper()¦[0]»)
    return «$tot, $out¦','.join($out) + str($tot)¦(len($out), $tot)»
---
words -> strs: sorting-loop
def $f($ws):
    «return sorted($ws, key=lambda $w: «len($w)¦(-len($w), $w)¦$w[-1]¦$w[::-1]»«¦, reverse=True»)¦$ws.sort(key=«len¦lambda $w: $w[1:]»)
    «$ws.reverse()
    ¦»return $ws¦$out = []
    while $ws:
        $w = min($ws)
        $ws.remove($w)
        $out.append($w)
    return $out»
---
ints -> any: unpacking
def $f($xs):
    «$x, *$out = $xs
    return $out + [$x]¦$x, *$out, $y = $xs
    return $x + $y, $out¦*$out, $x = $xs
    $out.append($x * 2)
    return $out¦($x, $y), $out = $xs[:2], $xs[2:]
    return $out, $x - $y»
---
mixed -> any
def $f($xs):
    $out = []
    for $x in $xs:
        if isinstance($x, str):
            $out.append(«$x.upper()¦len($x)¦$x[::-1]»)
        elif $x is None:
            «$out.append(0)¦continue¦pass»
        elif isinstance($x, «bool¦float»):
            $out.append(«not $x¦$x + 1¦str($x)»)
        else:
            $out.append(«$x¦[$x]¦($x, type($x).__name__)»)
    return $out
---
ints, idx, int -> ints
def $f($xs, $i, $n):
    «if $i < 0 or $i >= len($xs):
        return $xs
    ¦»«$xs[$i] = $n¦$xs.insert($i, $n)¦$xs.pop($i)
    $xs.append($n)¦del $xs[$i]¦$xs[$i] += $n¦$xs[$i:] = [$n]»
    return $xs
---
ints -> ints
def $f($xs):
    $lo, $hi = 0, len($xs) - 1
    while $lo < $hi:
        $xs[$lo], $xs[$hi] = $xs[$hi], $xs[$lo]
        $lo += 1
        $hi -= «1¦2»
    return $xs
---
dups -> ints
def $f($xs):
    «$c = [0] * 5
    for $x in $xs:
        $c[$x] += 1
    return $c¦$i = 0
    while $i < len($xs):
        if $xs.count($xs[$i]) > 1:
            $xs.«pop($i)¦remove($xs[$i])»
        else:
            $i += 1
    return $xs¦$i = 1
    for $j in range(1, len($xs)):
        if $xs[$j] != $xs[$j - 1]:
            $xs[$i] = $xs[$j]
            $i += 1
    return $xs[:$i]»
"""  # noqa: E501
)
