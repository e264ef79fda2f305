"""Figures of the report. They carry no date, so that the same results give the same files."""
