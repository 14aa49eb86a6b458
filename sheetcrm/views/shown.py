"""How an answer with a picture shows itself in Jupyter."""

from __future__ import annotations

from typing import Any

__all__ = ["Shown"]


class Shown:
    """An answer that shows itself as its chart; as a table where charts cannot be drawn."""

    __slots__ = ()

    def chart(self) -> Any:
        """The chart that says most."""
        raise NotImplementedError

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Any:
        chart = self.chart()
        if hasattr(chart, "_repr_mimebundle_"):
            return chart._repr_mimebundle_(include, exclude)
        return {"text/html": chart._repr_html_()}
