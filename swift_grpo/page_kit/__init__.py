"""Parts of every HTML page of the project: `page.drawn` for a page that a script draws, `page.document` for plain HTML.

A page is one file and loads nothing from a network. `assets/` has the skeleton, the shared style, elements and charts;
a page's own files are in the `assets/` of its package.
"""
