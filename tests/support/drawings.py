"""DXF drawings as survey offices hand them in: closed outlines, names as texts of their own."""


def _outline(handle, layer, corners, *, closed):
    said = ["0", "LWPOLYLINE", "5", f"{handle:X}", "100", "AcDbEntity", "8", layer]
    said += ["100", "AcDbPolyline", "90", str(len(corners)), "70", "1" if closed else "0"]
    for x, y in corners:
        said += ["10", f"{x}", "20", f"{y}"]
    return said


def _text(handle, layer, x, y, text):
    said = ["0", "TEXT", "5", f"{handle:X}", "100", "AcDbEntity", "8", layer, "100", "AcDbText"]
    return [*said, "10", f"{x}", "20", f"{y}", "30", "0", "40", "5", "1", text, "100", "AcDbText"]


def square(x, y, size=50.0):
    return [(x, y), (x + size, y), (x + size, y + size), (x, y + size)]


def drawing(names, *, layer="小区红线", more=(), page="ANSI_936", version="AC1015"):
    """Return the text of a drawing: one square a name, 100 m apart, its name written inside.

    ``more`` gives further outlines, as (layer, corners, closed).
    """
    said = ["0", "SECTION", "2", "HEADER", "9", "$ACADVER", "1", version]
    said += ["9", "$DWGCODEPAGE", "3", page, "0", "ENDSEC", "0", "SECTION", "2", "ENTITIES"]
    for n, name in enumerate(names):
        x, y = 500_000 + 100 * n, 3_880_000
        said += _outline(0x100 + n, layer, square(x, y), closed=True)
        said += _text(0x1000 + n, "注记", x + 10, y + 10, name)
    for n, (other, corners, closed) in enumerate(more):
        said += _outline(0x2000 + n, other, corners, closed=closed)
    return "\r\n".join([*said, "0", "ENDSEC", "0", "EOF", ""])
