def keep_from(numbers, bound):
    for number in list(numbers):
        if number < bound:
            numbers.remove(number)
    return numbers
