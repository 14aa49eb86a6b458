"""What Google does that nobody could verify. A product must hold under every setting."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Switches:
    """One way Google may behave."""

    metadata_follows_sort: bool = False  # row metadata moves with its row when a range is sorted
    strict_validation_rejects_api: bool = False  # a strict data validation rejects values written by the API (400)
    reply_includes_later_edits: bool = False  # updatedSpreadsheet shows edits made between commit and reply
    append_to_table_needs_sheet_id: bool = True
    cut_paste_across_tabs: bool = True  # False: cutPaste to another sheet is refused with 400
    cut_paste_carries_notes: bool = True
    cut_paste_carries_validation: bool = True
    unknown_ids_refused: bool = True  # deleting a named range or tab of an unknown id fails (False: ignored)
    duplicate_ids_refused: bool = True  # adding one with an id that exists fails (False: overwrites)
