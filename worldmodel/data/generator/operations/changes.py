"""Statements that change a variable, unpackings, and expressions that raise."""

from __future__ import annotations

from .table import table

STATEMENTS = table(
    """
    <$int> += <int>
    <$int> += <pos>
    <$int> += 1
    <$int> -= <pos>
    <$int> -= <int>
    <$int> *= <pos>
    <$int> //= <pos>
    <$int> %= <pos>
    <$int> ^= <pos>
    <$int> |= <pos>
    <$int> &= <width>
    <$int> <<= 1
    <$int> >>= 1
    <$int> **= 2
    <$float> += <float>
    <$float> *= <pos>
    <$float> /= <pos>
    <$str> += <str>
    <$str> += <chr>
    <$str> += str(<int>)
    <$str> *= <exp>
    <$str> = <chr> + <$str>
    <$bool> = not <$bool>
    <$ints>.append(<int>)
    <$ints>.append(<int>)
    <$ints>.extend(<ints>)
    <$ints>.extend([<int>, <int>])
    <$ints>.insert(<idx>, <int>)
    <$ints>.insert(0, <int>)
    <$ints>.remove(<int>)
    <$ints>.remove(<$ints>[<idx>])
    <$ints>.pop()
    <$ints>.pop(0)
    <$ints>.pop(<idx>)
    <$ints>.sort()
    <$ints>.sort(reverse=True)
    <$ints>.sort(key=lambda x: -x)
    <$ints>.reverse()
    <$ints>.clear()
    <$ints> += <ints>
    <$ints> += [<int>]
    <$ints> *= <exp>
    <$ints>[<idx>] = <int>
    <$ints>[<idx>] += <int>
    <$ints>[<idx>:<idx>] = [<int>]
    <$ints>[0], <$ints>[-1] = <$ints>[-1], <$ints>[0]
    del <$ints>[<idx>]
    del <$ints>[<idx>:]
    <$strs>.append(<str>)
    <$strs>.append(<str>)
    <$strs>.extend(<strs>)
    <$strs>.extend(<str>)
    <$strs>.insert(<idx>, <str>)
    <$strs>.remove(<str>)
    <$strs>.pop()
    <$strs>.pop(<idx>)
    <$strs>.sort()
    <$strs>.sort(key=len)
    <$strs>.reverse()
    <$strs>[<idx>] = <str>
    <$strs>[<idx>] += <chr>
    del <$strs>[0]
    <$dsi>[<key>] = <int>
    <$dsi>[<key>] = <int>
    <$dsi>[<key>] += <int>
    <$dsi>[<key>] = <$dsi>.get(<key>, 0) + 1
    <$dsi>.update({<key>: <int>})
    <$dsi>.update(<dsi>)
    <$dsi>.setdefault(<key>, <int>)
    <$dsi>.pop(<key>)
    <$dsi>.pop(<key>, None)
    <$dsi>.popitem()
    del <$dsi>[<key>]
    <$dii>[<int>] = <int>
    <$dii>[<int>] = <$dii>.get(<int>, 0) + <pos>
    <$dii>.pop(<int>, None)
    <$dis>[<int>] = <str>
    <$dss>[<key>] = <str>
    <$dsl>.setdefault(<key>, []).append(<int>)
    <$dsl>[<key>].append(<int>)
    <$dsl>[<key>] = <ints>
    <$iset>.add(<int>)
    <$iset>.add(<int>)
    <$iset>.discard(<int>)
    <$iset>.remove(<int>)
    <$iset>.update(<ints>)
    <$iset> |= {<int>}
    <$iset> -= <iset>
    <$sset>.add(<str>)
    <$sset>.discard(<key>)
    <$matrix>[<idx>][<idx>] = <int>
    <$matrix>[<idx>].append(<int>)
    <$matrix>.append(<ints>)
    <$items>.append((<str>, <int>))
    <$items>.sort(key=lambda p: p[1])
    """
)
"""Statements that change a variable."""

UNPACKINGS = (
    (("int", "int"), "<int>, <int>"),
    (("int", "int"), "<pair>"),
    (("int", "int"), "divmod(<int>, <pos>)"),
    (("int", "int"), "<ints!>[0], <ints!>[-1]"),
    (("str", "int"), "<item>"),
    (("str", "int"), "<str>, len(<str>)"),
    (("int", "*ints"), "<ints>"),
    (("*ints", "int"), "<ints>"),
    (("int", "*ints"), "<tup>"),
    (("str", "*strs"), "<str!>.split()"),
    (("str", "str"), "<str>, <str>"),
    (("str", "str"), "<str!>.split(<mark>)"),
    (("str", "_", "str"), "<str!>.partition(<mark>)"),
    (("ints", "ints"), "<ints!>[:<idx>], <ints!>[<idx>:]"),
    (("int", "ints"), "len(<ints>), sorted(<ints>)"),
    (("(int", "str)", "ints"), "(<int>, <str>), <ints>"),
)
"""Types of the targets and the template of the value."""

RISKY: tuple[tuple[str, str, str], ...] = (
    ("int", "int(<str>)", "ValueError"),
    ("int", "int(<word>)", "ValueError"),
    ("int", "int(<numstr>)", "ValueError"),
    ("int", "<ints!>.index(<int>)", "ValueError"),
    ("int", "<str!>.index(<sub>)", "ValueError"),
    ("int", "<ints!>[<pos>]", "IndexError"),
    ("str", "<strs!>[<pos>]", "IndexError"),
    ("str", "<str!>[<pos>]", "IndexError"),
    ("int", "<ints!>.pop(<pos>)", "IndexError"),
    ("int", "<dsi!>[<key>]", "KeyError"),
    ("int", "<dsi!>[<str>]", "KeyError"),
    ("int", "<dii!>[<int>]", "KeyError"),
    ("int", "<int!> // <bit>", "ZeroDivisionError"),
    ("int", "<int!> % (<int!> - <pos>)", "ZeroDivisionError"),
    ("int", "<int!> + <str!>", "TypeError"),
    ("str", "<str!> + <int!>", "TypeError"),
    ("int", "len(<int>)", "TypeError"),
)
"""Type, template and exception of expressions that often raise."""

WRONG = table(
    """
    <int!> // 0
    <int!> % (<int!> - <int!>)
    <int!> / 0
    <int!> + <str!>
    <str!> + <int!>
    <str!> - <str!>
    <ints!> + <int!>
    <ints!> + <str!>
    <ints!>[<width>]
    <ints!>[len(<ints>)]
    <str!>[<width>]
    <tup!>[<width>]
    [][<idx>]
    <dsi!>['zz']
    <dii!>[<big>]
    <dss!>[<word>]
    <ints!>.index(<big>)
    <str!>.index('#!')
    <str!>.index(<word>)
    int(<word>)
    int(<str>)
    float(<word>)
    int('')
    len(<int>)
    <$int>[<idx>]
    <str!>.push(<str>)
    <ints!>.add(<int>)
    <$int>.upper()
    None.split()
    <int!> < <str!>
    sorted([<int>, <str>])
    sum([<str>, <str>])
    ', '.join(<ints>)
    {<ints>: <int>}
    {<ints>}
    <str!> * <str!>
    -<str!>
    next(iter([]))
    chr(-<pos>)
    ord('ab')
    list(<int>)
    range(<pos>, <pos>, 0)
    <$int>()
    undefined_name + <int!>
    '{} {}'.format(<int>)
    '{x}'.format(<int>)
    '%d' % <str!>
    """
)
"""Expressions that mostly raise."""
