class Towers:
    def __init__(self, height):
        self.rods = {'a': list(range(height, 0, -1)), 'b': [], 'c': []}
        self.moves = 0

    def shift(self, count, start, stop, spare):
        if count == 0:
            return
        self.shift(count - 1, start, spare, stop)
        self.rods[stop].append(self.rods[start].pop())
        self.moves += 1
        self.shift(count - 1, spare, stop, start)


def moves(height):
    towers = Towers(height)
    towers.shift(height, 'a', 'c', 'b')
    return towers.moves
