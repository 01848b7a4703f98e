def different(routes):
    seen = set()
    for route in routes:
        seen.add(tuple(route))
    return len(seen)
