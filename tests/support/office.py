"""LibreOffice, as a reviewer's machine would have it: recalculates on opening, writes PDF."""

import shutil
import subprocess

import pytest

needs_office = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed"
)

# By default a headless conversion keeps the values that stand in the file.
_RECALCULATE = (
    '<?xml version="1.0"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    '<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name='
    '"OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>'
)


def convert(files, kind, folder):
    """Convert all files at once; returns the new ones, each beside its old name."""
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "registrymodifications.xcu").write_text(_RECALCULATE)
    out = folder / f"as_{kind}"
    subprocess.run(
        ["soffice", f"-env:UserInstallation={profile.parent.as_uri()}", "--headless",
         "--convert-to", kind, "--outdir", str(out), *map(str, files)],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    return [out / f"{file.stem}.{kind}" for file in files]
