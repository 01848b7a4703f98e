class Bus:
    def __init__(self):
        self.listeners = []
        self.failed = []

    def listen(self, function):
        self.listeners.append(function)
        return function

    def send(self, message):
        for listener in list(self.listeners):
            try:
                listener(message)
            except Exception as error:
                self.failed.append(f'{type(error).__name__}: {error}')
                self.listeners.remove(listener)


def send(messages):
    bus, heard = Bus(), []
    bus.listen(heard.append)

    @bus.listen
    def strict(message):
        if message == 'bad':
            raise RuntimeError('no bad words')
        assert message != 'stop', 'stopped'

    for message in messages:
        bus.send(message)
    return heard, bus.failed
