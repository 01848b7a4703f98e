class Ledger:
    def __init__(self):
        self.amounts = {}

    def add(self, person, amount):
        self.amounts[person] = self.amounts.get(person, 0) + amount

    def pay(self, giver, taker, amount):
        self.add(giver, -amount)
        self.add(taker, amount)

    def refund(self, giver, taker, amount):
        self.pay(taker, giver, amount)


def settle(entries):
    ledger = Ledger()
    for kind, giver, taker, amount in entries:
        if kind == 'pay':
            ledger.pay(giver, taker, amount)
        elif kind == 'refund':
            ledger.refund(giver, taker, amount)
        else:
            raise ValueError(f'unknown entry {kind}')
    return {name: amount for name, amount in sorted(ledger.amounts.items()) if amount}
