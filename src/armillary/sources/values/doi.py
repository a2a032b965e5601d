"""A DOI as people and exports write it -> the DOI, or the reason why it is none.

What can be mended without guessing is mended (resolver addresses, LaTeX and URL escapes, stray spaces after the slash, text behind the
DOI); what would need a guess is refused. Shape: ISO 26324, and the lengths that registration agencies give out.
"""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

from armillary.sources.values.missing import is_missing
from armillary.sources.values.reading import Reading, refused

_PREFIX = re.compile(
    r"^(?:(?:https?:/{1,2}|//)?(?:[a-z0-9-]+\.)*doi\.org(?::\d+)?/+|(?:https?:/{1,2})[^\s/]+/(?:[^\s]*?/)?(?:doi/)?(?:(?:abs|full|pdf|epdf|book)/)?(?=10\.\d{4,9}/)"
    r"|(?:info:|urn:)?doi\s*[:=/\s]\s*|doi(?=10\.)|(?:info:|urn:)?doi/|url\s*[:=]\s*)+"
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_LATEX_SIGN = re.compile(
    r"\{?\\(?:textless|textlessthan|lt|langle)\b\s*(?:\{\})?\}?|\{?\$\s*\{?(?:<|\\lt\b|\\textless\b)\}?\s*\$\}?|\{<\}"
    r"|(\{?\\(?:textgreater|textgreaterthan|gt|rangle)\b\s*(?:\{\})?\}?|\{?\$\s*\{?(?:>|\\gt\b|\\textgreater\b)\}?\s*\$\}?|\{>\})"
)
_LATEX_WORD = {
    "textunderscore": "_",
    "_": "_",
    "textasciitilde": "~",
    "textbackslash": "",
    "slash": "/",
    "textendash": "-",
    "textemdash": "-",
    "textbar": "|",
    "allowbreak": "",
    "penalty0": "",
    "url": "",
    "href": "",
    "doi": "",
    "path": "",
    "nolinkurl": "",
    "texttt": "",
    "-": "",
}
_LATEX_COMMAND = re.compile(
    r"\\(textunderscore|textasciitilde|textbackslash|slash|textendash|textemdash|textbar|allowbreak|penalty0|nolinkurl|texttt|url|href|doi|path)(?![a-z])\s*(?:\{\})?"
)
_ESCAPED = re.compile(r"\\([_%&#$<>(){}\[\];:./+~^-])")
_BRACED = re.compile(r"\{([^{}\s]{1,3})\}")
_MATH = re.compile(r"\$([_^<>~])\$")
_SLASH = re.compile(r"(?<=\d)\s*[/\u2044\u2215\uff0f]\s+|(?<=\d)\s+[/\u2044\u2215\uff0f]\s*|(?<=\d)[\u2044\u2215\uff0f]")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_SHAPE = re.compile(r"10\.\d{4,9}(?:\.\d+)*/\S+")
_SHORT = re.compile(r"10\.\d{1,3}(?:\.\d+)*/[^\s/]*[a-z][^\s]*")
"""A registrant of one to three digits is within the standard and not in use: read only where nothing else stands in the text."""
_ISSUE_TAIL = re.compile(r"@10\.\d{4,9}/\S*$")
_CLOSING = frozenset(".,;:'\"\u201d\u2019|*\\/<([{")
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
_ANCHOR = re.compile(
    r"<a\s[^<>]*?href\s*=\s*(?:\"([^\"<>]+)\"|'([^'<>]+)'|([^\"'\s<>]+))[^<>]*>.*?(?:</a\s*>|$)", re.DOTALL | re.IGNORECASE
)
_ANCHORED = re.compile(r"(?:<|&lt;)a\s", re.IGNORECASE)
_FRAGMENT = re.compile(r"#[a-z][\w.:-]*$")
_OF_A_PAGE = re.compile(r"\.(?:pdf|epub|html?|xml|full)$")
_VERSION = re.compile(r"(?<=\d)v\d{1,2}(?:\.(?:full|abstract|article|supplementary|figures?|external|info|source)[\w.+-]*)?$")
"""What addresses of bioRxiv and medRxiv put behind the DOI."""
_TAG = re.compile(r"</[a-z]+>|<[a-z]+\s[^<>]*>|<br\s*/?>")
_PAGE_TAIL = re.compile(
    r"(?:[?#](?:utm_|via=|ref=|journalcode|cookieset|urlappend|nosfx|src=|download|needaccess|casa_token)\S*|/(?:full|abstract|pdf|epdf|summary|meta)$)"
)
# Elsevier's pattern j.<journal>.<year>.<month>.<number> cut before the number: no work has this DOI
_CUT = re.compile(r"10\.1016/j\.[a-z]+\.\d{4}(?:\.\d{2})?$")
_START = r"(?:https?://\S*?(?=10\.\d{4,9}/)|(?:dx\.|www\.)?doi\.org/|(?:info:)?doi\s*[:=]\s*|10\.\d{4,9}(?:\.\d+)*/)"
_PARTS = re.compile(rf"\s*[;|,]\s*(?=[<(\[\"']?{_START})|\s*[;|]\s+|\s*\n\s*|[;|,]\s*$", re.IGNORECASE)
_WORDS = re.compile(rf"(?:\s+(?:and|&))?\s+(?=[<(\[\"']?{_START})", re.IGNORECASE)


def read_doi(raw: str | None) -> Reading[str]:
    """One DOI in lower case and without a resolver.

    Reasons: ``doi-missing``, ``doi-malformed`` (nothing in it has the shape), ``doi-incomplete`` (cut off), ``doi-several`` (more than
    one in the text: :func:`read_dois` parts them). A DOI is repaired if more than its case and its prefix was changed.
    """
    text = _unwrapped(_unanchored(_INVISIBLE.sub("", raw or "").strip().lower()))
    if is_missing(text):
        return refused("doi-missing")
    plain = _PREFIX.sub("", text)
    if (address := re.match(r"https?:/{1,2}", text)) is not None:
        plain = _FRAGMENT.sub("", plain)
        if "doi.org" not in text[: address.end() + 20]:
            plain = _OF_A_PAGE.sub("", plain)
    mended = _mended(plain)
    match = _SHAPE.search(mended)
    if match is None:
        if _SHORT.fullmatch(mended):
            return Reading(_trim(mended), None, _trim(mended) != plain) if _SHORT.fullmatch(_trim(mended)) else refused("doi-incomplete")
        cut = re.search(r"(?:^|\s)10\.\d{4,9}(?:\.\d+)*/?\s*$", mended)
        return refused("doi-incomplete" if cut else "doi-malformed")
    found = _trim(_ISSUE_TAIL.sub("", match.group().partition("}{")[0]))
    if found.startswith(("10.1101/", "10.64898/")):
        found = _VERSION.sub("", found)
    elif (article := re.fullmatch(r"(10\.1093/[a-z]+/[a-z]+\d{2,5})/\d{5,9}", found)) is not None:
        found = article[1]  # addresses of Oxford's journals: DOI and number of the article
    if _separate(found, mended[match.end() :]):
        return refused("doi-several")
    suffix = found.partition("/")[2]
    if not re.search(r"[^\W_]", suffix) or suffix.endswith("-") or _CUT.match(found):
        return refused("doi-incomplete")
    if found == plain:
        return Reading(found)
    again = read_doi(found)  # what was mended is read as if it had been given so
    return Reading(again.value, again.reason, again.value is not None)


def read_dois(cell: str | None) -> list[Reading[str]]:
    """All DOIs of a cell that may hold a list (parted by ``;``, ``|``, commas, blanks or line ends), one reading a part.

    A semicolon or a bar inside a DOI stays, as in the endings ``2.0.co;2`` of serial items (SICI). Words beside a DOI are no part, and a
    DOI counts once. Never empty: a cell without a DOI gives one reading with a reason.
    """
    text = _unanchored(_INVISIBLE.sub("", cell or "").strip())
    if text[:1] == "[" and text[-1:] == "]" and re.search(r"[\"'],", text):
        text = text[1:-1]
    text = re.sub(r"(?<=[\"'])\s*,\s*(?=[\"'])", " ; ", text)
    out: dict[str, Reading[str]] = {}
    for part in _PARTS.split(text):
        part = part.strip().strip("'\"").strip()
        if not part.strip(";|, "):
            continue
        readings = [read_doi(p) for p in _WORDS.split(part)]
        for reading in [r for r in readings if r.value is not None] or [read_doi(part)]:
            out.setdefault(reading.value or f" {len(out)}", reading)
    return list(out.values()) or [refused("doi-missing")]


def _unanchored(text: str) -> str:
    """The addresses of links of HTML in place of the links."""
    if _ANCHORED.search(text) is None:
        return text
    return _ANCHOR.sub(lambda m: f" {m[1] or m[2] or m[3]} ", html.unescape(text)).strip()


def _unwrapped(text: str) -> str:
    """Without braces, quotes or angle brackets around the whole."""
    while len(text) > 1 and (text[0], text[-1]) in {
        ("{", "}"),
        ('"', '"'),
        ("'", "'"),
        ("<", ">"),
        ("\u201c", "\u201d"),
        ("[", "]"),
        ("(", ")"),
    }:
        text = text[1:-1].strip()
    return text.strip("{}").strip() if text[:1] == "{" or (text[-1:] == "}" and text.count("{") < text.count("}")) else text


def _mended(text: str) -> str:
    """Escapes of HTML, LaTeX and URLs undone; blanks around the first slash gone."""
    for _ in range(3):  # &amp;lt; and %253C: escaped twice
        once = html.unescape(text)
        if "%" in once:
            once = unquote(once, errors="strict") if _decodes(once) else once
        if once == text:
            break
        text = once.lower()
    if "\\" in text or "$" in text or "{" in text:
        text = _LATEX_SIGN.sub(lambda m: ">" if m.group(1) else "<", text)
        text = _LATEX_COMMAND.sub(lambda m: _LATEX_WORD[m.group(1)], text)
        text = _MATH.sub(r"\1", text)
        text = _ESCAPED.sub(r"\1", text)
        text = _BRACED.sub(r"\1", text)
        text = re.sub(r"\$(?=\S*$)", "", text) if text.count("$") == 1 else text.replace("$", "")
    text = _TAG.sub("", text) if "10." in _TAG.sub("", text) else text
    text = text.replace("\u00a0", " ")
    if _DASHES.search(text):
        text = _DASHES.sub("-", text)
    text = _SLASH.sub("/", text)
    return _INVISIBLE.sub("", text).strip().lower()


def _decodes(text: str) -> bool:
    try:
        return "\ufffd" not in unquote(text) and not any(c < " " for c in unquote(text))
    except ValueError:
        return False


def _separate(found: str, rest: str) -> bool:
    """Whether another, different DOI stands in the found one or behind it."""
    others = [m.group() for m in _SHAPE.finditer(rest)]
    inside = re.search(r"[,;|'\"]+(?:https?:|doi:|10\.\d{4,9}/)", found)
    return inside is not None or any(_trim(o) != found for o in others)


def _trim(text: str) -> str:
    """Without what belongs to the sentence or the page around it (``.``, ``/full``, ``?utm_=``); a bracket stays with its partner."""
    while text:
        text = _PAGE_TAIL.sub("", text)
        last = text[-1:]
        if last not in _CLOSING and not (last in _PAIRS and text.count(last) > text.count(_PAIRS[last])):
            return text
        text = text[:-1]
    return text
