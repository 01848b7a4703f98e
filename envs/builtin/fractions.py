def shorten(top, bottom):
    if not bottom:
        raise ZeroDivisionError(f'{top}/{bottom}')
    for number in range(min(abs(top), bottom), 1, -1):
        if top % number == bottom % number == 0:
            return top // number, bottom // number
    return top, bottom


def add(one, other):
    (a, b), (c, d) = one, other
    return shorten(a * d + c * b, b * d)


def sum_all(fractions):
    total = (0, 1)
    for each in fractions:
        total = add(total, each)
    return total
