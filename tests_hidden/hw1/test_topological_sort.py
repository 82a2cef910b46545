"""Sorting graphs whose order cannot be guessed."""

from grader.testing import on_student_side


@on_student_side
def positions(graph, outputs):
    """Build a graph and return its topological order as positions in `graph`.

    Each entry of `graph` is a tuple of the positions of its inputs: none for a leaf, one for a node
    made by `x * 0.5`, two for one made by `x + y`.
    """
    import needle as ndl

    nodes = []
    for inputs in graph:
        arguments = [nodes[position] for position in inputs]
        if not arguments:
            nodes.append(ndl.Tensor([float(len(nodes))]))
        elif len(arguments) == 1:
            nodes.append(arguments[0] * 0.5)
        else:
            nodes.append(arguments[0] + arguments[1])
    order = ndl.autograd.find_topo_sort([nodes[position] for position in outputs])
    place = {id(node): position for position, node in enumerate(nodes)}
    return [place.get(id(node), -1) for node in order]


def post_order(graph, outputs):
    """Return the positions that a depth-first search in post-order visits."""
    order = []

    def visit(position):
        if position not in order:
            for each in graph[position]:
                visit(each)
            order.append(position)

    for position in outputs:
        visit(position)
    return order


def compare(graph, outputs):
    found, expected = positions(graph, outputs), post_order(graph, outputs)
    assert len(found) == len(expected), f"{len(found)} nodes instead of {len(expected)}: {found}"
    assert found == expected


def random_graph(rng, leaves, nodes):
    graph = [()] * leaves
    for _ in range(nodes):
        count = int(rng.integers(1, 3))
        graph.append(tuple(int(i) for i in rng.integers(0, len(graph), count)))
    return graph


def test_post_order_of_a_tree():
    """Inputs are visited from left to right, each with all that it needs, and then the node."""
    # ((a + b) + c * 0.5) + ((d + e) + (f + g)), with leaves and sums made in another order
    graph = [(), (), (), (), (), (), (), (5, 2), (3, 0), (6, 1), (4,), (7, 10), (9, 8), (12, 11)]
    compare(graph, [13])
    compare([(), (), (1, 0), (0, 1), (3, 2)], [4])


def test_shared_nodes(rng):
    """Every node occurs once, before all nodes that use it, in graphs with shared parts."""
    for _ in range(5):
        graph = random_graph(rng, 3, 25)
        compare(graph, [len(graph) - 1])


def test_several_outputs(rng):
    """The order holds what the outputs need, nothing else, and nothing twice."""
    graph = random_graph(rng, 3, 15)
    compare(graph, [len(graph) - 1, len(graph) - 4])
    compare([(), (), (0, 1), (1, 0)], [3, 2, 0])
    compare([(), (), (0,), (0, 1), (2, 2)], [4])
    compare([(), (), (0, 1)], [0])


def test_long_graphs():
    """A deep graph is sorted, and one with very many paths is visited node by node."""
    compare([(), *((i, i) for i in range(18))], [18])
    compare([(), *((i,) for i in range(300))], [300])
