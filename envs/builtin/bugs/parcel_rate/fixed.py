import math


def rate(kilograms):
    if kilograms <= 2:
        return 5
    if kilograms <= 10:
        return 9
    return 9 + 2 * math.ceil(kilograms - 10)
