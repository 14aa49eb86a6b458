"""What becomes of offers: what people say of them, what time and other rows make of them, and how they are counted.

A person's word on an offer moves its record forward. Works on the drafts of a `Run`
in place; how offers are made is known to `offering`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal

from sheetcrm import messages
from sheetcrm.convert import Offered
from sheetcrm.drafts import Draft
from sheetcrm.model import Lead, Offer
from sheetcrm.offer_figures import OfferFact
from sheetcrm.offers import Offer as Document
from sheetcrm.offers import OfferNumber
from sheetcrm.pipeline import Pipeline, Stage
from sheetcrm.run import Money, Run
from sheetcrm.tables import Cell, is_blank, raw_text
from sheetcrm.validate import Found

__all__ = ["STATES", "Made", "made_of", "offer_facts", "offer_stage", "read_offers", "settle", "state_of"]


@dataclass(frozen=True, slots=True)
class Made:
    """What sync put on an offer that it made: as it stays, whatever is typed over it."""

    made_on: str
    valid_until: str
    net: str
    vat: str
    total: str
    currency: str
    file: str
    content: str

    @classmethod
    def of(cls, document: Document, file: str) -> Made:
        """What is kept of an offer."""
        totals, until = document.totals, document.valid_until
        return cls(
            document.made_on.isoformat(),
            until.isoformat() if until else "",
            str(totals.net),
            str(totals.vat_amount),
            str(totals.total),
            document.currency,
            file,
            document.content,
        )

    @classmethod
    def read(cls, text: str) -> Made | None:
        """What State keeps; None where nothing that can be read."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return None

    def text(self) -> str:
        """As State keeps it."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @property
    def cells(self) -> Mapping[str, Cell]:
        """What the columns of sync's own say."""
        return {
            "made_on": date.fromisoformat(self.made_on),
            "valid_until": date.fromisoformat(self.valid_until) if self.valid_until else "",
            "net": float(self.net),
            "vat": float(self.vat),
            "total": float(self.total),
            "currency": self.currency,
            "file": self.file,
        }


STATES = ("draft", "sent", "accepted", "rejected", "expired", "superseded", "closed")
"""What may become of an offer."""


def state_of(status: str | None, *, superseded: bool, valid_until: date | None, lost: bool, today: date) -> str:
    """The state of an offer: a person's last word, else what time and other rows made of it.

    What was accepted or rejected stays so; the rest is superseded by a later version,
    closed when its record is lost, expired when its day has passed.
    """
    if status in ("accepted", "rejected"):
        return status
    if superseded:
        return "superseded"
    if lost:
        return "closed"
    if valid_until and valid_until < today:
        return "expired"
    return "sent" if status == "sent" else "draft"


def offer_stage(pipeline: Pipeline) -> Stage | None:
    """The stage that a sent offer brings its record to: the first that asks for one."""
    return next((stage for stage in pipeline.open_stages if "offer" in stage.needs), None)


def made_of(draft: Draft) -> Made | None:
    """What sync put on an offer that it made."""
    return Made.read(str(draft.remembered("made")))


# ---------------------------------------------------------------- what people say of offers


def read_offers(run: Run) -> None:
    """What the Offers tab says of each record, and which stage a person's new word there asks for."""
    for draft in run.in_order(run.offer_rows):
        offer, id_ = draft.entry.record, str(draft.sync.get("record_id", ""))
        if not isinstance(offer, Offer):
            continue
        if offer.status == "sent" and is_blank(draft.entry.cell("sent_on")):
            draft.sync["sent_on"] = run.today
        if not id_:
            continue
        was = run.offered.get(id_, Offered())
        run.offered[id_] = Offered(True, was.accepted or offer.status == "accepted")
        _listen(run, draft, offer, id_)


def _listen(run: Run, draft: Draft, offer: Offer, record: str) -> None:
    """A word that is new, or still waits, asks for the next stage; a person's own stage of tonight wins."""
    asked, target = run.drafts.get(record), _target(run.rules.pipeline, offer.status)
    if asked is None or target is None or not isinstance(asked.entry.record, Lead) or asked.frozen:
        return
    if draft.old and draft.old.reached == offer.status and not draft.old.refused:
        return
    if draft.as_it_stands and draft.old is None:  # what was said before sync came
        return
    pipeline, now = run.rules.pipeline, run.rules.pipeline.stage(asked.old.stage if asked.old else "")
    stands = is_blank(asked.entry.cell("stage")) or asked.lead.stage == now.code if now else False
    if now is None or now.outcome != "open" or not stands:
        return
    known = pipeline.stage(run.words.get(record)) or now
    if target.outcome == "won" or (
        known.outcome == "open" and pipeline.position(target.code) > pipeline.position(known.code)
    ):
        run.words[record] = target.code


def _target(pipeline: Pipeline, status: str | None) -> Stage | None:
    if status == "sent":
        return offer_stage(pipeline)
    won = (stage for stage in pipeline.stages if stage.outcome == "won")
    return next(won, None) if status == "accepted" else None


# ---------------------------------------------------------------- what becomes of offers


def settle(run: Run) -> None:
    """The state of every offer tonight, what sync's columns say of it, and an event for what changed."""
    latest: dict[tuple[int, int], OfferNumber] = {}
    for draft in run.offer_rows:
        if number := OfferNumber.parse(draft.id):
            latest[number[:2]] = max(latest.get(number[:2], number), number)
    last: dict[str, Draft] = {}
    for draft in run.in_order(run.offer_rows):
        offer = draft.entry.record
        if not isinstance(offer, Offer):
            continue
        number = OfferNumber.parse(draft.id)
        _settle(run, draft, offer, number, superseded=number is not None and latest[number[:2]] > number)
        if record := str(draft.sync.get("record_id", "")):
            last[record] = max(last.get(record, draft), draft, key=_lateness)
    for draft in run.in_order(run.pipeline_rows):
        _remember_last(run, draft, last.get(draft.id))


def _lateness(draft: Draft) -> tuple[date, tuple[int, ...]]:
    """Which of two offers came later."""
    days = [draft.sync.get("made_on"), getattr(draft.entry.record, "sent_on", None), draft.sync.get("sent_on")]
    day = next((day for day in days if isinstance(day, date)), date.min)
    number = OfferNumber.parse(draft.id)
    return day, tuple(number) if number else (0, int(draft.id.partition("-")[2] or 0))


def _settle(run: Run, draft: Draft, offer: Offer, number: OfferNumber | None, *, superseded: bool) -> None:
    record = run.drafts.get(str(draft.sync.get("record_id", "")))
    made = made_of(draft)
    until = _valid_until(draft, offer, made)
    was = str(draft.remembered("stage"))
    state = state_of(
        offer.status,
        superseded=superseded,
        valid_until=until,
        lost=_outcome(run, record) == "lost",
        today=run.today,
    )
    said = messages.text("defaults", f"offer_state-{state}", run.language)
    draft.sync |= {"version": number.version if number else "", "state": said}
    if made:
        draft.sync |= made.cells
    elif number is None:
        currency = (offer.currency or "") if offer.amount is not None else ""
        draft.sync |= {
            **dict.fromkeys(("made_on", "valid_until", "net", "vat", "total", "file"), ""),
            "currency": currency,
        }
    money = _money_of(offer, made)
    if draft.old is None and number is None:
        run.note("offer-noted", _id(record), tab="offers", after="draft", note=draft.id, money=money)
        was = "draft"
    if state != (was or "draft"):
        _note_state(run, draft, offer, record, was or "draft", state, money)
    draft.state |= {
        "stage": state,
        "since": _since(run, draft, state, was),
        "reached": offer.status or "",
        "refused": _still_waiting(run, record, offer),
        "name": str(draft.sync.get("record_name", ""))[:80],
    }
    _say(run, draft, offer, state, until, record)
    _look_at_file(run, draft, state, record)


def _made_on(draft: Draft, offer: Offer, made: Made | None) -> date | None:
    """When sync made it."""
    if made:
        return date.fromisoformat(made.made_on)
    return offer.made_on if OfferNumber.parse(draft.id) else None


def _valid_until(draft: Draft, offer: Offer, made: Made | None) -> date | None:
    """Its last day; of one that was made elsewhere nobody knows."""
    if made:
        return date.fromisoformat(made.valid_until) if made.valid_until else None
    return offer.valid_until if OfferNumber.parse(draft.id) else None


def _since(run: Run, draft: Draft, state: str, was: str) -> date | None:
    """The day on which it came into its state; blank for what was so before sync came."""
    if draft.old is None and draft.as_it_stands:
        return None
    remembered = draft.remembered("since", None)
    return run.today if draft.old is None or state != was else remembered if isinstance(remembered, date) else None


def _id(draft: Draft | None) -> str:
    return draft.id if draft else ""


def _outcome(run: Run, record: Draft | None) -> str:
    """How the record of an offer stands tonight."""
    verdict = run.verdicts.get(record.id) if record else None
    stage = run.rules.pipeline.stage(verdict.stage if verdict else str(record.remembered("stage")) if record else "")
    return stage.outcome if stage else "open"


def _money_of(offer: Offer, made: Made | None) -> Money:
    if made:
        return Money(Decimal(made.net), made.currency)
    return Money(offer.amount, offer.currency or "") if offer.amount is not None else Money()


EVENT_OF = {
    "sent": "offer-sent",
    "accepted": "offer-accepted",
    "rejected": "offer-rejected",
    "expired": "offer-expired",
    "superseded": "offer-superseded",
    "closed": "offer-closed",
}


def _note_state(run: Run, draft: Draft, offer: Offer, record: Draft | None, was: str, state: str, money: Money) -> None:
    again = state == "draft" or (state == "sent" and was not in ("draft", ""))
    sent_on = draft.sync.get("sent_on") or offer.sent_on
    run.note(
        "offer-reopened" if again else EVENT_OF[state],
        _id(record),
        tab="offers",
        before=was,
        after=state,
        happened_on=sent_on if state == "sent" and isinstance(sent_on, date) else run.today,
        note=draft.id,
        money=money,
        reason=(offer.reason or "")[:200] if state == "rejected" else "",
    )


def _still_waiting(run: Run, record: Draft | None, offer: Offer) -> str:
    """The stage that the offer's word asks for and its record is not let into yet."""
    if record is None or record.id not in run.words or _target(run.rules.pipeline, offer.status) is None:
        return ""
    verdict = run.verdicts.get(record.id)
    return verdict.refused if verdict else ""


def _say(run: Run, draft: Draft, offer: Offer, state: str, until: date | None, record: Draft | None) -> None:
    found = draft.entry.found
    if state == "rejected" and record and _asks(run, draft, record) and is_blank(draft.entry.cell("reason")):
        found.append(Found("reason", "offer-reason-missing", {"number": draft.id}))
    since = draft.state.get("since")
    fresh = isinstance(since, date) and run.today - since <= timedelta(days=run.rules.settings.correction_days)
    late = until is not None and isinstance(since, date) and until < since and OfferNumber.parse(draft.id) is not None
    if state == "accepted" and late and fresh and until:
        found.append(Found("status", "accepted-late", {"number": draft.id, "until": until.isoformat()}))
    sent_on = draft.sync.get("sent_on") or offer.sent_on
    if state == "expired" and offer.status == "sent" and until and isinstance(sent_on, date) and sent_on > until:
        found.append(Found("status", "sent-late", {"number": draft.id, "until": until.isoformat()}))


def _asks(run: Run, rejected: Draft, record: Draft) -> bool:
    """Whether a rejected offer still asks something: its record is open, and stands where it stood then."""
    since, stood = rejected.state.get("since"), record.remembered("since", None)
    if not isinstance(since, date) or _outcome(run, record) != "open":
        return False
    return not isinstance(stood, date) or stood <= since


def _look_at_file(run: Run, draft: Draft, state: str, record: Draft | None) -> None:
    """A file that says something else than when the offer was sent; or that is gone."""
    if OfferNumber.parse(draft.id) is None or run.folder.trouble:
        return
    files = [seen for seen in run.folder.files if seen.is_workbook and str(seen.number) == draft.id]
    sent, stood, noted = (*str(draft.remembered("file_print")).split(" "), "", "")[:3] if draft.old else ("", "", "")
    if draft.old and not files and state in ("draft", "sent", "accepted"):
        draft.entry.found.append(Found("file", "offer-file-missing", {"number": draft.id}))
    if state not in ("sent", "accepted"):
        return
    said = {seen.cells for seen in files if seen.cells}
    if not sent:
        seen = next((seen for seen in files if seen.cells), None)
        draft.state["file_print"] = f"{seen.whole} {seen.cells}" if seen else ""
        return
    if said and not any(_is_same_print(stood, cells) for cells in said):
        draft.entry.found.append(Found("file", "offer-file-changed", {"number": draft.id}))
        now = min(said)
        if not _is_same_print(now, noted):
            draft.state["file_print"] = f"{sent} {stood} {now}"
            run.note("offer-changed", _id(record), tab="offers", note=draft.id)


def _is_same_print(one: str, other: str) -> bool:
    """Whether two fingerprints of cells are of one file's words; one of them may lack what formulas come to."""
    (cells, _, results), (other_cells, _, other_results) = one.partition("."), other.partition(".")
    return cells == other_cells and (not (results and other_results) or results == other_results)


def _remember_last(run: Run, draft: Draft, last: Draft | None) -> None:
    """The record's last offer; one that was rejected asks what comes next."""
    if "offers" not in run.layouts:
        draft.sync["last_offer"] = draft.entry.cell("last_offer")
        return
    draft.sync["last_offer"] = last.id if last else ""
    verdict, at = run.verdicts.get(draft.id), offer_stage(run.rules.pipeline)
    if last is None or verdict is None or at is None or verdict.refused:
        return
    if last.state.get("stage") != "rejected" or not _asks(run, last, draft):
        return
    pipeline = run.rules.pipeline
    if pipeline.position(verdict.stage) <= pipeline.position(at.code):
        draft.entry.found.append(Found("stage", "offer-rejected", {"number": last.id}))


# ---------------------------------------------------------------- as they are counted


def offer_facts(run: Run) -> list[OfferFact]:
    """Every offer as it is counted, in the order of their numbers."""
    products: dict[str, dict[str, None]] = {}
    for line in run.line_rows:
        number = raw_text(line.sync.get("last_offer", line.entry.cell("last_offer")))
        product = getattr(line.entry.record, "product", None)
        if number and product:
            products.setdefault(number, {})[product] = None
    noted = {e.note: e.happened_on for e in (*run.ledger.events, *run.events) if e.event == "offer-noted"}
    records = ((draft, draft.entry.record) for draft in run.in_order(run.offer_rows))
    return [
        _fact(run, draft, offer, tuple(products.get(draft.id, ())), noted.get(draft.id))
        for draft, offer in records
        if isinstance(offer, Offer)
    ]


def _fact(run: Run, draft: Draft, offer: Offer, products: tuple[str, ...], noted: date | None) -> OfferFact:
    """`noted`: when one made elsewhere was first seen. An answer that it had then came on nobody knows which day."""
    made, state = made_of(draft), str(draft.remembered("stage"))
    record = run.drafts.get(str(draft.sync.get("record_id", "")))
    lead = record.entry.record if record and isinstance(record.entry.record, Lead) else None
    sent_on, since = draft.sync.get("sent_on") or offer.sent_on, draft.remembered("since", None)
    money, label = _money_of(offer, made), run.rules.pipeline.label
    return OfferFact(
        draft.id,
        _id(record),
        lead.name if lead else str(draft.sync.get("record_name", "")),
        state,
        _made_on(draft, offer, made),
        sent_on if isinstance(sent_on, date) else None,
        since if state in ("accepted", "rejected") and isinstance(since, date) and since != noted else None,
        _valid_until(draft, offer, made),
        money.amount,
        money.currency,
        label("owner", lead.owner) if lead else "",
        label("source", lead.source) if lead else "",
        products,
        str(record.remembered("reached")) if record else "",
        made.file if made else offer.link or "",
    )
