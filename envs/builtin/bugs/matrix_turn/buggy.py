def turned(rows):
    out = []
    for column in range(len(rows[0]) if rows else 0):
        out.append(''.join(row[column] for row in rows))
    return out
