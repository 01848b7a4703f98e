"""Parquet files as this package keeps them: every page has a checksum, and is held against it when read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from debugworld.worldmodel.errors import ModelError

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile, ParquetWriter


def create_table(path: Path, schema: Any) -> ParquetWriter:
    """Begins a file; to be closed, as by ``with``.

    Args:
        path: the file.
        schema: of pyarrow.
    """
    import pyarrow.parquet as pq

    return pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True)


@contextmanager
def open_table(path: Path) -> Iterator[ParquetFile]:
    """Opens a file for reading.

    Raises:
        ModelError: it is damaged or no Parquet file, or what the block reads of it is; the text names it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield file
    except (OSError, pa.ArrowException, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{path} is damaged or no Parquet file ({reason}); make it again") from None
