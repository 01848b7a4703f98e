def turned(items, places):
    if not items:
        return []
    places %= len(items)
    cut = len(items) - places
    return items[cut:] + items[:cut]
