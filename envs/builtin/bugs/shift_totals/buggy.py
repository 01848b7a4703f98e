def totals(plans):
    out = []
    total = 0
    for plan in plans:
        for day in plan:
            for hours in day:
                total += hours
        out.append(total)
    return out
