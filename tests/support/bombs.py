"""Files that are all head and no body."""

import struct


def tiff(width, height):
    """Return a TIFF that is all head: its strip is not there."""
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 32),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 0),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, 0),
        (339, 3, 1, 3),
    ]
    raw = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + raw + struct.pack("<I", 0)
