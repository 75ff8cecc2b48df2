"""Answers of registries, made by hand in their documented form, for works that do not exist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from answering import Server

from reviewbook.registry.web import Addresses

FOLDER = Path(__file__).parent
DOI = "10.5555/exm.2021.0042"
CROSSREF = f"/crossref/works/{DOI.replace('/', '%2F')}"
EFETCH, ESEARCH = "/pubmed/efetch.fcgi", "/pubmed/esearch.fcgi"


def recorded(name: str) -> Any:
    """An answer: text, or what a JSON file holds."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else text


def found(*pmids: str) -> dict[str, Any]:
    """What a search of PubMed answers."""
    return {"header": {"type": "esearch"}, "esearchresult": {"count": str(len(pmids)), "idlist": list(pmids)}}


def point_at(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the environment point every registry at a server, and wait for nothing."""
    for name in Addresses._fields:
        monkeypatch.setenv(f"REVIEWBOOK_{name.upper()}", f"{server.address}/{name}")
    monkeypatch.setenv("REVIEWBOOK_PAUSE", "0")
    monkeypatch.setenv("REVIEWBOOK_BACKOFF", "0.001")


def answer_all(server: Server) -> None:
    """Let a server know the invented works."""
    server.says(CROSSREF, recorded("crossref-trial.json"))
    server.says(ESEARCH, found("99000042"))
    server.says(EFETCH, recorded("pubmed-trial.xml"))
    server.says("/pmc/", recorded("converter.json"))
    server.says("/doi/doiRA/10.5555/data.7", [{"DOI": "10.5555/data.7", "RA": "DataCite"}])
    server.says("/datacite/dois/10.5555%2Fdata.7", recorded("datacite-report.json"))
    server.says("/trials/studies/NCT09900001", recorded("trial.json"))
