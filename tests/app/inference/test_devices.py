"""Devices: each one runs on this machine, or the report has a reason."""

from __future__ import annotations

from app.inference.devices import probe_devices


def test_every_device_either_runs_or_has_a_reason() -> None:
    reports = {report.provider: report for report in probe_devices()}
    assert reports["cpu"].runs
    assert all(report.runs == (report.reason == "") for report in reports.values())
    assert "cuda" in reports
