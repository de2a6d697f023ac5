"""What lies below the cells of a selection: attempts, ladders, rounds, times. Each frame is read once, when it is asked for."""

from collections.abc import Collection, Iterable
from functools import cached_property

import pandas as pd

from data import attempts, frames
from data.frames import Evidence, Selection, Series
from data.store import Store


class Details:
    """The frames below a selection, for its configurations and its benchmark; nobody may change them.

    Two threads that ask at the same moment read the same frame twice, and one copy is kept: no lock is needed.
    """

    def __init__(
        self,
        store: Store,
        selection: Selection,
        found: Evidence,
        *,
        tasks: Iterable[tuple[str, str]] | None = None,
        without: Collection[str] = (),
    ):
        """Keep these (benchmark, task) and no configuration of `without`; None: all tasks. Published rows have no task and stay."""
        self.found = found
        self._of = (store, selection, found)
        self._tasks = None if tasks is None else pd.MultiIndex.from_tuples([*tasks, ("", "")])
        self._without = frozenset(without)
        self._ladders: dict[str, pd.DataFrame] = {}

    def _kept(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the tasks and configurations that are kept."""
        if self._tasks is None or frame.empty:
            return frame
        is_kept = pd.MultiIndex.from_frame(frame[["benchmark", "task"]]).isin(self._tasks)
        if "is_summary" in frame:
            is_kept |= frame["is_summary"].to_numpy(bool)
        if "configuration" in frame:
            is_kept &= ~frame["configuration"].isin(self._without).to_numpy()
        return frame if is_kept.all() else frame[is_kept].reset_index(drop=True)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row = configuration × benchmark × task."""
        return self._kept(self.found.cells)

    @property
    def labels(self) -> dict[str, str]:
        """Configuration → its name as shown."""
        return self.found.labels

    @cached_property
    def attempts(self) -> pd.DataFrame:
        """One row = an attempt that counts."""
        return self._kept(attempts.attempts(*self._of))

    @cached_property
    def rounds(self) -> pd.DataFrame:
        """One row = configuration × benchmark × task × reflections done."""
        return self._kept(attempts.rounds(*self._of))

    @cached_property
    def times(self) -> pd.DataFrame:
        """One row = an attempt with timed steps."""
        return self._kept(attempts.times(*self._of))

    @cached_property
    def turns(self) -> pd.DataFrame:
        """One row = configuration × benchmark × task × turn."""
        return self._kept(attempts.turns(*self._of))

    @cached_property
    def failures(self) -> pd.DataFrame:
        """One row = an attempt with steps: its first failed one."""
        return self._kept(attempts.failures(*self._of))

    @cached_property
    def conditioning(self) -> pd.DataFrame:
        """One row = configuration × benchmark × task × failed steps before."""
        return self._kept(attempts.conditioning(*self._of))

    @cached_property
    def tools(self) -> pd.DataFrame:
        """One row = configuration × benchmark × task × tool."""
        return self._kept(attempts.tools(*self._of))

    @cached_property
    def useful(self) -> pd.DataFrame:
        """One row = an attempt with scored steps: what it spent after its best score was reached."""
        return self._kept(attempts.useful(*self._of))

    @cached_property
    def tasks(self) -> pd.DataFrame:
        """One row = a task, with its group and difficulty."""
        return self._kept(attempts.tasks(*self._of))

    @cached_property
    def settings(self) -> list[str]:
        """Settings in which configurations differ and nothing else does."""
        return frames.settings(self.found)

    def series(self, setting: str) -> list[Series]:
        """Return the configurations that differ in this setting only."""
        return frames.series(self.found, setting)

    def ladders(self, unit: str) -> pd.DataFrame:
        """Return what changes at each level of a unit; empty where no log has steps."""
        if unit not in self._ladders:
            self._ladders[unit] = self._kept(attempts.ladders(*self._of, unit))
        return self._ladders[unit]
