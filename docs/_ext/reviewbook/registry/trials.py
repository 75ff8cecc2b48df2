"""ClinicalTrials.gov: registered trials (API version 2, ``/studies/<NCT number>``)."""

from __future__ import annotations

from typing import Any

from . import texts
from .web import NotThere, Web
from .work import Work, body, documented

NAME = "ClinicalTrials.gov"
PAGE = "https://clinicaltrials.gov/study/"


def find(web: Web, nct: str) -> Work:
    """What ClinicalTrials.gov holds under an NCT number.

    Raises:
        NotThere: there is no such trial.
        Unreachable: it did not answer as it promises.
    """
    url = f"{web.addresses.trials}/studies/{nct}"
    try:
        answer = web.json(url)
    except NotThere as error:
        raise NotThere(f"ClinicalTrials.gov has no trial {nct}; look for a misprint") from error
    with documented(url):
        return read(answer)


def read(study: dict[str, Any]) -> Work:
    """A study as a work."""
    protocol = study["protocolSection"]
    names = protocol["identificationModule"]
    status = protocol.get("statusModule") or {}
    design = protocol.get("designModule") or {}
    sponsor = ((protocol.get("sponsorCollaboratorsModule") or {}).get("leadSponsor") or {}).get("name")
    first = (status.get("studyFirstPostDateStruct") or {}).get("date") or status.get("studyFirstSubmitDate") or ""
    nct = str(names["nctId"])
    info = design.get("designInfo") or {}
    title = texts.clean_title(names.get("briefTitle") or names["officialTitle"])
    kinds = (design.get("studyType"), info.get("allocation"), info.get("interventionModel"))
    return Work(
        registry=NAME,
        type="misc",
        title=f"{title} ({nct}): trial register",
        authors=(body(sponsor),) if sponsor else (),
        where="howpublished",
        container=NAME,
        year=first[:4],
        nct=nct,
        url=PAGE + nct,
        kinds=tuple(
            str(kind) for kind in (*kinds, info.get("observationalModel"), info.get("timePerspective")) if kind
        ),
        known=_known(protocol, design),
    )


def _known(protocol: dict[str, Any], design: dict[str, Any]) -> dict[str, Any]:
    """What the register says of people, arms and money, as fields of a record."""
    known: dict[str, Any] = {}
    conditions = (protocol.get("conditionsModule") or {}).get("conditions") or []
    if conditions:
        known["population"] = "people with " + ", ".join(map(texts.clean, conditions))
    enrolled = design.get("enrollmentInfo") or {}
    if enrolled.get("type") == "ACTUAL" and enrolled.get("count"):
        known["n"] = int(enrolled["count"])
    plan = protocol.get("armsInterventionsModule") or {}
    arms = plan.get("armGroups") or []
    compared = [a for a in arms if str(a.get("type")).endswith("_COMPARATOR") or a.get("type") == "NO_INTERVENTION"]
    given = [a for a in arms if a.get("type") == "EXPERIMENTAL"]
    if given and compared:
        known["intervention"] = "; ".join(texts.clean(a.get("label")) for a in given)
        known["comparator"] = "; ".join(texts.clean(a.get("label")) for a in compared)
    elif plan.get("interventions"):
        known["intervention"] = "; ".join(texts.clean(i.get("name")) for i in plan["interventions"])
    people = protocol.get("sponsorCollaboratorsModule") or {}
    payers = [people.get("leadSponsor") or {}, *(people.get("collaborators") or [])]
    funding = ", ".join(texts.clean(p.get("name")) for p in payers if p.get("name"))
    if funding:
        known["funding"] = funding
    return known
