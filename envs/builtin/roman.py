VALUES = {'I': 1, 'V': 5, 'X': 10, 'L': 50, 'C': 100}


def value(numeral):
    total = 0
    last = 0
    for letter in reversed(numeral):
        digit = VALUES[letter]
        if digit < last:
            total -= digit
        else:
            total += digit
        last = digit
    return total


def compare(a, b):
    left, right = value(a), value(b)
    if left == right:
        return 'equal'
    return a if left > right else b
