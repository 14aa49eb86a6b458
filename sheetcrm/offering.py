"""Offers in the workbook: made when somebody writes `prepare`, numbered, versioned, followed to their answer.

Works on the drafts of a `Run` in place. What lines come to is known to `pricing`,
what stands on the page to `offers`, who makes the file to the offers folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from sheetcrm import messages
from sheetcrm.columns import fold
from sheetcrm.convert import Offered
from sheetcrm.drafts import SKIPPED, Draft, offer_id
from sheetcrm.model import Account, Lead, Offer, Opportunity, State
from sheetcrm.offer_figures import OfferFact
from sheetcrm.offers import MAX_LINES, OfferNumber, Party, file_name, next_number
from sheetcrm.offers import Offer as Document
from sheetcrm.pipeline import Pipeline, Stage
from sheetcrm.pricing import PricedLines
from sheetcrm.run import Money, Run
from sheetcrm.tables import Cell, FileSeen, NewFile, is_blank, raw_text
from sheetcrm.validate import Found, people_digest, read_rows

__all__ = [
    "Made",
    "numbers_seen",
    "offer_facts",
    "offer_stage",
    "prepare",
    "read_offers",
    "settle",
    "state_of",
    "STATES",
]


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


def numbers_seen(run: Run) -> set[OfferNumber]:
    """Every number that was ever given, to a row or to a file."""
    texts = [*run.ledger.states, *(event.note for event in run.ledger.events if event.event.startswith("offer-"))]
    texts += [raw_text(draft.entry.cell("number")) for draft in run.offer_rows]
    found = {number for text in texts if (number := OfferNumber.parse(text))}
    for seen in run.folder.files:
        found |= {seen.number} | ({seen.record.number} if seen.record else set())
    return found


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
    pipeline, now = run.rules.pipeline, run.rules.pipeline.stage(asked.old.stage if asked.old else "")
    typed = asked.lead.stage
    if now is None or now.outcome != "open" or (typed not in (None, now.code)):
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


# ---------------------------------------------------------------- preparing


def prepare(run: Run, lines: Mapping[str, PricedLines]) -> None:
    """Make an offer wherever somebody wrote `prepare`, and answer there with its number."""
    preparing = _Preparing(run, lines)
    for draft in run.in_order(run.pipeline_rows):
        typed = raw_text(draft.entry.cell("offer")).strip()
        if draft.id not in run.wanted and (not typed or offer_id(typed)):
            continue
        if draft.id not in run.wanted and fold(typed) not in _words_for_prepare():
            word = messages.text("words", "prepare", run.language)
            draft.entry.found.append(Found("offer", "unknown-command", {"value": typed, "word": word}))
            continue
        preparing.offer(draft)
    preparing.say_what_is_skipped()


def _words_for_prepare() -> set[str]:
    return {fold(word) for word in messages.texts("words", "prepare").values()} | {"prepare"}


class _Preparing:
    """All offers that are made tonight: no number is given twice."""

    def __init__(self, run: Run, lines: Mapping[str, PricedLines]) -> None:
        self.run, self.lines = run, lines
        rows = {draft.id for draft in run.offer_rows}
        self.known = rows | {event.note for event in run.ledger.events if event.event.startswith("offer-")}
        self.known |= run.ledger.states.keys()
        self.strays = [seen for seen in run.folder.files if str(seen.number) not in self.known]

    @cached_property
    def seen(self) -> set[OfferNumber]:
        """Every number that was ever given, those of tonight included."""
        return numbers_seen(self.run)

    @cached_property
    def accounts(self) -> Mapping[str, Account]:
        """The accounts by ID."""
        records = ((d.id, d.entry.record) for d in self.run.account_rows if d.id)
        return {id_: record for id_, record in records if isinstance(record, Account)}

    def offer(self, draft: Draft) -> None:
        """Make the offer of one record, or say why not."""
        lines = self.lines.get(draft.id)
        found = self._in_the_way(draft, lines)
        if found or lines is None:
            draft.entry.found.append(found or Found("offer", "offer-without-lines"))
            return
        document = self._document(draft, lines)
        last = self._last(draft.id)
        if last and self._says_the_same(last, document):
            draft.people["offer"] = last.id
            return
        stray = self._left_behind(draft.id, document)
        if stray and stray.record:
            self.strays.remove(stray)
            record = stray.record
            document = replace(document, number=record.number, made_on=record.made_on, valid_until=record.valid_until)
        else:
            document = replace(document, number=self._number(last))
            path = f"{document.number.year}/{self._file_name(document)}"
            self.run.files.append(NewFile(path, document))
        self.seen.add(document.number)
        self._enter(draft, document, stray.path if stray else self.run.files[-1].path)
        for priced in lines.lines:
            priced.draft.sync["last_offer"] = str(document.number)

    def _file_name(self, document: Document) -> str:
        return file_name(document.number, document.client.name, self.run.folder.suffix)

    def _in_the_way(self, draft: Draft, lines: PricedLines | None) -> Found | None:
        stage, folder = self.run.rules.pipeline.stage(draft.lead.stage), self.run.folder
        if "offers" not in self.run.layouts or "number" not in self.run.layouts["offers"].columns:
            return Found("offer", "offers-no-tab")
        if stage and stage.outcome == "lost":
            return Found("offer", "offer-on-lost", {"stage": stage.name})
        if lines is None:
            return Found("offer", "offer-without-lines")
        wrong = [priced.draft.name for priced in lines.lines if priced.line is None]
        if wrong:
            return Found("offer", "offer-lines-wrong", {"n": str(len(wrong)), "lines": ", ".join(wrong[:3])})
        if len(lines.lines) > MAX_LINES:
            return Found("offer", "offer-too-long", {"n": str(len(lines.lines)), "most": str(MAX_LINES)})
        if draft.id in folder.refused:
            return Found("offer", "offers-template-wrong", {"reason": folder.refused[draft.id]})
        return Found("offer", folder.trouble, dict(folder.values)) if folder.trouble else None

    def _document(self, draft: Draft, lines: PricedLines) -> Document:
        """The offer as it stands tonight; its number comes later."""
        lead, settings = draft.lead, self.run.rules.settings
        money = lead if isinstance(lead, Opportunity) else None
        issuer = Party(
            name=settings.own_company,
            tax_id=settings.own_tax_id,
            registration=settings.own_registration,
            address=settings.own_address,
            phone=settings.own_phone,
            email=settings.own_email,
            website=settings.own_website,
            bank=settings.own_bank,
            iban=settings.own_iban,
        )
        return Document(
            OfferNumber(self.run.today.year, 0),
            draft.id,
            self.run.today,
            lines.currency,
            tuple(priced.line for priced in lines.lines if priced.line),
            valid_until=self.run.today + timedelta(days=settings.offer_days),
            issuer=issuer,
            client=self._client(draft),
            title=(money.title if money else None) or lead.interested_in or "",
            prepared_by=self.run.rules.pipeline.label("owner", lead.owner),
            delivery=settings.offer_delivery,
            payment=settings.offer_payment,
            currency_clause=settings.offer_currency if lines.currency != settings.currency else "",
            notes=settings.offer_notes,
            language=self.run.language,
        )

    def _client(self, draft: Draft) -> Party:
        """The record as a party; what it leaves blank, its account may say."""
        lead = draft.lead
        account = self.accounts.get(str(draft.remembered("account_id"))) or Account.of()
        raw = {name: _said(draft.entry.cell(name)) for name in ("phone", "tax_id")}
        place = [getattr(lead, n) or getattr(account, n) for n in ("address", "city", "county", "country")]
        return Party(
            name=lead.company or account.name or lead.name,
            tax_id=raw["tax_id"] or account.tax_id or "",
            address=", ".join(part for part in place if part),
            contact=(lead.contact or account.contact or "") if lead.company or account.name else "",
            phone=raw["phone"] or account.phone or "",
            email=lead.email or account.email or "",
        )

    # ------------------------------------------------------------ which number

    def _last(self, record: str) -> Draft | None:
        """The record's latest offer of ours."""
        mine = [d for d in self.run.offer_rows if d.sync.get("record_id") == record and OfferNumber.parse(d.id)]
        return max(mine, key=lambda d: OfferNumber.parse(d.id) or OfferNumber(0, 0), default=None)

    def _number(self, last: Draft | None) -> OfferNumber:
        """The next version of the record's offer; a new number for its first, and after one that was accepted."""
        before = OfferNumber.parse(last.id) if last else None
        offer = last.entry.record if last else None
        if before is None or (isinstance(offer, Offer) and offer.status == "accepted"):
            return next_number(self.run.today.year, self.seen)
        versions = [number for number in self.seen if number[:2] == before[:2]]
        return max(versions, default=before).next_version

    def _says_the_same(self, last: Draft, document: Document) -> bool:
        """Whether nothing changed since the last one, which is still good and still there."""
        offer, made = last.entry.record, made_of(last)
        if not isinstance(offer, Offer) or made is None or offer.status not in (None, "sent"):
            return False
        good = not made.valid_until or date.fromisoformat(made.valid_until) >= self.run.today
        there = any(seen.is_workbook and str(seen.number) == last.id for seen in self.run.folder.files)
        return good and there and made.content == document.content

    def _left_behind(self, record: str, document: Document) -> FileSeen | None:
        """A file that a killed run made of this very offer, and no row names."""
        fitting = [
            seen
            for seen in self.strays
            if seen.record and seen.record.number == seen.number and seen.record.record_id == record
            if seen.record.content == document.content
        ]
        return max(fitting, key=lambda seen: seen.number, default=None)

    def say_what_is_skipped(self) -> None:
        """Numbers that stand on files and in no row are never given again, and said once."""
        for seen in self.strays:
            number = str(seen.number)
            if number not in self.known:
                self.known.add(number)
                self.run.note("offer-skipped", seen.record.record_id if seen.record else "", note=number)
                self.run.skipped[number] = State(id=number, tab="offers", name=seen.path[:200], stage=SKIPPED)

    # ------------------------------------------------------------ its row

    def _enter(self, draft: Draft, document: Document, path: str) -> None:
        run, layout = self.run, self.run.layouts["offers"]
        width = max(layout.tab.width, *(column + 1 for column in layout.columns.values()))
        cells: list[Cell] = [""] * width
        if "record" in layout.columns:
            cells[layout.columns["record"]] = draft.id
        number = str(document.number)
        made = Draft(read_rows(layout, [cells], run.context, None)[0], number, home="offers")
        made.fingerprint = people_digest(layout)(cells, {})
        made.sync |= {"record_id": draft.id, "record_name": draft.lead.name}
        made.state["made"] = Made.of(document, f"{run.folder.name}/{path}").text()
        run.offer_rows.append(made)
        run.drafts[number] = made
        run.offered[draft.id] = run.offered.get(draft.id, Offered())._replace(any=True)
        draft.people["offer"] = number
        money = Money(document.totals.net, document.currency)
        run.note("offer-made", draft.id, tab="offers", after="draft", note=number, money=money)


def made_of(draft: Draft) -> Made | None:
    """What sync put on an offer that it made."""
    return Made.read(str(draft.remembered("made")))


def _said(cell: Cell) -> str:
    return raw_text(cell).strip()


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
    if state == "expired" and offer.status == "sent" and until and offer.sent_on and offer.sent_on > until:
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
    records = ((draft, draft.entry.record) for draft in run.in_order(run.offer_rows))
    return [_fact(run, d, offer, tuple(products.get(d.id, ()))) for d, offer in records if isinstance(offer, Offer)]


def _fact(run: Run, draft: Draft, offer: Offer, products: tuple[str, ...]) -> OfferFact:
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
        date.fromisoformat(made.made_on) if made else offer.made_on,
        sent_on if isinstance(sent_on, date) else None,
        since if state in ("accepted", "rejected") and isinstance(since, date) else None,
        _valid_until(draft, offer, made),
        money.amount,
        money.currency,
        label("owner", lead.owner) if lead else "",
        label("source", lead.source) if lead else "",
        products,
        str(record.remembered("reached")) if record else "",
        made.file if made else offer.link or "",
    )
