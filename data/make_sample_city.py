"""Make the sample city's files: ``python data/make_sample_city.py [OUT_DIR]``.

Everything comes from fixed seeds; no clock is read. Run twice, it writes the same bytes twice.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sample_city_maker import city, planted, writing

if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    made = city.make()
    writing.write(
        made, planted.cases(made), Path(sys.argv[1]) if sys.argv[1:] else here / "sample_city"
    )
