def ring_best(numbers):
    best = None
    for place in range(len(numbers)):
        total = numbers[place] + numbers[(place + 1) % len(numbers)]
        if best is None or total > best:
            best = total
    return best
