"""What the shipped tables of the real world say: series ranked, records counted, partners, places, stories."""

from __future__ import annotations
