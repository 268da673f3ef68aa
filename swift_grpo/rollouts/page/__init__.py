"""The page: one HTML file about a run (`build`), or the same page live on loopback (`serve`).

Charts are small SVGs of our own. plotly.js costs 4.8 of the 8 MB and 1.4 s before the page answers, and draws only
where the policy allows inline styles (68 violations otherwise); here scripts and styles are allowed by their hash alone.
"""
