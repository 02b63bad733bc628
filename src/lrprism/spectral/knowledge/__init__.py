"""Facts of the field: sensors, absorption features, benchmark scenes."""
