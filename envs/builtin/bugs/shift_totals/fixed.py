def totals(plans):
    out = []
    for plan in plans:
        total = 0
        for day in plan:
            for hours in day:
                total += hours
        out.append(total)
    return out
