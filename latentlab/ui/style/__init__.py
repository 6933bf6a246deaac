from latentlab.ui.style import pyqtgraph_import  # noqa: F401  before any file of the window imports pyqtgraph
