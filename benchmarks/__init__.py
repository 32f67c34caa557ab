"""How much the line costs, as ratios to the bare minimum measured in the same run (`make bench`)."""
