"""Makes the sample city 示范市, which does not exist, from fixed seeds."""
