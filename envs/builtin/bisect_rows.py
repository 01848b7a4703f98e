def find(rows, key):
    low, high = 0, len(rows)
    while low < high:
        mid = (low + high) // 2
        if rows[mid][0] < key:
            low = mid + 1
        else:
            high = mid
    if low < len(rows) and rows[low][0] == key:
        return low
    raise LookupError(f'no row {key}')


def lookup(rows, keys):
    found = []
    for key in keys:
        try:
            found.append(rows[find(rows, key)][1])
        except LookupError as error:
            found.append(str(error))
    return found
