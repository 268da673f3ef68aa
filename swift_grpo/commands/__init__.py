"""The command `swift-grpo`."""
