class Account:
    def __init__(self, balance, rate):
        self.balance = balance
        self.rate = rate

    def year(self):
        self.balance += self.balance * self.rate // 100
        return self.balance


class BonusAccount(Account):
    def __init__(self, balance, rate, bonus):
        super().__init__(balance, rate)
        self.bonus = bonus

    def year(self):
        hundreds = self.balance // 100
        self.balance += hundreds * self.bonus
        return self.balance


def compare(balance, rate, bonus):
    return Account(balance, rate).year(), BonusAccount(balance, rate, bonus).year()
