"""Who works in the demo, and whom they sell to: companies, people, addresses, numbers.

All invented, and the same every time. Knows no workbook.
"""

from __future__ import annotations

from typing import NamedTuple

from sheetcrm import messages
from sheetcrm.columns import fold
from sheetcrm.tables import Cell

__all__ = ["NOTEBOOK", "SELLERS", "Note", "identity"]

SELLERS = ("seller-1", "seller-2", "seller-3")


class Note(NamedTuple):
    """A line of the notebook from before there was a CRM. Days count back from the last night."""

    company: str
    source: str
    industry: str
    seller: int
    stage: str
    created: int
    closed: int = 0
    interest: str = ""
    value: int = 0
    reason: str = ""
    competitor: str = ""


NOTEBOOK = (
    Note("bakery", "website", "retail", 0, "won", 338, 290, "racking", 14500),
    Note("brewery", "referral", "manufacturing", 1, "won", 312, 268, "mezzanine", 38200),
    Note("furniture", "fair", "retail", 2, "won", 305, 214, "shelving", 9800),
    Note("pharma", "linkedin", "health", 0, "won", 261, 189, "shelving", 21400),
    Note("harbour", "referral", "logistics", 1, "won", 247, 152, "racking", 64000),
    Note("tiles", "website", "construction", 2, "won", 210, 160, "racking", 17250),
    Note("seeds", "partner", "agriculture", 1, "won", 176, 118, "racking", 28900),
    Note("dairy", "referral", "manufacturing", 0, "won", 141, 92, "mezzanine", 33600),
    Note("toys", "cold-call", "retail", 0, "lost", 330, 301, reason="budget"),
    Note("books", "website", "retail", 2, "lost", 298, 284, reason="silent"),
    Note("steel", "fair", "manufacturing", 1, "lost", 276, 221, "mezzanine", 52000, "competitor", "rival-1"),
    Note("paper", "ads", "manufacturing", 2, "lost", 251, 236, reason="need"),
    Note("bikes", "linkedin", "retail", 0, "lost", 232, 180, "shelving", 8700, "price"),
    Note("optics", "cold-call", "health", 1, "lost", 203, 188, reason="silent"),
    Note("paints", "website", "construction", 2, "lost", 181, 126, "racking", 19900, "competitor", "rival-2"),
    Note("honey", "ads", "agriculture", 0, "lost", 158, 149, reason="wrong-contact"),
    Note("courier", "referral", "logistics", 1, "lost", 137, 81, "racking", 41000, "price"),
    Note("garden", "website", "retail", 2, "offer-sent", 128, 0, "shelving", 12300),
    Note("cables", "partner", "manufacturing", 0, "offer-sent", 116, 0, "racking", 45800),
    Note("coffee", "linkedin", "retail", 1, "needs-analysis", 103, 0, "mezzanine", 26500),
    Note("glass", "fair", "construction", 2, "needs-analysis", 97, 0, "racking", 31700),
    Note("shoes", "website", "retail", 0, "qualified", 90),
    Note("wines", "referral", "manufacturing", 1, "qualified", 88),
    Note("parts", "cold-call", "logistics", 2, "contacted", 86),
    Note("hotel", "ads", "services", 0, "contacted", 83),
    Note("clinic", "linkedin", "health", 1, "contacted", 79),
    Note("printers", "website", "services", 2, "new", 76),
    Note("boats", "referral", "manufacturing", 0, "new", 73),
)
"""What the team had on paper."""


def identity(company: str, language: str) -> dict[str, Cell]:
    """Company, contact, e-mail and phone of one customer."""
    number = list(messages.area("demo")).index(f"company-{company}")
    firsts, lasts = (messages.text("demo", key, language).split() for key in ("first-names", "last-names"))
    first, last = firsts[number % len(firsts)], lasts[(number * 5 + number // len(firsts)) % len(lasts)]
    name = messages.text("demo", f"company-{company}", language)
    domain = "-".join(word for word in fold(name).replace("&", " ").split() if word != "srl")
    phone = (
        f"+44 20 7946 0{100 + number * 7}" if language == "en" else f"07{21 + number % 9} {304 + number} {117 + number}"
    )
    return {
        "company": name,
        "contact": f"{first} {last}",
        "email": f"{fold(first)}.{fold(last)}@{domain}.example",
        "phone": phone,
    }
