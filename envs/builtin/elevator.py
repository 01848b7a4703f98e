def route(floor, calls):
    up = sorted(call for call in calls if call >= floor)
    down = sorted((call for call in calls if call < floor), reverse=True)
    stops, way = [], 0
    for call in up + down:
        way += abs(call - floor)
        floor = call
        stops.append(floor)
    return stops, way
