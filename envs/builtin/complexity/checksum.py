WEIGHTS = (3, 1, 4, 1, 5)


def checksum(blocks):
    total = 0
    for place, weight in enumerate(WEIGHTS):
        total += weight * blocks[place % len(blocks)]
        total %= 97
    return total
