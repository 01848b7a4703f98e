"""Expressions whose value is a string."""

from __future__ import annotations

from .table import table

TEXT: dict[str, tuple[str, ...]] = {
    "str": table(
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
}
"""Templates by the type of their value."""
