def chunks(items, size):
    if size < 1:
        raise ValueError('size must be positive')
    for start in range(0, len(items), size):
        yield items[start:start + size]


def sums(items, size):
    out = []
    try:
        for part in chunks(items, size):
            out.append(sum(part))
    except ValueError as error:
        return str(error)
    finally:
        out.append(len(items))
    return out
