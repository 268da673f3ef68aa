"""A headless Chromium, as for the inspector's page; here, so that it ends with this folder's tests and its event loop with it."""

from tests.rollouts.page.conftest import chromium, visit  # noqa: F401
