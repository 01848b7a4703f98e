NEXT = {('new', 'pay'): 'paid', ('paid', 'send'): 'sent', ('sent', 'receive'): 'done', ('new', 'cancel'): 'gone',
        ('paid', 'cancel'): 'gone'}


class Order:
    def __init__(self):
        self.state = 'new'

    def on(self, event):
        key = (self.state, event)
        if key not in NEXT:
            raise ValueError(f'{event} does not fit {self.state}')
        self.state = NEXT[key]


def run(events):
    order = Order()
    try:
        for event in events:
            order.on(event)
    except ValueError as error:
        return str(error)
    return order.state
