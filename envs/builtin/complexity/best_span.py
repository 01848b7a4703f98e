def span(gains, start, stop):
    """The best sum of neighbours in a part of a list, by halves."""
    if stop - start == 1:
        return gains[start]
    middle = (start + stop) // 2
    left = right = gains[middle]
    total = 0
    for place in range(middle, stop):
        total += gains[place]
        right = max(right, total)
    total = 0
    for place in range(middle - 1, start - 1, -1):
        total += gains[place]
        left = max(left, total + right)
    return max(left, span(gains, start, middle), span(gains, middle, stop))


def best(gains):
    return span(gains, 0, len(gains))
