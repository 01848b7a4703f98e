"""Lists the packages: every folder of the package-dir table in pyproject.toml and what stands below it."""

import tomllib
from pathlib import Path

from setuptools import find_packages, setup

table = tomllib.loads(Path(__file__).with_name("pyproject.toml").read_text())
folders = table["tool"]["setuptools"]["package-dir"]

setup(
    packages=[
        package
        for root, folder in folders.items()
        for package in [root, *(f"{root}.{child}" for child in find_packages(folder))]
    ]
)
