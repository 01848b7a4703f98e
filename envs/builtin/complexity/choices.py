def choices(prices, purse):
    """How many baskets can be paid."""
    if not prices:
        return 1 if purse >= 0 else 0
    without = choices(prices[1:], purse)
    return without + choices(prices[1:], purse - prices[0])
