"""Tables of any origin: their shape, their columns' meaning and the typing of their cells. Used by the generic importer."""
