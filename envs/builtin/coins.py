def fewest(amount, coins):
    best = [0] + [None] * amount
    for part in range(1, amount + 1):
        for coin in coins:
            if coin <= part and best[part - coin] is not None:
                count = best[part - coin] + 1
                if best[part] is None or count < best[part]:
                    best[part] = count
    return best[amount]
