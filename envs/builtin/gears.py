def common(a, b):
    while b:
        a, b = b, a % b
    return a


def reduced(top, bottom):
    if bottom == 0:
        raise ZeroDivisionError('a gear without teeth')
    shared = common(top, bottom)
    return top // shared, bottom // shared


def chain(gears):
    top, bottom = 1, 1
    for driven, driving in gears:
        top, bottom = reduced(top * driven, bottom * driving)
    return top, bottom
