"""The frame of the pages for people: templates, languages, style sheets, forms, errors in plain words."""
