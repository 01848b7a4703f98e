class Numbers:
    def __init__(self):
        self.last = 0

    def take(self):
        self.last += 1
        return self.last

    def restart(self):
        self.last = 0


def series(words):
    numbers = Numbers()
    out = []
    for word in words:
        if word == 'restart':
            numbers.restart()
        else:
            out.append(numbers.take())
    return out
