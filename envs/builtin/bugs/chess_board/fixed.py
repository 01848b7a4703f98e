def board(size, stones):
    rows = [[0] * size for _ in range(size)]
    for row, column in stones:
        rows[row][column] += 1
    return rows
