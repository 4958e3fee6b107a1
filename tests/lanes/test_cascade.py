"""The order in which states are solved."""

from oihsim.lanes.cascade import blocks
from oihsim.lanes.graph import trace
from oihsim.model import Model

TEXT = """
def rhs(y, p, u, dy):
    dy[0] = y[1] - y[0]
    dy[1] = p[0] * (u[0] - y[1])
    dy[2] = y[0] - y[3] * y[2]
    dy[3] = y[2] - y[3]
    dy[4] = -y[4] * y[4] + y[3]
def readouts(y, p, u, out):
    pass
"""


def test_blocks_follow_what_they_need():
    found = blocks(trace(TEXT, 5, 1, 1, 0))
    assert [block.states for block in found] == [(1,), (0,), (2, 3), (4,)]


def test_only_a_single_linear_state_is_direct():
    found = {block.states: block.direct for block in blocks(trace(TEXT, 5, 1, 1, 0))}
    assert found == {(1,): True, (0,): True, (2, 3): False, (4,): False}


def test_every_state_of_a_shipped_model_is_in_one_block():
    for name in ("default", "oih21"):
        model = Model.named(name) if name != "default" else Model.named()
        traced = model.generator.traced
        found = blocks(traced)
        states = [i for block in found for i in block.states]
        assert sorted(states) == list(range(len(model.states)))
        place = {i: k for k, block in enumerate(found) for i in block.states}
        assert all(place[j] <= place[i] for i, j in traced.jacobian)


def test_what_a_block_reads_of_earlier_ones_does_not_move_with_it():
    traced = Model.named().generator.traced
    for block in blocks(traced):
        own = {id(traced.graph.leaf("y", i)) for i in block.states}
        for node in block.known:
            waiting = [node]
            while waiting:
                one = waiting.pop()
                assert id(one) not in own
                waiting += one.operands


def test_the_own_slope_is_that_of_the_jacobian():
    traced = Model.named().generator.traced
    for block in blocks(traced):
        for i, slope in zip(block.states, block.slopes, strict=True):
            expected = traced.jacobian.get((i, i))
            assert slope is expected or (expected is None and slope.value == 0.0)
