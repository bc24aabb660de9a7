"""Readers that do what a reader must not, for a child of the guard to run."""

import os
import signal
import time

import numpy as np
import pyogrio

from facilityplan.errors import UnreadableSourceError


def fills_memory(path):
    kept = []
    while True:
        kept.append(np.ones(2_000_000))


def never_ends(path):
    while True:
        time.sleep(0.1)


def asks_for_all(path):
    return bytearray(1 << 44)


def falls_over(path):
    os.kill(os.getpid(), signal.SIGABRT)


def refuses(path):
    raise UnreadableSourceError("source_empty", file="a.csv")


def drivers(path):
    return sorted(pyogrio.list_drivers())
