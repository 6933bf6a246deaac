"""What records steps as CUDA's graphs do, on the CPU: a tape of the operations of torch, with all numbers in them.

As there, nothing comes of a recording until it is replayed; what Python has come to think since changes nothing; what a
step makes lies where it lay each time; and the tensors that were there before are known by their place alone.
"""

import weakref
from contextlib import contextmanager

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

from tests.core.training.reads import READS


class Tape(TorchDispatchMode):
    """Notes all operations while it is entered, and undoes them."""

    def __init__(self):
        super().__init__()
        self._played, self._results, self._before = [], [], {}

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        options = options or {}
        if function.namespace == "profiler":
            return function(*arguments, **options)
        if function.overloadpacket.__name__ in READS:
            raise RuntimeError("operation not permitted when stream is capturing")
        made = set(map(id, self._results))
        for each in tensors_of((arguments, options)):
            if id(each) not in made and id(each) not in self._before:
                self._before[id(each)] = each, each.detach().clone()
        noted = tree_map(self._place, (arguments, options))
        result = function(*arguments, **options)
        self._results += tensors_of(result)  # alive, so that nothing else is taken for them
        self._played.append((function, *noted, tree_map(self._place, result)))
        return result

    def _place(self, each):
        """Give what stands for a tensor: one that was there before is not held, others by their place and shape."""
        if not isinstance(each, torch.Tensor):
            return each
        return weakref.ref(each) if id(each) in self._before else each.detach()

    def __exit__(self, *error):
        super().__exit__(*error)
        with torch.no_grad():
            for each, before in self._before.values():
                each.copy_(before)
            for function, _, _, result in self._played:
                for each in tensors_of(result) if is_new(function) else ():
                    each.fill_(torch.nan if each.is_floating_point() else 1)
        self._results.clear()
        self._before.clear()

    def others(self):
        """Give the tensors that were there before, each once."""
        noted = tree_flatten([(arguments, options) for _, arguments, options, _ in self._played])[0]
        return list({id(each()): each() for each in noted if isinstance(each, weakref.ref)}.values())

    def replay(self):
        with torch.no_grad():
            for function, arguments, options, result in self._played:
                if torch.Tag.inplace_view in function.tags or not (is_new(function) or function._schema.is_mutable):
                    continue
                arguments, options = tree_map(there, (arguments, options))
                found = function(*arguments, **options)
                if is_new(function):
                    for each, other in zip(tensors_of(result), tensors_of(found), strict=True):
                        each.copy_(other)


def there(each):
    if not isinstance(each, weakref.ref):
        return each
    assert each() is not None, "a tensor that a recorded step needs is gone"
    return each()


def tensors_of(tree):
    return [each for each in tree_flatten(tree)[0] if isinstance(each, torch.Tensor)]


def is_new(function):
    """Whether what an operation gives is no view, nor what it was given."""
    return all(each.alias_info is None for each in function._schema.returns)


class Mark:
    def __init__(self, replayed, takes):
        self.replayed, self._takes = replayed, takes

    def query(self):
        return True

    def elapsed_time(self, end):
        return self._takes[end.replayed > self.replayed]


class FakeGraphs:
    """In the place of `CudaGraphs`.

    Parameters
    ----------
    takes : tuple of float
        Milliseconds of a plain step, and of a replayed one.
    """

    def __init__(self, takes=(2.0, 1.0)):
        self.recorded = self.replayed = 0
        self._takes, self._is_apart = takes, False

    @contextmanager
    def apart(self):
        assert not self._is_apart
        self._is_apart = True
        try:
            yield
        finally:
            self._is_apart = False

    def record(self, take, generator):
        assert self._is_apart
        drawn = generator.get_state()
        tape = Tape()
        try:
            with tape:
                result = take()
        finally:
            generator.set_state(drawn)
        self.recorded += 1

        def replay():
            assert self._is_apart
            self.replayed += 1
            self.play(tape, generator)

        return replay, result

    def play(self, tape, generator):
        tape.replay()

    def mark(self):
        assert self._is_apart
        return Mark(self.replayed, self._takes)
