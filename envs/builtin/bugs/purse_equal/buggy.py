def pays(coins, price):
    total = 0.0
    for coin in coins:
        total += coin
    return total == price
