"""A sentence in English, Chinese, German, Spanish or French -> what it asserts. Nothing here knows a value."""
