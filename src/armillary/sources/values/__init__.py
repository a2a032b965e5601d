"""One reader for each kind of value that files of any source hold: a text goes in, the value or the reason why there is none comes out.

Pure functions; nothing here opens a file or knows a source. What a text does not say for certain is refused with a reason instead of
guessed, so that a report can count it and show an example (:class:`~armillary.sources.values.reading.Tally`).

====================  ==================================================================
``doi``, ``issn``     identifiers of works and serials
``orcid``, ``ror``    identifiers of people and organisations
``country``           countries, former countries and aggregates, in codes and names
``missing``           marks of a missing value (``NA`` is Namibia where a country stands)
``number``            numbers with decimal marks, groups, currencies and footnote marks
``date``              dates and years, also as a spreadsheet rewrites them
``flag``              status flags of observations, in any spelling
``encoding``          bytes to text
``table``             separators, quotes and headers of delimited text
====================  ==================================================================
"""
