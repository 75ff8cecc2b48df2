"""Sphinx extension."""
