def busiest(visits, width):
    load = sum(visits[:width])
    best, when = load, 0
    for end in range(width, len(visits)):
        load += visits[end] - visits[end - width]
        if load > best:
            best, when = load, end - width + 1
    return when, best
