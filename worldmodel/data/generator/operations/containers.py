"""Expressions whose value is a list, a dictionary, a set or a tuple."""

from __future__ import annotations

from .table import table

CONTAINERS: dict[str, tuple[str, ...]] = {
    "ints": table(
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
    "strs": table(
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
    "floats": table(
        """
        int|[<v> / <pos> for <v> in <ints!>]
        float|[<+float> for <v> in <floats!>]
        float|[round(<v>, 1) for <v> in <floats!>]
        sorted(<floats>)
        <floats!>[::-1]
        <floats!> + [<float>]
        """
    ),
    "dsi": table(
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
    "dii": table(
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
    "dis": table(
        """
        dict(enumerate(<strs>))
        dict(enumerate(<strs>, <pos>))
        {v: k for k, v in <dsi!>.items()}
        {len(w): w for w in <strs!>}
        """
    ),
    "dss": table(
        """
        dict(zip(<strs>, <strs>))
        str|{<v>[0]: <v> for <v> in <strs!>}
        str|{<v>: <v>.upper() for <v> in <strs!>}
        {**<dss!>, <key>: <str>}
        """
    ),
    "dsl": table(
        """
        {<key>: <ints>}
        str|{<v>: [] for <v> in <strs!>}
        {k: sorted(v) for k, v in <dsl!>.items()}
        """
    ),
    "iset": table(
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
    "sset": table(
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
    "tup": table(
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
    "pair": table(
        """
        (<int>, <int>)
        divmod(<int>, <pos>)
        (min(<ints>), max(<ints>))
        (len(<str>), <int>)
        <pair!>[::-1]
        """
    ),
    "item": table(
        """
        (<str>, <int>)
        max(<dsi!>.items(), key=lambda p: p[1])
        min(<items>)
        <items!>[<idx>]
        """
    ),
    "items": table(
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
    "matrix": table(
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
"""Templates by the type of their value."""
