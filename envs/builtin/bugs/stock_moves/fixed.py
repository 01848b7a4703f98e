def apply(stock, moves):
    stock = dict(stock)
    for move in moves:
        item, amount = move['item'], move['amount']
        sign = -1 if move['kind'] == 'sale' else 1
        stock[item] = stock.get(item, 0) + sign * amount
    return stock
