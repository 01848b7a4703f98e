def transpose(grid):
    return [list(row) for row in zip(*grid)]


def multiply(a, b):
    out = []
    columns = transpose(b)
    for row in a:
        line = []
        for column in columns:
            total = 0
            for x, y in zip(row, column):
                total += x * y
            line.append(total)
        out.append(line)
    return out


def trace(grid):
    return sum(grid[i][i] for i in range(len(grid)))


def f(a, b):
    product = multiply(a, b)
    return product, trace(product)
