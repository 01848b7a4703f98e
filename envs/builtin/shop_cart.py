class Cart:
    def __init__(self):
        self.rows = []

    def add(self, name, count, price):
        self.rows.append((name, count, price))

    def total(self):
        return sum(count * price for _, count, price in self.rows)


class DiscountCart(Cart):
    def __init__(self, percent):
        super().__init__()
        self.percent = percent

    def total(self):
        full = super().total()
        return full - full * self.percent // 100


def checkout(rows, percent):
    cart = DiscountCart(percent)
    for row in rows:
        cart.add(*row)
    return cart.total()
