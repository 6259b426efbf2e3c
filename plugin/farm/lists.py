"""Lists of shots as studios have them: a table, a pattern over folders, an edit, a list of ours."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import JobError
from ..problems import Problems
from .shots import COLUMNS, NEEDED_COLUMNS, Row, Shot, gather, is_column, load

_FIELD = re.compile(r"\{(\w+)\}")
_FRAME_PATTERN = re.compile(r"#+|@+|%\d*d|\$F\d*")


def read_list(source: str, defaults: Mapping[str, str], *, handles: int = 0) -> list[Shot]:
    """Shots of a list.

    Args:
        source: A table (`.csv`), an edit (`.otio`, `.otioz`, `.otiod`), a list that celtint wrote
            (`.json`), or a pattern over folders, `/show/{shot}/line/line.####.exr`.
        defaults: What holds where the list says nothing of a shot, column to text. `{shot}` and
            the other fields of a pattern stand for what they are in that shot.
        handles: Edits: frames to paint before and after the cut, where the media has them.

    Raises:
        JobError: Holds everything that is wrong with any shot.

    """
    problems = Problems()
    path = Path(source)
    kind = path.suffix.casefold()
    if kind == ".json":
        if defaults:
            raise JobError([f"{source} says everything itself: leave {', '.join(defaults)} out."])
        return load(path)
    if kind == ".csv":
        rows = _table(path, defaults, problems)
    elif kind in (".otio", ".otioz", ".otiod"):
        from .edits import read_edit  # noqa: PLC0415 - its library is an extra

        rows = read_edit(path, defaults, handles, problems)
    elif _FIELD.search(source):
        rows = _folders(source, defaults, problems)
    else:
        raise JobError(
            [
                f"{source!r} is no list of shots: give a .csv, an .otio, a .json that celtint "
                "wrote, or a pattern such as /show/{shot}/line/line.####.exr."
            ]
        )
    unfilled = {key: text for key, text in defaults.items() if not _FIELD.search(text)}
    shots = gather(rows, unfilled, problems) if rows or not problems.found else []
    problems.raise_any()
    return shots


def filled(
    texts: Mapping[str, str], fields: Mapping[str, str], problems: Problems, where: str
) -> dict[str, str]:
    """Texts with `{shot}` and other fields replaced; a field that is not known is a problem."""
    result = {}
    for key, text in texts.items():
        unknown = sorted(set(_FIELD.findall(text)) - set(fields))
        if unknown:
            problems.add(
                f"{where}: `{key}` has the field {{{unknown[0]}}}, and known are "
                f"{', '.join('{' + name + '}' for name in fields)}."
            )
        result[key] = _FIELD.sub(lambda match: fields.get(match[1], match[0]), text)
    return result


def _table(path: Path, defaults: Mapping[str, str], problems: Problems) -> list[Row]:
    """The rows of a CSV file; its first line names the columns."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [
                (number, line) for number, line in _numbered(file) if any(map(str.strip, line))
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.add(f"{path}: cannot be read: {error}")
        return []
    if not lines:
        problems.add(f"{path}: the table is empty; its first line names the columns.")
        return []
    columns = [name.strip() for name in lines[0][1]]
    unknown = [name for name in columns if not is_column(name)]
    if unknown:
        problems.add(
            f"{path}: {', '.join(repr(name) for name in unknown)} is not a column of a list of "
            f"shots; known are {', '.join(COLUMNS)} and settings.NAME."
        )
    twice = [name for name, count in Counter(columns).items() if count > 1]
    problems.add(*(f"{path}: the column `{name}` is there twice." for name in twice))
    absent = [name for name in NEEDED_COLUMNS if name not in columns and name not in defaults]
    problems.add(*(f"{path}: the column `{name}` is missing." for name in absent))
    rows = []
    for number, cells in lines[1:]:
        where = f"{path}, line {number}"
        if len(cells) != len(columns):
            problems.add(f"{where}: it has {len(cells)} cells for {len(columns)} columns.")
            continue
        said = {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}
        known = {name: text for name, text in said.items() if is_column(name)}
        by_field = {name: text for name, text in defaults.items() if _FIELD.search(text)}
        fields = {"shot": said.get("shot", "")}
        values = {
            **filled(by_field, fields, problems, where),
            **{k: v for k, v in known.items() if v},
        }
        rows.append(Row(where, values, path.parent))
    # Where a column is missing each row lacks it, and saying so once is enough.
    return [] if absent else rows


def _numbered(file: Iterable[str]) -> list[tuple[int, list[str]]]:
    """Lines of a table with their numbers, as an editor counts them."""
    reader = csv.reader(file, strict=True)
    return [(reader.line_num, line) for line in reader]


def _folders(source: str, defaults: Mapping[str, str], problems: Problems) -> list[Row]:
    """A shot for each way in which folders fit a pattern."""
    base = Path.cwd()
    if "shot" not in _FIELD.findall(source):
        problems.add(f"{source}: the pattern says nowhere what names a shot: write {{shot}}.")
        return []
    rows = []
    for fields in _found(source):
        where = "shot " + fields["shot"]
        by_field = {"line": source, **defaults}
        values = filled(by_field, fields, problems, where)
        rows.append(Row(where, {**values, "shot": fields["shot"]}, base))
    if not rows:
        problems.add(f"{source}: no folder fits this pattern.")
    return rows


def _found(source: str) -> list[dict[str, str]]:
    """The values of the fields for which there are folders, and files, in order of name."""
    *folders, name = Path(source).parts
    reached: list[tuple[Path, dict[str, str]]] = [(Path(), {})]
    for part in folders:
        following = []
        for path, fields in reached:
            if _FIELD.search(part):
                matches = _matching(path, part, fields)
                following += [(path / entry, more) for entry, more in matches]
            else:
                following.append((path / part, fields))
        reached = [(path, fields) for path, fields in following if path.is_dir()]
    if not _FIELD.search(name):
        return [fields for _, fields in reached]
    every = [more for path, fields in reached for _, more in _matching(path, name, fields)]
    return [fields for number, fields in enumerate(every) if fields not in every[:number]]


def _matching(
    folder: Path, part: str, known: Mapping[str, str]
) -> list[tuple[str, dict[str, str]]]:
    """Entries of a folder that fit one part of a pattern, with what its fields are there."""
    shape, seen = "", set(known)
    for at, piece in enumerate(_FIELD.split(part)):
        if at % 2 == 0:
            shape += r"-?\d+".join(map(re.escape, _FRAME_PATTERN.split(piece)))
        elif piece in known:
            shape += re.escape(known[piece])
        else:
            shape += f"(?P={piece})" if piece in seen else f"(?P<{piece}>[^/]+?)"
            seen.add(piece)
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name[0] != ".")
    except OSError:
        return []
    matches = [(name, re.fullmatch(shape, name)) for name in names]
    return [(name, {**known, **match.groupdict()}) for name, match in matches if match is not None]
