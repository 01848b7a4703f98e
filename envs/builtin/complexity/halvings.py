def halvings(amount):
    count = 0
    while amount > 1:
        amount //= 2
        count += 1
    return count
