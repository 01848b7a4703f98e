class Thermostat:
    def __init__(self, low, high):
        self.low, self.high = low, high
        self.on = False
        self.switches = 0

    def feel(self, degrees):
        wanted = self.on
        if degrees < self.low:
            wanted = True
        elif degrees > self.high:
            wanted = False
        if wanted != self.on:
            self.on = wanted
            self.switches += 1
        return 'on' if self.on else 'off'


def run(readings):
    thermostat = Thermostat(19, 23)
    return [thermostat.feel(degrees) for degrees in readings], thermostat.switches
