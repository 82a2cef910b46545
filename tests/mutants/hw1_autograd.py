"""Mistakes in the topological sort, and in walking back through the graph."""

from __future__ import annotations

#: (function, mistake) -> its body
TOPOLOGICAL_SORT = {
    ("find_topo_sort", "node before inputs"): """
        order = []
        def visit(node):
            if node not in order:
                order.append(node)
                for x in node.inputs:
                    visit(x)
        for node in node_list:
            visit(node)
        return order[::-1]
        """,
    ("find_topo_sort", "right to left"): """
        order = []
        def visit(node):
            if node not in order:
                for x in reversed(list(node.inputs)):
                    visit(x)
                order.append(node)
        for node in node_list:
            visit(node)
        return order
        """,
    ("find_topo_sort", "shared nodes repeated"): """
        order = []
        def visit(node):
            for x in node.inputs:
                visit(x)
            order.append(node)
        for node in node_list:
            visit(node)
        return order
        """,
    ("find_topo_sort", "level by level"): """
        order, level = [], list(node_list)
        while level:
            order += [n for n in level if n not in order]
            level = [x for n in level for x in n.inputs if x not in order]
        return order[::-1]
        """,
    ("find_topo_sort", "first output only"): """
        order = []
        topo_sort_dfs(node_list[0], set(), order)
        return order
        """,
    ("find_topo_sort", "forgets what earlier outputs visited"): """
        order = []
        for node in node_list:
            topo_sort_dfs(node, set(), order)
        return order
        """,
    ("find_topo_sort", "backwards"): """
        order, visited = [], set()
        for node in node_list:
            topo_sort_dfs(node, visited, order)
        return order[::-1]
        """,
    ("find_topo_sort", "leaves left out"): """
        order, visited = [], set()
        for node in node_list:
            topo_sort_dfs(node, visited, order)
        return [node for node in order if node.op is not None]
        """,
    ("find_topo_sort", "constants left out"): """
        order, visited = [], {None}
        for node in node_list:
            topo_sort_dfs(node, visited, order)
        return order[1:]
        """,
    ("find_topo_sort", "visited when pushed"): """
        order, stack, seen = [], list(node_list), set(node_list)
        while stack:
            node = stack.pop()
            order.append(node)
            for x in node.inputs:
                if x not in seen:
                    seen.add(x)
                    stack.append(x)
        return order[::-1]
        """,
}

_WALK = """
grads = {output_tensor: [out_grad]}
for node in reversed(find_topo_sort([output_tensor])):
    node.grad = sum_node_list(grads[node])
    if node.op is not None:
        for x, g in zip(node.inputs, node.op.gradient_as_tuple(node.grad, node)):
            grads.setdefault(x, []).append(g)
"""


def _walk(old: str, new: str) -> str:
    assert old in _WALK
    return _WALK.replace(old, new)


ENGINE = {
    ("compute_gradient_of_variables", "last use only"): _walk(
        "sum_node_list(grads[node])", "grads[node][-1]"
    ),
    ("compute_gradient_of_variables", "first use only"): _walk(
        "sum_node_list(grads[node])", "grads[node][0]"
    ),
    ("compute_gradient_of_variables", "accumulates over calls"): _walk(
        "node.grad = sum_node_list(grads[node])",
        "total = sum_node_list(grads[node])\n"
        "    node.grad = total + node.grad if hasattr(node, 'grad') else total",
    ),
    ("compute_gradient_of_variables", "leaves only"): _walk(
        "node.grad = sum_node_list(grads[node])",
        "total = sum_node_list(grads[node])\n    if node.op is None:\n        node.grad = total",
    ).replace("gradient_as_tuple(node.grad", "gradient_as_tuple(total"),
    ("compute_gradient_of_variables", "starts from ones"): _walk(
        "{output_tensor: [out_grad]}",
        "{output_tensor: [init.ones(*output_tensor.shape, dtype=output_tensor.dtype)]}",
    ),
    ("compute_gradient_of_variables", "gradients without history"): _walk(
        "sum_node_list(grads[node])", "sum_node_list(grads[node]).detach()"
    ),
    ("compute_gradient_of_variables", "adds in place"): _walk(
        "sum_node_list(grads[node])",
        "grads[node][0]\n"
        "    for more in grads[node][1:]:\n"
        "        node.grad.cached_data += more.cached_data",
    ),
    ("compute_gradient_of_variables", "same tensor twice counted once"): _walk(
        "grads.setdefault(x, []).append(g)",
        "grads.setdefault(x, [])\n"
        "            if g not in grads[x] and not (node.inputs[0] is x and grads[x]):\n"
        "                grads[x].append(g)",
    ),
    ("compute_gradient_of_variables", "the sum of the adjoints passed on unsummed"): _walk(
        "gradient_as_tuple(node.grad, node)", "gradient_as_tuple(grads[node][0], node)"
    ),
    ("compute_gradient_of_variables", "in double precision"): _walk(
        "sum_node_list(grads[node])", "Tensor(sum_node_list(grads[node]), dtype='float64')"
    ),
    ("compute_gradient_of_variables", "averages the uses"): _walk(
        "sum_node_list(grads[node])", "sum_node_list(grads[node]) / len(grads[node])"
    ),
    ("compute_gradient_of_variables", "walks forward"): _walk(
        "reversed(find_topo_sort([output_tensor]))", "find_topo_sort([output_tensor])"
    ),
    ("compute_gradient_of_variables", "does nothing"): "pass",
}
