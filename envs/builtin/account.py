class Account:
    fee = 1

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance

    def withdraw(self, amount):
        if amount + self.fee > self.balance:
            raise ValueError(f'{self.owner} is short')
        self.balance -= amount + self.fee
        return amount

    def deposit(self, amount):
        self.balance += amount


def transfer(start, amounts):
    ann = Account('ann', start)
    bob = Account('bob')
    for amount in amounts:
        bob.deposit(ann.withdraw(amount))
    return ann.balance, bob.balance
