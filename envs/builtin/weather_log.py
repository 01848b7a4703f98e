class Log:
    def __init__(self):
        self.lines = []

    def __enter__(self):
        self.lines.append('open')
        return self

    def __exit__(self, kind, error, trace):
        self.lines.append(kind.__name__ if kind else 'fine')
        return kind is TypeError


def day(values):
    log = Log()
    with log:
        total = 0
        for value in values:
            total += value
        log.lines.append(f'sum {total}')
    return log.lines
