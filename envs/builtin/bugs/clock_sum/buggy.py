def later(time, minutes):
    hour, minute = map(int, time.split(':'))
    total = hour * 60 + minute + minutes
    return f'{total // 60:02}:{total % 60:02}'
