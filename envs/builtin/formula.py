class Reader:
    def __init__(self, text):
        self.text = text
        self.place = 0

    def peek(self):
        return self.text[self.place] if self.place < len(self.text) else ''

    def take(self):
        self.place += 1
        return self.text[self.place - 1]

    def sum(self):
        total = self.product()
        while self.peek() in ('+', '-'):
            sign = self.take()
            other = self.product()
            total = total + other if sign == '+' else total - other
        return total

    def product(self):
        total = self.atom()
        while self.peek() in ('*', '/'):
            sign = self.take()
            other = self.atom()
            total = total * other if sign == '*' else total / other
        return total

    def atom(self):
        if self.peek() == '(':
            self.take()
            inner = self.sum()
            self.take()
            return inner
        return int(self.take())


def value(text):
    return Reader(text).sum()
