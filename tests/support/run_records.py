"""What a run would write, made in memory: the two sides of a comparison without their folders."""

import json

from facilityplan import files
from facilityplan.report import coverage_document, findings_document, layers_document
from facilityplan.scenario.difference import RunRecord


def through_json(value):
    """Return what a reader of the written file gets."""
    return json.loads(files.canonical_json(value))


def record(context, findings, coverage=None, *, name="run", inputs=None, **manifest):
    """Return the record of a city judged, with a manifest of the test's own."""
    city = context.city
    head = {
        "project": city.name,
        "as_of": city.as_of.isoformat(),
        "inputs": inputs or {},
        "parameters": {},
        "readings": {key: dict(chosen) for key, chosen in city.readings.items()},
        "standards": [item.id for item in context.standards.documents],
        "versions": {"facilityplan": "1"},
        **manifest,
    }
    rates = [] if coverage is None else coverage_document(coverage, context)["rates"]
    said = findings_document(findings, context.standards, project=city.name)
    layers = layers_document(context)
    return RunRecord(name, head, *map(through_json, (said, layers, rates)))
