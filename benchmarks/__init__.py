"""How well and how fast sheetcrm does its work, measured; results stand in RESULTS.md."""
