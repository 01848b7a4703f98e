def guess(limit, secret):
    low, high = 0, limit
    asked = []
    while low < high:
        middle = (low + high) // 2
        asked.append(middle)
        low, high = (low, middle) if secret <= middle else (middle + 1, high)
    return asked
