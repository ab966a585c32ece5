"""Import this first: it lets an end-to-end script forge metadata with what the
attack laboratory has (forger)."""

import pathlib
import sys

sys.path.insert(
    0, str(pathlib.Path(__file__).resolve().parent.parent / "attacks"))
