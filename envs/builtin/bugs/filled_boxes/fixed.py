def boxes(weights, limit):
    used, room = 0, 0
    for weight in weights:
        if weight > limit:
            return None
        if weight > room:
            used += 1
            room = limit
        room -= weight
    return used
