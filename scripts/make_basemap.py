"""Make ``src/armillary/registry/basemap/world.json`` from the npm package ``world-atlas`` (Natural Earth 1:110m, public domain).

    npm pack world-atlas && tar xzf world-atlas-2.0.2.tgz
    python scripts/make_basemap.py package/countries-110m.json

Shared borders are simplified once, so that neighbours still touch; Antarctica is left out; coordinates keep two decimals (1 km).
Rings run the way D3 and Vega expect (clockwise outside), which is the other way round from RFC 7946.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

TOLERANCE_DEG = 0.1
OUT = Path(__file__).resolve().parents[1] / "src/armillary/registry/basemap/world.json"
SOURCE = "Natural Earth 1:110m (public domain), by way of the npm package world-atlas 2.0.2, simplified"

# ISO 3166-1 numeric (as in world-atlas) and alpha-2
CODES = re.findall(
    r"\d{3}[A-Z]{2}",
    """
004AF 008AL 012DZ 024AO 031AZ 032AR 036AU 040AT 044BS 050BD 051AM 056BE 064BT 068BO 070BA 072BW 076BR 084BZ 090SB 096BN 100BG 104MM
108BI 112BY 116KH 120CM 124CA 140CF 144LK 148TD 152CL 156CN 158TW 170CO 178CG 180CD 188CR 191HR 192CU 196CY 203CZ 204BJ 208DK 214DO
218EC 222SV 226GQ 231ET 232ER 233EE 238FK 242FJ 246FI 250FR 260TF 262DJ 266GA 268GE 270GM 275PS 276DE 288GH 300GR 304GL 320GT 324GN
328GY 332HT 340HN 348HU 352IS 356IN 360ID 364IR 368IQ 372IE 376IL 380IT 384CI 388JM 392JP 398KZ 400JO 404KE 408KP 410KR 414KW 417KG
418LA 422LB 426LS 428LV 430LR 434LY 440LT 442LU 450MG 454MW 458MY 466ML 478MR 484MX 496MN 498MD 499ME 504MA 508MZ 512OM 516NA 524NP
528NL 540NC 548VU 554NZ 558NI 562NE 566NG 578NO 586PK 591PA 598PG 600PY 604PE 608PH 616PL 620PT 624GW 626TL 630PR 634QA 642RO 643RU
646RW 682SA 686SN 688RS 694SL 703SK 704VN 705SI 706SO 710ZA 716ZW 724ES 728SS 729SD 732EH 740SR 748SZ 752SE 756CH 760SY 762TJ 764TH
768TG 780TT 784AE 788TN 792TR 795TM 800UG 804UA 807MK 818EG 826GB 834TZ 840US 854BF 858UY 860UZ 862VE 887YE 894ZM
""",
)
ALPHA2 = {code[:3]: code[3:] for code in CODES}

Point = tuple[float, float]


def simplify(points: list[Point], tolerance: float) -> list[Point]:
    """Douglas and Peucker: the fewest of the given points whose line stays within ``tolerance`` of them all; the ends stay."""
    keep = {0, len(points) - 1}
    stack = [(0, len(points) - 1)]
    while stack:
        a, b = stack.pop()
        (x1, y1), (x2, y2) = points[a], points[b]
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        worst, far = tolerance, None
        for i in range(a + 1, b):
            x, y = points[i]
            if length == 0:
                d = ((x - x1) ** 2 + (y - y1) ** 2) ** 0.5
            else:
                d = abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length
            if d > worst:
                worst, far = d, i
        if far is not None:
            keep.add(far)
            stack += [(a, far), (far, b)]
    return [points[i] for i in sorted(keep)]


def decode(topology: dict[str, Any], tolerance: float) -> list[list[Point]]:
    """The arcs in degrees, each simplified."""
    (kx, ky), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    out = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((round(x * kx + tx, 2), round(y * ky + ty, 2)))
        out.append(simplify(points, tolerance))
    return out


def ring(indices: list[int], arcs: list[list[Point]]) -> list[Point]:
    """One closed ring from arc numbers (``~n`` is arc n backwards)."""
    out: list[Point] = []
    for i in indices:
        points = arcs[i] if i >= 0 else arcs[~i][::-1]
        out += points[1:] if out else points
    return [p for n, p in enumerate(out) if n == 0 or p != out[n - 1]]


def main() -> None:
    """Write the base map."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("topojson", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    topology = json.loads(args.topojson.read_text(encoding="utf-8"))
    fine, coarse = decode(topology, 0.0), decode(topology, TOLERANCE_DEG)
    features = []
    for shape in topology["objects"]["countries"]["geometries"]:
        if shape.get("id") == "010":
            continue
        polygons = []
        for rings in shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]:
            made = [ring(r, coarse) for r in rings]
            # a small island that simplification would flatten keeps its own points
            solid = [m if len(m) >= 4 else ring(r, fine) for m, r in zip(made, rings, strict=True)]
            if len(solid[0]) >= 4:  # the source has a ring of one point, which D3 cannot draw
                polygons.append([r for r in solid if len(r) >= 4])
        name = shape["properties"]["name"]
        code = ALPHA2.get(shape.get("id", ""), "XK" if name == "Kosovo" else None)
        features.append(
            {"type": "Feature", "id": code, "properties": {"name": name}, "geometry": {"type": "MultiPolygon", "coordinates": polygons}}
        )
    features.sort(key=lambda f: (f["id"] or "~", f["properties"]["name"]))
    text = json.dumps({"type": "FeatureCollection", "source": SOURCE, "features": features}, separators=(",", ":"), ensure_ascii=False)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(text.replace(',{"type":"Feature"', ',\n{"type":"Feature"') + "\n", encoding="utf-8")
    print(f"{args.out}: {len(features)} countries, {args.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
