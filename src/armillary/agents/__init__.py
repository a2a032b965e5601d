"""Tools for agents over the Model Context Protocol: bounded, read-only questions, each answered with its sources and its warnings."""

from __future__ import annotations
