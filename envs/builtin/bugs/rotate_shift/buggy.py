def turned(items, places):
    if not items:
        return []
    places %= len(items)
    return items[places:] + items[:places]
