"""When the pass for old log-probabilities is left out: the table of reasons, and what of ms-swift it rests on."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import old_logps
import pytest
from old_logps import KEPT, MENTIONS, READ, install, noise, why_computed

from tests.cpu.test_bridges import source

TRAINER = "swift.rlhf_trainers.grpo_trainer"


def model(config=None, **modules):
    """A model with modules by path: {"layer.act": ("Dropout", {"p": 0.1})}."""
    parts = {path: type(kind, (), {})() for path, (kind, _) in modules.items()}
    for path, (_, values) in modules.items():
        vars(parts[path]).update(values, training=True)
    settings = {"attention_dropout": 0.0, "hidden_size": 64, **(config or {})}
    return SimpleNamespace(config=SimpleNamespace(to_dict=lambda: settings), named_modules=parts.items, training=True)


def trainer(**changes):
    """A GRPO trainer that needs no pass, with changes."""
    given = {
        "num_iterations": 1, "kl_in_reward": False, "beta": 0.04, "rollout_importance_sampling_mode": None,
        "log_rollout_offpolicy_metrics": False, "off_policy_sequence_mask_delta": None, "use_liger_loss": False,
        "loss_type": "grpo", "is_multimodal": False, "_has_teacher_explicit": lambda: False, "model": model(),
        "args": SimpleNamespace(gradient_accumulation_steps=4, steps_per_generation=2),
        "template": SimpleNamespace(sequence_parallel_size=1), "train_dataset": rows("messages", "solution"),
    }  # fmt: skip
    return SimpleNamespace(**given | changes)


def rows(*columns):
    return type("Rows", (), {"column_names": list(columns), "__len__": lambda self: 8})()


CASES = {
    "--num_iterations 2": {"num_iterations": 2},
    "--steps_per_generation 8": {"args": SimpleNamespace(gradient_accumulation_steps=4, steps_per_generation=8)},
    "--steps_per_generation 3": {"args": SimpleNamespace(gradient_accumulation_steps=4, steps_per_generation=3)},
    "streamed": {"train_dataset": SimpleNamespace(column_names=[])},
    "--kl_in_reward with --beta 0.04": {"kl_in_reward": True},
    "the teacher": {"_has_teacher_explicit": lambda: True},
    "the column teacher_prompt": {"train_dataset": rows("messages", "teacher_prompt")},
    "--rollout_importance_sampling_mode token_truncate": {"rollout_importance_sampling_mode": "token_truncate"},
    "--log_rollout_offpolicy_metrics": {"log_rollout_offpolicy_metrics": True},
    "--off_policy_sequence_mask_delta": {"off_policy_sequence_mask_delta": 0.0},
    "--use_liger_kernel": {"use_liger_loss": True},
    "--loss_type luspo": {"loss_type": "luspo"},
    "--sequence_parallel_size": {"template": SimpleNamespace(sequence_parallel_size=2)},
    "multimodal": {"is_multimodal": True},
    "attention_dropout 0.1": {"model": model({"attention_dropout": 0.1})},
}


def test_no_reason():
    assert why_computed(trainer()) == ""
    assert why_computed(trainer(kl_in_reward=True, beta=0.0)) == ""  # read under `and self.beta != 0.0` alone


@pytest.mark.parametrize(("said", "changes"), CASES.items(), ids=CASES)
def test_reasons(said, changes):
    assert said in why_computed(trainer(**changes))


def test_each_row_has_a_case(monkeypatch):
    hit = {next(k for k, row in enumerate(KEPT) if row[0](trainer(**changes))) for changes in CASES.values()}
    monkeypatch.setenv("SKIP_OLD_LOGPS", "0")
    assert why_computed(trainer()) == "SKIP_OLD_LOGPS=0"
    assert hit | {0} == set(range(len(KEPT)))


@pytest.mark.parametrize(
    ("found", "net"),
    [
        (None, model()),
        (None, model(**{"q.lora_dropout.default": ("Dropout", {"p": 0.0})})),
        (None, model({"use_dropout": True, "router_jitter_noise": 0.0})),
        ("lora_dropout 0.05", model(**{"q.lora_dropout.default": ("Dropout", {"p": 0.05})})),
        ("Dropout2d 0.2", model(**{"layers.3": ("Dropout2d", {"p": 0.2})})),
        ("attention_dropout 0.1", model(**{"layers.0.attn": ("Attention", {"attention_dropout": 0.1})})),
        ("drop_prob 0.1", model(**{"blocks.0.path": ("DropPath", {"drop_prob": 0.1})})),
        ("neftune_noise_alpha 5", model(**{"embed_tokens": ("Embedding", {"neftune_noise_alpha": 5})})),
        ("resid_pdrop 0.1", model({"resid_pdrop": 0.1})),
    ],
)
def test_noise(found, net):
    assert noise(net) == found


def test_what_it_rests_on_is_still_there():
    text = source(TRAINER)
    assert [line for _, _, line in KEPT if line not in text] == []
    assert (
        "per_token_logps.detach() if grpo_batch.old_per_token_logps is None else grpo_batch.old_per_token_logps)"
        in text
    )
    assert text.count(READ) == MENTIONS, "a reader more or less of the value: does KEPT name it?"
    folder = Path(importlib.util.find_spec("swift").submodule_search_locations[0])
    others = {
        file.name
        for part in ("rlhf_trainers", "rl_core")
        for file in (folder / part).glob("*.py")
        if re.search(rf"\.{READ}\b", file.read_text())
    }
    assert others == {"grpo_trainer.py"}, "nothing else of the trainer reads the value of a batch"


@pytest.fixture
def swift(monkeypatch):
    """ms-swift's trainer as far as it is wrapped, version 4.6.0; what was logged."""
    names = ("swift", "swift.version", "swift.utils", "swift.rlhf_trainers", TRAINER)
    modules = {name: ModuleType(name) for name in names}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
        if "." in name:
            setattr(modules[name.rpartition(".")[0]], name.rpartition(".")[2], module)

    class GRPOTrainer:
        def __init__(self, **changes):
            vars(self).update(vars(trainer(**changes)), passes=0)

        def _prepare_batch_inputs(self, samples):
            for batch in samples:
                batch.old = self._get_per_token_logps_and_entropies(self.model, {}, batch, origin_data=None)[0]
                batch.ref = self._get_per_token_logps_and_entropies(self.model, {}, batch)[0]
            return samples

        def _get_per_token_logps_and_entropies(self, model, inputs, batch, compute_entropy=False, origin_data=None):
            self.passes += 1
            return self.passes, compute_entropy

        def train(self, batches=2):
            """The batches of a generation, then their gradient's passes."""
            samples = self._prepare_batch_inputs([SimpleNamespace() for _ in range(batches)])
            for batch in samples:
                batch.new, batch.entropy = self._get_per_token_logps_and_entropies(self.model, {}, batch, True)
            return samples

    logged = []
    modules["swift.version"].__version__ = "4.6.0"
    modules["swift.utils"].get_logger = lambda: SimpleNamespace(info=logged.append)
    modules[TRAINER].gather_object = list
    modules[TRAINER].GRPOTrainer = GRPOTrainer
    monkeypatch.setattr(old_logps.inspect, "getsource", lambda module: READ * MENTIONS)
    return SimpleNamespace(trainer=GRPOTrainer, logged=logged, modules=modules)


def test_only_the_old_pass_is_left_out(swift):
    for _ in range(2):
        install()
    one = swift.trainer()
    for generation in range(2):
        samples = one.train()
        assert [(batch.old, batch.ref, batch.new, batch.entropy) for batch in samples] == [
            (None, 4 * generation + 1, 4 * generation + 3, True),
            (None, 4 * generation + 2, 4 * generation + 4, True),
        ]
    assert one.old_logps == "skipped"
    assert swift.logged == ["Log-probabilities of the old policy, whose ratio is 1: skipped"]


def test_an_evaluation_is_left_as_it_is(swift):
    install()
    one = swift.trainer()
    one.train()
    one.model.training = False
    assert [batch.old is None for batch in one.train()] == [False, False]
    one.model.training = True
    assert [batch.old is None for batch in one.train()] == [True, True]


def test_each_trainer_is_judged_by_its_own_arguments(swift):
    install()
    swift.trainer().train()
    other = swift.trainer(num_iterations=3)
    assert [batch.old is None for batch in other.train()] == [False, False]
    assert other.old_logps == "computed: --num_iterations 3 uses a rollout for several optimizer steps"
    assert [text.rpartition(": ")[0].count("computed") for text in swift.logged] == [0, 1]


@pytest.mark.parametrize("change", ["version", "a reader more", "a subclass"])
def test_what_is_not_known_keeps_the_pass(swift, change, monkeypatch):
    made = swift.trainer
    if change == "version":
        swift.modules["swift.version"].__version__ = "4.7.0"
    elif change == "a reader more":
        monkeypatch.setattr(old_logps.inspect, "getsource", lambda module: READ * (MENTIONS + 1))
    else:
        made = type("Mine", (made,), {})
    install()
    one = made()
    assert [batch.old is None for batch in one.train()] == [False, False]
    assert "is not known here" in one.old_logps


def test_all_ranks_do_the_same(swift):
    swift.modules[TRAINER].gather_object = lambda reasons: [*reasons, "SKIP_OLD_LOGPS=0"]
    install()
    one = swift.trainer()
    assert [batch.old is None for batch in one.train()] == [False, False]
    assert one.old_logps == "computed: SKIP_OLD_LOGPS=0"
