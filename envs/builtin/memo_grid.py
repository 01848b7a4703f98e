def ways(width, height, closed):
    memory = {}

    def count(x, y):
        if x < 0 or y < 0 or (x, y) in closed:
            return 0
        if (x, y) == (0, 0):
            return 1
        if (x, y) not in memory:
            memory[x, y] = count(x - 1, y) + count(x, y - 1)
        return memory[x, y]

    return count(width - 1, height - 1)
