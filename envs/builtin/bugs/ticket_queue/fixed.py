class Queue:
    def __init__(self):
        self.waiting = []
        self.served = []

    def do(self, word):
        if word == 'next':
            if self.waiting:
                self.served.append(self.waiting.pop(0))
        elif word.startswith('leave:'):
            name = word.partition(':')[2]
            if name in self.waiting:
                self.waiting.remove(name)
        else:
            self.waiting.append(word)


def run(words):
    queue = Queue()
    for word in words:
        queue.do(word)
    return queue.served, queue.waiting
