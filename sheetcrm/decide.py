"""What becomes of every row tonight: stages, accounts, references, duplicates, sync's own cells.

Works on the drafts of a `Run` in place, one step after another; each step is
told by its name. It writes nothing and addresses no row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal

from sheetcrm import messages
from sheetcrm.accounts import ACCOUNT_FIELDS, Accounts, Match, account_of, is_word_for_new
from sheetcrm.convert import Need, Offered, Verdict, accept_as_it_stands, judge, unmet
from sheetcrm.drafts import Draft, well_formed, without_formulas
from sheetcrm.duplicates import Candidate, Pair, duplicate_accounts, duplicate_people
from sheetcrm.ledger import as_cell
from sheetcrm.model import Account, Lead, Opportunity
from sheetcrm.offering import prepare, read_offers, settle
from sheetcrm.pipeline import Owner, Stage
from sheetcrm.pricing import price_lines
from sheetcrm.references import Directory
from sheetcrm.run import Run
from sheetcrm.schema import FILLED_IN_TURN
from sheetcrm.tables import Cell, digest, is_blank
from sheetcrm.turns import TURN, Turns
from sheetcrm.validate import Found, identity_of, judge_row, people_digest, read_rows

__all__ = ["decide"]


def decide(run: Run) -> None:
    """Take every decision of a run, in the order in which one rests on the other."""
    directory = Directory([*run.pipeline_rows, *run.account_rows])
    point_at_records(run, directory)
    given = give_in_turns(run)
    read_offers(run)
    prepare(run, price_lines(run))
    for draft in run.in_order(run.pipeline_rows):
        transition(run, draft)
        if (owner := given.get(draft.id)) and not draft.frozen:
            run.note(TURN, draft.id, after=owner.code)
    settle(run)
    link_accounts(run)
    judge_filled_accounts(run)
    for draft in run.in_order(run.pipeline_rows):
        remember_lead(run, draft)
    sum_up_accounts(run)
    propose_duplicates(run)


# ---------------------------------------------------------------- pointing at records


def point_at_records(run: Run, directory: Directory) -> None:
    """Write beside every typed name the ID of the one record that it means."""
    for draft in run.rows:
        record = draft.entry.record
        if draft.frozen or draft.entry.kind != "record":
            continue
        field, own = ("referred_by", "referred_by_id") if isinstance(record, Lead) else ("record", "record_id")
        typed = getattr(record, field, None)
        if own not in draft.layout.fields:
            continue
        stood = str(draft.entry.cell(own))
        pointed = directory.point(field, typed, stood) if typed else None
        if pointed and pointed.found and run.stopped:  # who is meant may stand in a tab that was stopped
            draft.sync[own] = draft.entry.cell(own)
            continue
        draft.sync[own] = pointed.id if pointed else ""
        if "record_name" in draft.layout.fields:
            draft.sync["record_name"] = pointed.name if pointed else ""
        if pointed and pointed.found:
            draft.entry.found.append(pointed.found)


# ---------------------------------------------------------------- owners


def give_in_turns(run: Run) -> dict[str, Owner]:
    """Give new records without an owner to whoever's turn it is; who got which."""
    if not run.rules.settings.turns:
        return {}
    turns, given = Turns(run.rules.pipeline.owners, run.ledger.events), {}
    for draft in run.in_order(run.pipeline_rows):
        if owner := give_in_turn(run, draft, turns):
            turns.taken()
            given[draft.id] = owner
    return given


def give_in_turn(run: Run, draft: Draft, turns: Turns) -> Owner | None:
    """The owner of a new open record that names none.

    Only on the night on which it comes: an owner's cell that somebody emptied later stays empty.
    """
    if draft.old or (run.takeover and not draft.key):
        return None
    column = draft.layout.columns.get(FILLED_IN_TURN)
    stage = run.rules.pipeline.stage(draft.lead.stage)
    if column is None or (draft.entry.row, column) in draft.layout.tab.formulas:
        return None
    if not is_blank(draft.entry.cell(FILLED_IN_TURN)) or (stage and stage.outcome != "open"):
        return None
    owner = turns.next
    if owner:
        draft.people[FILLED_IN_TURN] = owner.name
        draft.entry.record = draft.lead.model_copy(update={FILLED_IN_TURN: owner.code})
    return owner


# ---------------------------------------------------------------- stages


def transition(run: Run, draft: Draft) -> None:
    """Judge the stage that the row asks for, and note each step of the way."""
    lead, old = _with_stage(run, draft), draft.old
    pipeline, settings = run.rules.pipeline, run.rules.settings
    offered = run.offered.get(draft.id, Offered())
    if draft.as_it_stands and old is None:
        verdict = accept_as_it_stands(lead, draft.layout.name, pipeline)
    else:
        verdict = judge(lead, old, pipeline, settings, offered, run.today)
    accepted = pipeline.stage(verdict.stage)
    if run.moves:
        _go_home(run, draft, accepted)
    if draft.frozen:  # its home is a tab that stopped: all of it waits
        return
    run.verdicts[draft.id] = verdict
    if verdict.steps and draft.id in run.words:
        draft.people["stage"] = pipeline.label("stage", verdict.stage)
    _note_arrival(run, draft, verdict)
    _note_steps(run, draft, verdict)
    _say_what_is_missing(run, draft, lead, verdict, accepted, offered)
    _date_it(run, draft, lead, verdict, accepted)


def _with_stage(run: Run, draft: Draft) -> Lead:
    """The record, with the stage that a blank cell counts as, or that a word on an offer asks for."""
    lead = draft.lead
    if draft.id in run.words:
        return lead.model_copy(update={"stage": run.words[draft.id]})
    if not is_blank(draft.entry.cell("stage")):
        return lead
    pipeline = run.rules.pipeline
    known = draft.old.stage if draft.old else ""
    accepted = pipeline.stage(known)
    first = pipeline.first_of((accepted.home if accepted else "") or draft.layout.name)
    code = known or (first.code if first else None)
    # Nobody can tell a blank that always counted as the first stage from one just emptied; both count the same.
    emptied = known and not (first and known == first.code)
    values = {"stage": pipeline.label("stage", code)}
    draft.entry.found.append(Found("stage", "stage-emptied" if emptied else "missing-stage", values))
    return lead.model_copy(update={"stage": code})


def _go_home(run: Run, draft: Draft, accepted: Stage | None) -> None:
    home = (accepted.home if accepted else "") or draft.layout.name
    if home != draft.layout.name and (home in run.stopped or home not in run.layouts):
        draft.frozen = True
        return
    draft.home = home


def _note_arrival(run: Run, draft: Draft, verdict: Verdict) -> None:
    if draft.old is None:
        event = "taken-over" if run.takeover and not draft.key else "imported" if draft.key else "created"
        day = draft.lead.created_on or (None if draft.as_it_stands else run.today)
        after = verdict.stage if draft.as_it_stands else ""
        run.note(event, draft.id, after=after, happened_on=day)
        if draft.state.get("copy_of"):
            run.note("id-given", draft.id, before=str(draft.state["copy_of"]), after=draft.id)
    elif draft.old.missing_since:
        run.note("returned", draft.id)


def _note_steps(run: Run, draft: Draft, verdict: Verdict) -> None:
    for step in verdict.steps:
        day = draft.lead.closed_on if step.event in ("won", "lost") else None
        happened = day if draft.as_it_stands else day or run.today
        run.note(step.event, draft.id, before=step.before, after=step.after, happened_on=happened)
    if draft.home != draft.layout.name and draft.entry.row is not None:
        run.note("moved", draft.id, before=draft.layout.name, after=draft.home, tab=draft.home)
    if verdict.refused and verdict.refused != draft.remembered("refused"):
        missing = ", ".join(_need_name(run, need) for need in verdict.missing)
        run.note("refused", draft.id, before=verdict.stage, after=verdict.refused, note=missing)


def _need_name(run: Run, need: Need) -> str:
    return messages.text("needs", need.need, run.language)


def _say_what_is_missing(
    run: Run, draft: Draft, lead: Lead, verdict: Verdict, accepted: Stage | None, offered: Offered
) -> None:
    """One sentence for a refused move; else what the accepted stage still lacks."""
    pipeline, found = run.rules.pipeline, draft.entry.found
    label = pipeline.label
    if verdict.refused:
        needs = list(dict.fromkeys(_need_name(run, need) for need in verdict.missing))
        values = {
            "stage": label("stage", verdict.refused),
            "at": label("stage", verdict.stage) or messages.text("words", "no-stage-yet", run.language),
            "needs": ", ".join(needs),
            "allowed": ", ".join(label("stage", c) for c in accepted.may_go_on_to) if accepted else "",
        }
        code = verdict.why
        if verdict.missing and all(need.need == "loss_reason" for need in verdict.missing):
            if any(f.code == "unknown-loss-reason" for f in found):
                return
            code = "missing-loss-reason"
        found.append(Found("stage" if code != "missing-loss-reason" else "loss_reason", code, values))
    elif accepted:
        lacks = [n for n in unmet(lead, accepted, pipeline, offered) if is_blank(draft.entry.cell(n.need))]
        if any(need.need == "loss_reason" for need in lacks):
            found.append(Found("loss_reason", "missing-loss-reason", {"stage": accepted.name}))
        others = [_need_name(run, need) for need in lacks if need.need != "loss_reason"]
        if others:
            found.append(Found("stage", "stage-lacks", {"stage": accepted.name, "needs": ", ".join(others)}))


def _date_it(run: Run, draft: Draft, lead: Lead, verdict: Verdict, accepted: Stage | None) -> None:
    """In stage since, created on, closed on: a person's date wins, sync fills a blank."""
    cell = draft.entry.cell
    changed = bool(verdict.steps) or (draft.old is None and bool(verdict.stage))
    since: object = draft.remembered("since", None)
    if draft.as_it_stands and draft.old is None:
        since = lead.closed_on if accepted and accepted.outcome != "open" else None
    elif changed:
        since = run.today
    draft.state["since"] = since
    closed_before = lead.closed_on is not None and lead.closed_on < run.today  # then it was not created today
    if draft.old is None and not draft.as_it_stands and is_blank(cell("created_on")) and not closed_before:
        draft.sync["created_on"] = run.today
    wrote = draft.remembered("closed_on", None)
    if verdict.closing and (is_blank(cell("closed_on")) or (wrote is not None and lead.closed_on == wrote)):
        draft.sync["closed_on"] = draft.state["closed_on"] = run.today
        if lead.created_on and lead.created_on > run.today:
            values = {"closed": run.today.isoformat(), "created": lead.created_on.isoformat()}
            draft.entry.found.append(Found("closed_on", "closed-before-created", values))
    if verdict.reopening:
        if wrote is not None and lead.closed_on == wrote:
            draft.sync["closed_on"] = ""
        draft.state["closed_on"] = None


# ---------------------------------------------------------------- accounts


def link_accounts(run: Run) -> None:
    """Find or make the account of every won record, and of any other that names one."""
    if "accounts" not in run.layouts or "accounts" in run.stopped:
        for draft in run.in_order(run.pipeline_rows):
            draft.sync["account_id"] = draft.entry.cell("account_id")
        return
    known = [d.entry.record for d in run.in_order(run.account_rows)]
    accounts = Accounts(
        record.model_copy(update={"id": draft.id})
        for draft, record in zip(run.in_order(run.account_rows), known, strict=True)
        if isinstance(record, Account)
    )
    for draft in run.in_order(run.pipeline_rows):
        stage = run.rules.pipeline.stage(run.verdicts[draft.id].stage) if draft.id in run.verdicts else None
        won = stage is not None and stage.outcome == "won"
        draft.sync["account_id"] = draft.state["account_id"] = _account_id(run, draft, accounts, won=won)


def judge_filled_accounts(run: Run) -> None:
    """Judge accounts whose blanks were filled as they will be, or the next run would find more."""
    for draft in run.account_rows:
        if draft.entry.row is None or not draft.people:
            continue
        cells = [*draft.entry.cells, *[""] * (draft.layout.tab.width - len(draft.entry.cells))]
        for name, cell in draft.people.items():
            if name in draft.layout.columns:
                cells[draft.layout.columns[name]] = cell
        entry = read_rows(draft.layout, [cells], run.context, draft.entry.row)[0]
        judge_row(entry, run.rules)
        entry.found += [found for found in draft.entry.found if found.field == "id"]
        draft.entry, draft.identity = entry, identity_of(entry)


def _account_id(run: Run, draft: Draft, accounts: Accounts, *, won: bool) -> str:
    lead = draft.lead
    linked = str(draft.remembered("account_id"))
    if draft.old is None or not draft.old.wrote:  # nothing is remembered yet, or State was lost
        linked = linked or well_formed(draft.entry.cell("account_id"), "A")
    new = bool(lead.account) and is_word_for_new(str(lead.account), messages.texts("words", "new").values())
    if lead.account and not new:
        called = accounts.called(lead.account)
        if len(called) == 1:
            return called[0] if called[0] == linked else _link(run, draft, accounts, Match(called[0], "id"), won=won)
        if called:
            _ask(run, draft, accounts, called, "several-candidates")
        else:
            draft.entry.found.append(Found("account", "unknown-account", {"value": lead.account}))
        return ""
    if linked in run.drafts or any(state.id == linked for state in run.gone):
        return linked  # though its row be gone: it may come back
    if not won:
        return ""
    match = Match() if new else accounts.find(lead)
    if match.candidates:
        _ask(run, draft, accounts, match.candidates, "account-unsure")
        return ""
    if not match.id and not lead.name:
        return ""  # nobody to make an account of
    return _link(run, draft, accounts, match, won=True) if match.id else _make(run, draft, accounts)


def _ask(run: Run, draft: Draft, accounts: Accounts, candidates: tuple[str, ...], code: str) -> None:
    listed = ", ".join(f"{id_} ({accounts.by_id[id_].name})" for id_ in candidates[:5])
    new = messages.text("words", "new", run.language)
    values = {"value": draft.lead.account or draft.lead.name, "candidates": listed, "new": new}
    draft.entry.found.append(Found("account", code, values))


def _link(run: Run, draft: Draft, accounts: Accounts, match: Match, *, won: bool) -> str:
    """Point the record at an account; a won one fills the account's blanks."""
    run.note("account-linked", draft.id, after=match.id, note=messages.text("words", f"by-{match.by}", run.language))
    target = run.drafts.get(match.id)
    if won and target and not target.frozen:
        record = draft.lead
        for name in ACCOUNT_FIELDS:
            blank = is_blank(target.entry.cell(name)) and name not in target.people
            source = draft.entry.cell(name)
            if blank and name in target.layout.columns and getattr(record, name) is not None and not is_blank(source):
                target.people[name] = draft.entry.spellings.get(name, source)
    return match.id


def _make(run: Run, draft: Draft, accounts: Accounts) -> str:
    """A new account out of a won record, with everything it carries."""
    layout = run.layouts["accounts"]
    account = account_of(draft.lead, run.accounts.next())
    cells: list[Cell] = [""] * max(layout.tab.width, *(c + 1 for c in layout.columns.values()))
    for name, column in layout.columns.items():
        if name in ACCOUNT_FIELDS:
            cells[column] = draft.entry.cell(name)
        elif name == "name":
            cells[column] = account.name or ""
    entry = read_rows(layout, [cells], run.context, None)[0]
    made = Draft(entry, account.id, home="accounts", identity=identity_of(entry))
    made.fingerprint = people_digest(layout)(cells, entry.spellings)
    run.account_rows.append(made)
    run.drafts[account.id] = made
    accounts.add(account)
    run.note("account-created", account.id, before=draft.id, after=account.id, tab="accounts", note=account.name or "")
    return account.id


def sum_up_accounts(run: Run) -> None:
    """Customer since, won value, open value, deals: what the account's records come to."""
    won: dict[str, list[Lead]] = defaultdict(list)
    still_open: dict[str, list[Lead]] = defaultdict(list)
    for draft in run.pipeline_rows:
        if run.drafts.get(draft.id) is not draft:
            continue  # frozen over one ID: the sale is one
        id_ = str(draft.sync.get("account_id", draft.entry.cell("account_id")))
        verdict = run.verdicts.get(draft.id)
        stage = run.rules.pipeline.stage(verdict.stage if verdict else str(draft.remembered("stage")))
        if id_ and stage and stage.outcome != "lost":
            (won if stage.outcome == "won" else still_open)[id_].append(_dated(draft))
    for draft in run.in_order(run.account_rows):
        closed = [lead.closed_on for lead in won[draft.id] if lead.closed_on]
        draft.sync |= {
            "customer_since": min(closed, default=""),
            "won_value": money_text(won[draft.id], run.language),
            "open_value": money_text(still_open[draft.id], run.language),
            "deals": len(won[draft.id]),
        }


def _dated(draft: Draft) -> Lead:
    """The record with the day of closing that sync is about to write."""
    closed = draft.sync.get("closed_on")
    return draft.lead.model_copy(update={"closed_on": closed}) if closed else draft.lead


def money_text(leads: list[Lead], language: str) -> str:
    """Amounts by currency, never added across: `12,500.00 EUR + 300.00 RON`."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for lead in leads:
        if isinstance(lead, Opportunity) and lead.value is not None:
            sums[lead.currency or ""] += lead.value
    texts = [f"{amount:,.2f} {currency}".strip() for currency, amount in sorted(sums.items())]
    joined = " + ".join(texts)
    return joined.translate(str.maketrans(",.", ".,")) if language == "ro" else joined


# ---------------------------------------------------------------- what sync writes and remembers


def remember_lead(run: Run, draft: Draft) -> None:
    """Sync's own cells of a pipeline row, and what State keeps of its stage."""
    verdict = run.verdicts.get(draft.id)
    if verdict is None:
        return
    lead, stage = draft.lead, run.rules.pipeline.stage(verdict.stage)
    draft.sync["in_stage_since"] = as_cell(draft.state["since"])
    if draft.home not in ("leads",):
        probability = lead.own_probability if isinstance(lead, Opportunity) else None
        if probability is None:
            probability = stage.probability if stage else Decimal(0)
        value = lead.value if isinstance(lead, Opportunity) else None
        draft.sync["probability"] = float(probability)
        draft.sync["weighted_value"] = "" if value is None else float(round(value * probability, 2))
    draft.state |= {
        "stage": verdict.stage,
        "cycle": verdict.cycle,
        "reached": verdict.reached,
        "closed_from": verdict.closed_from,
        "refused": verdict.refused,
        "closed_with": (lead.loss_reason or "") if stage and stage.outcome == "lost" else "",
        "name": lead.name[:80],
    }
    cells = [draft.entry.cell(n) for n in ("notes", "next_step", "next_step_on")]
    touched = digest("" if is_blank(cell) else cell for cell in cells)
    if draft.old and draft.old.touched and draft.old.touched != touched:
        run.note("changed", draft.id, note=(lead.next_step or lead.notes or "")[:200])
    elif _was_edited(draft) and not verdict.steps:
        run.note("edited", draft.id)
    draft.state["touched"] = touched
    if draft.old and draft.old.copy_of:
        _say_it_is_a_copy(run, draft, draft.old.copy_of)
    elif draft.state.get("copy_of"):
        _say_it_is_a_copy(run, draft, str(draft.state["copy_of"]))


def _was_edited(draft: Draft) -> bool:
    """Whether a person changed the row; a spelling that sync is about to put right is no edit."""
    old, entry = draft.old, draft.entry
    if old is None or old.fingerprint in ("", draft.fingerprint):
        return False
    return not entry.spellings or people_digest(entry.layout)(without_formulas(entry), {}) != old.fingerprint


def _say_it_is_a_copy(run: Run, draft: Draft, of: str) -> None:
    original = run.drafts.get(of)
    if original and original.identity == draft.identity:
        draft.entry.found.append(Found("id", "copied-row", {"other": of}))


def propose_duplicates(run: Run) -> None:
    """Say on open leads, and on accounts, which other row looks like the same."""
    leads = {}
    for draft in run.pipeline_rows:
        verdict = run.verdicts.get(draft.id)
        stage = run.rules.pipeline.stage(verdict.stage) if verdict else None
        if (
            draft.entry.kind == "record"
            and draft.id
            and (draft.home == "leads" or stage is None or stage.outcome == "open")
        ):
            leads[draft.id] = draft
    _propose(run, leads, duplicate_people, only_open_leads=True)
    _propose(run, {d.id: d for d in run.in_order(run.account_rows)}, duplicate_accounts, only_open_leads=False)


def _propose(
    run: Run,
    drafts: dict[str, Draft],
    find: Callable[[Sequence[Candidate]], list[Pair]],
    *,
    only_open_leads: bool,
) -> None:
    known = {id_: draft for id_, draft in drafts.items() if draft.old or not draft.frozen}
    in_order = sorted(known, key=lambda id_: (len(id_), id_))  # where a row stands must not change what is said
    for pair in find([_candidate(id_, known[id_]) for id_ in in_order]):
        for one, other in ((pair.one, pair.other), (pair.other, pair.one)):
            draft = drafts[one]
            if draft.frozen or (only_open_leads and not _is_open_lead(run, draft)):
                continue
            if draft.remembered("copy_of") == other:
                continue
            record = drafts[other].entry.record
            name = record.name if isinstance(record, Lead | Account) else ""
            why = messages.text("words", f"same-{pair.why}", run.language)
            draft.entry.found.append(Found("", "likely-duplicate", {"other": other, "name": name or "", "why": why}))


def _is_open_lead(run: Run, draft: Draft) -> bool:
    verdict = run.verdicts.get(draft.id)
    stage = run.rules.pipeline.stage(verdict.stage) if verdict else None
    return draft.home == "leads" and (stage is None or stage.outcome == "open")


def _candidate(id_: str, draft: Draft) -> Candidate:
    record = draft.entry.record
    if isinstance(record, Account):
        words: tuple[str | None, ...] = (record.name, None, record.email, record.phone, record.tax_id, record.city)
    else:
        lead = draft.lead
        words = (lead.company, lead.contact, lead.email, lead.phone, None, lead.city)
    return Candidate(id_, *(word or "" for word in words))
