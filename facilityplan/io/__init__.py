"""Files in: vector layers, tables, OpenStreetMap extracts.

Format and encoding are settled here and nowhere else: by what a file holds, never by its name,
and what was chosen is recorded. Inputs are only ever read; nothing is made beside them. Foreign
exceptions end here as errors of ours.
"""
