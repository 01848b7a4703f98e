def middle(items):
    size = len(items)
    if size == 0:
        return None
    low = items[(size - 1) // 2]
    high = items[size // 2]
    return (low + high) / 2
