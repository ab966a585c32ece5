"""Import this first: it lets the attack laboratory use what the end-to-end
scripts share (e2e_support, tap)."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
