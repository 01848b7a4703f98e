def widths(rows):
    found = []
    for row in rows:
        for column, cell in enumerate(row):
            if column == len(found):
                found.append(0)
            found[column] = max(found[column], len(cell))
    return found


def table(rows):
    wide = widths(rows)
    out = []
    for row in rows:
        cells = [cell.ljust(wide[column]) for column, cell in enumerate(row)]
        out.append('|'.join(cells).rstrip())
    return '\n'.join(out)
