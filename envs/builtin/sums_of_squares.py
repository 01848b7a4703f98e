def root(number):
    guess = 0
    while (guess + 1) ** 2 <= number:
        guess += 1
    return guess


def squares(number):
    parts = []
    while number:
        largest = root(number)
        parts.append(largest)
        number -= largest ** 2
    return parts
