"""Keep a UK small company's books in KashFlow by conversation."""

__version__ = "0.1.0"
