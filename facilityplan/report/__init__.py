"""Findings and plans to hand on: an Excel workbook, a GeoPackage, JSON documents, headline lines."""

from facilityplan.report.accessibility import (
    accessibility_document,
    accessibility_lines,
    accessibility_sheet,
)
from facilityplan.report.documents import (
    coverage_document,
    findings_document,
    reach_options,
    siting_document,
)
from facilityplan.report.geopackage import write_coverage_geopackage
from facilityplan.report.headlines import summary_lines
from facilityplan.report.layers_document import layers_document
from facilityplan.report.ledger import ledger_lines, ledger_workbook
from facilityplan.report.register import (
    filled_register,
    register_counts,
    register_lines,
    register_workbook,
)
from facilityplan.report.sensitivity import sensitivity_document, sensitivity_lines
from facilityplan.report.workbook import findings_workbook

__all__ = [
    "accessibility_document",
    "accessibility_lines",
    "accessibility_sheet",
    "coverage_document",
    "filled_register",
    "findings_document",
    "findings_workbook",
    "layers_document",
    "ledger_lines",
    "ledger_workbook",
    "reach_options",
    "register_counts",
    "register_lines",
    "register_workbook",
    "sensitivity_document",
    "sensitivity_lines",
    "siting_document",
    "summary_lines",
    "write_coverage_geopackage",
]
