def split(cents):
    sign = -1 if cents < 0 else 1
    euros, rest = divmod(abs(cents), 100)
    return sign * euros, sign * rest
