"""``python -m debugworld``: the same as the console script."""

import sys

from debugworld.cli import main

sys.exit(main())
