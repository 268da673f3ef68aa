"""The packages of the wheel; all else is in pyproject.toml. In a checkout the plugin and the prompts lie where a person looks
for them, in the wheel inside the package: nothing else of ours goes beside everybody's packages."""

from setuptools import find_namespace_packages, find_packages, setup

setup(
    packages=[
        *find_namespace_packages(include=["swift_grpo*"], exclude=["*.screenshots"]),
        *find_packages("plugin"),
        "swift_grpo.plugin",
        "swift_grpo.prompts",
    ],
    package_dir={
        "grpo_rewards": "plugin/grpo_rewards",
        "grpo_tools": "plugin/grpo_tools",
        "grpo_environments": "plugin/grpo_environments",
        "swift_grpo.plugin": "plugin",
        "swift_grpo.prompts": "prompts",
    },
)
