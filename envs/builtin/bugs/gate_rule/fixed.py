def opens(person, day, ticket, alarm):
    staff = person == 'staff'
    visitor = person == 'visitor'
    return (staff or visitor and day and ticket) and not alarm
