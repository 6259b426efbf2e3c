"""Matrix products take one thread in tests too, so that they give the bits of a worker's."""

from celtint.plugin.matrix_threads import single_matrix_thread

single_matrix_thread()
