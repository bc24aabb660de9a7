"""One reader in a process of its own: a job a line comes in, what became of it goes out.

Run as a script by the campaign against damaged files, so that a reader that dies, hangs or fills
memory takes nothing else with it.
"""

import hashlib
import json
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import shapely

from facilityplan.errors import FacilityPlanError
from facilityplan.io.raster import read_population
from facilityplan.project.config import LayerSource
from facilityplan.project.layer_parts import read_layer

HERE = "EPSG:4547"
COLUMNS = {"id": "编号", "name": "名称", "households": "户数", "elders": "老人", "status": "状态"}
RESIDENCES = {"columns": COLUMNS, "constants": {"setting": "urban"}}
ROADS = {"osm": {"take": "roads"}}
# What a project says of each base file: layer and source.
SOURCES = {
    "gpkg": ("residences", RESIDENCES),
    "shp": ("residences", RESIDENCES),
    "geojson": ("residences", RESIDENCES),
    "kml": ("residences", {**RESIDENCES, "columns": {**COLUMNS, "name": "Name"}}),
    "csv": ("residences", {**RESIDENCES, "x": "东", "y": "北", "crs": HERE}),
    "xlsx": ("residences", {**RESIDENCES, "x": "东", "y": "北", "crs": HERE}),
    "ods": ("residences", {**RESIDENCES, "x": "东", "y": "北", "crs": HERE}),
    "xls": ("residences", {**RESIDENCES, "x": "东", "y": "北", "crs": HERE}),
    "pbf": ("roads", ROADS),
    "osm": ("roads", ROADS),
}


def plain(value):
    """Return a cell so that equal cells are equal text; numbers to a millionth."""
    if value is None or (not isinstance(value, (tuple, list, str)) and pd.isna(value)):
        return "-"
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, float, np.number)):
        return f"{float(value):.6f}"
    return str(value)


def shape_text(shape):
    """Return a shape to the millimetre, which is all that a distance here is taken to."""
    if shape is None:
        return "-"
    return shapely.to_wkt(shapely.force_2d(shape), rounding_precision=3)


def read(fmt, path):
    """Return a digest of what the tool would work with."""
    if fmt == "tif":
        grid = read_population(path, "persons", crs=HERE)
        parts = [str((grid.west, grid.north, grid.cell_width, grid.cell_height))]
        parts.append(np.round(grid.persons, 6).tobytes().hex())
    else:
        layer, said = SOURCES[fmt]
        notes = []
        source = LayerSource(path=path.name, **said)
        frame = read_layer(path.parent, layer, source, HERE, notes).frame
        parts = sorted(
            "|".join([*(f"{c}={plain(v)}" for c, v in zip(row._fields, row, strict=True))])
            for row in frame.drop(columns=["geometry", "row"]).itertuples(index=False)
        )
        parts += sorted(shape_text(shape) for shape in frame.geometry)
        # What a reader says it left out is no silence.
        parts.append(str([note["skipped"] for note in notes]))
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def answer(job):
    forget_peak()
    began = time.process_time()
    path = Path(job["path"])
    said = {"status": "read"}
    try:
        said["digest"] = read(job["format"], path)
    except FacilityPlanError as error:
        texts = [error.render(lang) for lang in ("zh", "en")]
        clear = all(len(text.splitlines()) >= 2 for text in texts)
        said = {"status": "refused" if clear else "unclear", "message": error.message}
        said["text"] = texts[1]
    except BaseException:  # noqa: BLE001  whatever it is, it is reported
        said = {"status": "traceback", "text": traceback.format_exc()}
    said["cpu_s"] = time.process_time() - began
    return {**said, "peak_mb": peak_bytes() / 2**20}


def forget_peak():
    """Let the highest memory so far count no more, where the system can forget it."""
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_bytes():
    """Return the highest memory since it was last forgotten."""
    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return 1024 * int(lines.split("VmHWM:")[1].split()[0])
    memory = psutil.Process().memory_info()
    if hasattr(memory, "peak_wset"):
        return memory.peak_wset
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main():
    sys.stdout.reconfigure(encoding="utf-8")
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
