"""What playertrack costs, as ratios; see README.md."""
