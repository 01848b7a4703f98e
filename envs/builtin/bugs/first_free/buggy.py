def first_free(taken):
    numbers = sorted(set(taken), key=int)
    free = 1
    for number in numbers:
        if number == free:
            free += 1
    return free
