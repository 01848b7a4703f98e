class Link:
    def __init__(self, value, after):
        self.value = value
        self.after = after


def turned(values):
    head = None
    for value in values:
        head = Link(value, head)
    back = None
    while head:
        head.after, back, head = back, head, head.after
    return back.value
