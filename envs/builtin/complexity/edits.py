def edits(one, other):
    before = list(range(len(other) + 1))
    for row, a in enumerate(one, 1):
        line = [row]
        for column, b in enumerate(other, 1):
            change = before[column - 1] + (a != b)
            line.append(min(change, before[column] + 1, line[-1] + 1))
        before = line
    return before[-1]
