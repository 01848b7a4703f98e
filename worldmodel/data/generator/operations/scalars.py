"""Expressions whose value is a number or a truth value."""

from __future__ import annotations

from .table import table

SCALARS: dict[str, tuple[str, ...]] = {
    "int": table(
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
    "float": table(
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
    "bool": table(
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
}
"""Templates by the type of their value."""
