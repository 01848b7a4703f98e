def packed(flags):
    number = 0
    for flag in flags:
        number = number << 1 | flag
    return number


def flags(number, width):
    return [number >> place & 1 for place in range(width - 1, -1, -1)]


def parity(number):
    odd = False
    while number:
        odd = not odd
        number &= number - 1
    return 'odd' if odd else 'even'


def round_trip(bits):
    return flags(packed(bits), len(bits)) == bits
