def flood(land, spot):
    todo = [spot]
    size = 0
    while todo:
        row, column = todo.pop()
        if (row, column) not in land:
            continue
        land.remove((row, column))
        size += 1
        todo += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
    return size


def islands(rows):
    land = {(r, c) for r, row in enumerate(rows) for c, mark in enumerate(row) if mark == '#'}
    sizes = []
    while land:
        sizes.append(flood(land, min(land)))
    return sizes
