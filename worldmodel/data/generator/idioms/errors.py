"""Idioms with exceptions, assertions and clean-up."""

from __future__ import annotations

from ..template import parse

IDIOMS = parse(
    """
strs -> any: string-parsing, accumulator
def $f($ws):
    $tot = 0
    $c = 0
    for $w in $ws + [‹numstr›, ‹numstr›]:
        try:
            $tot += int($w)
        except ValueError«¦ as $e»:
            $c += 1
            «continue¦»
    return $tot, $c
---
ints, idx -> any
def $f($xs, $i):
    try:
        $x = $xs[$i]
        $x = «$x // $i¦$x + $xs[$i + 1]¦$x»
    except IndexError:
        return «-1¦len($xs)¦None»
    except ZeroDivisionError:
        $x = 0
    «else:
        $x += 1
    ¦»return $x
---
int, small -> any
def $g($x, $y):
    if $y == 0:
        raise «ZeroDivisionError('no zero')¦ValueError('zero')»
    return $x // $y
def $f($x, $y):
    $out = []
    for $k in «($y, 0, 2)¦[2, $y - 1, 0]¦range(2, -1, -1)»:
        try:
            $out.append($g($x, $k))
        except (ZeroDivisionError, ValueError) as $e:
            $out.append(«str($e)¦0¦type($e).__name__¦$e.args[0]»)
    return $out
---
dsi, key -> any
def $f($d, $k):
    try:
        return $d[$k]
    except KeyError«:
        return 0¦ as $e:
        return f'missing {$e}'»
    finally:
        $d[$k] = -1
---
int, int -> any
class $E(Exception):
    pass
def $g($n):
    if $n «< 0¦> ‹big›¦% 2»:
        raise $E(f'bad {$n}')
    return $n * 2
def $f($x, $y):
    try:
        $tot = $g($x) + $g($y)
    except $E as $e:
        return str($e)
    return $tot
---
posints, width -> any: accumulator
def $f($xs, $n):
    for $x in $xs:
        «assert $n >= 0, 'empty'¦if $n < 0:
            raise ValueError(f'short by {-$n}')»
        $n -= $x
    return $n
---
str -> int: string-parsing
def $f($s):
    $tot = 0
    for $ch in $s:
        if not $ch.isdigit():
            «raise ValueError('bad char ' + $ch)¦raise TypeError($ch)¦break»
        $tot = $tot * 10 + int($ch)
    return $tot
---
dsi, key -> any
def $g($d, $k):
    if $k not in $d:
        raise KeyError($k)
    return $d[$k]
def $f($d, $k):
    $x = $g($d, $k)
    $d[$k] = $x + 1
    return $d
---
strs -> any
def $f($ws):
    $c = 0
    $out = []
    while True:
        try:
            $w = $ws.pop()
            $out.append($w[0])
        except IndexError:
            «break¦if not $ws:
                break»
        finally:
            $c += 1
    return ''.join($out), $c
---
ints -> any
def $f($xs):
    $p = iter($xs)
    $tot = 0
    while True:
        try:
            $tot += next($p)
        except StopIteration:
            return $tot
        «if $tot > ‹big›:
            return -1
        ¦»
---
small, small -> str
def $f($x, $y):
    try:
        try:
            $n = $x // ($y % 2)
        finally:
            $x += 1
        return str($n)
    except ZeroDivisionError:
        return «'div'¦f'div{$x}'¦'e' + str($x)»
---
fields -> dsi: string-parsing
def $g($w):
    $k, $x = $w.split('=')
    return $k, int($x)
def $f($s):
    $d = {}
    for $w in ($s + «';x=1'¦';x'¦';y=z'»).split(';'):
        try:
            $k, $x = $g($w)
        except ValueError:
            continue
        $d[$k] = $x
    return $d
---
mixed -> any
def $f($xs):
    $out = []
    for $x in $xs:
        try:
            $out.append($x + 1)
        except TypeError:
            $out.append(«None¦str($x)¦$x»)
    return $out
"""
)
