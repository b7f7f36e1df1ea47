"""The badge says what was asked for, what runs, and why nothing better does."""

from __future__ import annotations

from app.window.status import device_report


def test_asked_and_actual_are_told_with_the_reasons() -> None:
    text, reasons = device_report("auto", "cpu", {"cuda": "libcudart.so.13 is missing"})
    assert text == "auto → CPU"
    assert "Not CUDA: libcudart.so.13 is missing." in reasons


def test_two_networks_on_two_devices_are_both_told() -> None:
    assert device_report("auto", "cuda+cpu", {})[0] == "auto → CUDA + CPU"
