"""What Python's operators, methods and built-ins are: templates of expressions and statements, by type.

``<int>`` is an expression of a type, ``<int!>`` one in operand position (bracketed
when compound), ``<$int>`` a variable, ``<v>`` the variable of a comprehension over
the type in front of ``|``, ``<+int>`` an expression that uses it. Sets of strings
are never iterated in their own order, and floats never summed: both differ
between runs or versions.
"""

from __future__ import annotations


def _table(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip("\n").split("\n") if line.strip())


EXPRESSIONS: dict[str, tuple[str, ...]] = {
    "int": _table(
        """
        <int!> + <int!>
        <int!> + <int!>
        <int!> + <pos>
        <int!> - <int!>
        <int!> - <int!>
        <int!> - <pos>
        <int!> * <int!>
        <int!> * <pos>
        <int!> // <pos>
        <int!> // <int!>
        <int!> % <pos>
        <int!> % <int!>
        abs(<int>) ** <exp>
        -<$int>
        <int!> & <int!>
        <int!> | <int!>
        <int!> ^ <int!>
        <int!> << <exp>
        <int!> >> <exp>
        ~<$int>
        abs(<int>)
        abs(<int!> - <int!>)
        min(<int>, <int>)
        max(<int>, <int>)
        max(<int>, <int>, <pos>)
        pow(<int>, <exp>)
        pow(<int>, <exp>, <pos>)
        divmod(<int>, <pos>)[<bit>]
        len(<str>)
        len(<ints>)
        len(<strs>)
        len(<dsi>)
        len(<iset>)
        len(<tup>)
        len(set(<str>))
        len(set(<ints>))
        len(str(<int>))
        sum(<ints>)
        sum(<tup>)
        max(<ints>)
        min(<ints>)
        max(<tup>)
        max(<ints>, default=<int>)
        <ints!>[<idx>]
        <ints!>[<idx>]
        <ints!>[-1]
        <ints!>[0]
        <tup!>[<idx>]
        <pair!>[<bit>]
        <item!>[1]
        <matrix!>[<idx>][<idx>]
        len(<matrix!>[0])
        <ints!>.count(<int>)
        <ints!>.index(<int>)
        <ints!>.index(<ints!>[<idx>])
        <tup!>.count(<int>)
        <tup!>.index(<int>)
        <strs!>.count(<str>)
        <strs!>.index(<str>)
        <str!>.find(<sub>)
        <str!>.find(<sub>, <idx>)
        <str!>.rfind(<sub>)
        <str!>.index(<sub>)
        <str!>.rindex(<sub>)
        <str!>.count(<sub>)
        <str!>.count(<chr>)
        len(<str!>.split())
        len(<str!>.split(<mark>))
        ord(<chr>)
        ord(<chr>) - ord('a')
        ord(<str!>[0])
        int(<numstr>)
        int(<str>)
        int(<bits>, 2)
        int(<float>)
        int(<bool>)
        round(<float>)
        <dsi!>[<key>]
        <dsi!>.get(<key>, <int>)
        <dsi!>.get(<key>, 0) + <pos>
        <dii!>.get(<int>, -1)
        <dii!>[<idx>]
        sum(<dsi!>.values())
        max(<dsi!>.values())
        min(<dii!>)
        len(<dsl!>[<key>])
        max(<iset>)
        sum(<iset>)
        <int!> if <bool> else <int!>
        int|sum(<+int> for <v> in <ints!>)
        int|sum(1 for <v> in <ints!> if <+bool>)
        chr|sum(1 for <v> in <str!> if <+bool>)
        int|sum(<v> for <v> in <ints!> if <+bool>)
        int|next((<v> for <v> in <ints!> if <+bool>), -1)
        str|max(len(<v>) for <v> in <strs!>)
        chr|sum(int(<v>) for <v> in str(abs(<int>)))
        sum(map(len, <strs>))
        max(map(abs, <ints>))
        int(str(abs(<int>))[::-1])
        int(str(abs(<int>))[0])
        <int!> % 10
        <int!> // 10
        <int!> % 2
        """
    ),
    "float": _table(
        """
        <float!> + <float!>
        <float!> - <float!>
        <float!> * <float!>
        <float!> * <pos>
        <float!> / <pos>
        <float!> // <pos>
        <float!> % <pos>
        <int!> / <pos>
        <int!> / <int!>
        <int!> * 0.5
        <int!> + <float!>
        float(<int>)
        float(<numstr>)
        abs(<float>)
        round(<float>, 1)
        round(<float!> / <pos>, 2)
        round(<int!> / <pos>, 2)
        sum(<ints>) / len(<ints>)
        max(<float>, <float>)
        min(<floats>)
        <floats!>[<idx>]
        -<$float>
        abs(<float>) ** 2
        <float!> if <bool> else <float!>
        """
    ),
    "bool": _table(
        """
        <int!> < <int!>
        <int!> > <int!>
        <int!> <= <int!>
        <int!> >= <int!>
        <int!> == <int!>
        <int!> != <int!>
        <int!> > <pos>
        <int!> % 2 == 0
        <int!> % <pos> == <bit>
        <int!> % <pos> != 0
        0 <= <int!> < <int!>
        <int!> <= <int!> <= <int!>
        <pos> < <int!> != <int!>
        <float!> > <float!>
        <float!> <= <int!>
        <str!> == <str!>
        <str!> != <str!>
        <str!> < <str!>
        <str!> >= <str!>
        <sub> in <str!>
        <chr> in <str!>
        <str!> in <str!>
        <chr> not in <str!>
        <int!> in <ints!>
        <int!> not in <ints!>
        <str!> in <strs!>
        <int!> in <iset!>
        <chr> in <sset!>
        <key> in <dsi!>
        <key> not in <dsi!>
        <int!> in <dii!>
        <int!> in <tup!>
        <int!> in range(<pos>)
        <chr> in 'aeiou'
        <str!>.startswith(<sub>)
        <str!>.endswith(<sub>)
        <str!>.startswith((<sub>, <sub>))
        <str!>.isalpha()
        <str!>.isdigit()
        <str!>.isalnum()
        <str!>.islower()
        <str!>.isupper()
        <str!>.isspace()
        <str!>.istitle()
        <str!>.isnumeric()
        <str!>.isidentifier()
        <chr>.isalpha()
        <chr>.isdigit()
        <chr>.isupper()
        <bool!> and <bool!>
        <bool!> or <bool!>
        not <bool!>
        <int!> > <pos> and <bool!>
        <int!> == 0 or <bool!>
        bool(<int>)
        bool(<str>)
        bool(<ints>)
        len(<str>) > <pos>
        len(<ints>) == <pos>
        len(<strs>) >= <pos>
        <ints!> == <ints!>
        <ints!> < <ints!>
        <tup!> == <tup!>
        <tup!> < <tup!>
        <ints!> == sorted(<ints>)
        <str!> == <str!>[::-1]
        <ints!>[0] == <ints!>[-1]
        sorted(<str>) == sorted(<str>)
        set(<ints>) == set(<ints>)
        <iset!> <= <iset!>
        <iset!>.issubset(<iset>)
        <iset!>.isdisjoint(<iset>)
        <sset!>.issuperset(<sset>)
        isinstance(<int>, int)
        isinstance(<str>, (int, float))
        any(<bools>)
        all(<bools>)
        int|any(<+bool> for <v> in <ints!>)
        int|all(<+bool> for <v> in <ints!>)
        chr|any(<+bool> for <v> in <str!>)
        chr|all(<+bool> for <v> in <str!>)
        <$ints> is None
        <$int> is not None
        """
    ),
    "str": _table(
        """
        <str!> + <str!>
        <str!> + <str!>
        <str!> + <chr>
        <str!> * <exp>
        <chr> * <pos>
        <str!>[<idx>]
        <str!>[<idx>]
        <str!>[<idx>:]
        <str!>[:<idx>]
        <str!>[<idx>:<idx>]
        <str!>[<pos>:-1]
        <str!>[::-1]
        <str!>[::<pos>]
        <str!>[<idx>::2]
        <str!>[::-2]
        <str!>[<pos>:<idx>:-1]
        <str!>[len(<str>) // 2:]
        <str!>.upper()
        <str!>.lower()
        <str!>.title()
        <str!>.capitalize()
        <str!>.swapcase()
        <str!>.casefold()
        <str!>.strip()
        <str!>.lstrip()
        <str!>.rstrip()
        <str!>.strip(<sub>)
        <str!>.lstrip(<sub>)
        <str!>.rstrip(<sub>)
        <str!>.replace(<sub>, <sub>)
        <str!>.replace(<sub>, '')
        <str!>.replace(<sub>, <sub>, 1)
        <str!>.replace(' ', <sep>)
        <str!>.removeprefix(<sub>)
        <str!>.removesuffix(<sub>)
        <str!>.zfill(<width>)
        str(<int>).zfill(<width>)
        <str!>.center(<width>)
        <str!>.center(<width>, <chr>)
        <str!>.ljust(<width>)
        <str!>.ljust(<width>, <chr>)
        <str!>.rjust(<width>)
        <str!>.rjust(<width>, <chr>)
        <str!>.expandtabs(4)
        <str!>.partition(<mark>)[0]
        <str!>.partition(<mark>)[2]
        <str!>.rpartition(<mark>)[2]
        <str!>.split()[<idx>]
        <str!>.split(<mark>)[0]
        <str!>.split(<mark>, 1)[-1]
        <str!>.rsplit(<mark>, 1)[0]
        <str!>.translate(str.maketrans(<letter>, <letter>))
        <str!>.encode().decode()
        <sep>.join(<strs>)
        <sep>.join(<strs!>[::-1])
        <sep>.join(sorted(<strs>))
        <sep>.join(<str!>.split())
        ''.join(reversed(<str>))
        ''.join(sorted(<str>))
        ''.join(sorted(set(<str>)))
        chr|''.join(<+str> for <v> in <str!>)
        chr|''.join(<v> for <v> in <str!> if <+bool>)
        chr|''.join([<v> for <v> in <str!> if <+bool>])
        int|<sep>.join(str(<v>) for <v> in <ints!>)
        <sep>.join(map(str, <ints>))
        str(<int>)
        str(<int!> + <int!>)
        str(<float>)
        str(<ints>)
        str(<bool>)
        repr(<str>)
        repr(<tup>)
        bin(<int>)
        bin(abs(<int>))[2:]
        hex(<int>)
        format(<int>, 'b')
        format(<float>, '.2f')
        chr(ord(<chr>) + <bit>)
        chr(ord('a') + <small>)
        <strs!>[<idx>]
        <strs!>[-1]
        <dis!>[<idx>]
        <dis!>.get(<int>, <str>)
        <dss!>[<key>]
        <dss!>.get(<key>, <word>)
        <item!>[0]
        max(<strs>)
        min(<strs>)
        max(<strs>, key=len)
        max(<str>)
        max(<dsi>, key=<$dsi>.get)
        <str!> if <bool> else <str!>
        <str!> or <word>
        f'{<$int>}'
        f'{<$str>}-{<$int>}'
        f'{<$str>}: {<$str>}'
        f'<{<$str>}>'
        f'{<$int>:03d}'
        f'{<$int>:>5}|'
        f'{<$int>:x}'
        f'{<$str>:<8}|'
        f'{<$str>:>{<pos>}}'
        f'{<$float>:.1f}'
        f'{<$float>:.2f}%'
        f'{<$str>!r}'
        f'{<$int> + 1}/{<$int>}'
        '{}-{}'.format(<str>, <int>)
        '{0}{1}{0}'.format(<str>, <int>)
        '{:>6}'.format(<str>)
        '{:.1f}'.format(<float>)
        '{:,}'.format(<int>)
        '%s=%d' % (<str>, <int>)
        '%05.1f' % <float!>
        type(<int>).__name__
        """
    ),
    "ints": _table(
        """
        <ints!> + <ints!>
        <ints!> + [<int>]
        [<int>] + <ints!>
        <ints!> * <exp>
        [<bit>] * <pos>
        [<int>, <int>]
        [<int>, <int>, <int>]
        <ints!>[<idx>:]
        <ints!>[:<idx>]
        <ints!>[<idx>:<idx>]
        <ints!>[::-1]
        <ints!>[::2]
        <ints!>[<pos>:]
        <ints!>[1:-1]
        <ints!>[:]
        <ints!>.copy()
        list(<ints>)
        list(<tup>)
        list(range(<pos>))
        list(range(<idx>, <pos>))
        list(range(<pos>, 0, -1))
        list(range(0, <width>, <pos>))
        list(reversed(<ints>))
        list(map(abs, <ints>))
        list(map(int, str(abs(<int>))))
        list(map(len, <strs>))
        sorted(<ints>)
        sorted(<ints>, reverse=True)
        sorted(set(<ints>))
        sorted(<iset>)
        sorted(<dii>)
        sorted(<ints>, key=abs)
        int|sorted(<ints>, key=lambda <v>: <+int>)
        int|sorted(<ints>, key=lambda <v>: -<v>)
        int|list(map(lambda <v>: <+int>, <ints>))
        int|list(filter(lambda <v>: <+bool>, <ints>))
        list(<dsi!>.values())
        list(<dii!>.keys())
        list(<dii>)
        int|[<+int> for <v> in <ints!>]
        int|[<+int> for <v> in <ints!>]
        int|[<v> for <v> in <ints!> if <+bool>]
        int|[<v> for <v> in <ints!> if <+bool>]
        int|[<+int> for <v> in <ints!> if <+bool>]
        int|[<+int> if <+bool> else <+int> for <v> in <ints!>]
        idx|[<+int> for <v> in range(<pos>)]
        str|[len(<v>) for <v> in <strs!>]
        chr|[ord(<v>) for <v> in <str!>]
        [x * y for x, y in zip(<ints>, <ints>)]
        [x + i for i, x in enumerate(<ints>)]
        [i for i, x in enumerate(<ints>) if x > <int!>]
        [x for row in <matrix!> for x in row]
        [row[0] for row in <matrix!>]
        [sum(row) for row in <matrix!>]
        <matrix!>[<idx>]
        <dsl!>[<key>]
        <dsl!>.get(<key>, [])
        <ints!> if <bool> else <ints!>
        """
    ),
    "strs": _table(
        """
        <str!>.split()
        <str!>.split()
        <str!>.split(<mark>)
        <str!>.split(<mark>, 1)
        <str!>.rsplit(<mark>, 1)
        <str!>.splitlines()
        list(<str>)
        list(<str!>.partition(<mark>))
        list(<str!>[::-1])
        <strs!> + <strs!>
        <strs!> + [<str>]
        [<str>, <str>]
        [<str>] * <exp>
        <strs!>[<idx>:]
        <strs!>[:<idx>]
        <strs!>[::-1]
        <strs!>.copy()
        sorted(<strs>)
        sorted(<strs>, reverse=True)
        sorted(<strs>, key=len)
        sorted(set(<str>))
        sorted(set(<strs>))
        sorted(<sset>)
        sorted(<dsi>)
        str|sorted(<strs>, key=lambda <v>: (len(<v>), <v>))
        str|sorted(<strs>, key=lambda <v>: <v>[-1:])
        sorted(<dsi>, key=<$dsi>.get)
        str|[<+str> for <v> in <strs!>]
        str|[<+str> for <v> in <strs!>]
        str|[<v> for <v> in <strs!> if <+bool>]
        str|[<+str> for <v> in <strs!> if <+bool>]
        str|[<v>.upper() for <v> in <strs!>]
        str|[<v>[0] for <v> in <strs!>]
        str|[<v>.strip() for <v> in <str!>.split(<mark>)]
        chr|[<v> for <v> in <str!> if <+bool>]
        int|[str(<v>) for <v> in <ints!>]
        [k for k, v in <dsi!>.items() if v > <int!>]
        [f'{k}{v}' for k, v in <dsi!>.items()]
        [w * (i + 1) for i, w in enumerate(<strs>)]
        [a + b for a, b in zip(<str>, <str>)]
        list(<dsi!>.keys())
        list(<dsi>)
        list(<dis!>.values())
        list(map(str, <ints>))
        list(map(str.upper, <strs>))
        list(filter(None, <strs>))
        list(filter(str.isalpha, <str>))
        list(reversed(<strs>))
        """
    ),
    "floats": _table(
        """
        int|[<v> / <pos> for <v> in <ints!>]
        float|[<+float> for <v> in <floats!>]
        float|[round(<v>, 1) for <v> in <floats!>]
        sorted(<floats>)
        <floats!>[::-1]
        <floats!> + [<float>]
        """
    ),
    "dsi": _table(
        """
        {<key>: <int>, <key>: <int>}
        {**<dsi!>, <key>: <int>}
        dict(<dsi>)
        <dsi!>.copy()
        <dsi!> | <dsi!>
        dict(zip(<strs>, <ints>))
        dict(<items>)
        dict.fromkeys(<strs>, <int>)
        chr|{<v>: <str!>.count(<v>) for <v> in <str!>}
        str|{<v>: len(<v>) for <v> in <strs!>}
        {k: v for k, v in <dsi!>.items() if v > <int!>}
        {k: v * <pos> for k, v in <dsi!>.items()}
        {k: v + <int!> for k, v in <dsi!>.items()}
        {k.upper(): v for k, v in <dsi!>.items()}
        dict(sorted(<dsi!>.items()))
        dict(sorted(<dsi!>.items(), key=lambda p: p[1]))
        {w: i for i, w in enumerate(<strs>)}
        """
    ),
    "dii": _table(
        """
        {<int>: <int>}
        int|{<v>: <+int> for <v> in <ints!>}
        idx|{<v>: <v> * <v> for <v> in range(<pos>)}
        dict(enumerate(<ints>))
        {x: i for i, x in enumerate(<ints>)}
        <dii!>.copy()
        dict.fromkeys(<ints>, 0)
        """
    ),
    "dis": _table(
        """
        dict(enumerate(<strs>))
        dict(enumerate(<strs>, <pos>))
        {v: k for k, v in <dsi!>.items()}
        {len(w): w for w in <strs!>}
        """
    ),
    "dss": _table(
        """
        dict(zip(<strs>, <strs>))
        str|{<v>[0]: <v> for <v> in <strs!>}
        str|{<v>: <v>.upper() for <v> in <strs!>}
        {**<dss!>, <key>: <str>}
        """
    ),
    "dsl": _table(
        """
        {<key>: <ints>}
        str|{<v>: [] for <v> in <strs!>}
        {k: sorted(v) for k, v in <dsl!>.items()}
        """
    ),
    "iset": _table(
        """
        set(<ints>)
        set(<tup>)
        <iset!> | <iset!>
        <iset!> & <iset!>
        <iset!> - <iset!>
        <iset!> ^ <iset!>
        <iset!>.union(<ints>)
        <iset!>.intersection(<ints>)
        <iset!> | {<int>}
        int|{<+int> for <v> in <ints!>}
        int|{<v> for <v> in <ints!> if <+bool>}
        """
    ),
    "sset": _table(
        """
        set(<str>)
        set(<strs>)
        set(<str>) & set(<str>)
        set(<str>) - set(<str>)
        <sset!> | <sset!>
        <sset!> - {<key>}
        chr|{<v> for <v> in <str!> if <+bool>}
        str|{<v>[0] for <v> in <strs!>}
        """
    ),
    "tup": _table(
        """
        (<int>, <int>, <int>)
        tuple(<ints>)
        tuple(sorted(<ints>))
        <tup!> + <tup!>
        <tup!> + (<int>,)
        <tup!> * <exp>
        <tup!>[<idx>:]
        <tup!>[::-1]
        """
    ),
    "pair": _table(
        """
        (<int>, <int>)
        divmod(<int>, <pos>)
        (min(<ints>), max(<ints>))
        (len(<str>), <int>)
        <pair!>[::-1]
        """
    ),
    "item": _table(
        """
        (<str>, <int>)
        max(<dsi!>.items(), key=lambda p: p[1])
        min(<items>)
        <items!>[<idx>]
        """
    ),
    "items": _table(
        """
        list(<dsi!>.items())
        sorted(<dsi!>.items())
        sorted(<dsi!>.items(), key=lambda p: -p[1])
        sorted(<items>, key=lambda p: p[1])
        sorted(<items>, key=lambda p: (-p[1], p[0]))
        list(zip(<strs>, <ints>))
        [(c, <str!>.count(c)) for c in <str!>]
        [(w, len(w)) for w in <strs!>]
        <items!> + [(<str>, <int>)]
        """
    ),
    "matrix": _table(
        """
        [<ints>, <ints>]
        [[0] * <pos> for _ in range(<pos>)]
        [[i * j for j in range(<pos>)] for i in range(<pos>)]
        [row[::-1] for row in <matrix!>]
        [list(r) for r in zip(*<matrix!>)]
        [<ints!>[i:i + 2] for i in range(0, len(<ints>), 2)]
        int|[[<v>] for <v> in <ints!>]
        <matrix!> + [<ints>]
        """
    ),
}
"""Expression templates by the type of their value."""

STATEMENTS = _table(
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

WRONG = _table(
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
