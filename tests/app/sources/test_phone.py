"""Addresses of phones, and why none of their pictures come; against servers that speak as the apps do."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from app.core.errors import StanceError
from app.core.people import Image
from app.sources.phone import APPS, PhoneApp, address_of, phone_images
from tests.app.sources.mjpeg import Mjpeg
from tests.app.sources.rtsp import RtspCamera

BY_NAME = {app.name: app for app in APPS}
MJPEG = [app for app in APPS if app.scheme == "http"]
RTSP = [app for app in APPS if app.scheme == "rtsp"]


@pytest.fixture
def plugged() -> Iterator[list[Mjpeg | RtspCamera]]:
    """Cameras that are unplugged after the test."""
    cameras: list[Mjpeg | RtspCamera] = []
    yield cameras
    for camera in cameras:
        camera.unplug()


def images_of(address: str, count: int = 1) -> list[Image]:
    """The next ``count`` images of the phone; the connection is closed."""
    images: list[Image] = []
    for image in phone_images(address, lambda: len(images) == count):
        images.append(image)
    return images


@pytest.mark.parametrize(
    ("app", "typed", "address"),
    [
        ("IP Webcam (Android)", "192.168.1.20", "http://192.168.1.20:8080/video"),
        ("IP Webcam (Android, H.264)", " 192.168.1.20 ", "rtsp://192.168.1.20:8080/h264_ulaw.sdp"),
        ("DroidCam (Android, iPhone)", "192.168.1.20", "http://192.168.1.20:4747/video"),
        ("DroidCam (Android, iPhone)", "192.168.1.20:4748", "http://192.168.1.20:4748/video"),
        ("IP Camera Lite (iPhone)", "192.168.1.20", "http://admin:admin@192.168.1.20:8081/video"),
        ("IP Camera Lite (iPhone)", "me:p@ss@192.168.1.20", "http://me:p@ss@192.168.1.20:8081/video"),
        ("RTSP", "anna-phone.local", "rtsp://anna-phone.local:8554/live"),
        ("RTSP", "192.168.1.20:554/cam?sub=1", "rtsp://192.168.1.20:554/cam?sub=1"),
        ("RTSP", "[fe80::1]", "rtsp://[fe80::1]:8554/live"),
        ("RTSP", "http://192.168.1.20:81/x", "http://192.168.1.20:81/x"),
    ],
)
def test_port_and_path_of_the_app_are_filled_in(app: str, typed: str, address: str) -> None:
    assert address_of(BY_NAME[app], typed) == address


@pytest.mark.parametrize("typed", ["", "192.168.1", "192.168.1.300", "my phone", "ftp://192.168.1.20", "1.2.3.4:port"])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(StanceError, match=r"is not the address of a phone: wanted the numbers that the app shows"):
        address_of(APPS[0], typed)


@pytest.mark.parametrize("app", MJPEG, ids=lambda app: app.name)
def test_pictures_of_motion_jpeg_apps_arrive(app: PhoneApp, plugged: list[Mjpeg | RtspCamera]) -> None:
    camera = Mjpeg(path=app.path, login=app.login)
    plugged.append(camera)
    images = images_of(address_of(app, f"127.0.0.1:{camera.port}"), 3)
    assert [image.shape for image in images] == 3 * [(96, 128, 3)]
    assert len({image.tobytes() for image in images}) == 3


@pytest.mark.parametrize("app", RTSP, ids=lambda app: app.name)
def test_pictures_of_rtsp_apps_arrive(app: PhoneApp, plugged: list[Mjpeg | RtspCamera]) -> None:
    camera = RtspCamera(app.path)
    plugged.append(camera)
    images = images_of(address_of(app, f"127.0.0.1:{camera.port}"), 3)
    assert [image.shape for image in images] == 3 * [(96, 128, 3)]
    assert len({image.tobytes() for image in images}) == 3
    assert ("PLAY", f"rtsp://127.0.0.1:{camera.port}{app.path}") in [
        (method, address.rstrip("/")) for method, address in camera.requests
    ]


def test_another_app_on_the_phone_is_told(plugged: list[Mjpeg | RtspCamera]) -> None:
    for camera, app in ((Mjpeg(path="/stream"), APPS[0]), (RtspCamera("/camera"), APPS[-1])):
        plugged.append(camera)
        with pytest.raises(StanceError, match=rf"^127.0.0.1 has no video at {app.path}: wanted the app that runs on"):
            images_of(address_of(app, f"127.0.0.1:{camera.port}"))


def test_a_wrong_password_is_told(plugged: list[Mjpeg | RtspCamera]) -> None:
    for camera, app in ((Mjpeg(login="anna:secret"), APPS[0]), (RtspCamera(login="anna:secret"), APPS[-1])):
        plugged.append(camera)
        with pytest.raises(StanceError, match=r"^127.0.0.1 asks for a name and a password"):
            images_of(address_of(app, f"127.0.0.1:{camera.port}"))
        (image,) = images_of(address_of(app, f"anna:secret@127.0.0.1:{camera.port}"))
        assert image.shape == (96, 128, 3)


def test_an_app_that_is_not_started_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(StanceError, match=rf"^127.0.0.1 answers, but not on port {port}: wanted the server started"):
        images_of(address_of(APPS[0], f"127.0.0.1:{port}"))


def test_a_phone_that_is_not_there_is_told() -> None:
    with pytest.raises(StanceError, match=r"^Nothing answers at no-phone.invalid: wanted the phone awake"):
        images_of(address_of(APPS[0], "no-phone.invalid"))
