"""What every HTML page of the project is made of: `page.drawn` for one that a script draws, `page.document` for plain HTML.

A page is one file and asks no network for anything. `assets/`: the skeleton, the shared style, elements and charts; what
a page has of its own lies in the `assets/` of its package.
"""
