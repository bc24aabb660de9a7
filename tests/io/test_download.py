"""Roads from a server: one of our own on this machine, and none at all."""

import http.server
import json
import socket
import threading

import osmnx
import pytest

from facilityplan.cli import run_command_line
from facilityplan.errors import OutputError, UnreadableSourceError, UsageError
from facilityplan.io.download import Servers, download_roads
from facilityplan.io.graphml import read_graphml_roads

BOX = (113.59, 34.69, 113.62, 34.72)
NODES = [(1, 113.60, 34.70), (2, 113.61, 34.70), (3, 113.61, 34.71)]
ELEMENTS = [
    *({"type": "node", "id": n, "lon": lon, "lat": lat} for n, lon, lat in NODES),
    {
        "type": "way",
        "id": 20,
        "nodes": [1, 2, 3],
        "tags": {"highway": "residential", "name": "花园路"},
    },
]
PLACE = [
    {
        "place_id": 1, "osm_type": "relation", "osm_id": 1, "lat": "34.7", "lon": "113.6",
        "class": "boundary", "type": "administrative", "importance": 0.5, "name": "示范市",
        "display_name": "示范市", "boundingbox": ["34.69", "34.72", "113.59", "113.62"],
        "geojson": {"type": "Polygon", "coordinates": [[
            [113.59, 34.69], [113.62, 34.69], [113.62, 34.72], [113.59, 34.72], [113.59, 34.69],
        ]]},
    }
]  # fmt: skip


@pytest.fixture
def server():
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self, content):
            raw = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_GET(self):
            asked.append(self.path)
            known = "q=nowhere" not in self.path
            self.answer((PLACE if known else []) if "/search" in self.path else {"status": 0})

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.path)
            self.answer({"elements": ELEMENTS})

        def log_message(self, *_):
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{made.server_address[1]}"
    yield Servers(f"{address}/api", f"{address}/nominatim"), asked
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def nobody():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    return Servers(address, address)


def test_a_box_and_a_place(tmp_path, server):
    servers, asked = server
    before = (socket.getaddrinfo, osmnx.settings.overpass_url, osmnx.settings.use_cache)
    for name, what in (("a", {"bbox": BOX}), ("b", {"place": "示范市"})):
        path = tmp_path / f"{name}.graphml"
        assert download_roads(path, **what, servers=servers) == 4
        roads = read_graphml_roads(path).frame
        assert set(roads["name"]) == {"花园路"}
        assert set(roads["class"]) == {"residential"}
    assert any("/nominatim/search" in path for path in asked)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.graphml", "b.graphml"]
    assert before == (
        socket.getaddrinfo, osmnx.settings.overpass_url, osmnx.settings.use_cache,
    )  # fmt: skip


def test_what_is_off_is_said(tmp_path, server, refused):
    servers, _ = server
    path = tmp_path / "a.graphml"
    for what in ({}, {"place": "a", "bbox": BOX}, {"bbox": (2, 1, 1, 2)}):
        with pytest.raises(UsageError) as caught:
            download_roads(path, **what, servers=servers)
        refused(caught, "download_what")
    with pytest.raises(UnreadableSourceError) as caught:
        download_roads(path, place="nowhere", servers=servers)
    refused(caught, "download_place")
    path.write_bytes(b"mine")
    with pytest.raises(OutputError) as caught:
        download_roads(path, bbox=BOX, servers=servers)
    refused(caught, "download_exists")
    assert path.read_bytes() == b"mine"


def test_offline_is_one_message(tmp_path, nobody, refused):
    for servers in (nobody, Servers("ftp://127.0.0.1", "x")):
        with pytest.raises(UnreadableSourceError) as caught:
            download_roads(tmp_path / "a.graphml", bbox=BOX, servers=servers)
        refused(caught, "download_offline")
    assert not list(tmp_path.iterdir())


def test_the_verb_asks_the_servers_of_the_project(tmp_path, server, capsys):
    servers, _ = server
    (tmp_path / "project.toml").write_text(
        '[project]\nname = "a"\nstandards = ["jiyuan-2017-73"]\nas_of = 2026-06-30\n'
        'crs = "EPSG:4547"\n[layers.residences]\npath = "a.gpkg"\n'
        f'[download]\noverpass = "{servers.overpass}"\nnominatim = "{servers.nominatim}"\n',
        encoding="utf-8",
    )
    out = tmp_path / "roads.graphml"
    asked = ["download", "--project", str(tmp_path), "--bbox", "113.59 34.69 113.62 34.72"]
    assert run_command_line([*asked, "--out", str(out)]) == 0
    assert "ODbL" in capsys.readouterr().out
    assert len(read_graphml_roads(out).frame) == 4
    assert run_command_line(["download", "--bbox", "1 2", "--out", str(out)]) == 2
