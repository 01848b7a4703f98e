def high_water(levels):
    mark = levels[0]
    rises = 0
    for level in levels:
        if level > mark:
            mark = level
            rises += 1
    return mark, rises
