def product(a, b):
    size = len(a)
    out = [[0] * size for _ in range(size)]
    for row in range(size):
        for column in range(size):
            for place in range(size):
                out[row][column] += a[row][place] * b[place][column]
    return out
