"""What a run left in the files of its box goes before the next one."""

from __future__ import annotations

import os


def clear(alone: bool) -> None:
    """Empties the box's own ``/tmp``: only as the box's first process, and only a mount of its own.

    Raises:
        OSError: something cannot be removed.
    """
    if not alone:
        return
    folder = os.open("/tmp", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(folder).st_dev == os.stat("/").st_dev:
            return
        _empty(folder)
    finally:
        os.close(folder)


def _empty(folder: int) -> None:
    """Removes all that is in a folder, locked or however deep: folders within folders are moved up first."""
    count, name_of_moved = 0, f".moved-{os.urandom(8).hex()}"
    while entries := _entries(folder):
        for name, is_folder in entries:
            if not is_folder:
                os.unlink(name, dir_fd=folder)
                continue
            os.chmod(name, 0o700, dir_fd=folder)
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            try:
                for deeper, is_folder in _entries(inner):
                    if is_folder:
                        os.chmod(deeper, 0o700, dir_fd=inner)
                        count += 1
                        os.rename(deeper, f"{name_of_moved}-{count}", src_dir_fd=inner, dst_dir_fd=folder)
                    else:
                        os.unlink(deeper, dir_fd=inner)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=folder)


def _entries(folder: int) -> list[tuple[str, bool]]:
    with os.scandir(folder) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
