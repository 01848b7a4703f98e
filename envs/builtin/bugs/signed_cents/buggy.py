def split(cents):
    sign = -1 if cents < 0 else 1
    euros, rest = divmod(cents, 100)
    return euros, sign * rest
