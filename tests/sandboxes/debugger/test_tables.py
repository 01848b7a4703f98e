"""pandas' frames, series and indexes: shape, dtypes and a head, and none of their code."""

from __future__ import annotations

from typing import Any

import pytest

from debugworld.sandboxes.debugger.values import Renderer

pd = pytest.importorskip("pandas", reason="pandas: pip install pandas")


def frame() -> Any:
    return pd.DataFrame(
        {"a": [1, 2, 3], "b": ["x", "y", None], "c": [1.5, 2.5, 3.5], 4: [True, False, True]},
        index=[10, 20, 30],
    )


def test_a_frame_shows_shape_dtypes_and_head() -> None:
    text = Renderer().text(frame())
    assert text.startswith("DataFrame(shape=(3, 4), {'a': int64 [1, 2, 3], 'b': ")
    assert "['x', 'y', " in text
    assert text.endswith("'c': float64 [1.5, 2.5, 3.5], 4: bool [True, False, True]}, index=[10, 20, 30])")


def test_a_long_frame_costs_its_head() -> None:
    text = Renderer().text(pd.DataFrame({f"n{i}": range(100_000) for i in range(20)}))
    assert text.startswith("DataFrame(shape=(100000, 20), {'n0': int64 [0, 1, 2, 3, 4, 5, 6, 7, …], 'n1': ")
    assert text.endswith("…}, index=[0, 1, 2, 3, 4, 5, 6, 7, …])")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: frame()["a"], "Series(shape=(3,), dtype=int64, [1, 2, 3], name='a', index=[10, 20, 30])"),
        (lambda: frame()["c"][:0], "Series(shape=(0,), dtype=float64, [], name='c', index=[])"),
        (lambda: pd.Series([1, None], dtype="Int64").rename(0), "dtype=int64, [1, None], name=0"),
        (lambda: frame().index, "Index(shape=(3,), dtype=int64, [10, 20, 30])"),
        (lambda: pd.RangeIndex(3), "RangeIndex(shape=(3,), dtype=int64, [0, 1, 2])"),
        (lambda: pd.DataFrame(), "DataFrame(shape=(0, 0), {}, index=[])"),
        (lambda: pd.Series(["a", "b"], dtype="category"), "<Series at #1>"),
        (lambda: pd.DataFrame({"a": pd.Series(["x"], dtype="category")}), "{'a': …}"),
        (lambda: pd.MultiIndex.from_tuples([(1, 2)]), "<MultiIndex at #1>"),
        (lambda: object.__new__(pd.DataFrame), "<DataFrame at #1>"),
    ],
)
def test_other_tables(make: Any, text: str) -> None:
    assert text in Renderer().text(make())


def test_no_code_of_a_subclass_or_of_a_patched_pandas_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def boom(*_: object, **__: object) -> object:
        raise AssertionError("the program's code ran")

    class Mine(pd.DataFrame):  # type: ignore[misc]
        pass

    Mine.__qualname__ = "Mine"
    mine = Mine({"a": [1]})
    for kind in (Mine, pd.DataFrame, pd.Index):
        for name in ("__repr__", "__len__", "__getitem__", "__getattr__", "shape", "dtypes", "columns"):
            monkeypatch.setattr(kind, name, property(boom) if name[0] != "_" else boom, raising=False)
    assert Renderer().text(mine) == "Mine(shape=(1, 1), {'a': int64 [1]}, index=[0])"
