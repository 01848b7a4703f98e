MOVES = {'u': (-1, 0), 'd': (1, 0), 'l': (0, -1), 'r': (0, 1)}


def steps(rows, path):
    row = column = 0
    seen = rows[0][0]
    for letter in path:
        down, right = MOVES[letter]
        below, beside = row + down, column + right
        if 0 <= below < len(rows) and 0 <= beside < len(rows[0]):
            row, column = below, beside
            seen += rows[row][column]
    return seen
