"""Idioms over strings: building, scanning, parsing."""

from __future__ import annotations

from ..template import parse

IDIOMS = parse(
    """
str -> int: accumulator, search
def $f($s):
    $c = 0
    for $ch in $s:
        if «$ch in ‹str›¦‹bool; $ch:chr›¦‹bool; $ch:chr›¦$ch.isdigit()¦$ch in 'aeiou'¦$ch == ‹chr›»:
            $c += «1¦1¦2»
    return $c
---
str, chr -> int: search
def $f($s, $ch):
    for $i«, $x in enumerate($s):
        if $x == $ch¦ in range(len($s)):
        if $s[$i] == $ch¦, $x in enumerate($s):
        if $x == $ch or $x == ‹chr›»:
            return $i
    return «-1¦-1¦len($s)»
---
str -> str: string-building
def $f($s):
    $r = ''
    for $ch in $s:
        if ‹bool; $ch:chr›:
            $r += «$ch.upper()¦$ch.swapcase()¦$ch * 2¦‹chr›¦‹str; $ch:chr $s:str›»
        «elif ‹bool; $ch:chr›:
            «continue¦$r += ‹sep›¦break»¦»
        else:
            $r «+= $ch¦= $ch + $r¦+= $ch.lower()»
    return $r«¦¦.strip()¦[::-1]»
---
str -> str: string-building
def $f($s):
    $out = []
    for $ch in $s«¦.split()¦[::-1]»:
        «if ‹bool; $ch:str $s:str›:
            $out.append($ch«.upper()¦.title()¦[::-1]¦ + ‹sep›»)
        else:
            $out.append($ch)¦if not $ch.isalpha():
            continue
        $out.append($ch.lower())¦$out.insert(0, $ch)»
    return ‹sep›.join($out)
---
phrase -> str: string-building
def $f($s):
    $ws = $s.split(«' '¦»)
    $out = []
    for $w in $ws:
        «$out.append($w[«0¦-1»]«.upper() + $w[1:]¦»)¦$out.append($w.«title()¦upper()¦capitalize()¦swapcase()»)¦if len($w) > ‹pos›:
            $out.append($w)¦$w = $w[1:] + $w[«0¦:1»]
        $out.append($w + 'ay')»
    return ‹sep›.join($out«¦¦[::-1]»)
---
str, count -> str: string-building
def $f($s, $k):
    $r = ''
    for $ch in $s:
        if $ch.islower():
            $r += chr((ord($ch) - ord('a') «+¦-» $k) % 26 + ord('a'))
        «elif $ch.isupper():
            $r += chr((ord($ch) - 65 + $k) % 26 + 65)
        ¦»else:
            $r += $ch
    return $r
---
str -> bool: two-pointer
def $f($s):
    «$s = ''.join($ch for $ch in $s.lower() if $ch.isalnum())
    ¦$s = $s.lower()
    ¦»$lo, $hi = 0, len($s) - 1
    while $lo < $hi:
        if $s[$lo] != $s[$hi]:
            return False
        $lo += 1
        $hi -= 1
    return True
---
str -> str: string-building
def $f($s):
    «if not $s:
        return ''
    ¦»$r = ''
    $c = «1¦0»
    for $i in range(«1, ¦»len($s)):
        if $s[$i] == $s[$i - 1]:
            $c += 1
        else:
            $r += $s[$i - 1] + str($c)
            $c = 1
    return $r«¦ + str($c)»
---
fields -> dsi: string-parsing
def $f($s):
    $d = {}
    for $w in $s.split(';'):
        $k, «_, $x = $w.partition('=')¦$x = $w.split('=')»
        $d[$k] = «int($x)¦int($x)¦int($x) * ‹pos›¦$d.get($k, 0) + int($x)»
    return $d
---
numbers -> int: string-parsing, accumulator
def $f($s):
    $tot = 0
    for $w in $s.«split(',')¦replace(' ', ',').split(',')»:
        «$w = $w.strip()
        ¦»if «$w.«strip().isdigit()¦strip() != ''»¦$w»:
            $tot += int($w)
    return $tot
---
listing -> strs: string-parsing
def $f($s, $t=«','¦';'¦'-'»):
    $out = []
    $cur = ''
    for $ch in $s:
        if $ch == $t:
            $out.append($cur)
            $cur = ''
        else:
            $cur += $ch
    «if $cur:
        $out.append($cur)¦$out.append($cur)»
    return $out
---
brackets -> bool: stack
def $f($s):
    $st = []
    for $ch in $s:
        if $ch in '([':
            $st.append($ch)
        elif not $st«¦ or $st.pop() + $ch not in ('()', '[]')»:
            return False
        «else:
            $st.pop()¦»
    return «not $st¦len($st) == 0»
---
brackets -> int: accumulator
def $f($s):
    $c = $best = 0
    for $ch in $s:
        if $ch == '(':
            $c += 1
            $best = max($best, $c)
        elif $ch == ')':
            $c -= 1
        «if $c < 0:
            return -1¦»
    return $best
---
str, str -> int: accumulator
def $f($s, $t):
    $c = 0
    for $x, $y in zip($s, $t):
        if $x «!=¦==¦<» $y:
            $c += 1
    return $c«¦ + abs(len($s) - len($t))»
---
str, str -> str: two-pointer, string-building
def $f($s, $t):
    $r = ''
    $i = 0
    while $i < len($s) «and¦or» $i < len($t):
        «$r += $s[$i:$i + 1] + $t[$i:$i + 1]¦if $i < len($s):
            $r += $s[$i]
        if $i < len($t):
            $r += $t[$i]»
        $i += 1
    return $r
---
str, sub, sub -> str
def $f($s, $x, $y):
    «if $x in $s:
        $i = $s.«find¦index¦rfind»($x)
        return $s[:$i] + $y + $s[$i + len($x):]
    return $s¦$r = $s.replace($x, $y)
    while $x in $r and len($r) > ‹pos›:
        $r = $r[1:]
    return $r¦$ws = $s.split($x)
    return $y.join($ws)»
---
str, width -> str
def $f($s, $k):
    «while len($s) < $k:
        $s = «'*' + $s¦$s + ‹chr›¦'-' + $s + '-'»
    return $s¦if len($s) > $k:
        return $s[:$k] + «'...'¦'~'»
    return $s.«ljust¦rjust¦center»($k«, ‹chr›¦»)¦$r = []
    for $i in range(0, len($s), $k):
        $r.append($s[$i:$i + $k])
    return '|'.join($r)»
---
words -> str: search
def $f($ws):
    $best = «''¦$ws[0]»
    for $w in $ws:
        if len($w) «>¦>=¦<» len($best)«¦ or $w == ‹word›»:
            $best = $w
    return $best
---
words -> str
def $f($ws):
    $r = $ws[0]
    for $w in $ws[1:]:
        while not $w.startswith($r):
            $r = $r[:-1]
            «if not $r:
                return ''¦»
    return $r
---
rpn -> int: stack, string-parsing
def $f($s):
    $st = []
    for $w in $s.split():
        if $w in '+-*':
            $y = $st.pop()
            $x = $st.pop()
            if $w == '+':
                $st.append($x + $y)
            elif $w == '-':
                $st.append($x - $y)
            else:
                $st.append($x * $y)
        else:
            $st.append(int($w))
    return $st«[0]¦[-1]¦.pop()»
---
str -> str: string-building
def $f($s):
    «$r = ''
    for $ch in $s:
        if $ch not in $r:
            $r += $ch
    return $r¦$seen = set()
    $out = []
    for $ch in $s:
        if $ch in $seen:
            continue
        $seen.add($ch)
        $out.append($ch)
    return ''.join($out)»
---
str -> strs: string-parsing
def $f($s):
    $out, $cur = [], ''
    for $ch in $s:
        if $ch.«isupper()¦isdigit()¦isspace()» and $cur:
            $out.append($cur)
            $cur = «$ch¦''»
        else:
            $cur += $ch
    return $out + [$cur]
---
str, idx -> str
def $f($s, $i):
    «$r = list($s)
    $r[$i] = ‹chr›
    return ''.join($r)¦if $i < 0 or $i >= len($s):
        return ‹word›
    return $s[:$i] + $s[$i].«upper()¦swapcase()» + $s[$i + 1:]¦$r = list($s)
    for $j in range(len($r) // 2):
        $r[$j], $r[-1 - $j] = $r[-1 - $j], $r[$j]
    return ''.join($r)»
---
str, sub -> str
def $f($s, $t):
    while $s.«startswith¦endswith»($t) «and $s ¦»and $t:
        $s = $s.«removeprefix¦removesuffix»($t)«¦[1:]»
    return $s«¦.strip()»
---
str -> any
def $f($s):
    $c = {'up': 0, 'low': 0«, 'digit': 0¦»}
    for $ch in $s:
        if $ch.isupper():
            $c['up'] += 1
        elif $ch.islower():
            $c['low'] += 1
        «elif $ch.isdigit():
            $c['digit'] = $c.get('digit', 0) + 1
        ¦»
    return $c«¦['up'] - $c['low']»
---
bits -> int: accumulator, digits
def $f($s):
    $n = 0
    for $ch in $s:
        $n = $n * 2 + «int($ch)¦($ch == '1')¦(1 if $ch == '1' else 0)»
    return $n
"""  # noqa: E501
)
