"""The order in which states are solved."""

from oihsim.engine.compiled_model import Model
from oihsim.engine.lanes.cascade import blocks
from oihsim.engine.lanes.graph import trace

TEXT = """
def rhs(y, p, u, dy):
    dy[0] = y[1] - y[0]
    dy[1] = p[0] * (u[0] - y[1])
    dy[2] = y[0] - y[3] * y[2]
    dy[3] = y[2] - y[3]
    dy[4] = -y[4] * y[4] + y[3]
def outputs(y, p, u, out):
    pass
"""


def test_blocks_follow_what_they_need():
    cascade = blocks(trace(TEXT, 5, 1, 1, 0))
    assert [block.states for block in cascade] == [(1,), (0,), (2, 3), (4,)]


def test_only_blocks_that_are_linear_in_themselves_are_direct():
    direct = {block.states: block.direct for block in blocks(trace(TEXT, 5, 1, 1, 0))}
    assert direct == {(1,): True, (0,): True, (2, 3): False, (4,): False}
    # the rate between them may depend on states before
    linear = TEXT.replace("y[0] - y[3] * y[2]", "y[0] * y[3] - y[2]")
    direct = {block.states: block.direct for block in blocks(trace(linear, 5, 1, 1, 0))}
    assert direct[2, 3]


def test_binding_and_receptor_pools_of_the_shipped_model_are_direct():
    model = Model.named()
    direct = {tuple(model.states[i] for i in block.states): block.direct
             for block in blocks(model.generator.traced)}  # fmt: skip
    assert direct["O1", "O2"]
    assert direct["R_s", "R_d", "R_i"]


def test_every_state_of_a_shipped_model_is_in_one_block():
    for name in ("default", "oih21"):
        model = Model.named(name) if name != "default" else Model.named()
        traced = model.generator.traced
        cascade = blocks(traced)
        states = [i for block in cascade for i in block.states]
        assert sorted(states) == list(range(len(model.states)))
        place = {i: k for k, block in enumerate(cascade) for i in block.states}
        assert all(place[j] <= place[i] for i, j in traced.jacobian)


def test_what_a_block_reads_of_earlier_ones_does_not_move_with_it():
    traced = Model.named().generator.traced
    for block in blocks(traced):
        leaves = {id(traced.graph.leaf("y", i)) for i in block.states}
        for node in block.known:
            waiting = [node]
            while waiting:
                operation = waiting.pop()
                assert id(operation) not in leaves
                waiting += operation.operands


def test_the_jacobian_of_a_block_is_a_part_of_the_whole():
    traced = Model.named().generator.traced
    jacobian = traced.jacobian
    for block in blocks(traced):
        inside = {
            (row, column): jacobian[i, k]
            for row, i in enumerate(block.states)
            for column, k in enumerate(block.states)
            if (i, k) in jacobian
        }
        assert dict(block.jacobian) == inside
