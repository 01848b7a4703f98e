def walk(items):
    for item in items:
        if isinstance(item, list):
            yield from walk(item)
        else:
            yield item


def flat(items):
    return list(walk(items))


def total(items):
    amount = 0
    for item in walk(items):
        amount += item
    return amount
