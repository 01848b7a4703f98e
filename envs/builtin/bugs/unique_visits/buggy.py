def different(routes):
    seen = set()
    for route in routes:
        seen.add(frozenset(route))
    return len(seen)
