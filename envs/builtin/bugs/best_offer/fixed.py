def cheapest(lines):
    best = None
    for line in lines:
        name, price = line.split()
        if best is None or int(price) < best[1]:
            best = (name, int(price))
    return best[0] if best else None
