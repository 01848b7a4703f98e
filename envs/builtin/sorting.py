def merge(left, right):
    out = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            out.append(left[i])
            i += 1
        else:
            out.append(right[j])
            j += 1
    return out + left[i:] + right[j:]


def sort(items):
    if len(items) < 2:
        return items
    half = len(items) // 2
    return merge(sort(items[:half]), sort(items[half:]))
