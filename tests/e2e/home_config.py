"""Changes of tufmirror.toml, as an operator would make them."""

import pathlib
import re


def set_option(home, section, key, value):
    """Changes one line of tufmirror.toml, as an operator would."""
    path = pathlib.Path(home, "tufmirror.toml")
    text = path.read_text(encoding="utf-8")
    head, mark, tail = text.partition(f"\n[{section}]\n")
    changed, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", tail,
                             count=1)
    if not mark or count != 1:
        raise RuntimeError(f"no option {section}.{key} in {path}")
    path.write_text(head + mark + changed, encoding="utf-8")
