def later(time, minutes):
    hour, minute = map(int, time.split(':'))
    total = (hour * 60 + minute + minutes) % (24 * 60)
    return f'{total // 60:02}:{total % 60:02}'
