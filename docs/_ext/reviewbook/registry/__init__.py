"""What asks registries: DOI handles, Crossref, DataCite, PubMed, ClinicalTrials.gov.

Nothing here runs in a build or a test of the book; only a command that says so reaches the network.
"""
