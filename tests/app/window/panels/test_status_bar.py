"""The device badge shows the requested device, the device in use and the reasons."""

from __future__ import annotations

from app.window.panels.status_bar import device_report


def test_requested_and_actual_device_are_shown_with_reasons() -> None:
    text, reasons = device_report("auto", "cpu", {"cuda": "libcudart.so.13 is missing"})
    assert text == "auto → CPU"
    assert "CUDA is not used: libcudart.so.13 is missing." in reasons


def test_both_devices_of_two_networks_are_shown() -> None:
    assert device_report("auto", "cuda+cpu", {})[0] == "auto → CUDA + CPU"
