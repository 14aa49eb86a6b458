"""Offers are made: where somebody writes `prepare`, with the next number or version, and a row in Offers.

Works on the drafts of a `Run` in place. What lines come to is known to `pricing`,
what stands on the page to `offers`, who makes the file to the offers folder, and
what becomes of an offer to `offer_states`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property

from sheetcrm import messages
from sheetcrm.columns import fold
from sheetcrm.convert import Offered
from sheetcrm.drafts import SKIPPED, Draft, offer_id
from sheetcrm.model import Account, Offer, Opportunity, State
from sheetcrm.offer_states import Made, made_of
from sheetcrm.offers import MAX_LINES, OfferNumber, Party, file_name, next_number
from sheetcrm.offers import Offer as Document
from sheetcrm.pricing import PricedLines
from sheetcrm.run import Money, Run
from sheetcrm.tables import Cell, FileSeen, NewFile, raw_text
from sheetcrm.validate import Found, people_digest, read_rows

__all__ = ["numbers_seen", "prepare"]


def numbers_seen(run: Run) -> set[OfferNumber]:
    """Every number that was ever given, to a row or to a file."""
    texts = [*run.ledger.states, *(event.note for event in run.ledger.events if event.event.startswith("offer-"))]
    texts += [raw_text(draft.entry.cell("number")) for draft in run.offer_rows]
    found = {number for text in texts if (number := OfferNumber.parse(text))}
    for seen in run.folder.files:
        found |= {seen.number} | ({seen.record.number} if seen.record else set())
    return found


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
                record = seen.record.record_id if seen.record else ""
                self.run.note("offer-skipped", record, tab="offers", after=SKIPPED, note=number)
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


def _said(cell: Cell) -> str:
    return raw_text(cell).strip()
