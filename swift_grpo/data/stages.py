"""A run in stages: before each but the first, its rows are chosen by the pass rates in the run's own log.

Log, checkpoints and files of rows decide and nothing else, so a run that was killed goes on as it would have.
"""

import json
from pathlib import Path

from swift_grpo.check.weights import read_json
from swift_grpo.data.curriculum import Seen, decide, new_levels, order, summary
from swift_grpo.data.from_run import rates_of
from swift_grpo.data.gym_source import PREFIX, open_tasks
from swift_grpo.formats.command_line import TRUE, expand, start_of
from swift_grpo.formats.outputs import json_line, whole_files
from swift_grpo.formats.row_files import Row
from swift_grpo.formats.rows import prompt_hash, prompt_of, read_rows
from swift_grpo.launch.checkpoints import STATE, last_checkpoint, step_of
from swift_grpo.launch.command import output_dir, values
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.index.accuracy_name import may_be

HEAD = "row\trate\tright/n\tin_stage\tstate\tkept\n"


class Stages:
    """The stages of `steps` steps of a training command. Raises ValueError if it cannot be trained in stages."""

    def __init__(self, steps: int, trainer: list[str], nodes: str = "") -> None:
        start, folder = start_of(trainer), output_dir(trainer)
        flags = expand(start.rest) if start else {}
        self.files = flags.get("dataset", [])
        wrong = ""
        if not start or start.kind != "rlhf":
            wrong = "only GRPO is trained in stages; leave it out"
        elif not all(Path(name).is_file() for name in self.files):
            wrong = f"{' '.join(self.files)}: name files of rows; swift-grpo data prepare makes one"
        elif (flags.get("save_only_model") or ["false"])[-1].lower() in TRUE:
            wrong = "leave --save_only_model out; a stage goes on from the optimizer's state of the last one"
        elif not any(map(may_be, rewards := flags.get("reward_funcs", []))):
            wrong = f"no reward tells right from wrong ({', '.join(rewards) or 'there is none'}); add math_accuracy"
        elif nodes:
            wrong = "it works on one machine; leave NODES out"
        if wrong or not folder:
            raise ValueError(f"--curriculum (CURRICULUM): {wrong or 'it needs --output_dir'}")
        self.steps, self.folder, self.written = steps, folder, folder / "curriculum"
        most = (flags.get("max_steps") or [""])[-1]
        self.most, self.step = int(most) if most.isdecimal() else 0, 0
        self.trainer = ["env", f"SWIFT_GRPO_STAGE_STEPS={steps}", *trainer[trainer[0] == "env" :]]
        self.trainer += ["--callbacks", *flags.get("callbacks", []), "stage_end"]

    def first(self) -> list[str] | None:
        """The command to start with, at the checkpoint that it resumes from; None if nothing is left to do."""
        resumed = values(self.trainer, "--resume_from_checkpoint")
        return self._at(Path(resumed[0])) if resumed else self.trainer

    def following(self) -> list[str] | None:
        """The next stage's command after the end of one; None if the run is at its end."""
        checkpoint = last_checkpoint(self.folder, to_resume=True)
        step = step_of(checkpoint)
        return self._at(checkpoint) if step > self.step and step % self.steps == 0 else None

    def _at(self, checkpoint: Path) -> list[str] | None:
        self.step = step_of(checkpoint)
        stage = self.step // self.steps + 1
        most = self.most or read_json(checkpoint / STATE)["max_steps"]
        # the trainer would skip as many batches as it has trained, of another set of rows
        words = ["--resume_from_checkpoint", str(checkpoint), "--max_steps", str(most), "--ignore_data_skip", "true"]
        if self.step >= most:
            return None
        if stage > 1:
            file = self._write(stage)
            if not file:
                return None
            words += ["--dataset", str(file)]
        return [*self.trainer, *words]

    def _write(self, stage: int) -> Path | None:
        """Write the stage's rows and their reasons; None if all rows are solved."""
        rows = self._rows(stage)
        seen, least = self._seen(rows, stage)
        choices = decide(_names(rows), seen, stage, least)
        if added := new_levels([_level(row) for row in rows], choices):
            for one in added:
                self._add_level(stage, *one, rows)
            rows = self._rows(stage)
            choices = decide(_names(rows), seen, stage, least)
        file = self.written / f"stage-{stage}.jsonl"
        with whole_files([file, file.with_suffix(".tsv")], may_be_empty=[file]) as (out, why):
            out.writelines(json_line(rows[at]) for at in order(choices, stage))
            why.write((HEAD + "".join(f"{one.columns(at)}\n" for at, one in enumerate(choices, 1))).encode())
        done = "" if any(one.kept for one in choices) else "; the run ends, since every row is solved"
        print(f"swift-grpo: {summary(choices, stage)}{done}", flush=True)
        return None if done else file

    def _rows(self, stage: int) -> list[Row]:
        """The rows of the data set, and of the levels that were added for this stage or an earlier one."""
        levels = sorted(self.written.glob("stage-*.level-*.jsonl"))
        levels = [path for path in levels if int(path.name.partition("-")[2].partition(".")[0]) <= stage]
        return [row for file in [*map(Path, self.files), *levels] for row in read_rows(file)]

    def _add_level(self, stage: int, task: str, level: int, count: int, rows: list[Row]) -> None:
        """Write new rows of a task's level, with the system turn of those that are there."""
        there = next(row for row in rows if (_level(row) or [""])[0] == task)
        system = [turn for turn in prompt_of(there) or [] if turn["role"] == "system"]
        try:
            made = [*open_tasks(PREFIX + task, {"level": level}, stage, count)[0]]
        except (ValueError, ModuleNotFoundError) as error:  # such as one after the last
            print(f"swift-grpo: stage {stage}: no rows of level {level} of {task}: {error}", flush=True)
            return
        with whole_files([self.written / f"stage-{stage}.{task}.level-{level}.jsonl"]) as (out,):
            out.writelines(json_line(row | {"messages": system + row["messages"]}) for row in made)
        print(f"swift-grpo: stage {stage}: {count:,} new rows of level {level} of {task}", flush=True)

    def _seen(self, rows: list[Row], stage: int) -> tuple[dict[str, Seen], int]:
        """The newest pass rates of the prompts before a stage, and the prompts of a step."""
        seen: dict[str, Seen] = {}
        with open_index(self.folder) as index:
            for k in range(1, stage):
                rates, _ = rates_of(index, rows, range((k - 1) * self.steps + 1, k * self.steps + 1))
                seen |= {name: Seen(rate, k) for name, rate in rates.items() if rate}
            (least,) = index.query("SELECT max(n) FROM (SELECT count(*) AS n FROM train_groups GROUP BY step)")[0]
        return seen, least or 1


def _names(rows: list[Row]) -> list[str]:
    return [prompt_hash(prompt_of(row) or []) for row in rows]


def _level(row: Row) -> tuple[str, int] | None:
    """The reasoning-gym task and level of a row that has both."""
    try:
        return json.loads(row["gym"])["task"], int(row["level"])
    except (KeyError, TypeError, ValueError):
        return None
