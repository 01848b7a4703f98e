def fee(minutes):
    if minutes <= 15:
        return 0
    hours = (minutes + 59) // 60
    return 2 * hours
