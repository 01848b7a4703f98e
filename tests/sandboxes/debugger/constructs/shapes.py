"""What the suite tests."""

opened = []


def area(side):
    return side * side


class Square:
    def __init__(self, side):
        if side < 0:
            raise ValueError(f"a side of {side}")
        self.side = side

    def scaled(self, by):
        return Square(self.side * by)
