"""Computations that are given up, in one thread and not in others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.system.giving_up import GivenUpError, giving_up_when, raise_if_given_up


def test_the_innermost_question_counts_while_it_is_open() -> None:
    raise_if_given_up()
    with giving_up_when(lambda: True):
        with giving_up_when(lambda: False):
            raise_if_given_up()
        with pytest.raises(GivenUpError):
            raise_if_given_up()
    raise_if_given_up()


def test_other_threads_go_on() -> None:
    with giving_up_when(lambda: True), ThreadPoolExecutor(1) as thread:
        thread.submit(raise_if_given_up).result()
        with pytest.raises(GivenUpError):
            raise_if_given_up()
