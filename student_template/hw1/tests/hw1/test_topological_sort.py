"""Sorting the graph: inputs before the nodes that use them."""

from grader.testing import on_student_side


@on_student_side
def positions(graph, outputs):
    """Build a graph and return its topological order as positions in `graph`.

    Each entry of `graph` is a tuple of the positions of its inputs: none for a leaf, one for a node
    made by `x * 2`, two for one made by `x + y`.
    """
    import needle as ndl

    nodes = []
    for inputs in graph:
        arguments = [nodes[position] for position in inputs]
        if not arguments:
            nodes.append(ndl.Tensor([float(len(nodes))]))
        elif len(arguments) == 1:
            nodes.append(arguments[0] * 2)
        else:
            nodes.append(arguments[0] + arguments[1])
    order = ndl.autograd.find_topo_sort([nodes[position] for position in outputs])
    place = {id(node): position for position, node in enumerate(nodes)}
    return [place.get(id(node), -1) for node in order]


def test_inputs_come_first_from_left_to_right():
    """A node follows its inputs, the left one, with all that it needs, before the right one."""
    assert positions([(), (0,), (1,), (2,)], [3]) == [0, 1, 2, 3]
    # (a * 2) + (b * 2), where b was made before a
    assert positions([(), (), (0,), (1,), (3, 2)], [4]) == [1, 3, 0, 2, 4]


def test_a_shared_node_occurs_once():
    """A node that is used several times occurs once, before its first use."""
    # s = a + b;  (s * 2) + s
    assert positions([(), (), (0, 1), (2,), (3, 2)], [4]) == [0, 1, 2, 3, 4]
