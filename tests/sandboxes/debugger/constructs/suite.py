"""A test suite in two files, of every kind of test and every way to fail."""

import asyncio
import unittest

import shapes
from shapes import Square, area


def setUpModule():
    shapes.opened.append("module")


def tearDownModule():
    shapes.opened.append("end")


def helper():
    return 4


def test_area():
    assert area(2) == helper()


def test_wrong():
    side = 3
    assert area(side) == 8, f"side {side}"


@unittest.expectedFailure
def test_hopeless():
    raise LookupError("known")


@unittest.skip("not now")
def test_later():
    raise AssertionError("never run")


async def test_in_time():
    await asyncio.sleep(0)
    assert shapes.opened


class Squares(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = 0

    def setUp(self):
        self.square = Square(2)
        self.addCleanup(shapes.opened.clear)

    def tearDown(self):
        type(self).made += 1

    def test_scaled(self):
        self.assertEqual(self.square.scaled(2).side, 4)

    def test_negative(self):
        with self.assertRaises(ValueError) as caught:
            Square(-1)
        self.assertIn("-1", str(caught.exception))

    def test_parts(self):
        for side in (2, 3):
            with self.subTest(side=side):
                self.assertEqual(Square(side).side, 2)

    def test_broken(self):
        self.square.missing()

    def test_skipped_inside(self):
        self.skipTest("inside")


class Broken(unittest.TestCase):
    def setUp(self):
        raise OSError("no fixture")

    def test_never(self):
        raise AssertionError("never run")


class Slow(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.loop_runs = True

    async def test_awaits(self):
        self.assertTrue(await asyncio.sleep(0, self.loop_runs))


if __name__ == "__main__":
    unittest.main()
