"""The page on a run: one HTML file (`report_page`), or the same page live on loopback (`serve`).

Charts are small SVGs of our own. plotly.js would take 4.8 of the 8 MB and delay the page by 1.4 s. It also needs inline
styles (68 policy violations otherwise); this page allows scripts and styles only by their hash.
"""
