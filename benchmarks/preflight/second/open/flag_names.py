"""Names: misspelt, another library's, an older version's. ms-swift raises on what its parser leaves over (`remaining_argv`)."""

from benchmarks.preflight.second.base import *

KIND = "flag names"

mistake(KIND, "name-genertions", train(num_generations=None, num_genertions=4), "num_genertions", "num_generations", "misspelt; no prefix of a flag, so argparse leaves it over and ms-swift raises on remaining_argv")
mistake(KIND, "name-lerning-rate", train(learning_rate=None, lerning_rate="1e-5"), "lerning_rate", "learning_rate", "misspelt")
mistake(KIND, "name-reward-weight-s", train(rewards_weights=[1, 0.5]), "rewards_weights", "reward_weights", "misspelt: the plural is at the other word")
mistake(KIND, "name-vllm-gpu-util", colocate(vllm_gpu_memory_utilization=None, vllm_gpu_memory_utilisation=0.4), "vllm_gpu_memory_utilisation", "vllm_gpu_memory_utilization", "British spelling")
mistake(KIND, "name-trl-max-prompt-length", train(max_length=None, max_prompt_length=1024), "max_prompt_length", "--max_length|max_length", "TRL's name; ms-swift 4.6 limits the prompt with --max_length and has no max_prompt_length")
mistake(KIND, "name-verl-rollout-n", train(**{"actor_rollout_ref.rollout.n": 4, "num_generations": None}), "actor_rollout_ref.rollout.n", "num_generations|--help", "verl's hydra key")
mistake(KIND, "name-v3-train-type", train(tuner_type=None, train_type="lora"), "train_type", "tuner_type", "ms-swift 3; renamed in 4")
mistake(KIND, "name-openrlhf-kl", train(init_kl_coef=0.01), "init_kl_coef", "beta|--help", "OpenRLHF's; --beta here")
mistake(KIND, "name-single-dash", [*train(), "-num_train_epochs", "2"], "num_train_epochs", "--num_train_epochs", "one dash: argparse takes no such option, it is left over, and ms-swift raises")
