# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""What the pages of docs/ print to be copied, for tests that run it as it stands."""

import os
import re

source = os.environ["SPINCONV_SOURCE_DIR"]
_block = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def printed(page):
    """The blocks of docs/`page` that are files (```LANGUAGE file=NAME), by name."""
    with open(os.path.join(source, "docs", page)) as file:
        blocks = _block.findall(file.read())
    assert blocks and len(blocks) == len(dict(blocks)), f"docs/{page}: no block with file=, or two of one name"
    return dict(blocks)


def write_out(page, folder, changes=()):
    """Writes the blocks of a page into a folder. `changes` are pairs of texts, and each has to be found:
    what a test sets otherwise than the page, because tests run side by side."""
    blocks = printed(page)
    for old, new in changes:
        assert any(old in text for text in blocks.values()), f"docs/{page} no longer has: {old}"
        blocks = {name: text.replace(old, new) for name, text in blocks.items()}
    for name, text in blocks.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    return list(blocks)
