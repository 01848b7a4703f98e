def ripe(fields):
    return sorted((field for field in fields if field[1]), key=lambda field: -field[1])


def work(fields, hours):
    done = []
    for name, size in ripe(fields):
        spent = min(size, hours)
        hours -= spent
        print(f'{name}: {spent} of {size}')
        done.append(name if spent == size else f'{name} (part)')
        if not hours:
            break
    return done
