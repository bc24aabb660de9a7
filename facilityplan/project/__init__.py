"""A project folder: open, run, save; the face for notebooks and the command line."""

from facilityplan.project.face import Project, open_project
from facilityplan.project.run import OUTPUTS

__all__ = ["OUTPUTS", "Project", "open_project"]
