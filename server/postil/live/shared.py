"""One answer for all who ask the same at the same time."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Shared(Generic[K, V]):
    """Questions in flight and their answers, the latest `most` of them, until forget(). With `keeps=False` an answer is
    told to those who asked while it was in flight, and to nobody else.

    Keys come from strangers (a cursor, an outline's hash), hence the bound. A question that failed is not kept:
    the next asker asks again.
    """

    def __init__(self, most: int, *, keeps: bool = True) -> None:
        self.most, self.keeps = most, keeps
        self._asked: OrderedDict[K, asyncio.Task[V]] = OrderedDict()

    async def ask(self, key: K, question: Callable[[], Coroutine[Any, Any, V]]) -> V:
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(question())
            task.add_done_callback(partial(self._drop, key))
            if len(self._asked) > self.most:
                self._asked.popitem(last=False)
        # One asker who goes away must not take the answer from the others.
        return await asyncio.shield(task)

    def forget(self) -> None:
        """What is asked from now on is asked anew."""
        self._asked.clear()

    def _drop(self, key: K, task: asyncio.Task[V]) -> None:
        failed = task.cancelled() or task.exception() is not None
        if (failed or not self.keeps) and self._asked.get(key) is task:
            del self._asked[key]
