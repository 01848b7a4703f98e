class Basket:
    def __init__(self, owner):
        self.owner = owner
        self.goods = []

    def put(self, item):
        self.goods.append(item)


def baskets(purchases):
    found = {}
    for owner, item in purchases:
        if owner not in found:
            found[owner] = Basket(owner)
        found[owner].put(item)
    return {owner: basket.goods for owner, basket in found.items()}
