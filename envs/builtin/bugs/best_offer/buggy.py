def cheapest(lines):
    best = None
    for line in lines:
        name, price = line.split()
        if best is None or price < best[1]:
            best = (name, price)
    return best[0] if best else None
