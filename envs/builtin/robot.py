RIGHT = {'n': 'e', 'e': 's', 's': 'w', 'w': 'n'}
WAYS = {'n': (0, 1), 'e': (1, 0), 's': (0, -1), 'w': (-1, 0)}


class Wall(Exception):
    pass


class Robot:
    def __init__(self, size):
        self.size = size
        self.x = self.y = 0
        self.facing = 'n'

    def forward(self):
        x, y = WAYS[self.facing]
        if not (0 <= self.x + x < self.size and 0 <= self.y + y < self.size):
            raise Wall(self.facing)
        self.x += x
        self.y += y

    def right(self):
        self.facing = RIGHT[self.facing]


def drive(commands, size):
    robot, bumps = Robot(size), 0
    for command in commands:
        try:
            if command == 'f':
                robot.forward()
            for _ in range({'r': 1, 'l': 3}.get(command, 0)):
                robot.right()
        except Wall:
            bumps += 1
    return robot.x, robot.y, robot.facing, bumps
