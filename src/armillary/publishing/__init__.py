"""Results as others keep and find them: data packages with metadata, research objects, core tables with contracts."""

from __future__ import annotations
