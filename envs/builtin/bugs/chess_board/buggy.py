def board(size, stones):
    rows = [[0] * size] * size
    for row, column in stones:
        rows[row][column] += 1
    return rows
