"""The picture and the people on it are where they belong, to a fraction of a pixel of the screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

SHOW = """
import json, sys
import numpy as np
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication
from app.engine import Result
from app.overlay import Look
from app.people import Frame, FramePoses, Person
from app.skeleton import Skeleton
from app.window.video_view import VideoView

what, mirror = sys.argv[1], sys.argv[2] == "mirror"
application = QApplication([])
image = np.zeros((120, 200, 3), np.uint8)
people = ()
if what == "pixel":
    image[30:33, 150:153] = 255  # the middle one is (151, 31)
else:
    keypoints = np.array([[151.25, 31.5, 1.0]], np.float32)
    people = (Person(0, 1.0, np.array([120, 0, 180, 110], np.float32), keypoints),)
view = VideoView()
view.resize(617, 401)
view.set_look(Look(mirror=mirror))
frame = Frame(0, 0.0, image)
view.show_result(Result(frame, FramePoses(0, 0.0, people), 0.0, {}), Skeleton(name="one", names=("nose",)))
picture = view.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
rows = np.frombuffer(picture.constBits().asarray(picture.sizeInBytes()), np.uint8)
grey = rows.reshape(picture.height(), picture.bytesPerLine())[:, : picture.width()].astype(float)
grey[grey < 40] = 0
y, x = np.indices(grey.shape)
print(json.dumps([float((x * grey).sum() / grey.sum()), float((y * grey).sum() / grey.sum()), *grey.shape]))
"""


def centre_of_light(what: str, mirror: bool, scale: str) -> tuple[float, float, int, int]:
    """Where the light is in what the widget paints: x, y, and the painted height and width, in the screen's pixels."""
    environment = os.environ | {"QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", SHOW, what, "mirror" if mirror else "straight"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    x, y, height, width = json.loads(done.stdout)
    return x, y, height, width


@pytest.mark.parametrize("scale", ["1", "1.5", "2"])
@pytest.mark.parametrize(("what", "at"), [("pixel", (151.0, 31.0)), ("keypoint", (151.25, 31.5))])
@pytest.mark.parametrize("mirror", [False, True])
def test_what_is_shown_is_where_it_is_in_the_picture(
    what: str, at: tuple[float, float], mirror: bool, scale: str
) -> None:
    x, y, height, width = centre_of_light(what, mirror, scale)
    assert (width, height) == pytest.approx((617 * float(scale), 401 * float(scale)), abs=1)
    fit = min(width / 200, height / 120)
    wide, high = round(200 * fit), round(120 * fit)  # the picture begins and ends on whole pixels of the screen
    wanted_x = 199 - at[0] if mirror else at[0]
    assert x == pytest.approx((width - wide) // 2 + (wanted_x + 0.5) * wide / 200 - 0.5, abs=0.15)
    assert y == pytest.approx((height - high) // 2 + (at[1] + 0.5) * high / 120 - 0.5, abs=0.15)
