class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)

    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)

    def __abs__(self):
        return abs(self.x) + abs(self.y)


def walk(steps):
    place = Vector(0, 0)
    longest = 0
    for x, y in steps:
        place = place + Vector(x, y)
        longest = max(longest, abs(place))
    return place.x, place.y, longest
