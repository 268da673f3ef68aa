"""Two evaluations side by side as one offline page: solve rates and lengths by question, and the texts."""
