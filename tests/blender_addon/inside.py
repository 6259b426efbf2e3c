"""Runs inside Blender's Python: one scenario of the add-on, and what came of it as JSON.

    python inside.py SCENARIO ZIP SHOT FOLDER     writes FOLDER/result.json

SHOT holds `line/` and `hint/`; FOLDER is empty, and everything is written there.
"""

import faulthandler
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from importlib import import_module

import bpy

FRAMES = range(1001, 1007)
LONG = range(1001, 1061)


def main():
    faulthandler.dump_traceback_later(100, exit=True)  # says where it hangs, before it is ended
    scenario, zip_file, shot, folder = sys.argv[1:]
    bpy.ops.extensions.package_install_files(
        filepath=zip_file, repo="user_default", enable_on_install=True
    )
    result = SCENARIOS[scenario](shot, folder)
    with open(os.path.join(folder, "result.json"), "w") as file:
        json.dump(result, file)


def module(name):
    return import_module(f"bl_ext.user_default.celtint.blender_addon.{name}")


def strips_of(scene):
    editor = scene.sequence_editor or scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def names(kind, frames=FRAMES):
    return [f"{kind}.{frame:04}.exr" for frame in frames]


def add(scene, name, folder, files, *, channel=1, start=1):
    strip = strips_of(scene).new_image(
        name=name, filepath=os.path.join(folder, files[0]), channel=channel, frame_start=start
    )
    for later in files[1:]:
        strip.elements.append(later)
    return strip


def line_and_hint(shot, folder, name="line", *, scene=None, kind="line", frames=FRAMES, start=1):
    scene = scene or bpy.context.scene
    line = add(scene, name, os.path.join(shot, kind), names(kind, frames), start=start)
    hint = add(
        scene,
        f"{name} hint",
        os.path.join(shot, "hint"),
        names("hint", [1001]),
        channel=2,
        start=start,
    )
    line.celtint.hint_strip = hint.name
    line.celtint.folder = os.path.join(folder, "paint", name)
    line.celtint.device = "cpu"
    make_active(scene, line)
    return line, hint


def make_active(scene, *strips):
    for strip in strips_of(scene):
        strip.select = strip in strips
    scene.sequence_editor.active_strip = strips[0]


def colorize():
    """What the operator answered, and what it told."""
    session = module("session")
    try:
        answer = sorted(bpy.ops.sequencer.celtint_colorize())[0]
    except RuntimeError as error:
        answer = f"error: {error}"
    return {"answer": answer, "words": list(session.last_words)}


def paint_strips(scene=None):
    scene = scene or bpy.context.scene
    return [described(strip) for strip in strips_of(scene) if strip.celtint.is_paint]


def described(strip):
    return {
        "name": strip.name,
        "line": strip.celtint.line_strip,
        "folder": os.path.normpath(bpy.path.abspath(strip.directory)),
        "files": [element.filename for element in strip.elements],
        "start": int(strip.frame_final_start),
        "end": int(strip.frame_final_end),
        "channel": strip.channel,
        "space": strip.colorspace_settings.name,
        "job": json.loads(strip.celtint.job),
    }


def render(scene, timeline_frames, folder):
    """Render timeline frames as the sequencer shows them; their files."""
    settings = scene.render
    settings.resolution_x, settings.resolution_y = 1280, 720
    settings.resolution_percentage = 100
    settings.image_settings.file_format = "OPEN_EXR"
    settings.image_settings.color_mode = "RGBA"
    settings.image_settings.color_depth = "32"
    if bpy.app.version < (4, 5):  # there the space of the file counts only so
        settings.image_settings.color_management = "OVERRIDE"
    settings.image_settings.linear_colorspace_settings.name = "ACEScg"
    scene.sequencer_colorspace_settings.name = "ACEScg"
    hints = {strip.celtint.hint_strip for strip in strips_of(scene)}
    for strip in strips_of(scene):  # the line art has to be hidden by now
        strip.mute |= strip.name in hints
    files = []
    for frame in timeline_frames:
        scene.frame_set(frame)
        settings.filepath = os.path.join(folder, f"render.{frame:04}.exr")
        bpy.ops.render.render(write_still=True)
        files.append(settings.filepath)
    return files


def whole(shot, folder):
    """Two strips selected and the operator called; then again, and again with a changed drawing."""
    own = os.path.join(folder, "shot")
    shutil.copytree(shot, own)
    scene = bpy.context.scene
    line, hint = line_and_hint(own, folder)
    line.celtint.hint_strip = ""
    make_active(scene, hint, line)  # the hints were clicked last
    first = colorize()
    found = {"first": first, "strips": paint_strips()}
    found["first_files"] = os.path.join(folder, "first_files")
    shutil.copytree(found["strips"][0]["folder"], found["first_files"])
    found["rendered"] = render(scene, [1, 4, 6], folder)
    make_active(scene, next(s for s in strips_of(scene) if s.celtint.is_paint))
    found["again"] = colorize()
    shutil.copy(os.path.join(own, "line", "line.1005.exr"), os.path.join(own, "line/line.1006.exr"))
    found["changed"] = colorize()
    found["strips_at_the_end"] = paint_strips()
    found["paths"] = [path for path in sys.path if "celtint" in path]
    found["modules"] = [name for name in sys.modules if "celtint" in name]
    return found


def odd_strips(shot, folder):
    """Strips that were cut, moved, reversed, timed on twos, or that leave drawings out."""
    found = {}
    kinds = {
        "cut": {"start": 101},
        "reversed": {"start": 201},
        "twos": {"start": 301, "frames": [1001, 1001, 1003, 1003, 1005, 1005]},
        "gaps": {"start": 401, "frames": [1001, 1002, 1004, 1006]},
        "held": {"start": 501, "frames": [1001]},
        "retimed": {"start": 601},
    }
    for name, how in kinds.items():
        line, _ = line_and_hint(shot, folder, name, **how)
        if name == "cut":
            line.frame_offset_start, line.frame_offset_end = 1, 2
        elif name == "reversed":
            line.use_reverse_frames = True
        elif name == "held":
            line.frame_final_duration = 4
        elif name == "retimed":
            line.strobe = 2
        if name == "cut":
            # Its first drawing, which has the hints, was cut off.
            hint = strips_of(bpy.context.scene)[line.celtint.hint_strip]
            staged = os.path.join(folder, "late")
            os.makedirs(staged)
            shutil.copy(
                os.path.join(shot, "hint/hint.1001.exr"), os.path.join(staged, "hint.1002.exr")
            )
            hint.directory = staged
            hint.elements[0].filename = "hint.1002.exr"
        found[name] = {
            **colorize(),
            "shown": [
                line.strip_elem_from_frame(t).filename
                for t in range(int(line.frame_final_start), int(line.frame_final_end))
            ],
            "strips": [one for one in paint_strips() if one["line"] == name],
        }
    rendered = render(bpy.context.scene, [201, 206, 304, 403], folder)
    return {"kinds": found, "rendered": rendered}


def two_scenes(shot, folder):
    """A strip of the same name in each of two scenes."""
    own = os.path.join(folder, "shot")
    shutil.copytree(shot, own)
    first, second = bpy.context.scene, bpy.data.scenes.new("second")
    found = []
    for scene, frames in ((first, FRAMES), (second, FRAMES[:3])):
        line, _ = line_and_hint(own, folder, scene=scene, frames=frames)
        line.celtint.folder = ""
        window_scene(scene)
        found.append(colorize())
    return {"runs": found, "first": paint_strips(first), "second": paint_strips(second)}


def window_scene(scene):
    """Work in a scene, as a click on it does."""
    window = bpy.context.window_manager.windows[0] if bpy.context.window_manager.windows else None
    if window is not None:
        window.scene = scene
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene


def layered(shot, folder):
    """One file a frame that holds line art and hints."""
    scene = bpy.context.scene
    line = add(scene, "both", os.path.join(shot, "both"), names("both", FRAMES[:3]))
    line.celtint.folder = os.path.join(folder, "paint")
    line.celtint.hint_from = "LAYER"
    make_active(scene, line)
    run = colorize()
    line.celtint.hint_layer = "dabs"
    return {"run": run, "strips": paint_strips(), "no_such_layer": colorize()}


def by_timeline(shot, folder):
    """Hints that are numbered otherwise than the line art."""
    staged = os.path.join(folder, "numbered otherwise")
    os.makedirs(staged)
    shutil.copy(os.path.join(shot, "hint/hint.1001.exr"), os.path.join(staged, "dabs.0007.exr"))
    line, hint = line_and_hint(shot, folder, start=11)
    hint.directory = staged
    hint.elements[0].filename = "dabs.0007.exr"
    by_number = colorize()
    line.celtint.hint_match = "TIMELINE"
    return {"by_number": by_number, "by_timeline": colorize(), "strips": paint_strips()}


def faults(shot, folder):
    """Everything that can be wrong with strips, and with the engine."""
    scene = bpy.context.scene
    line, hint = line_and_hint(shot, folder)
    found = {}
    line.celtint.hint_strip = ""
    found["no hints"] = colorize()
    line.celtint.hint_strip = "gone"
    found["hint strip gone"] = colorize()
    line.celtint.hint_strip = hint.name
    hint.elements[0].filename = "nothing.1001.exr"
    found["hint file missing"] = colorize()
    hint.elements[0].filename = "hint.1001.exr"
    line.elements[2].filename = "line.9003.exr"
    found["drawing missing"] = colorize()
    line.elements[2].filename = "line.1003.exr"
    length = {"length": 10} if bpy.app.version >= (5, 0) else {"frame_end": 11}
    colour = strips_of(scene).new_effect(
        name="colour", type="COLOR", channel=9, frame_start=1, **length
    )
    make_active(scene, colour)
    found["no image strip"] = colorize()
    make_active(scene, line)
    for name, engine in engines(folder).items():
        os.environ["CELTINT_PYTHON"] = engine
        found[name] = colorize()
    return {"runs": found, "strips": paint_strips()}


def engines(folder):
    """Engines that are not there, or not the right ones."""
    other = os.path.join(folder, "other version")
    with open(other, "w") as file:
        file.write(
            '#!/bin/sh\necho \'{"event": "hello", "protocol": 99, "version": "9.0", "pid": 1}\'\n'
        )
    os.chmod(other, 0o755)
    return {
        "engine missing": os.path.join(folder, "nowhere", "python"),
        "no engine chosen": "",
        "no celtint in it": sys.executable,
        "engine of another version": other,
    }


def ended_early(shot, folder):
    """A worker that is killed, and a run that is cancelled; then the run that goes on."""
    line_and_hint(shot, folder, kind="long", frames=LONG)
    session = module("session")

    def after_first_frame(act):
        def watch():
            while not painted(os.path.join(folder, "paint", "line")):
                time.sleep(0.005)
            act(session.current)

        threading.Thread(target=watch, daemon=True).start()

    found = {}
    after_first_frame(lambda running: os.kill(running.pid, signal.SIGKILL))
    found["killed"] = {**colorize(), "strips": paint_strips()}
    shutil.rmtree(os.path.join(folder, "paint"))
    after_first_frame(lambda running: running.cancel())
    found["cancelled"] = {**colorize(), "strips": paint_strips()}
    found["left"] = painted(os.path.join(folder, "paint", "line"))
    found["finished"] = {**colorize(), "strips": paint_strips()}
    return found


def watched(shot, folder):
    """Runs as the window drives them, tick by tick: the strip while they run, and after."""
    line, _ = line_and_hint(shot, folder, kind="long", frames=LONG)
    session = module("session")
    found = {}
    for how, act in (
        ("killed", lambda running: os.kill(running.pid, signal.SIGKILL)),
        ("cancelled", lambda running: running.cancel()),
        ("finished", lambda running: None),
        ("again, cancelled", lambda running: running.cancel()),
    ):
        shutil.rmtree(os.path.join(folder, "paint"), ignore_errors=True)
        running = session.start(bpy.context, line)
        last, during = None, []
        while last is None:
            last = running.tick()
            if not during and running.done:
                during = [strip.name for strip in strips_of(bpy.context.scene)]
                act(running)
            time.sleep(0.005)
        is_whole = session.conclude(running, last)
        found[how] = {
            "during": during,
            "after": [strip.name for strip in strips_of(bpy.context.scene)],
            "is_whole": is_whole,
            "words": list(session.last_words),
        }
    return found


def first_frame(shot, folder):
    """From the press of the button to the first frame in the strip, in seconds; cold, then warm."""
    line, _ = line_and_hint(shot, folder)
    session = module("session")
    found = {"pids": [], "checked_s": [], "first_frame_s": [], "whole_s": []}
    for _ in range(4):
        shutil.rmtree(os.path.join(folder, "paint"), ignore_errors=True)
        for strip in [strip for strip in strips_of(bpy.context.scene) if strip.celtint.is_paint]:
            strips_of(bpy.context.scene).remove(strip)
        pressed = time.perf_counter()
        running = session.start(bpy.context, line)
        found["pids"].append(running.pid)
        last, times = None, {}
        while last is None:
            last = running.tick()
            if running.total:
                times.setdefault("checked_s", time.perf_counter() - pressed)
            if paint_there():
                times.setdefault("first_frame_s", time.perf_counter() - pressed)
            time.sleep(0.002)
        session.conclude(running, last)
        times["whole_s"] = time.perf_counter() - pressed
        for name, seconds in times.items():
            found[name].append(round(seconds, 3))
    return found


def paint_there():
    return any(strip.celtint.is_paint for strip in strips_of(bpy.context.scene))


def painted(folder):
    return sorted(n for n in os.listdir(folder) if n[0] != ".") if os.path.isdir(folder) else []


def switched_off(shot, folder):
    """The add-on is switched off in the middle of a run, and on again."""
    line, _ = line_and_hint(shot, folder)
    running = module("session").start(bpy.context, line)
    pid = running.pid
    bpy.ops.preferences.addon_disable(module="bl_ext.user_default.celtint")
    found = {"pid": pid, "alive": is_alive(pid), "has_settings": hasattr(line, "celtint")}
    bpy.ops.preferences.addon_enable(module="bl_ext.user_default.celtint")
    found["after"] = {**colorize(), "strips": paint_strips()}
    return found


def quit_in_mid_run(shot, folder):
    """Blender quits while a run is at work."""
    line, _ = line_and_hint(shot, folder)
    return {"pid": module("session").start(bpy.context, line).pid}


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def hint_layer(shot, folder):
    """A new hint layer, painted on, and used."""
    own = os.path.join(folder, "shot")
    shutil.copytree(shot, own)
    scene = bpy.context.scene
    line = add(scene, "girl", os.path.join(own, "line"), names("line", FRAMES[:3]), start=5)
    line.celtint.folder = os.path.join(folder, "paint")
    make_active(scene, line)
    answer = sorted(bpy.ops.sequencer.celtint_new_hints())[0]
    hint = strips_of(scene)[line.celtint.hint_strip]
    image = bpy.data.images[0]
    found = {
        "answer": answer,
        "files": [element.filename for element in hint.elements],
        "folder": os.path.normpath(hint.directory),
        "start": int(hint.frame_final_start),
        "source": image.source,
    }
    image.source = "FILE"  # without a window there is nothing that says which of the frames
    width, height = image.size
    found["size"] = [width, height]
    pixels = [0.0] * (4 * width * height)
    for x in range(30, 60):  # near a corner, where nothing is drawn
        for y in range(30, 60):
            at = 4 * (y * width + x)
            pixels[at : at + 4] = [0.25, 0.5, 0.125, 1.0]
    image.pixels.foreach_set(pixels)
    image.update()
    found["is_dirty"] = image.is_dirty
    found["run"] = colorize()
    found["strips"] = paint_strips()
    return found


def reviewed(shot, folder):
    """The page of what is in doubt, and the palette on the way to the engine."""
    line, _ = line_and_hint(shot, folder)
    found = {"before": bpy.ops.sequencer.celtint_review.poll()}
    line.celtint.palette = os.path.join(folder, "none.gpl")
    found["no palette"] = colorize()
    line.celtint.palette = ""
    found["run"] = colorize()
    make_active(bpy.context.scene, line)
    found["answer"] = sorted(bpy.ops.sequencer.celtint_review())[0]
    found["strips"] = paint_strips()
    return found


def mattes(shot, folder):
    """A colour picked by its name in the compositor's Cryptomatte node."""
    out = os.path.join(folder, "crypto")
    subprocess.run(
        [
            *(os.environ["CELTINT_PYTHON"], "-I", "-m", "celtint.plugin.cli", "colorize"),
            *("--line", os.path.join(shot, "line", "line.####.exr"), "--frames", "1001"),
            *("--hint", os.path.join(shot, "hint", "hint.####.exr")),
            *("--out", os.path.join(out, "paint.####.exr")),
            *("--out-layers", "all,index,cryptomatte"),
        ],
        check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
    )
    with open(os.path.join(out, "paint.palette.json"), encoding="utf-8") as file:
        entries = json.load(file)["entries"]
    scene = bpy.context.scene
    image = bpy.data.images.load(os.path.join(out, "paint.1001.exr"))
    # Blender 5.0 converts every layer of a file that names its colour space, hashes too.
    image.colorspace_settings.name = "Non-Color"
    is_group = bpy.app.version >= (5, 0, 0)
    if is_group:
        tree = bpy.data.node_groups.new("matte", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        scene.compositing_node_group = tree
        end = tree.nodes.new("NodeGroupOutput").inputs[0]
    else:
        scene.use_nodes = True
        tree = scene.node_tree
        tree.nodes.clear()
        end = tree.nodes.new("CompositorNodeComposite").inputs["Image"]
    node = tree.nodes.new("CompositorNodeCryptomatteV2")
    node.source, node.image = "IMAGE", image
    tree.links.new(node.outputs["Matte"], end)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x, scene.render.resolution_y = 1280, 720
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "OPEN_EXR"
    found = {"layer": node.layer_name, "paint": image.filepath, "mattes": {}}
    for entry in entries[:2]:
        node.matte_id = entry["name"]
        scene.render.filepath = os.path.join(folder, f"matte {entry['index']}.exr")
        bpy.ops.render.render(write_still=True)
        found["mattes"][entry["index"]] = scene.render.filepath
    return found


def ask_engine(shot, folder):
    """The button in the preferences."""
    preferences = module("preferences")
    found = {}
    for name, engine in {"right": os.environ["CELTINT_PYTHON"], **engines(folder)}.items():
        os.environ["CELTINT_PYTHON"] = engine
        try:
            answer = sorted(bpy.ops.celtint.test_engine())[0]
        except RuntimeError:
            answer = "error"
        found[name] = {"answer": answer, "lines": preferences.answer_lines()}
    return found


SCENARIOS = {
    one.__name__: one
    for one in (
        ask_engine,
        by_timeline,
        ended_early,
        faults,
        first_frame,
        hint_layer,
        layered,
        mattes,
        odd_strips,
        quit_in_mid_run,
        reviewed,
        switched_off,
        two_scenes,
        watched,
        whole,
    )
}

if __name__ == "__main__":
    try:
        main()
    except Exception:
        traceback.print_exc()
        sys.exit(1)
