"""Inked sets behind the action: land, rooms and streets, with windows, shelves and bricks.

What is made here has the shapes of a drawing: closed outlines with a fill and a drawn line.
"""

from __future__ import annotations

import numpy as np

from .svg import Rgb, Shape

GREY: Rgb = (128, 128, 128)


def polygon(points: object, tone: int, *, width: float = 0.004, closed: bool = True) -> Shape:
    """A shape with a drawn outline; `tone` stands for its colour: equal tones are painted alike."""
    corners = np.asarray(points, np.float32).reshape(-1, 2)
    return Shape(
        points=corners,
        lengths=(len(corners),),
        is_closed=(closed,),
        is_even_odd=False,
        fill=(tone, tone, tone) if closed else None,
        stroke=(0, 0, 0),
        stroke_is_ink=True,
        stroke_width=width,
    )


def box(
    x: float, y: float, width: float, height: float, tone: int, *, line: float = 0.004
) -> Shape:
    """An upright rectangle, with points enough along its sides to be bent."""
    across, down = np.linspace(0, 1, 7)[:-1, None], np.linspace(0, 1, 7)[:-1, None]
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    sides = [
        corners[k] + (corners[(k + 1) % 4] - corners[k]) * (across if k % 2 == 0 else down)
        for k in range(4)
    ]
    return polygon(np.concatenate(sides), tone, width=line)


def blob(
    x: float, y: float, width: float, height: float, *, tone: int, rng: np.random.Generator
) -> Shape:
    """A cloud, bush or stone."""
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    lobes = int(rng.integers(4, 9))
    r = 1 + 0.12 * np.abs(np.sin(lobes * t / 2 + rng.uniform(0, 6))) + 0.05 * np.sin(3 * t)
    points = np.stack([x + width / 2 * r * np.cos(t), y + height / 2 * r * np.sin(t)], axis=1)
    return polygon(points, tone, width=float(rng.uniform(0.003, 0.006)))


def sky(tone: int = 10) -> Shape:
    """What is behind everything; far larger than any camera sees."""
    return polygon([[-9, -9], [9, -9], [9, 9], [-9, 9]], tone, width=0.0)


def ridge(level: float, tone: int, rng: np.random.Generator) -> Shape:
    """Hills from far left to far right, from their contour down."""
    x = np.linspace(-3, 4, 180)
    y = level + 0.0 * x
    for _ in range(3):
        y = y + rng.uniform(0.01, 0.07) * np.sin(x * rng.uniform(1.5, 11) + rng.uniform(0, 6.3))
    points = np.concatenate([np.stack([x, y], axis=1), [[4.0, 6.0], [-3.0, 6.0]]])
    return polygon(points, tone, width=float(rng.uniform(0.003, 0.007)))


def window(
    x: float, y: float, width: float, height: float, rng: np.random.Generator
) -> list[Shape]:
    """A frame with panes, now and then with curtains."""
    shapes = [box(x, y, width, height, 40)]
    across, down = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    rim = 0.08 * min(width, height)
    pane_width, pane_height = (width - rim) / across, (height - rim) / down
    for i in range(across):
        for j in range(down):
            left, top = x + rim + i * pane_width, y + rim + j * pane_height
            shapes.append(box(left, top, pane_width - rim, pane_height - rim, 50))
    if rng.random() < 0.3:
        for side in (0, 1):
            t = np.linspace(0, 1, 12)
            outer = x - 0.06 if side == 0 else x + width + 0.06
            reach = (0.25 + 0.1 * np.sin(3 * t + 1)) * width * (1 if side == 0 else -1)
            inner = np.stack([outer + reach, y - 0.03 + t * (height + 0.08)], axis=1)
            back = np.array([[outer, y + height + 0.05], [outer, y - 0.03]])
            shapes.append(polygon(np.concatenate([inner, back]), 60))
    return shapes


def wall_of_bricks(left: float, top: float, right: float, rng: np.random.Generator) -> list[Shape]:
    """Some rows of bricks or tiles; now and then one of another colour."""
    height = rng.uniform(0.04, 0.09)
    width = height * rng.uniform(1.2, 2.6)
    shapes = []
    for row in range(int(rng.integers(2, 6))):
        x = left - (width / 2 if row % 2 else 0.0)
        while x < right:
            tone = 70 if rng.random() < 0.8 else 71
            shapes.append(box(x, top + row * height, width, height, tone, line=0.0025))
            x += width
    return shapes


def shelf(x: float, y: float, width: float, rng: np.random.Generator) -> list[Shape]:
    """A board with books, jars and boxes."""
    shapes = [box(x, y, width, 0.025, 80)]
    at = x + 0.01
    while at < x + width - 0.05:
        wide, high = rng.uniform(0.015, 0.05), rng.uniform(0.06, 0.15)
        shapes.append(box(at, y - high, wide, high, int(rng.integers(81, 89)), line=0.003))
        at += wide + (rng.uniform(0, 0.06) if rng.random() < 0.4 else 0.0)
    return shapes


def land(rng: np.random.Generator) -> list[list[Shape]]:
    """Hills, clouds, bushes; layers from far to near."""
    far = [sky()]
    for _ in range(int(rng.integers(1, 6))):
        x, y = rng.uniform(-0.6, 2.4), rng.uniform(0.0, 0.35)
        far.append(blob(x, y, rng.uniform(0.15, 0.5), rng.uniform(0.06, 0.16), tone=20, rng=rng))
    layers = [far]
    for k in range(int(rng.integers(1, 4))):
        level = 0.42 + 0.17 * k + rng.uniform(-0.04, 0.04)
        layer = [ridge(level, 30 + k, rng)]
        for _ in range(int(rng.integers(0, 7))):
            x, wide = rng.uniform(-0.6, 2.4), rng.uniform(0.08, 0.3)
            high = wide * rng.uniform(0.5, 1.2)
            tone = 34 + int(rng.integers(3))
            if rng.random() < 0.4:
                layer.append(box(x - wide / 20, level, wide / 10, wide * 0.7, 39))
                layer.append(blob(x, level - 0.02, wide, high, tone=tone, rng=rng))
            else:
                layer.append(blob(x, level + 0.06, wide, high, tone=tone, rng=rng))
        layers.append(layer)
    return layers


def room(rng: np.random.Generator) -> list[list[Shape]]:
    """A wall with windows, shelves, pictures and tiles, and a floor with a skirting."""
    floor = rng.uniform(0.66, 0.85)
    shapes = [sky(), box(-3, -3, 7, 3 + floor, 11)]
    if rng.random() < 0.35:
        shapes += wall_of_bricks(-0.6, rng.uniform(0.4, 0.6), 2.4, rng)
    x = rng.uniform(-0.7, -0.4)
    while x < 2.4:
        wide = rng.uniform(0.22, 0.5)
        kind = rng.random()
        if kind < 0.4:
            shapes += window(x, rng.uniform(0.06, 0.25), wide, rng.uniform(0.25, 0.4), rng)
        elif kind < 0.75:
            for y in rng.uniform(0.2, 0.6, size=int(rng.integers(1, 3))):
                shapes += shelf(x, float(y), wide, rng)
        else:
            high = wide * rng.uniform(0.6, 1.3)
            y = rng.uniform(0.1, 0.3)
            shapes += [
                box(x, y, wide, high, 90),
                box(x + 0.03, y + 0.03, wide - 0.06, high - 0.06, 91),
            ]
        x += wide + rng.uniform(0.04, 0.3)
    shapes += [box(-3, floor, 7, 4, 12), box(-3, floor - 0.03, 7, 0.03, 13)]
    if rng.random() < 0.5:
        vanish = np.array([rng.uniform(0.2, 1.4), floor - 0.4])
        for k in np.linspace(-4, 5, 28):
            foot = np.array([k, floor + 0.9])
            head = foot + (vanish - foot) * (0.9 / 1.3)
            shapes.append(polygon([head, foot], 0, width=0.003, closed=False))
    return [shapes]


def street(rng: np.random.Generator) -> list[list[Shape]]:
    """Houses with windows, doors and roofs, along a pavement."""
    ground = rng.uniform(0.68, 0.85)
    layers = [[sky()]]
    for depth in range(int(rng.integers(1, 3))):
        layer = []
        x = rng.uniform(-0.9, -0.5)
        while x < 2.6:
            wide, high = rng.uniform(0.25, 0.6), rng.uniform(0.3, 0.7) + 0.1 * (1 - depth)
            tone = 14 + int(rng.integers(5))
            top = ground - high
            layer.append(box(x, top, wide, high + 0.3, tone))
            if rng.random() < 0.6:
                peak = [x + wide / 2, top - rng.uniform(0.08, 0.2)]
                layer.append(polygon([[x - 0.03, top], peak, [x + wide + 0.03, top]], 22))
            columns, rows = int(rng.integers(1, 4)), int(rng.integers(1, 4))
            for i in range(columns):
                for j in range(rows):
                    if rng.random() < 0.85:
                        cell_w, cell_h = wide / columns, high * 0.75 / rows
                        left, y = x + (i + 0.2) * cell_w, top + (j + 0.25) * cell_h
                        layer += window(left, y, 0.6 * cell_w, 0.6 * cell_h, rng)[:6]
            x += wide + (rng.uniform(0.0, 0.2) if rng.random() < 0.5 else 0.0)
        layers.append(layer)
    layers[-1] += [box(-3, ground, 7, 0.04, 23), box(-3, ground + 0.04, 7, 4, 24)]
    return layers


def bare(rng: np.random.Generator) -> list[list[Shape]]:
    """Nothing but paper, or a ground line."""
    if rng.random() < 0.6:
        return [[sky()]]
    return [[sky(), ridge(rng.uniform(0.6, 0.85), 30, rng)]]
