def first_free(taken):
    numbers = sorted({int(number) for number in taken})
    free = 1
    for number in numbers:
        if number == free:
            free += 1
    return free
