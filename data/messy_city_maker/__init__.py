"""The sample city as bureaus hand such data in: every trap planted, each written down."""
