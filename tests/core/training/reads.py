"""What waits for a device."""

from torch.utils._python_dispatch import TorchDispatchMode

# What gives Python a number, or a shape, that only the device knows.
READS = {"_local_scalar_dense", "item", "is_nonzero", "equal", "nonzero", "masked_select", "unique", "_unique2"}


class Reads(TorchDispatchMode):
    """Notes what reads from the device."""

    def __init__(self):
        super().__init__()
        self.seen, self.calls = set(), 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        self.calls += 1
        if (name := function.overloadpacket.__name__) in READS:
            self.seen.add(name)
        return function(*arguments, **(options or {}))
