from __future__ import annotations

from pathlib import Path

import pytest

HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">
<circle cx="100" cy="100" r="80" fill="{skin}" stroke="#000" stroke-width="4"/>
<path d="M30 70 Q100 -40 170 70 Z" fill="{hair}" stroke="black" stroke-width="4"/>
<circle cx="70" cy="95" r="{eye}" fill="#fff" stroke="#111" stroke-width="3"/>
<circle cx="130" cy="95" r="{eye}" fill="#fff" stroke="#111" stroke-width="3"/>
<path d="M75 140 q25 {mouth} 50 0 z" fill="#c33" stroke="#111" stroke-width="3"/>
</svg>"""


def write_heads(folder: Path, style: str, count: int, poses: int = 2) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for head in range(count):
        skin, hair = f"#f{head}c0a0", f"#{head}04080"
        for pose in range(poses):
            text = HEAD.format(skin=skin, hair=hair, eye=10 - 3 * pose, mouth=15 + 15 * pose)
            (folder / f"{style}-{head}--{pose}.svg").write_text(text)


@pytest.fixture(scope="session")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five heads that are trained on, four that are held out, in two poses each."""
    folder = tmp_path_factory.mktemp("drawings")
    write_heads(folder / "heads", "adventurer", 5)
    write_heads(folder / "heads", "micah", 4)
    return folder
