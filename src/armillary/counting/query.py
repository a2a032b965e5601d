"""A technology as a query: the work filter ``query:...`` keeps works whose title or abstract matches (language of
:mod:`armillary.counting.goals.language`).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.counting.filters import work_filter
from armillary.counting.goals.engine import Matcher, words_of
from armillary.counting.goals.language import parse
from armillary.counting.goals.tags import texts
from armillary.counting.goals.text import Vocabulary, tokenise


@work_filter("query", reason="query", says="neither title nor abstract matches: {arg}")
def _query(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return works.work_id.isin(matching_works(corpus, arg).work_id)


def matching_works(corpus: Corpus, query: str) -> ir.Table:
    """``work_id`` of the works that match, found once an observatory and session; :class:`~armillary.errors.SpecError` for a malformed
    query.
    """
    node = parse(query)

    def build() -> ir.Table:
        vocabulary = Vocabulary(words_of([node]))
        found: list[int] = []
        for ids, titles, abstracts in texts(corpus):
            for i in range(0, len(ids), 4000):
                batch = tokenise(titles[i : i + 4000], abstracts[i : i + 4000], vocabulary)
                hits = Matcher(batch, vocabulary).documents(node).nonzero()[0]
                found += [ids[i + int(h)] for h in hits]
        return ibis.memtable(pa.table({"work_id": pa.array(found, pa.int64())}))

    return corpus.memo(f"query:{query}", build)
