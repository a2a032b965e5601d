"""Pages, found by themselves: each module registers functions with :func:`armillary.web.app.page`."""
