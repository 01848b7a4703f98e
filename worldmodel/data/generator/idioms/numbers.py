"""Idioms over numbers: digits, divisors, sequences."""

from __future__ import annotations

from ..template import parse

IDIOMS = parse(
    """
big -> int: digits, accumulator
def $f($n):
    $tot = 0
    while $n > 0:
        «$tot += $n % 10
        $n //= 10¦$n, $k = divmod($n, 10)
        $tot += $k«¦ * $k»¦$k = $n % 10
        if $k % 2 == ‹bit›:
            $tot += $k
        $n = $n // 10»
    return $tot
---
big -> int: digits
def $f($n):
    $r = 0
    while $n«¦ > 0»:
        $r = $r * 10 + $n % 10
        $n //= 10
    return $r
---
big -> int: digits
def $f($n):
    $c = 0
    while $n >= 10:
        $tot = 0
        for $ch in str($n):
            $tot += int($ch)
        $n = $tot
        $c += 1
    return «$c¦$n¦$n * 10 + $c»
---
big, pos -> str: digits, string-building
def $f($n, $k):
    «if $n == 0:
        return '0'
    ¦»$r = ''
    while $n > 0:
        $r = str($n % ($k + 1)) + $r
        $n //= $k + 1
    return $r
---
big, count -> int
def $f($x, $y):
    while $y«¦ != 0¦ > 0»:
        $x, $y = $y, $x % $y
    return $x
---
count -> int: accumulator
def $f($n):
    $r = 1
    for $i in range(«1¦2», $n + 1):
        $r *= $i
        «if $r > ‹big›:
            break
        ¦»
    return $r
---
count -> int
def $f($n):
    $x, $y = «0, 1¦1, 1¦2, 1»
    for «_¦$i» in range($n):
        $x, $y = $y, $x + $y
    return $x
---
count -> ints
def $f($n):
    $xs = [«0, 1¦1, 2¦1, 1»]
    while len($xs) < $n«¦ + 1»:
        $xs.append($xs[-1] + $xs[-2]«¦ % 10»)
    return $xs«[:$n]¦¦[::-1]»
---
pos -> int: accumulator
def $f($n):
    $c = 0
    while $n != 1«¦ and $c < 12»:
        if $n % 2 == 0:
            $n //= 2
        else:
            $n = 3 * $n + 1
        $c += 1
    return $c
---
width -> bool: search
def $f($n):
    if $n < 2:
        return False
    «for $i in range(2, $n):
        if $n % $i == 0:
            return False
    return True¦$i = 2
    while $i * $i <= $n:
        if $n % $i == 0:
            return False
        $i += 1
    return True»
---
big -> ints
def $f($n):
    $out = []
    $k = 2
    while $n > 1 and $k < ‹width›:
        if $n % $k == 0:
            $out.append($k)
            $n //= $k
        else:
            $k += 1
    return $out
---
width -> ints
def $f($n):
    $out = []
    for $i in range(1, $n + 1):
        if $n % $i == 0:
            $out.append($i)
    return $out
---
width -> ints
def $f($n):
    $out = []
    for $x in range(2, $n):
        for $y in $out:
            if $x % $y == 0:
                break
        else:
            $out.append($x)
    return $out
---
pos, exp -> int: accumulator
def $f($x, $n):
    $r = 1
    while $n > 0:
        if $n % 2 == 1:
            $r *= $x
        $x *= $x
        $n //= 2
    return $r
---
int, int -> int
def $f($x, $y):
    «if $x > $y:
        $r = $x - $y
    elif $x == $y:
        $r = ‹int›
    else:
        $r = «$y - $x¦$y * 2 + $x»¦$r = $x * ‹pos› + $y
    if $r % 2 == 0:
        $r //= 2¦if $x < 0 or $y < 0:
        return -1
    $r = ‹int; $x:int $y:int›»
    return $r
---
small, small -> int: accumulator
def $f($x, $y):
    $tot = 0
    for $i in range($x«¦, $x + $y»«¦ + 1»):
        if «$i % 2 == 0¦‹bool; $i:int $y:int›¦$i % 3 == 0 or $i % 5 == 0»:
            $tot += «$i¦$y¦$i * $i»
        «else:
            $tot -= 1
        ¦»
    return $tot
---
float, pos -> float
def $f($x, $k):
    $y = $x
    for _ in range($k):
        $y = «$y * 2¦$y / 2¦$y + $x»
        «if $y > ‹pos›:
            break
        ¦»
    return «round($y, 2)¦$y»
---
int -> str
def $f($n):
    «if $n % 15 == 0:
        return 'FizzBuzz'
    if $n % 3 == 0:
        return 'Fizz'
    if $n % 5 == 0:
        return 'Buzz'
    return str($n)¦if $n < ‹pos›:
        return ‹word›
    elif $n < ‹big›:
        return ‹word›
    return ‹word› if $n % 2 else ‹word›»
---
big -> str: string-building
def $f($n):
    $r = ''
    for $x, $s in ((10, 'X'), (9, 'IX'), (5, 'V'), (4, 'IV'), (1, 'I')):
        while $n % «50¦30¦20» >= $x:
            $r += $s
            $n -= $x
    return $r
---
small -> str: string-building
def $f($n):
    «if $n == 0:
        return '0'
    ¦»$r = ''
    while $n:
        $r = «str($n % 2)¦'01'[$n % 2]¦('1' if $n & 1 else '0')» + $r
        $n «//= 2¦>>= 1»
    return $r«¦.zfill(4)¦ or '0'»
---
int, int, int -> any
def $f($x, $y, $n):
    «if $x > $y:
        $x, $y = $y, $x
    if $y > $n:
        $y, $n = $n, $y
    if $x > $y:
        $x, $y = $y, $x
    return $x, $y, $n¦$lo = min($x, $y)
    $hi = max($x, $y)
    if $lo <= $n <= $hi:
        return 'in'
    return 'below' if $n < $lo else 'above'¦$best = $x
    if $y > $best:
        $best = $y
    if $n > $best:
        $best = $n
    return $best»
---
big -> int: search
def $f($n):
    $lo, $hi = 0, $n % ‹big› + 1
    while $lo < $hi:
        $mid = ($lo + $hi) // 2
        if $mid * $mid < $n % ‹big› + 1:
            $lo = $mid + 1
        else:
            $hi = $mid
    return $lo
"""
)
