ROW = 12


def seat(ticket):
    row, place = divmod(ticket, ROW)
    letter = 'ABCDEFGHJKLM'[place]
    window = place in (0, ROW - 1)
    aisle = place in (2, 3, 8, 9)
    kind = 'window' if window else 'aisle' if aisle else 'between'
    return f'{row + 1}{letter} ({kind})'
