PRICES = {'tea': 4, 'jam': 6, 'sample': 0}
STANDARD = 3


def total(basket):
    amount = 0
    for item, count in basket:
        amount += count * PRICES.get(item, STANDARD)
    return amount
