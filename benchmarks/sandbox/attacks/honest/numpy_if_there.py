# category: honest
# program: numpy's linear algebra
# kind: stdin
# expect: [-4.   4.5]
# needs: numpy
import numpy as np
print(np.linalg.solve(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])))
