def merged(left, right):
    out = []
    a = b = 0
    while a < len(left) and b < len(right):
        if left[a] <= right[b]:
            out.append(left[a])
            a += 1
        else:
            out.append(right[b])
            b += 1
    return out + left[a:] + right[b:]


def arranged(cards):
    if len(cards) <= 1:
        return cards
    half = len(cards) // 2
    return merged(arranged(cards[:half]), arranged(cards[half:]))
