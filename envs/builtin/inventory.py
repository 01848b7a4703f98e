from collections import defaultdict


def by_shelf(rows):
    shelves = defaultdict(dict)
    for shelf, count, item in rows:
        shelves[shelf][item] = shelves[shelf].get(item, 0) + count
    return {shelf: dict(items) for shelf, items in shelves.items()}


def missing(rows):
    return {shelf: sorted(item for item, count in items.items() if not count)
            for shelf, items in sorted(by_shelf(rows).items())}
