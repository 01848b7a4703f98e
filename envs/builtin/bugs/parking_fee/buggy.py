def fee(minutes):
    if minutes <= 15:
        return 0
    hours = round(minutes / 60)
    return 2 * hours
