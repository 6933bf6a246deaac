"""Which labels are decoded under at once."""

from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.models.labels import AT_ONCE, around


@given(st.integers(1, 3 * AT_ONCE), st.data())
def test_all_labels_or_as_many_as_fit_among_them_the_one_in_force(count, data):
    label = data.draw(st.integers(0, count - 1))
    shown = around(label, count)
    assert label in shown
    assert shown == tuple(range(shown[0], shown[0] + min(count, AT_ONCE)))
    assert 0 <= shown[0] <= shown[-1] < count
